"""What can be done with a component: every option ranked, never only the winner, each with its reasons and its effort.

An option is recommended only where the component's readiness is known. What would be retired, retained or replaced is for
its owners to say: those options are possible until somebody rules them out.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources
from typing import Any

from normalize.errors import PlanError
from normalize.model import Category
from planning.readiness import Assessment, Standing
from planning.rules import NO_EFFORT, TARGETS, Effort, Option, Readiness


class Status(StrEnum):
    """How an option stands, best first."""

    RECOMMENDED = "recommended"
    VIABLE = "viable"
    POSSIBLE = "possible"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Path:
    """The least change that moves things of some kinds, and what they become at each target."""

    kinds: tuple[str, ...]
    categories: frozenset[Category]
    least: Option
    why: str
    becomes: Mapping[str, str]

    def fits(self, kind: str, category: Category) -> bool:
        return category in self.categories or any(fnmatchcase(kind, p) for p in self.kinds)


@dataclass(frozen=True, slots=True)
class Choice:
    """One option for one component. `effort` is None where nobody can say."""

    option: Option
    status: Status
    reasons: tuple[str, ...]
    effort: Effort | None


@dataclass(frozen=True, slots=True)
class Disposition:
    """All options, best first, and what the component becomes at the target ("" where it has no counterpart)."""

    component_id: str
    choices: tuple[Choice, ...]
    becomes: str

    @property
    def recommended(self) -> Choice | None:
        return next((c for c in self.choices if c.status is Status.RECOMMENDED), None)


MOVES = (Option.RELOCATE, Option.REHOST, Option.REPLATFORM, Option.REARCHITECT, Option.REPLACE)
"""Ways of moving, from least change to most."""

BASE: Mapping[Option, Effort] = {
    Option.RETIRE: Effort(0.1, 0.5, 2),
    Option.RETAIN: NO_EFFORT,
    Option.RELOCATE: Effort(0.1, 0.3, 1),
    Option.REHOST: Effort(0.1, 0.5, 2),
    Option.REPLATFORM: Effort(0.5, 2, 5),
    Option.REARCHITECT: Effort(5, 15, 40),
    Option.REPLACE: Effort(3, 10, 30),
}
"""Person-days for one component, without what its reasons add. Planning figures of this project's own, to be replaced by
those of a first wave; reports list them among the assumptions."""


@cache
def paths() -> tuple[Path, ...]:
    """The paths that come with the product.

    Raises:
        PlanError: the file has a word that paths do not have.
    """
    text = (resources.files("planning") / "paths.toml").read_text(encoding="utf-8")
    return tuple(_path(entry) for entry in tomllib.loads(text)["path"])


def _path(entry: Mapping[str, Any]) -> Path:
    try:
        if set(entry["as"]) - set(TARGETS) or set(entry) - {"kinds", "categories", "least", "why", "as"}:
            raise ValueError("a key that paths do not have")
        return Path(
            tuple(entry.get("kinds", ())),
            frozenset(Category(c) for c in entry.get("categories", ())),
            Option(entry["least"]),
            entry["why"],
            dict(entry["as"]),
        )
    except (KeyError, ValueError) as error:
        raise PlanError(f"paths.toml: {entry}: {error}") from None


def path_of(kind: str, category: Category) -> Path | None:
    return next((p for p in paths() if p.fits(kind, category)), None)


def dispose(a: Assessment, target: str) -> Disposition:
    """Rank all options for a component on its way to a target."""
    path = path_of(a.component.kind, a.component.category)
    becomes = path.becomes.get(target, "") if path else ""
    if a.standing is Standing.AT_TARGET:
        choices = [Choice(Option.RETAIN, Status.RECOMMENDED, ("it is at the target already",), NO_EFFORT)]
    else:
        choices = [_retire(a), _retain(a), *_moves(a, path, becomes)]
    order = {s: i for i, s in enumerate(Status)}
    work = {o: i for i, o in enumerate(Option)}
    return Disposition(
        a.component.id,
        tuple(sorted(choices, key=lambda c: (order[c.status], _last_resort(c), work[c.option]))),
        becomes,
    )


def _last_resort(choice: Choice) -> bool:
    """Among equals, doing nothing and doing away come after moving."""
    return choice.option in (Option.RETIRE, Option.RETAIN)


def _moves(a: Assessment, path: Path | None, becomes: str) -> list[Choice]:
    asked = {o: [f for f in a.reasons if f.consequence.least is o] for o in MOVES}
    floor = max((MOVES.index(o) for o, found in asked.items() if found), default=0)
    least = MOVES.index(path.least) if path else None
    if path and not becomes:
        floor = max(floor, MOVES.index(Option.REARCHITECT))
    return [_move(a, option, i, floor, least, path, becomes, asked) for i, option in enumerate(MOVES)]


def _move(
    a: Assessment,
    option: Option,
    place: int,
    floor: int,
    least: int | None,
    path: Path | None,
    becomes: str,
    asked: Mapping[Option, Sequence[Any]],
) -> Choice:
    if path is None or least is None:
        return Choice(option, Status.POSSIBLE, ("nothing is known yet of how such a thing moves",), None)
    needed = max(floor, least)
    effort = BASE[option] + a.effort
    if place < least:
        return Choice(option, Status.NO, (path.why,), None)
    if place < floor:
        codes = tuple(f.consequence.code for o in MOVES[place + 1 :] for f in asked[o])
        return Choice(option, Status.NO, codes or ("the target has no counterpart",), None)
    if place > needed:
        status = Status.VIABLE if place == needed + 1 and option is not Option.REPLACE else Status.POSSIBLE
        return Choice(option, status, ("more change than is needed",), effort)
    reasons = (f"becomes {becomes}: {path.why}" if becomes else path.why, *(f.consequence.code for f in asked[option]))
    if a.readiness is Readiness.UNKNOWN:
        return Choice(option, Status.VIABLE, (*reasons, "recommended only when what is missing is known"), effort)
    return Choice(option, Status.RECOMMENDED, reasons, effort)


_IDLE_DAYS = 14


def _retire(a: Assessment) -> Choice:
    facts, effort = a.component.facts, BASE[Option.RETIRE]
    requests, days = facts.get("request_count"), facts.get("traffic_window_days")
    if isinstance(requests, int) and isinstance(days, int):
        if requests:
            return Choice(Option.RETIRE, Status.NO, (f"{requests:,} requests in {days} days",), None)
        if days >= _IDLE_DAYS:
            told = f"no request in {days} days: ask its owner whether it is needed"
            return Choice(Option.RETIRE, Status.VIABLE, (told,), effort)
    return Choice(Option.RETIRE, Status.POSSIBLE, ("whether it is needed is for its owner to say",), effort)


def _retain(a: Assessment) -> Choice:
    if a.readiness is Readiness.NOT_READY:
        why = "cannot move as it is; staying costs a link between the two sites for all that it talks to"
        return Choice(Option.RETAIN, Status.VIABLE, (why,), NO_EFFORT)
    return Choice(Option.RETAIN, Status.POSSIBLE, ("staying keeps a link between the two sites",), NO_EFFORT)
