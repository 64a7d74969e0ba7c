"""What was hidden in a made-up estate, and how much of it was found."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Planted:
    """One gap that an estate has. `handle` is a text by which it can be told from others of its code: what the payload says, an id, or
    KIND|ACCOUNT|PLACE; several such texts stand in lines of their own."""

    code: str
    handle: str
    about: str

    def told_by(self, said: set[str]) -> bool:
        return not said.isdisjoint(self.handle.split("\n"))


@dataclass
class Score:
    """Of one code: planted and found, planted and missed, found and never planted."""

    found: int = 0
    missed: list[Planted] = field(default_factory=list)
    false: list[dict[str, Any]] = field(default_factory=list)

    @property
    def recall(self) -> float:
        total = self.found + len(self.missed)
        return self.found / total if total else 1.0

    @property
    def precision(self) -> float:
        total = self.found + len(self.false)
        return self.found / total if total else 1.0

    def add(self, other: Score) -> None:
        self.found += other.found
        self.missed += other.missed
        self.false += other.false


def handles(gap: Mapping[str, Any]) -> set[str]:
    """Texts by which a person could tell a gap from others of its code."""
    missing = gap["missing"]
    kind, account, place = (missing.get(k, "") for k in ("kind", "account", "place"))
    found = {gap["subject_id"], missing.get("reference", ""), kind, place, account, f"{kind}|{account}|{place}"}
    reference = missing.get("reference", "")
    found |= {
        f"{reference}|{gap['subject_id']}",
        f"{reference}|{kind}|{account}|{place}",
        f"{kind}|{gap['subject_id']}",
    }
    found |= {e["value"] for e in gap["evidence"]}
    if gap["code"] in ("evidence-missing", "owner-missing", "second-source-mismatch"):
        found |= {e.get("resource_id", "") for e in gap["evidence"]}
        found |= {f"{reference}|{e.get('resource_id', '')}" for e in gap["evidence"]}
    return found - {""}


def score(planted: Iterable[Planted], gaps: Iterable[Mapping[str, Any]]) -> dict[str, Score]:
    """By code. A gap that tells what another gap of its code told already is a false one."""
    scores: dict[str, Score] = defaultdict(Score)
    by_code: dict[str, list[Planted]] = defaultdict(list)
    for each in planted:
        by_code[each.code].append(each)
    told: set[Planted] = set()
    for gap in gaps:
        said = handles(gap)
        mine = {p for p in by_code[gap["code"]] if p.told_by(said)}
        if mine - told:
            told |= mine
        else:
            scores[gap["code"]].false.append(dict(gap))
    for code, all_of_it in by_code.items():
        scores[code].found = sum(p in told for p in all_of_it)
        scores[code].missed = [p for p in all_of_it if p not in told]
    return dict(scores)


def table(scores: Mapping[str, Score]) -> str:
    lines = [f"{'code':<24}{'planted':>8}{'found':>7}{'false':>7}{'recall':>8}{'precision':>11}"]
    for code, one in sorted(scores.items()):
        planted = one.found + len(one.missed)
        lines.append(f"{code:<24}{planted:>8}{one.found:>7}{len(one.false):>7}{one.recall:>8.3f}{one.precision:>11.3f}")
    return "\n".join(lines)
