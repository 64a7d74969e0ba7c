"""Calls of many services share worker threads; one that is throttled waits alone."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from collectors.aws.lanes import Lanes


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lanes(clock: Clock) -> Iterator[Lanes]:
    made = Lanes(4, clock=clock)
    yield made
    made.close()


def test_results_come_in_the_order_of_the_items(lanes: Lanes) -> None:
    assert list(lanes.map("k", lambda n: n * 2, range(500), ahead=7)) == [n * 2 for n in range(500)]


def test_only_so_many_items_are_taken_before_their_time(lanes: Lanes) -> None:
    taken: list[int] = []

    def items() -> Iterator[int]:
        for n in range(100):
            taken.append(n)
            yield n

    results = lanes.map("k", lambda n: n, items(), ahead=10)
    assert next(results) == 0
    assert len(taken) == 11


def test_an_error_is_raised_in_its_place_and_the_rest_is_dropped(lanes: Lanes) -> None:
    def half(n: int) -> int:
        if n == 3:
            raise KeyError(n)
        return n

    results = lanes.map("k", half, range(100))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(KeyError):
        next(results)


def test_a_throttled_key_loses_half_its_lane_once_per_event(lanes: Lanes, clock: Clock) -> None:
    gate = threading.Barrier(5)
    release = threading.Event()

    def block(_: int) -> None:
        gate.wait(5)
        release.wait(5)

    waiting = threading.Thread(target=lambda: list(lanes.map("slow", block, range(4))))
    waiting.start()
    gate.wait(5)
    for _ in range(3):
        lanes.throttled("slow")
    assert lanes.width("slow") == 2
    clock.now += 2
    lanes.throttled("slow")
    lanes.throttled("slow")
    assert (lanes.width("slow"), lanes.width("other")) == (1, 4)
    release.set()
    waiting.join(5)


def test_a_lane_is_won_back_by_calls_that_go_well(lanes: Lanes, clock: Clock) -> None:
    lanes.throttled("k")
    assert lanes.width("k") == 1
    clock.now += 2
    list(lanes.map("k", lambda n: n, range(50)))
    assert lanes.width("k") == 4


def test_a_narrow_lane_leaves_the_workers_to_the_others(lanes: Lanes) -> None:
    lanes.throttled("slow")
    release = threading.Event()
    slow = threading.Thread(target=lambda: list(lanes.map("slow", lambda _: release.wait(10), range(20))))
    slow.start()
    assert list(lanes.map("fast", lambda n: n, range(100))) == list(range(100))
    release.set()
    slow.join(10)
    assert not slow.is_alive()


def test_no_key_has_more_in_flight_than_its_lane_is_wide(lanes: Lanes) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    def count(_: int) -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        threading.Event().wait(0.001)
        with lock:
            running -= 1

    list(lanes.map("k", count, range(200)))
    assert most <= 4


def test_a_task_that_is_throttled_elsewhere_narrows_the_lane_it_runs_in(lanes: Lanes) -> None:
    list(lanes.map("world", lambda _: lanes.throttled("region"), range(1)))
    assert (lanes.width("world"), lanes.width("region")) == (1, 4)


def test_the_next_page_is_fetched_while_one_is_in_use(lanes: Lanes) -> None:
    fetched: list[int] = []
    second = threading.Event()

    def pages() -> Iterator[int]:
        for n in range(3):
            fetched.append(n)
            if n == 1:
                second.set()
            yield n

    ahead = lanes.ahead("k", pages())
    assert next(ahead) == 0
    assert second.wait(5)
    assert 2 not in fetched
    assert list(ahead) == [1, 2]


def test_an_error_of_a_source_comes_after_what_it_gave(lanes: Lanes) -> None:
    def pages() -> Iterator[int]:
        yield 1
        raise ValueError("the second page")

    ahead = lanes.ahead("k", pages())
    assert next(ahead) == 1
    with pytest.raises(ValueError, match="the second page"):
        next(ahead)
