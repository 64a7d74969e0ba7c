"""Times of moving data: worked values, what binds, what is open, when passes converge, and what a ladder costs."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.transfer import (
    DAY,
    GB,
    Appliance,
    Dataset,
    Range,
    Route,
    Tier,
    by_appliance,
    converge,
    copy,
    exactly,
    stream_bps,
    tiered_usd,
)

TB, GBPS = 10**12, 10**9


@pytest.mark.parametrize(
    ("size", "link", "efficiency", "days"),
    [(100 * TB, GBPS, 1.0, 9.26), (100 * TB, GBPS, 0.7, 13.2), (100 * TB, 10 * GBPS, 0.7, 1.32), (1000 * TB, 10 * GBPS, 0.7, 13.2)],
)  # fmt: skip
def test_bulk_over_a_link(size: int, link: float, efficiency: float, days: float) -> None:
    found = copy(Dataset(size), Route(link, efficiency=exactly(efficiency)))
    assert found
    assert found.seconds.likely / DAY == pytest.approx(days, rel=0.005)
    assert found.binding == "link share"


@pytest.mark.parametrize(("rate", "hours"), [(3500, 7.9), (1000, 27.8)])
def test_many_small_objects_are_bound_by_requests(rate: float, hours: float) -> None:
    route = Route(100 * GBPS, object_rates=(("reads from one prefix", 5500), ("writes to one prefix", rate)))
    found = copy(Dataset(10**12, objects=100_000_000), route)
    assert found
    assert (found.binding, round(found.seconds.likely / 3600, 1)) == ("writes to one prefix", hours)


@pytest.mark.parametrize(
    ("window", "rtt", "mbps"), [(4 << 20, 0.07, 479), (16 << 20, 0.15, 895), (64 << 10, 0.15, 3.5)]
)
def test_one_stream_carries_a_window_a_round_trip(window: int, rtt: float, mbps: float) -> None:
    assert stream_bps(window, rtt) / 1e6 == pytest.approx(mbps, rel=0.01)


def test_too_few_streams_bind() -> None:
    found = copy(Dataset(TB), Route(10 * GBPS, streams=2, window_bytes=4 << 20, rtt_seconds=0.07))
    assert found
    assert found.binding == "streams"


def test_what_is_not_known_is_open_and_never_zero() -> None:
    assert copy(Dataset(None, objects=5), Route(GBPS)) is None
    found = copy(Dataset(TB), Route(GBPS))
    assert found
    assert found.open == ("number of objects", "request rates of source and target")


def test_passes_converge_into_the_freeze() -> None:
    data = Dataset(100 * TB, changed_bytes_per_day=1 * TB)
    first = copy(data, Route(10 * GBPS, efficiency=exactly(0.7)))
    assert first
    found = converge(data, first, freeze_budget_seconds=2000, verify=exactly(600))
    assert found
    assert (found.converges, found.passes) == (True, 2)
    assert found.freeze
    assert 600 < found.freeze.likely < 2000


def test_changes_that_outrun_the_copy_never_converge() -> None:
    data = Dataset(100 * TB, changed_bytes_per_day=10 * TB)
    first = copy(data, Route(GBPS, efficiency=exactly(0.7)))
    assert first
    found = converge(data, first, freeze_budget_seconds=3600)
    assert found
    assert (found.converges, found.freeze) == (False, None)
    assert converge(Dataset(100 * TB), first, freeze_budget_seconds=3600) is None


def test_a_device_takes_its_order_its_ways_and_its_copies() -> None:
    device = Appliance("box", 120 * TB, 7 * 8 * GBPS, Range(3, 5, 10), Range(2, 3, 5))
    found = by_appliance(Dataset(525 * TB), device, devices=5)
    assert found
    assert found.likely / DAY == pytest.approx(5 + 6 + 2 * 525e12 / 7e9 / 5 / DAY, rel=0.001)
    assert by_appliance(Dataset(TB), Appliance("box", 120 * TB, GBPS)) is None


LADDER = (Tier(100 * GB, 0.0), Tier(10_000 * GB, 0.09), Tier(None, 0.05))


def test_a_ladder_is_climbed_step_by_step() -> None:
    assert tiered_usd(20_000 * GB, LADDER) == pytest.approx(9_900 * 0.09 + 10_000 * 0.05)
    assert tiered_usd(100 * GB, LADDER, used_bytes=100 * GB) == pytest.approx(9.0)
    with pytest.raises(ValueError, match="ladder"):
        tiered_usd(200 * GB, LADDER[:1])


@given(a=st.integers(0, 10**15), b=st.integers(0, 10**15))
def test_more_bytes_never_take_less_or_cost_less(a: int, b: int) -> None:
    less, more = sorted((a, b))
    short, long = copy(Dataset(less), Route(GBPS)), copy(Dataset(more), Route(GBPS))
    assert short
    assert long
    assert short.seconds.likely <= long.seconds.likely
    assert tiered_usd(less, LADDER) <= tiered_usd(more, LADDER) + 1e-6
