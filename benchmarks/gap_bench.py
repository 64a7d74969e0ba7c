"""How many of the gaps that made-up estates hide are found, and how many are told that are none: recall and precision by code.

    python -m benchmarks.gap_bench [--seeds 20] [--first 1] [--size 1] [--told]

Each seed is another estate (tests/estates): raw payloads of every provider through the product's own rows into SQLite, with gaps of each code
planted in it and decoys beside them. A gap that tells what another told already counts as a false one. --told prints what was missed and what
was false.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from store.database import connect, ensure
from store.reader import Reader
from tests.estates.build import build
from tests.estates.ledger import Score, score, table
from tests.estates.world import World

LEAST_RECALL, LEAST_PRECISION = 0.98, 0.97


def measure(seed: int, size: int) -> tuple[dict[str, Score], int]:
    """(scores by code, records) of the estate of a seed."""
    world = build(World(seed, size))
    with tempfile.TemporaryDirectory() as home:
        engine = connect(f"sqlite:///{Path(home) / 'estate.db'}")
        ensure(engine)
        world.write(engine)
        found = score(world.planted, Reader(engine).gaps(filters={}))
        engine.dispose()
    return found, sum(len(told.records) for age in world.ages.values() for told in age.values())


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--size", type=int, default=1)
    parser.add_argument("--told", action="store_true")
    options = parser.parse_args()
    began, records = time.perf_counter(), 0
    scores: dict[str, Score] = defaultdict(Score)
    for seed in range(options.first, options.first + options.seeds):
        found, count = measure(seed, options.size)
        records += count
        for code, one in found.items():
            scores[code].add(one)
    print(f"{options.seeds} estates, {records:,} records, {time.perf_counter() - began:.0f} s")
    print(table(scores))
    if options.told:
        for code, one in sorted(scores.items()):
            for planted in one.missed:
                print(f"missed {code}: {planted.about}: {planted.handle}")
            for gap in one.false:
                print(f"false {code}: {gap['subject']}: {gap['missing']}")
    if any(one.recall < LEAST_RECALL or one.precision < LEAST_PRECISION for one in scores.values()):
        sys.exit(f"a code is below {LEAST_RECALL} of recall or {LEAST_PRECISION} of precision")


if __name__ == "__main__":
    main()
