"""What people were asked and what they said: open questions, and answers with who gave them and when.

Owns answers. One that was replaced or taken back stays, with the day on which that was; what a scan sees for itself comes
before what somebody said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, bindparam, insert, not_, or_, select, update

from normalize.evidence import PROFILES, WORKLOAD, Need, profile
from normalize.model import Category
from normalize.questionnaire import WITHDRAWN, Line, Question, answer_of, checked_text, day_of
from normalize.workloads import ASKED
from store import content
from store.database import reading, select_among, writing
from store.rules.facts import applies, seen
from store.schema import answers, resources, workloads
from store.told import Told, about, told

_CHUNK = 500
MOST_SAID = 200
"""Characters of a name."""


def questions(engine: Engine, *, everything: bool = False) -> Iterator[Question]:
    """What people may be asked: of workloads what only they know, of resources what cannot be done without and nothing says;
    with `everything` also what would only sharpen a verdict. What was answered stays in, with its answer."""
    with reading(engine) as connection:
        said = told(connection)
        yield from _of_workloads(connection, said)
        for category in PROFILES:
            yield from _of_resources(connection, category, said, everything)


def _of_workloads(connection: Connection, said: Mapping[str, Told]) -> Iterator[Question]:
    w = workloads.c
    rows = connection.execute(select(workloads).where(w.type.in_(ASKED)).order_by(w.type, w.name, w.id)).all()
    for row in rows:
        mine = said.get(row.id, {})
        for need in WORKLOAD:
            if need.fact in mine or not getattr(row, need.fact, None):
                yield _question(row, f"{row.type} workload {row.name}", need, mine)


def _of_resources(connection: Connection, category: Category, said: Mapping[str, Told], everything: bool) -> Iterator[Question]:  # fmt: skip
    r = resources.c
    open_: dict[str, list[Need]] = {}
    shown: dict[str, Any] = {}
    for need in profile(category):
        if not need.askable:
            continue
        wanted: ColumnElement[bool] = r.id.in_(about((need.fact,)))
        if need.required or everything:
            wanted = or_(wanted, not_(seen(connection, need)))
        columns = (r.id, r.name, r.kind, r.account, r.place)
        asked = select(*columns).where(
            r.gone_at.is_(None), r.category == category.value, applies(connection, need), wanted
        )
        for row in connection.execute(asked):
            open_.setdefault(row.id, []).append(need)
            shown[row.id] = row
    for id_ in sorted(open_, key=lambda i: (shown[i].kind, i)):
        row = shown[id_]
        for need in open_[id_]:
            yield _question(row, f"{row.kind} {row.name or id_}", need, said.get(id_, {}))


def _question(row: Any, about: str, need: Need, said: Told) -> Question:
    where = "/".join(dict.fromkeys(p for p in (row.account, row.place) if p))
    answer = said.get(need.fact)
    if answer is None:
        return Question(row.id, about, where, need)
    return Question(row.id, about, where, need, answer["value"], answer["by"], answer["on"])


@dataclass
class Taken:
    """What became of a file: `refused` are (line, why), `given` the answers that it holds."""

    new: int = 0
    changed: int = 0
    same: int = 0
    withdrawn: int = 0
    empty: int = 0
    refused: list[tuple[int, str]] = field(default_factory=list)
    given: dict[tuple[str, str], str] = field(default_factory=dict)

    def __str__(self) -> str:
        words = {
            "new": self.new,
            "changed": self.changed,
            "as before": self.same,
            "taken back": self.withdrawn,
            "refused": len(self.refused),
            "open": self.empty,
        }
        return "answers: " + ", ".join(f"{count:,} {word}" for word, count in words.items())


def take(engine: Engine, lines: Sequence[Line], *, told_by: str = "", now: datetime) -> Taken:
    """Take answers in, each line by itself: what is refused leaves the others as they are, and what was known as it was.

    Args:
        told_by: who says what has no name of its own.

    Raises:
        StoreError: the database refused; nothing was taken.
    """
    taken = Taken()
    with writing(engine) as connection:
        for start in range(0, len(lines), _CHUNK):
            _take(connection, lines[start : start + _CHUNK], told_by, now, taken)
    return taken


def _take(connection: Connection, lines: Sequence[Line], told_by: str, now: datetime, taken: Taken) -> None:
    asked = _Asked.of(connection, {content.plain(line.id) for line in lines})
    for line in lines:
        if not line.answer:
            taken.empty += 1
            continue
        try:
            row = asked.answer(line, told_by, now)
            asked.put(connection, row, withdrawn=line.answer.lower() == WITHDRAWN, taken=taken)
        except ValueError as error:
            taken.refused.append((line.number, str(error)))


@dataclass
class _Asked:
    """The things that lines speak of, and the answers that stand for them."""

    needs: dict[str, tuple[Need, ...]]
    gone: dict[str, str]
    standing: dict[tuple[str, str], Any]

    @classmethod
    def of(cls, connection: Connection, ids: Iterable[str]) -> _Asked:
        wanted = sorted(ids)
        rows = select_among(connection, resources, ("id", "category", "gone_at"), "id", wanted)
        needs = {row.id: profile(Category(row.category)) for row in rows}
        needs |= {row.id: WORKLOAD for row in select_among(connection, workloads, ("id",), "id", wanted)}
        columns = ("id", "subject_id", "fact", "value", "told_by", "told_on", "superseded_at")
        held = select_among(connection, answers, columns, "subject_id", wanted)
        standing = {(row.subject_id, row.fact): row._asdict() for row in held if row.superseded_at is None}
        return cls(needs, {row.id: row.gone_at for row in rows if row.gone_at}, standing)

    def answer(self, line: Line, told_by: str, now: datetime) -> dict[str, Any]:
        """The row that a line becomes.

        Raises:
            ValueError: it cannot be taken; says why.
        """
        id_ = content.plain(line.id)
        if id_ not in self.needs:
            raise ValueError(f'nothing in the inventory has the id "{id_[:200]}"')
        if id_ in self.gone:
            raise ValueError(f"{id_[:200]} is gone since {self.gone[id_]}")
        need = next((n for n in self.needs[id_] if n.fact == line.fact and n.askable), None)
        if need is None:
            facts = ", ".join(n.fact for n in self.needs[id_] if n.askable)
            raise ValueError(f'"{line.fact[:100]}" is not asked of it; asked are: {facts or "none"}')
        name = (line.told_by or told_by).strip()
        if not name:
            raise ValueError(
                "nobody stands under told_by: an answer needs somebody who gives it (or import it with --told-by NAME)"
            )
        if len(name) > MOST_SAID:
            raise ValueError(f"told_by is longer than {MOST_SAID} characters")
        checked_text(name)
        day = day_of(line.told_on, now.date())
        value = "" if line.answer.lower() == WITHDRAWN else content.text_of(answer_of(need, line.answer))
        return {"subject_id": id_, "fact": need.fact, "value": value, "told_by": name, "told_on": day.isoformat(), "taken_at": content.instant(now), "superseded_at": None}  # fmt: skip

    def put(self, connection: Connection, row: dict[str, Any], *, withdrawn: bool, taken: Taken) -> None:
        key = (row["subject_id"], row["fact"])
        if taken.given.setdefault(key, row["value"]) != row["value"]:
            raise ValueError("this file answers it twice, and not alike; the first answer was taken")
        before = self.standing.get(key)
        if before is not None:
            if before["told_on"] > row["told_on"]:
                raise ValueError(
                    f"{before['told_by']} said otherwise on {before['told_on']}, which is later than {row['told_on']}"
                )
            if not withdrawn and all(before[name] == row[name] for name in ("value", "told_by", "told_on")):
                taken.same += 1
                return
            ended = update(answers).where(answers.c.id == bindparam("answer")).values(superseded_at=row["taken_at"])
            connection.execute(ended, [{"answer": before["id"]}])
        if withdrawn:
            taken.withdrawn += before is not None
            self.standing.pop(key, None)
            return
        made = connection.execute(insert(answers).returning(answers.c.id), row).scalar_one()
        self.standing[key] = row | {"id": made}
        taken.new += before is None
        taken.changed += before is not None
