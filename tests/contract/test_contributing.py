"""The worked example of CONTRIBUTING.md is the row that runs."""

from __future__ import annotations

import re
from pathlib import Path

from collectors.aws import storage
from normalize.model import Kind

ROOT = Path(__file__).parents[2]


def _plain(kind: Kind) -> str:
    return re.sub(r" at 0x[0-9a-f]+", "", repr(kind))


def test_the_example_is_the_row() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL)
    example = eval(blocks[0], vars(storage).copy())
    assert _plain(example) == _plain(next(k for k in storage.KINDS if k.name == example.name))


def test_every_decision_is_listed_and_every_link_leads_somewhere() -> None:
    folder = ROOT / "docs/adr"
    linked = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (folder / "README.md").read_text())
    assert sorted(linked) == sorted(f.name for f in folder.glob("[0-9]*.md"))
