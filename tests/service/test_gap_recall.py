"""What is hidden in made-up estates is found, and what only looks hidden is not told as a gap; ids of gaps follow from what is there alone.
More seeds: benchmarks/gap_bench.py."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from store.database import connect, ensure
from store.gaps import detect
from store.linking import link
from store.reader import Reader
from store.renormalize import renormalize
from store.workloads import assemble
from tests.estates.build import build
from tests.estates.ledger import score, table
from tests.estates.world import NOW, World


def made(url: str, seed: int, order: list[str] | None = None) -> tuple[Engine, World]:
    engine = connect(url)
    ensure(engine)
    world = build(World(seed))
    world.write(engine, order)
    return engine, world


def gaps(engine: Engine) -> dict[str, tuple[str, str]]:
    return {g["id"]: (g["code"], g["subject"]) for g in Reader(engine).gaps(filters={})}


@pytest.mark.parametrize("seed", [101, 102, 103])
def test_what_is_hidden_is_found_and_nothing_else(tmp_path: Path, seed: int) -> None:
    engine, world = made(f"sqlite:///{tmp_path / 'estate.db'}", seed)
    scores = score(world.planted, Reader(engine).gaps(filters={}))
    engine.dispose()
    missed = [(p.code, p.about, p.handle) for s in scores.values() for p in s.missed]
    false = [(code, g["subject"]) for code, s in scores.items() for g in s.false]
    assert (missed, false) == ([], []), table(scores)


def test_ids_of_gaps_do_not_depend_on_order_database_or_replay(tmp_path: Path, postgres_url: str) -> None:
    one, world = made(f"sqlite:///{tmp_path / 'one.db'}", 104)
    expected = gaps(one)
    sources = sorted(world.types)
    other, _ = made(f"sqlite:///{tmp_path / 'other.db'}", 104, sources[::-1])
    assert gaps(other) == expected
    other.dispose()
    elsewhere, _ = made(postgres_url, 104, sources[3:] + sources[:3])
    assert gaps(elsewhere) == expected
    elsewhere.dispose()
    told = renormalize(one, world.rows.get)
    link(one, "again")
    assemble(one)
    detect(one, "again", now=NOW)
    assert (told["unfit"], told["renamed"], told["changed"]) == (0, 0, 0)
    assert gaps(one) == expected
    one.dispose()
