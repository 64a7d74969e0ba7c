"""The knowledge base as code: what it reads, how a user's files combine with it, and what a fact is worth on a day."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from normalize.errors import PlanError
from normalize.model import Category
from planning.estate import Component, Estate
from planning.facts import Known, derive
from planning.knowledge import Asked, Knowledge, Status, load

TODAY = date(2026, 11, 24)
HEAD = 'sort = "accelerators"\nsource = "https://docs.example/a"\nobserved_at = 2026-11-01\nvalid_for_days = 30\nconfidence = "verified"\n'
CARD = 'vendor = "nvidia", model = "A1", stack = "cuda"'


def written(folder: Path, name: str, entries: str, head: str = HEAD) -> Path:
    file = folder / name
    file.write_text(f"{head}\n[entries]\n{entries}\n", encoding="utf-8")
    return file


def base(folder: Path, entries: str, head: str = HEAD) -> Knowledge:
    return load([written(folder, "base.toml", entries, head)])


def test_a_fact_says_where_it_was_read_and_when(tmp_path: Path) -> None:
    known = base(tmp_path, f"card = {{ {CARD}, memory_bytes = 5 }}")
    assert Asked(known, TODAY)("accelerators/card#memory_bytes") == Known(
        5, "accelerators/card#memory_bytes", "current", "https://docs.example/a", "2026-11-01"
    )


def test_what_no_entry_states_is_not_known(tmp_path: Path) -> None:
    asked = Asked(base(tmp_path, f"card = {{ {CARD} }}"), TODAY)
    assert [asked(f"accelerators/{r}") for r in ("card#memory_bytes", "other#vendor", "card")] == [None, None, None]


@pytest.mark.parametrize(
    ("as_of", "marks", "status"),
    [
        (TODAY, "", Status.CURRENT),
        (date(2026, 11, 30), "", Status.CURRENT),
        (date(2026, 12, 1), "", Status.EXPIRED),
        (TODAY, ', secondhand = ["memory_bytes"]', Status.SECONDHAND),
        (TODAY, ', derived = ["memory_bytes"]', Status.DERIVED),
        (date(2026, 12, 1), ', derived = ["memory_bytes"]', Status.EXPIRED),
        (date(2026, 12, 1), ', unverified = ["memory_bytes"]', Status.UNVERIFIED),
    ],
)
def test_what_a_fact_is_worth(tmp_path: Path, as_of: date, marks: str, status: Status) -> None:
    known = base(tmp_path, f"card = {{ {CARD}, memory_bytes = 5{marks} }}")
    assert Asked(known, as_of)("accelerators/card#memory_bytes") == (
        5, "accelerators/card#memory_bytes", status.value, "https://docs.example/a", "2026-11-01"
    )  # fmt: skip
    entry = known.entry("accelerators", "card")
    assert entry is not None
    assert entry.status(as_of) is status


def test_an_entry_may_have_a_source_of_its_own_and_so_may_a_fact(tmp_path: Path) -> None:
    head = HEAD + '[facts.memory_bytes]\nsource = "https://docs.example/memory"\nvalid_for_days = 7\n'
    known = base(
        tmp_path, f'a = {{ {CARD}, memory_bytes = 5 }}\nb = {{ {CARD}, memory_bytes = 5, source = "repo@b" }}', head
    )
    told = {
        r: fact.provenance
        for r in ("a#vendor", "a#memory_bytes", "b#vendor", "b#memory_bytes")
        if (fact := known.fact(f"accelerators/{r}"))
    }
    assert [p.source for p in told.values()] == [
        "https://docs.example/a",
        "https://docs.example/memory",
        "repo@b",
        "repo@b",
    ]
    assert told["a#memory_bytes"].expires_at == date(2026, 11, 8)


def test_a_users_files_replace_fact_by_fact_add_entries_and_withdraw(tmp_path: Path) -> None:
    shipped = written(tmp_path, "base.toml", f"card = {{ {CARD}, memory_bytes = 5, fp8 = true, fp4 = false }}")
    ours = written(
        tmp_path,
        "ours.toml",
        f'card = {{ memory_bytes = 6, unknown = ["fp4"] }}\nmine = {{ {CARD} }}',
        HEAD.replace("docs.example/a", "wiki.example/b"),
    )
    known = load([shipped], [ours])
    card = known.entry("accelerators", "card")
    assert card is not None
    assert {n: (f.value, f.provenance.source, f.provenance.file) for n, f in card.facts.items()} == {
        "vendor": ("nvidia", "https://docs.example/a", "base.toml"),
        "model": ("A1", "https://docs.example/a", "base.toml"),
        "stack": ("cuda", "https://docs.example/a", "base.toml"),
        "fp8": (True, "https://docs.example/a", "base.toml"),
        "memory_bytes": (6, "https://wiki.example/b", "ours.toml"),
    }
    assert [e.id for e in known.all()] == ["card", "mine"]


def test_entries_are_found_by_what_they_state(tmp_path: Path) -> None:
    known = base(tmp_path, f"b = {{ {CARD}, fp8 = true }}\na = {{ {CARD}, fp8 = true }}\nc = {{ {CARD} }}")
    assert [e.id for e in known.find("accelerators", fp8=True)] == ["a", "b"]


@pytest.mark.parametrize(
    ("entries", "head", "message"),
    [
        (f"card = {{ {CARD}, colour = 3 }}", HEAD, r'base\.toml: entry "card": accelerators have no colour'),
        (f"card = {{ {CARD}, memory_bytes = '5' }}", HEAD, r'entry "card": memory_bytes: .5. is no integer'),
        (f"card = {{ {CARD}, memory_bytes = 0 }}", HEAD, "memory_bytes: 0 is less than 1"),
        (f"card = {{ {CARD}, memory_bytes = true }}", HEAD, "memory_bytes: True is no integer"),
        (f"card = {{ {CARD}, cuda_least = nan }}", HEAD, "cuda_least: nan is no number"),
        (CARD.join(("card = { ", " }")).replace("nvidia", "acme"), HEAD, "vendor: 'acme': one of nvidia"),
        ('card = { vendor = "nvidia", model = "A1" }', HEAD, 'entry "card" of accelerators: lacks stack'),
        (f"card = {{ {CARD}, unverified = ['fp8'] }}", HEAD, "says how well fp8 is known, and does not state it"),
        (f"card = {{ {CARD}, unknown = ['colour'] }}", HEAD, "accelerators have no colour"),
        (f"card = {{ {CARD} }}", HEAD.replace("verified", "sure"), "confidence 'sure': one of verified"),
        (f"card = {{ {CARD} }}", HEAD.replace("2026-11-01", '"2026-11-01"'), "observed_at '2026-11-01': a date"),
        (f"card = {{ {CARD} }}", HEAD.replace("= 30", "= 0"), "valid_for_days 0: 1 to 3650"),
        (f"card = {{ {CARD} }}", HEAD.replace('source = "https://docs.example/a"\n', ""), "lacks source"),
        (f"card = {{ {CARD} }}", HEAD.replace("accelerators", "cards"), "sort 'cards': one of accelerators"),
        (f"card = {{ {CARD} }}", "kind = 1\n" + HEAD, "no key kind"),
        (f"card = {{ {CARD} }}\ncard = {{ {CARD} }}", HEAD, r"base\.toml: "),
    ],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_named_with_entry_and_key(
    tmp_path: Path, entries: str, head: str, message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        base(tmp_path, entries, head)


def test_two_files_that_come_with_the_product_cannot_state_one_entry(tmp_path: Path) -> None:
    one, two = (written(tmp_path, name, f"card = {{ {CARD} }}") for name in ("one.toml", "two.toml"))
    with pytest.raises(PlanError, match=r'two\.toml: entry "card" of accelerators stands in one\.toml too'):
        load([one, two])


def test_a_reference_to_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    head = HEAD.replace('"accelerators"', '"instance_types"')
    entries = 'box = { provider = "aws", vcpu_count = 1, memory_bytes = 1, cpu_architecture = "arm64", accelerator_count = 1, accelerator = "card" }'
    with pytest.raises(PlanError, match='entry "box": accelerator: accelerators has no "card"'):
        base(tmp_path, entries, head)


@pytest.mark.parametrize(("mark", "told"), [("", "arm64"), (', unverified = ["cpu_architecture"]', None)])
def test_what_was_not_verified_is_no_fact_about_what_runs_there(tmp_path: Path, mark: str, told: str | None) -> None:
    head = HEAD.replace('"accelerators"', '"instance_types"')
    box = f'box = {{ provider = "aws", vcpu_count = 1, memory_bytes = 1, cpu_architecture = "arm64", accelerator_count = 0{mark} }}'
    job = Component(
        "job",
        "aws.sagemaker.training_job",
        Category.TRAINING_JOB,
        "aws",
        "1",
        "x",
        "job",
        "",
        {},
        {"instance_type": "ml.box"},
    )
    derive(Estate({"job": job}, {}, {}, {}, (), 0), Asked(base(tmp_path, box, head), TODAY))
    assert job.facts.get("cpu_architecture") == told
