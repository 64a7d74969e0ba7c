"""What a benchmark needs around the thing that it measures: one process's cost, medians, the machine in words."""

from __future__ import annotations

import os
import platform
import statistics
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process and those that it waited for used.

    Attributes:
        peak_mib: the largest resident set of any one of them.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float
    code: int

    def __add__(self, other: Cost) -> Cost:
        """One after the other."""
        return Cost(
            self.wall_s + other.wall_s,
            self.cpu_s + other.cpu_s,
            max(self.peak_mib, other.peak_mib),
            self.code or other.code,
        )


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """Variables for a measured process. Compiled modules are kept, whatever the caller's settings: a program that
    compiles its own source at every start is not what anybody runs."""
    kept = Path(tempfile.gettempdir()) / f"stocktake-bench-pycache-{os.getuid()}"
    inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return inherited | {"PYTHONPYCACHEPREFIX": str(kept)} | dict(more)


def cost_of(command: Sequence[str], *, cwd: Path, variables: Mapping[str, str], log: Path) -> Cost:
    """Run a program to its end; its output goes to the end of `log`."""
    start = time.perf_counter()
    child = os.fork()
    if child == 0:
        try:
            os.chdir(cwd)
            out = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(out, 1)
            os.dup2(out, 2)
            os.execvpe(command[0], list(command), environment(variables))
        finally:
            os._exit(127)
    _, status, used = os.wait4(child, 0)
    wall = time.perf_counter() - start
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, os.waitstatus_to_exitcode(status))


def median_cost(costs: Iterable[Cost]) -> Cost:
    """The median of each figure by itself."""
    rows = [asdict(cost) for cost in costs]
    return Cost(**{name: statistics.median(row[name] for row in rows) for name in rows[0]})


def spread(values: Sequence[float], digits: int = 2) -> str:
    """ "1.50 (1.40 to 1.70)": the median with the least and the most."""
    least, most = min(values), max(values)
    return f"{statistics.median(values):,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def table(rows: Sequence[Sequence[str]]) -> str:
    """Rows as a Markdown table; the first is the head, numbers stand to the right of the first column."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = [
        "| "
        + " | ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        + " |"
        for row in rows
    ]
    lines.insert(1, "| " + " | ".join("-" * w if i == 0 else "-" * (w - 1) + ":" for i, w in enumerate(widths)) + " |")
    return "\n".join(lines)


def machine() -> str:
    """Date, processors, load and Python, for the line above a table."""
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg())
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {_processor()}, {os.cpu_count()} cores, load {load}, "
        f"Python {platform.python_version()}"
    )


def _processor() -> str:
    """Its name, where /proc tells one."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())
