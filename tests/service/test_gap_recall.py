"""What is hidden in made-up estates is found, and what only looks hidden is not told as a gap. More seeds: benchmarks/gap_bench.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from store.database import connect, ensure
from store.reader import Reader
from tests.estates.build import build
from tests.estates.ledger import score, table
from tests.estates.world import World


@pytest.mark.parametrize("seed", [101, 102])
def test_what_is_hidden_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'estate.db'}")
    ensure(engine)
    world = build(World(seed))
    world.write(engine)
    scores = score(world.planted, Reader(engine).gaps(filters={}))
    engine.dispose()
    missed = [(p.code, p.about, p.handle) for s in scores.values() for p in s.missed]
    false = [(code, g["subject"]) for code, s in scores.items() for g in s.false]
    assert (missed, false) == ([], []), table(scores)
