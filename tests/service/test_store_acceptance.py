"""A gap that somebody accepted stays a gap, is shown as accepted, and is open again when its time is over."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, update

from discovery.cli import main
from normalize.errors import ConfigError
from normalize.model import Coverage, Outcome, Scope
from store.acceptance import accept, withdraw
from store.database import writing
from store.export import parquet
from store.gaps import detect
from store.reader import Reader
from store.schema import acceptances
from store.writer import Writer

NOW = datetime.now(UTC)
HERE = Scope("aws", "111122223333", "us-east-1")
NEXT_YEAR = date(NOW.year + 1, 3, 31)


def look(engine: Engine, outcome: Outcome) -> list[dict[str, Any]]:
    """A scan of one scope; its gaps."""
    writer = Writer(engine)
    run = writer.begin(sources=[{"name": "prod", "type": "aws"}], selection={}, version="0", resume=False)
    writer.commit(run, [], [], Coverage(run, "prod", "aws.s3.bucket", HERE, outcome, 0, 0, 0, NOW, NOW, "told"))
    detect(engine, run, now=datetime.now(UTC))
    writer.finish(run, "complete")
    writer.close()
    return list(Reader(engine).gaps())


def test_an_accepted_gap_is_shown_with_its_reason_and_its_end(engine: Engine) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    assert "accepted_until" not in gap
    assert accept(engine, gap["id"], "  team B scans it ", NEXT_YEAR, now=NOW) == gap["subject"]
    (after,) = Reader(engine).gaps()
    assert after == gap | {"accepted_until": NEXT_YEAR.isoformat(), "accepted_reason": "team B scans it"}
    assert list(Reader(engine).gaps(filters={"accepted_until": ""})) == []


def test_an_export_tells_what_was_accepted(engine: Engine, tmp_path: Path) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    accept(engine, gap["id"], "team B scans it", NEXT_YEAR, now=NOW)
    parquet(engine, tmp_path / "out")
    (row,) = polars.read_parquet(f"{tmp_path}/out/acceptances/**/*.parquet").to_dicts()
    assert (row["gap_id"], row["reason"], row["until"]) == (gap["id"], "team B scans it", NEXT_YEAR.isoformat())
    assert row["accepted_at"].date() == NOW.date()


def test_an_acceptance_holds_when_the_gap_goes_and_comes_back(engine: Engine) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    accept(engine, gap["id"], "known", NEXT_YEAR, now=NOW)
    assert look(engine, Outcome.COMPLETE) == []
    (again,) = look(engine, Outcome.DENIED)
    assert again["accepted_reason"] == "known"


def test_it_ends_with_its_last_day(engine: Engine) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    accept(engine, gap["id"], "for today", NOW.date() + timedelta(days=1), now=NOW)
    with writing(engine) as connection:
        connection.execute(update(acceptances).values(until=(NOW.date() - timedelta(days=1)).isoformat()))
    (after,) = Reader(engine).gaps()
    assert after == gap


def test_a_second_decision_replaces_the_first_and_can_be_taken_back(engine: Engine) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    accept(engine, gap["id"], "first", NEXT_YEAR, now=NOW)
    accept(engine, gap["id"], "second", NEXT_YEAR, now=NOW)
    assert next(iter(Reader(engine).gaps()))["accepted_reason"] == "second"
    assert withdraw(engine, gap["id"])
    assert not withdraw(engine, gap["id"])
    assert list(Reader(engine).gaps()) == [gap]


def test_what_cannot_be_accepted_says_why(engine: Engine) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    with pytest.raises(ConfigError, match="no gap has the id"):
        accept(engine, "gap-0", "why", NEXT_YEAR, now=NOW)
    with pytest.raises(ConfigError, match="is over"):
        accept(engine, gap["id"], "why", NOW.date() - timedelta(days=1), now=NOW)
    with pytest.raises(ConfigError, match="needs a reason"):
        accept(engine, gap["id"], " ", NEXT_YEAR, now=NOW)
    look(engine, Outcome.COMPLETE)
    with pytest.raises(ConfigError, match="is resolved since"):
        accept(engine, gap["id"], "why", NEXT_YEAR, now=NOW)


def test_a_secret_in_a_reason_is_not_kept(engine: Engine) -> None:
    (gap,) = look(engine, Outcome.DENIED)
    accept(engine, gap["id"], "see postgresql://me:hunter2secret@db/x", NEXT_YEAR, now=NOW)
    assert "hunter2secret" not in json.dumps(list(Reader(engine).gaps()))


def test_the_command_accepts_and_reports_show_it(engine: Engine, database_url: str) -> None:
    (gap,) = look(engine, Outcome.DENIED)

    def run(*words: str) -> Any:
        return CliRunner().invoke(main, [*words, "--database", database_url])

    def accepting(*words: str) -> Any:
        return run("gaps", "accept", gap["id"], *words)

    assert accepting("--until", "2020-01-01").exit_code == 2
    assert accepting("--reason", "x", "--until", "2020-01-01").exit_code == 2
    assert accepting("--reason", "x", "--until", "soon").exit_code == 2
    assert accepting("--withdraw").exit_code == 2
    done = accepting("--reason", "team B scans it", "--until", NEXT_YEAR.isoformat())
    assert done.exit_code == 0, done.output
    (told,) = json.loads(run("gaps", "--format", "json").stdout)
    assert told["accepted_reason"] == "team B scans it"
    for format_ in ("html", "md", "json"):
        for name in ("gaps", "summary"):
            text = run("report", name, "--format", format_).stdout
            assert "team B scans it" in text, (name, format_)
            assert "1 accepted" in text or '"gaps_accepted": 1' in text, (name, format_)
    assert accepting("--withdraw").exit_code == 0
