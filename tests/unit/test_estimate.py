"""Estimates of how many there are: right for known cases, honest where none is possible, and calibrated over many estates."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest

from normalize.estimate import _upper_tail, estimate


def seen(rng: random.Random, total: int, rates: Sequence[float]) -> Counter[int]:
    """Histories of things that independent lists see."""
    return Counter(sum((rng.random() < r) << i for i, r in enumerate(rates)) for _ in range(total))


def test_two_lists_are_chapmans_estimate() -> None:
    found = estimate({0b01: 100, 0b10: 40, 0b11: 60}, ("listing", "references"))
    assert found.total == round(161 * 101 / 61 - 1)
    assert found.low is not None
    assert found.high is not None
    assert 200 <= found.low < found.total < found.high
    assert "share 60" in found.basis


def test_when_all_is_seen_by_all_there_is_no_more() -> None:
    found = estimate({0b11: 50}, ("listing", "references"))
    assert (found.total, found.low) == (50, 50)
    assert found.high is not None
    assert found.high <= 51


@pytest.mark.parametrize(
    ("histories", "why"),
    [
        ({}, "nothing shows any"),
        ({0b01: 9}, "only listing shows any"),
        ({0b01: 50, 0b10: 50, 0b11: 6}, "share only 6"),
        ({0b01: 5, 0b10: 5}, "share only 0"),
    ],
)
def test_where_no_estimate_is_possible_it_says_why(histories: dict[int, int], why: str) -> None:
    found = estimate(histories, ("listing", "references"))
    assert found.total is None
    assert why in found.basis
    assert not found.dependent


def test_a_list_that_shows_nothing_is_left_out() -> None:
    with_empty = estimate({0b001: 100, 0b010: 40, 0b011: 60}, ("listing", "references", "bill"))
    assert with_empty == estimate({0b01: 100, 0b10: 40, 0b11: 60}, ("listing", "references"))


@pytest.mark.parametrize("lists", [2, 3, 4])
def test_the_interval_holds_the_truth_in_more_than_nine_of_ten_estates(lists: int) -> None:
    rng = random.Random(20261124 + lists)
    names = ("listing", "references", "bill", "declared")[:lists]
    held = told = 0
    for _ in range(200):
        total = rng.randint(60, 900)
        found = estimate(seen(rng, total, [rng.uniform(0.3, 0.9) for _ in names]), names)
        if found.low is not None and found.high is not None:
            told += 1
            held += found.low <= total <= found.high
    assert told >= 190
    assert held / told >= 0.92


def test_lists_that_lean_on_one_another_say_so_or_count_as_one() -> None:
    rng = random.Random(7)
    held = told = said = naive = 0
    for _ in range(200):
        total = rng.randint(200, 900)
        histories: Counter[int] = Counter()
        for _ in range(total):
            first = rng.random() < 0.6
            second = rng.random() < (0.85 if first else 0.25)  # the second list is partly made from the first
            histories[first | second << 1 | (rng.random() < 0.5) << 2] += 1
        found = estimate(histories, ("listing", "references", "bill"))
        said += found.dependent or "count as one" in found.basis
        if found.low is not None and found.high is not None:
            told += 1
            held += found.low <= total <= found.high
        two = estimate({b & 3: sum(n for c, n in histories.items() if c & 3 == b & 3) for b in histories}, ("a", "b"))
        naive += two.low is not None and two.high is not None and two.low <= total <= two.high
    assert said >= 190
    assert held / told >= 0.9
    assert naive / 200 < 0.5


def test_things_that_are_seen_easily_by_all_lists_are_found_to_lean() -> None:
    rng = random.Random(11)
    said = 0
    for _ in range(60):
        histories: Counter[int] = Counter()
        for _ in range(800):
            rate = 0.9 if rng.random() < 0.5 else 0.15
            histories[sum((rng.random() < rate) << i for i in range(3))] += 1
        found = estimate(histories, ("listing", "references", "bill"))
        said += found.dependent
    assert said >= 57


@pytest.mark.parametrize(
    ("statistic", "degrees", "chance"),
    [
        (3.841, 1, 0.05),
        (5.991, 2, 0.05),
        (7.815, 3, 0.05),
        (9.488, 4, 0.05),
        (6.635, 1, 0.01),
        (23.209, 10, 0.01),
        (0, 3, 1.0),
    ],
)
def test_the_tail_of_chi_squared_is_that_of_the_tables(statistic: float, degrees: int, chance: float) -> None:
    assert _upper_tail(statistic, degrees) == pytest.approx(chance, abs=2e-4)
