"""Fit rules: what of a component stands against a move, as data that is read, checked and tested in one place.

A rule names the categories it judges, the source and target it is about, conditions over facts, and for each condition
what follows. Rules never see a provider's payload. Files are TOML; see docs/rules.md for a walk through one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fnmatch import fnmatchcase
from importlib import resources
from pathlib import Path
from typing import Any

from normalize.errors import PlanError
from normalize.model import Category, Severity
from planning.expressions import Condition, compile_condition

TARGETS = ("aws", "gcp", "azure", "kubernetes")


class Readiness(StrEnum):
    """Worst first: the order in which parts decide over a whole."""

    NOT_READY = "not_ready"
    UNKNOWN = "unknown"
    CONDITIONAL = "conditional"
    READY = "ready"


class Stage(StrEnum):
    """In the order in which they are judged; one that fails leaves the later ones blank."""

    COMPATIBILITY = "compatibility"
    SIZING = "sizing"
    COST = "cost"
    RESIDENCY = "residency"


class Option(StrEnum):
    """What can be done with a component, least work first."""

    RETIRE = "retire"
    RETAIN = "retain"
    RELOCATE = "relocate"
    REHOST = "rehost"
    REPLATFORM = "replatform"
    REARCHITECT = "re-architect"
    REPLACE = "replace"


@dataclass(frozen=True, slots=True)
class Effort:
    """Work in person-days, for one component."""

    low: float
    likely: float
    high: float

    def __add__(self, other: Effort) -> Effort:
        return Effort(self.low + other.low, self.likely + other.likely, self.high + other.high)


NO_EFFORT = Effort(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Consequence:
    """What follows when a condition holds. `code` is stable: programs and reports key on it. `least` is the least
    change that answers it: a component with `least` re-architect cannot be rehosted."""

    when: Condition
    readiness: Readiness
    code: str
    severity: Severity
    effort: Effort
    why: str
    remedy: str
    least: Option


@dataclass(frozen=True, slots=True)
class Example:
    """A test of a rule, that stands beside it. `expect` is the code that fires, "passed" or "unknown". In a file, `unset`
    lists facts that are known to be unset."""

    given: Mapping[str, Any]
    expect: str
    target: str
    source: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One fit rule.

    Attributes:
        id: stable, "endpoint.timeout".
        categories: what it judges.
        sources: kinds it is about, as patterns ("aws.*", "aws.sagemaker.endpoint"); empty for all.
        targets: where to; empty for all.
        lifts: for a rule without consequences: why such a thing moves as it is.
        knowledge: name in conditions -> where in the knowledge base: "SORT/ENTRY#FACT", with {target} and {source}.
        observed_at, expires_at: when its source was read, and until when that holds.
        confidence: "verified", "secondhand", "derived" or "unverified"; no verdict rests on an unverified rule.
    """

    id: str
    title: str
    stage: Stage
    categories: frozenset[Category]
    sources: tuple[str, ...]
    targets: frozenset[str]
    consequences: tuple[Consequence, ...]
    lifts: str
    knowledge: Mapping[str, str]
    examples: tuple[Example, ...]
    source: str
    observed_at: date
    expires_at: date
    confidence: str
    file: str

    @property
    def needs(self) -> frozenset[str]:
        """Facts that it looks at."""
        return frozenset[str]().union(*(c.when.needs for c in self.consequences)) - frozenset(self.knowledge)

    def applies(self, kind: str, category: Category, target: str) -> bool:
        """Whether it is about such a component on its way to a target; by what is always known."""
        return (
            category in self.categories
            and (not self.targets or target in self.targets)
            and (not self.sources or any(fnmatchcase(kind, p) for p in self.sources))
        )


def shipped() -> list[Path]:
    """The files of rules that come with the product."""
    folder = resources.files("planning") / "rulebook"
    return sorted(Path(str(f)) for f in folder.iterdir() if f.name.endswith(".toml"))


def load(paths: Iterable[Path]) -> tuple[Rule, ...]:
    """Read rules. A later file's rule replaces an earlier one of the same id.

    Raises:
        PlanError: a file is no TOML, or a rule has a key, word or type that rules do not have; it names file and rule.
    """
    found: dict[str, Rule] = {}
    for path in paths:
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise PlanError(f"{path}: {error}") from None
        defaults = {k: v for k, v in document.items() if k != "rule"}
        seen: set[str] = set()
        for entry in document.get("rule", ()):
            rule = _rule(defaults | entry, path)
            if rule.id in seen:
                raise PlanError(f'{path}: rule "{rule.id}" stands twice')
            seen.add(rule.id)
            found[rule.id] = rule
    return tuple(found[k] for k in sorted(found))


_KEYS = frozenset(
    [
        "id",
        "title",
        "stage",
        "categories",
        "sources",
        "targets",
        "outcome",
        "knowledge",
        "lifts",
        "test",
        "source",
        "observed_at",
        "valid_for_days",
        "confidence",
    ]
)
_OUTCOME = frozenset(["when", "readiness", "code", "severity", "effort", "why", "remedy", "least"])
_TEST = frozenset({"given", "unset", "expect", "target", "source"})
_NAME = re.compile(r"[a-z0-9]+(?:[._-][a-z0-9]+)*")
_CODE = re.compile(r"[A-Z][A-Z0-9_]+")


def _rule(entry: Mapping[str, Any], path: Path) -> Rule:
    where = f'{path}: rule "{entry.get("id", "?")}"'
    _known(entry, _KEYS, where)
    try:
        if not _NAME.fullmatch(entry["id"]):
            raise ValueError(f"id {entry['id']!r}: lower case, dots and dashes")
        observed = entry["observed_at"]
        if type(observed) is not date:
            raise ValueError(f"observed_at {observed!r}: a date, as in 2026-11-24")
        if set(entry.get("targets", ())) - set(TARGETS):
            raise ValueError(f"targets {entry['targets']!r}: of {', '.join(TARGETS)}")
        if entry.get("confidence", "verified") not in ("verified", "secondhand", "derived", "unverified"):
            raise ValueError(f"confidence {entry['confidence']!r}: verified, secondhand, derived or unverified")
        rule = Rule(
            id=entry["id"],
            title=entry["title"],
            stage=Stage(entry.get("stage", "compatibility")),
            categories=frozenset(Category(c) for c in entry["categories"]),
            sources=tuple(entry.get("sources", ())),
            targets=frozenset(entry.get("targets", ())),
            consequences=tuple(_consequence(o, where) for o in entry.get("outcome", ())),
            lifts=entry.get("lifts", ""),
            knowledge=dict(entry.get("knowledge", {})),
            examples=tuple(_example(t, entry, where) for t in entry["test"]),
            source=entry["source"],
            observed_at=observed,
            expires_at=date.fromordinal(observed.toordinal() + int(entry["valid_for_days"])),
            confidence=entry.get("confidence", "verified"),
            file=path.name,
        )
    except KeyError as error:
        raise PlanError(f"{where}: lacks {error}") from None
    except (ValueError, TypeError) as error:
        raise PlanError(f"{where}: {error}") from None
    if not rule.categories or not rule.examples or bool(rule.consequences) is bool(entry.get("lifts")):
        raise PlanError(f"{where}: needs categories, tests, and either outcomes or `lifts`")
    return rule


def _consequence(entry: Mapping[str, Any], where: str) -> Consequence:
    _known(entry, _OUTCOME, where)
    if not _CODE.fullmatch(entry["code"]):
        raise PlanError(f"{where}: code {entry['code']!r}: CAPITALS_AND_UNDERSCORES")
    readiness = Readiness(entry["readiness"])
    if readiness not in (Readiness.NOT_READY, Readiness.CONDITIONAL):
        raise PlanError(f"{where}: readiness {readiness.value}: an outcome is conditional or not_ready")
    low, likely, high = entry["effort"]
    if not 0 <= low <= likely <= high:
        raise PlanError(f"{where}: effort {entry['effort']}: low, likely, high in person-days")
    return Consequence(
        when=compile_condition(entry["when"]),
        readiness=readiness,
        code=entry["code"],
        severity=Severity(entry["severity"]),
        effort=Effort(low, likely, high),
        why=entry["why"],
        remedy=entry["remedy"],
        least=Option(entry["least"]),
    )


def _example(entry: Mapping[str, Any], rule: Mapping[str, Any], where: str) -> Example:
    _known(entry, _TEST, where)
    kind = entry.get("source") or next(iter(rule.get("sources", ())), "aws.sagemaker.endpoint").replace("*", "x")
    away = [t for t in rule.get("targets") or TARGETS if t != kind.partition(".")[0]]
    given = entry["given"] | dict.fromkeys(entry.get("unset", ()))
    return Example(given, entry["expect"], entry.get("target") or away[0], kind)


def _known(entry: Mapping[str, Any], keys: frozenset[str], where: str) -> None:
    if wrong := sorted(set(entry) - keys):
        raise PlanError(f"{where}: no key {', '.join(wrong)}; there are {', '.join(sorted(keys))}")
