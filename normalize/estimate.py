"""How many things there are in all, seen by nobody included, from what several independent sightings of them have in common.

Capture–recapture of a closed population. Of two lists Chapman's estimator; of three or more the model of independent lists, after a
test of that independence; where two lists lean on one another, they are taken as one, after another test. The interval is that of the
profile likelihood. Pure.

Sources: Chapman (1951), "Some properties of the hypergeometric distribution with applications to zoological sample censuses"; Darroch (1958),
"The multiple-recapture census: I. Estimation of a closed population"; Robson and Regier (1964) for how many must be in both lists.
The formulas are standard; what holds here is checked by simulation in the tests.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

LEAST_SHARED = 7
"""Things that two lists must share for the estimate to be about unbiased (Robson and Regier)."""
_CHI2_95 = 3.841
_Z_95 = 1.645
_SURE = 0.01
"""Chance of calling independent lists dependent; there is a test for each kind and account, so it is small."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many there are.

    Attributes:
        seen: by any list.
        total, low, high: estimate and 95 % interval; None where none is possible.
        basis: what it rests on, or why there is none.
        dependent: whether lists lean on one another, so that no estimate can be trusted.
    """

    seen: int
    basis: str
    total: int | None = None
    low: int | None = None
    high: int | None = None
    dependent: bool = False


def estimate(histories: Mapping[int, int], names: Sequence[str]) -> Estimate:
    """From how many things were seen by which lists.

    Args:
        histories: bits of the lists that saw a thing -> how many such things; bit i is names[i].
        names: what the lists are called.
    """
    seen = sum(n for bits, n in histories.items() if bits)
    lists = [i for i in range(len(names)) if any(n and bits >> i & 1 for bits, n in histories.items())]
    if len(lists) < 2:
        return Estimate(
            seen, f"only {names[lists[0]] if lists else 'nothing'} shows any: two independent sightings are needed"
        )
    cells = _only(histories, lists)
    return _estimated(seen, cells, [names[i] for i in lists])


def _only(histories: Mapping[int, int], lists: Sequence[int]) -> dict[int, int]:
    """The same things with bits of some lists only."""
    cells: Counter[int] = Counter()
    for bits, n in histories.items():
        cells[sum((bits >> i & 1) << at for at, i in enumerate(lists))] += n
    return {bits: n for bits, n in cells.items() if bits and n}


def _estimated(seen: int, cells: Mapping[int, int], names: Sequence[str]) -> Estimate:
    shared = sum(n for bits, n in cells.items() if bits.bit_count() > 1)
    if shared < LEAST_SHARED:
        return Estimate(seen, f"{' and '.join(names)} share only {shared}: too few to tell ({LEAST_SHARED} are needed)")
    if len(names) == 2:
        return _chapman(seen, cells, names, "their independence cannot be tested with two")
    sizes = _sizes(cells, len(names))
    total = _most_likely(seen, sizes)
    if _fits(cells, sizes, total):
        low, high = _interval(seen, sizes, total)
        return Estimate(
            seen, f"{', '.join(names)}: independent of one another, as far as a test tells", round(total), low, high
        )
    return _merged(seen, cells, names)


def _chapman(seen: int, cells: Mapping[int, int], names: Sequence[str], note: str) -> Estimate:
    sizes = _sizes(cells, 2)
    both = cells.get(3, 0)
    total = (sizes[0] + 1) * (sizes[1] + 1) / (both + 1) - 1
    low, high = _interval(seen, sizes, _most_likely(seen, sizes))
    return Estimate(
        seen, f"{names[0]} and {names[1]} share {both}; {note}", max(seen, round(total)), low, max(high, round(total))
    )


def _merged(seen: int, cells: Mapping[int, int], names: Sequence[str]) -> Estimate:
    """With the pair that leans on one another taken as one list, where the others do not lean on it."""
    best: tuple[float, Estimate] | None = None
    for pair in combinations(range(len(names)), 2):
        rest = [i for i in range(len(names)) if i not in pair]
        if not _indifferent(cells, pair, rest):
            continue
        merged: Counter[int] = Counter()
        for bits, n in cells.items():
            either = any(bits >> i & 1 for i in pair)
            merged[int(either) | sum((bits >> i & 1) << (at + 1) for at, i in enumerate(rest))] += n
        called = [f"{names[pair[0]]} or {names[pair[1]]}", *(names[i] for i in rest)]
        lean = _lean(cells, pair)
        sizes = _sizes(merged, len(called))
        if sum(n for bits, n in merged.items() if bits.bit_count() > 1) < LEAST_SHARED:
            continue
        if len(called) == 2:
            found = _chapman(seen, merged, called, "these two lean on one another and count as one")
        else:
            total = _most_likely(seen, sizes)
            if not _fits(merged, sizes, total):
                continue
            low, high = _interval(seen, sizes, total)
            found = Estimate(
                seen,
                f"{', '.join(called)}: the first two lean on one another and count as one",
                round(total),
                low,
                high,
            )
        if best is None or lean > best[0]:
            best = lean, found
    if best is not None:
        return best[1]
    return Estimate(seen, f"{', '.join(names)} lean on one another: what one of them shows, another is more (or less) likely to show too, so that no estimate can be trusted", dependent=True)  # fmt: skip


def _sizes(cells: Mapping[int, int], lists: int) -> list[int]:
    return [sum(n for bits, n in cells.items() if bits >> i & 1) for i in range(lists)]


def _log_likelihood(total: float, seen: int, sizes: Sequence[int]) -> float:
    """Of a total, up to what does not depend on it."""
    value = math.lgamma(total + 1) - math.lgamma(total - seen + 1)
    for size in sizes:
        missed = total - size
        value += (missed * math.log(missed / total) if missed > 0 else 0.0) - size * math.log(total)
    return value


def _most_likely(seen: int, sizes: Sequence[int]) -> float:
    low, high = float(seen), float(seen)
    step = max(1.0, seen * 0.05)
    while _log_likelihood(high + step, seen, sizes) > _log_likelihood(high, seen, sizes) and high < seen * 1e6:
        low, high, step = high, high + step, step * 2
    high += step
    low = max(float(seen), low - step)
    for _ in range(80):
        a, b = low + (high - low) / 3, high - (high - low) / 3
        if _log_likelihood(a, seen, sizes) < _log_likelihood(b, seen, sizes):
            low = a
        else:
            high = b
    return (low + high) / 2


def _interval(seen: int, sizes: Sequence[int], total: float) -> tuple[int, int]:
    """Totals that are not much less likely than the likeliest."""
    most = _log_likelihood(total, seen, sizes)

    def likely(at: float) -> bool:
        return 2 * (most - _log_likelihood(at, seen, sizes)) <= _CHI2_95

    low = float(seen) if likely(seen) else _bound(likely, total, float(seen))
    high = total + max(1.0, total * 0.05)
    while likely(high) and high < seen * 1e6:
        high = total + 2 * (high - total)
    return math.floor(low), math.ceil(_bound(likely, total, high))


def _bound(likely: Callable[[float], bool], inside: float, outside: float) -> float:
    for _ in range(60):
        middle = (inside + outside) / 2
        if likely(middle):
            inside = middle
        else:
            outside = middle
    return inside


def _fits(cells: Mapping[int, int], sizes: Sequence[int], total: float) -> bool:
    """Whether independent lists would share as much as these do; a likelihood ratio test over the patterns that are seen."""
    lists = len(sizes)
    rates = [min(1 - 1e-9, size / total) for size in sizes]
    deviance = 0.0
    for bits in range(1, 1 << lists):
        expected = total * math.prod(r if bits >> i & 1 else 1 - r for i, r in enumerate(rates))
        observed = cells.get(bits, 0)
        deviance += 2 * ((observed * math.log(observed / expected) if observed else 0.0) - observed + expected)
    return _upper_tail(deviance, (1 << lists) - 1 - (lists + 1)) > _SURE


def _indifferent(cells: Mapping[int, int], pair: tuple[int, int], rest: Sequence[int]) -> bool:
    """Whether each other list sees as large a share of what both of a pair see as of what only one of them sees."""
    for other in rest:
        groups: dict[int, list[int]] = {1: [0, 0], 2: [0, 0], 3: [0, 0]}
        for bits, n in cells.items():
            pattern = (bits >> pair[0] & 1) | (bits >> pair[1] & 1) << 1
            if pattern:
                groups[pattern][bits >> other & 1] += n
        if _upper_tail(_heterogeneity(list(groups.values())), 2) <= _SURE:
            return False
    return True


def _heterogeneity(groups: Sequence[Sequence[int]]) -> float:
    """Likelihood ratio statistic of equal shares."""
    totals = [sum(g) for g in groups]
    columns = [sum(g[c] for g in groups) for c in (0, 1)]
    everything = sum(totals)
    statistic = 0.0
    for group, size in zip(groups, totals, strict=True):
        for column, count in enumerate(group):
            if count and size and columns[column]:
                statistic += 2 * count * math.log(count * everything / (size * columns[column]))
    return statistic


def _lean(cells: Mapping[int, int], pair: tuple[int, int]) -> float:
    """How far two lists share more or less than what a third one sees of them makes likely: |log odds ratio|, with a half added."""
    table = [[0.5, 0.5], [0.5, 0.5]]
    others = ~((1 << pair[0]) | (1 << pair[1]))
    for bits, n in cells.items():
        if bits & others:
            table[bits >> pair[0] & 1][bits >> pair[1] & 1] += n
    return abs(math.log(table[1][1] * table[0][0] / (table[1][0] * table[0][1])))


def _upper_tail(statistic: float, degrees: int) -> float:
    """Chance of a chi-squared as large or larger, for whole degrees of freedom."""
    if statistic <= 0:
        return 1.0
    half = statistic / 2
    if degrees % 2 == 0:
        term = total = math.exp(-half)
        for i in range(1, degrees // 2):
            term *= half / i
            total += term
        return min(1.0, total)
    total = math.erfc(math.sqrt(half))
    term = math.exp(-half) * math.sqrt(half / math.pi) * 2
    for i in range(1, degrees // 2 + 1):
        total += term
        term *= half / (i + 0.5)
    return min(1.0, total)
