"""How a scan grows: 1, 4 and 16 times the objects of one account, then 1, 4 and 16 accounts, then regions.

    python -m benchmarks.growth_bench [--scale 0.1] [--factors 1 4 16] [--latency-ms 0] [--chart docs/images/growth.svg]

Each point is a whole `stocktake scan` of all kinds into a fresh SQLite file, in a process of its own: seconds of wall
and CPU, the largest resident set, CPU per resource. Straight lines of slope one in the upper chart are linear growth,
level lines in the lower one are memory that the size of the estate does not move. Every point checks that all was
found.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.aws_estate import running
from benchmarks.aws_estate.estate import KINDS, Estate, Sizes
from benchmarks.aws_estate.measure import Cost, machine, median_cost, table
from benchmarks.aws_scan_bench import one_round, stocktake, warm_up

AXES = ("objects", "accounts", "regions")


@dataclass(frozen=True, slots=True)
class Point:
    """One estate and what its scan cost."""

    axis: str
    factor: int
    resources: int
    requests: int
    cost: Cost


def estate_of(axis: str, factor: int, scale: float) -> Estate:
    """An estate that is `factor` times the smallest one along an axis."""
    sizes = Sizes().times(scale)
    if axis == "objects":
        return Estate.of(sizes.times(factor), regions=4)
    if axis == "accounts":
        return Estate.of(sizes.times(0.25), accounts=factor, regions=4)
    return Estate.of(sizes, regions=4 * factor)


def measure(axis: str, factor: int, scale: float, latency_ms: float, rounds: int) -> Point:
    estate = estate_of(axis, factor, scale)
    with running(estate, latency_ms) as endpoint:
        runs = [one_round(stocktake("Stocktake", list(KINDS)), endpoint) for _ in range(rounds)]
    return Point(axis, factor, sum(estate.expected().values()), runs[-1][1], median_cost(c for c, _, _ in runs))


def report(points: Sequence[Point]) -> str:
    rows = [["", "resources", "requests", "wall s", "CPU s", "CPU ms a resource", "peak MiB"]]
    for p in points:
        each = p.cost.cpu_s / p.resources * 1000
        figures = [f"{p.cost.wall_s:,.1f}", f"{p.cost.cpu_s:,.1f}", f"{each:.2f}", f"{p.cost.peak_mib:,.0f}"]
        rows.append([f"{p.factor} x {p.axis}", f"{p.resources:,}", f"{p.requests:,}", *figures])
    return table(rows)


def draw(points: Sequence[Point], file: Path) -> None:
    """Time and memory over resources, both axes logarithmic, a line for each way to grow."""
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot
    from matplotlib.ticker import FuncFormatter

    pyplot.rcParams["svg.hashsalt"] = "stocktake"
    figure, (above, below) = pyplot.subplots(2, 1, figsize=(7, 7), sharex=True)
    for axis, mark in zip(AXES, "os^", strict=True):
        mine = [p for p in points if p.axis == axis]
        if not mine:
            continue
        resources = [p.resources for p in mine]
        above.plot(resources, [p.cost.cpu_s for p in mine], mark + "-", label=f"CPU, more {axis}")
        above.plot(resources, [p.cost.wall_s for p in mine], mark + ":", color="0.6", label=f"wall, more {axis}")
        below.plot(resources, [p.cost.peak_mib for p in mine], mark + "-", label=f"more {axis}")
    for plot in (above, below):
        plot.set_xscale("log")
        plot.grid(which="both", alpha=0.25)
        plot.legend(fontsize=8)
    above.set_yscale("log")
    above.set_ylabel("seconds")
    below.set_ylim(bottom=0)
    below.set_ylabel("largest resident set, MiB")
    below.set_xlabel("resources found")
    below.xaxis.set_major_formatter(FuncFormatter(lambda n, _: f"{n:,.0f}"))
    figure.tight_layout()
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, metadata={"Date": None})


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1, help="of the default estate, at factor 1")
    parser.add_argument("--factors", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--axes", nargs="+", choices=AXES, default=list(AXES))
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, default=0)
    parser.add_argument("--chart", type=Path, help="where to draw it, as SVG")
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    print(machine())
    warm_up([stocktake("Stocktake", list(KINDS))])
    points = []
    for axis in options.axes:
        for factor in options.factors:
            points.append(measure(axis, factor, options.scale, options.latency_ms, options.rounds))
            print(report(points[-1:]).splitlines()[-1], flush=True)
    print()
    print(report(points))
    if options.chart:
        draw(points, options.chart)
    if options.json:
        options.json.write_text(json.dumps([dataclasses.asdict(p) for p in points]))


if __name__ == "__main__":
    main()
