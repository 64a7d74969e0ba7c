"""Gaps at a terminal: remedies can be copied, names do nothing, and nothing is cut off."""

from __future__ import annotations

import io
from typing import Any

from reports.gap_lines import write

BLOCK = '[[source]]\ntype = "kubernetes"\nname = "serve"'


def gap(**more: Any) -> dict[str, Any]:
    return {
        "id": "gap-1", "code": "scope-unscanned", "severity": "critical", "subject": "cluster serve",
        "why": "everything that runs in it is unknown", "remedy": f"Add to stocktake.toml and scan:\n\n{BLOCK}\n\nThen `stocktake scan`.",
    } | more  # fmt: skip


def shown(*gaps: dict[str, Any], width: int | None = 80, color: bool = False) -> str:
    out = io.StringIO()
    assert write(gaps, out, color=color, width=width) == len(gaps)
    return out.getvalue()


def test_a_block_stands_on_lines_of_its_own_however_narrow_it_is() -> None:
    long = 'aliases = ["/subscriptions/11111111-2222-3333-4444-555555555555/resourcegroups/ml-prod/providers/serve"]'
    for width in (20, 80, None):
        lines = [line.strip() for line in shown(gap(remedy=f"Add:\n\n{BLOCK}\n{long}\n"), width=width).splitlines()]
        at = lines.index("[[source]]")
        assert lines[at : at + 4] == [*BLOCK.splitlines(), long]


def test_prose_is_wrapped_and_nothing_of_it_is_lost() -> None:
    words = " ".join(f"word{i}" for i in range(100))
    text = shown(gap(why=words, remedy="Ask its owner."), width=60)
    assert max(map(len, text.splitlines())) <= 60
    assert words in " ".join(text.split())
    assert "Ask its owner." in text


def test_names_do_nothing_to_the_terminal() -> None:
    evil = "a\x1b[2Jb\u202ec [red]d[/red]"
    text = shown(
        gap(subject=evil, why=evil, remedy=evil, accepted_until="2027-01-01", accepted_reason=evil), color=True
    )
    assert "\x1b[2J" not in text
    assert "\u202e" not in text
    assert text.count(r"\x1b[2J") == 4
    assert "[red]d[/red]" in text


def test_what_was_accepted_says_until_when_and_why() -> None:
    assert "Accepted until 2027-01-01: moves with B" in shown(
        gap(accepted_until="2027-01-01", accepted_reason="moves with B")
    )


def test_the_last_line_counts() -> None:
    assert shown(gap(), gap(severity="low"), gap(severity="low")).splitlines()[-1] == "3 shown: 1 critical, 2 low"
    assert shown() == "No such gap is open.\n"
    assert "\x1b[" in shown(gap(), color=True)
    assert "\x1b[" not in shown(gap())
