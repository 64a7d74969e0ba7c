"""One scan of what a test server in another process serves in bulk: time, memory, and whether everything arrived once."""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import sqlite3
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path


def measure(
    about: str, things: str, serve: Callable[[int, int, Connection], None], scan: Callable[[str, Path], None]
) -> None:
    """Read the options, run one scan and print what it took.

    Args:
        about: the benchmark's own description, for --help.
        things: what is served, "assets"; also the option that says how many.
        serve: gets how many, every how many-th request is refused, and where to send its address and, when told that the scan is
            over, how many requests there were.
        scan: scans an address into a new database.
    """
    options = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument(f"--{things}", type=int, default=100_000, dest="count")
    options.add_argument("--throttled", type=int, default=20, help="every n-th request is refused; 0 for none")
    chosen = options.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(chosen.count, chosen.throttled, theirs))
    server.start()
    url = ours.recv()
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "stocktake.db"
        before, wall = time.process_time(), time.perf_counter()
        scan(url, database)
        cpu, wall = time.process_time() - before, time.perf_counter() - wall
        with sqlite3.connect(database) as connection:
            (count,) = connection.execute("SELECT COUNT(*) FROM resources").fetchone()
            (twice,) = connection.execute("SELECT SUM(duplicates) FROM coverage").fetchone()
            outcomes = connection.execute("SELECT outcome, COUNT(*) FROM coverage GROUP BY outcome").fetchall()
    ours.send("done")
    requests = ours.recv()
    server.join()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{things} {chosen.count}, arrived {count}, twice {twice}, requests {requests}, looks {dict(outcomes)}")
    print(f"wall {wall:.1f} s, CPU {cpu:.1f} s, {cpu / chosen.count * 1e6:.0f} µs each, peak memory {peak:.0f} MiB")
