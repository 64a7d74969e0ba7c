"""Quantities in base units, instants in UTC."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from normalize.errors import MappingError
from normalize.units import GIB, instant, integer, number, quantity, ratio, size_bytes, times, truth


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("4", 4),
        ("+4", 4),
        ("-1", -1),
        (4, 4),
        (0.5, 0.5),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1.", 1),
        ("500m", 0.5),
        ("100u", 1e-4),
        ("250n", 2.5e-7),
        ("1k", 1e3),
        ("1M", 1e6),
        ("1G", 1e9),
        ("1T", 1e12),
        ("1P", 1e15),
        ("1E", 1e18),
        ("1Ki", 2**10),
        ("1Mi", 2**20),
        ("64Gi", 64 * 2**30),
        ("1Ti", 2**40),
        ("1Pi", 2**50),
        ("1Ei", 2**60),
        ("1e3", 1e3),
        ("1E3", 1e3),
        ("12e-1", 1.2),
        ("1.5e6", 1.5e6),
        ("1.5Gi", 1.5 * 2**30),
        (" 2Gi ", 2 * 2**30),
    ],
)
def test_quantity_in_base_units(text: Any, value: float) -> None:
    assert pytest.approx(value) == quantity(text)


@pytest.mark.parametrize(
    "text", ["", "Gi", "1Kib", "1GB", "1 Gi", "1ki", "1mi", "e3", "1e", "--1", "1,5", "x", True, None, [], "1KiKi", "١"]
)
def test_what_is_no_quantity_is_a_mapping_error(text: Any) -> None:
    with pytest.raises(MappingError, match="not a"):
        quantity(text)


def test_size_is_whole_bytes_rounded_down() -> None:
    assert (size_bytes("64Gi"), size_bytes("1900m"), size_bytes("1m")) == (64 * 2**30, 1, 0)


def test_large_integers_stay_exact() -> None:
    assert size_bytes("9007199254740993") == 9007199254740993


@pytest.mark.parametrize("value", [float("inf"), float("nan"), "1e999"])
def test_no_size_is_infinite(value: Any) -> None:
    with pytest.raises(MappingError, match="not a size"):
        size_bytes(value)


@given(
    st.integers(0, 2**45),
    st.sampled_from([("", 1), ("k", 10**3), ("M", 10**6), ("Ki", 2**10), ("Gi", 2**30), ("Ti", 2**40)]),
)
def test_suffix_multiplies(amount: int, suffix: tuple[str, int]) -> None:
    assert size_bytes(f"{amount}{suffix[0]}") == amount * suffix[1]


@given(st.text(max_size=20))
def test_quantity_gives_a_number_or_a_mapping_error(text: str) -> None:
    with contextlib.suppress(MappingError):
        assert isinstance(quantity(text), float)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 11, 24, 4, 15, tzinfo=UTC), "2026-11-24T04:15:00Z"),
        (datetime(2026, 11, 24, 5, 15, tzinfo=timezone(timedelta(hours=1))), "2026-11-24T04:15:00Z"),
        ("2026-11-24T04:15:00Z", "2026-11-24T04:15:00Z"),
        ("2026-11-24T04:15:00+00:00", "2026-11-24T04:15:00Z"),
        ("2026-11-24T05:15:00+01:00", "2026-11-24T04:15:00Z"),
        ("2026-11-24T04:15:00", "2026-11-24T04:15:00Z"),
        ("2026-11-24 04:15:00", "2026-11-24T04:15:00Z"),
        ("2026-11-24T04:15:00.5Z", "2026-11-24T04:15:00.500000Z"),
        ("2026-11-24T04:15:00.123456789Z", "2026-11-24T04:15:00.123456Z"),
        ("2026-11-24", "2026-11-24T00:00:00Z"),
        (1795493700, "2026-11-24T04:15:00Z"),
        (1795493700000, "2026-11-24T04:15:00Z"),
        (1795493700123, "2026-11-24T04:15:00.123000Z"),
        (1795493700.5, "2026-11-24T04:15:00.500000Z"),
        (0, "1970-01-01T00:00:00Z"),
    ],
)
def test_instant_in_utc(value: Any, text: str) -> None:
    assert text == instant(value)


@pytest.mark.parametrize(
    "value",
    [
        "",
        "yesterday",
        "2026-13-01T00:00:00Z",
        True,
        None,
        [],
        {},
        float("nan"),
        float("inf"),
        1e300,
        -1e300,
        "0001-01-01T00:00:00+23:00",
    ],
)
def test_what_is_no_instant_is_a_mapping_error(value: Any) -> None:
    with pytest.raises(MappingError, match="not an instant"):
        instant(value)


@given(st.datetimes(timezones=st.timezones()).filter(lambda d: 1 < d.year < 9999))
def test_instants_keep_their_moment(moment: datetime) -> None:
    text = instant(moment)
    assert moment.astimezone(UTC) == datetime.fromisoformat(text)
    assert text == instant(text)


@pytest.mark.parametrize(
    ("convert", "value", "expected"),
    [
        (times(GIB), 2, 2 * GIB),
        (times(GIB), "1.5", 3 * GIB // 2),
        (times(1024), 0, 0),
        (times(GIB), 9007199254740993, 9007199254740993 * GIB),
        (ratio, 42, 0.42),
        (ratio, "42", 0.42),
        (integer, "7", 7),
        (integer, 7.0, 7),
        (integer, -3, -3),
        (number, "0.5", 0.5),
        (number, 1, 1.0),
        (truth, True, True),
        (truth, "Enabled", True),
        (truth, "no", False),
        (truth, 0, False),
    ],
)
def test_conversion(convert: Callable[[Any], Any], value: Any, expected: Any) -> None:
    assert expected == convert(value)


@pytest.mark.parametrize(
    ("convert", "value"),
    [
        (times(GIB), True), (times(GIB), None), (times(GIB), "x"), (times(GIB), float("nan")), (times(GIB), "inf"),
        (ratio, True), (ratio, "x"), (ratio, None), (ratio, float("nan")),
        (integer, True), (integer, 1.5), (integer, "1.5"), (integer, None),
        (number, True), (number, "nan"), (number, "x"), (number, "1e999"), (integer, "1e999999"), (number, None),
        (truth, "maybe"), (truth, None), (truth, 2),
    ],
)  # fmt: skip
def test_what_does_not_convert_is_a_mapping_error(convert: Callable[[Any], Any], value: Any) -> None:
    with pytest.raises(MappingError):
        convert(value)
