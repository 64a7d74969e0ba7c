"""A value has its term's type, or is left out and counted."""

from __future__ import annotations

from typing import Any

import pytest

from normalize.vocabulary import misfit


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "🦜"),
        ("size_bytes", 0),
        ("size_bytes", None),
        ("created_at", "2026-11-24T04:15:00Z"),
        ("accelerators", []),
        ("encrypted", False),
        ("conditions", {}),
    ],
)
def test_value_of_the_right_type_fits(name: str, value: Any) -> None:
    assert misfit(name, value) is None


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("colour", "red", "colour: not in the vocabulary"),
        ("name", 7, "name: expected text, got int '7'"),
        ("size_bytes", True, "size_bytes: expected int, got bool 'True'"),
        ("size_bytes", "7", "size_bytes: expected int, got str '7'"),
        ("encrypted", "yes", "encrypted: expected bool, got str 'yes'"),
        ("created_at", "2026-11-24", "created_at: expected instant, got str '2026-11-24'"),
        ("conditions", [], "conditions: expected map, got list '[]'"),
        ("accelerators", {}, "accelerators: expected list, got dict '{}'"),
    ],
)
def test_misfit_says_what_was_expected(name: str, value: Any, why: str) -> None:
    assert why == misfit(name, value)


def test_misfit_of_a_long_value_is_short() -> None:
    assert len(misfit("size_bytes", "x" * 10**6) or "") < 100
