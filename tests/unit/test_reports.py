"""What the reports promise: the whole truth about what was not seen, in every format, and nothing foreign as markup."""

from __future__ import annotations

import importlib.util
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from reports import coverage, gaps, model, remedy, summary
from reports.renderers import FORMATS, render

HOSTILE = (
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "{{ 7*7 }}{% raw %}",
    "` | ~~x~~ **bold** [link](http://evil.example) <!--",
    "\u202egnp.exe \u2066x",
    "🤖 модель نموذج 模型",
    "\x1b[31mred\x00\x07",
    "half \ud83d surrogate",
    "n" * 5000,
)  # fmt: skip


def _estate() -> ModuleType:
    path = Path(__file__).parents[1] / "fixtures/reports/estate.py"
    spec = importlib.util.spec_from_file_location("report_estate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


ESTATE = _estate()


def _empty() -> dict[str, Any]:
    nothing: dict[str, Any] = {key: [] for key in ("runs", "resources_by", "coverage", "gaps", "accelerators")}
    return {
        "generated_at": "2026-11-24T06:00:00Z",
        "version": "0",
        "database": "sqlite:///x",
        "target": None,
        **nothing,
    }


def _one(kind: str, outcome: str, count: int = 0, **more: Any) -> dict[str, Any]:
    """An estate that was looked at once, with the kind's dimension known."""
    data = {
        **_empty(),
        "coverage": [ESTATE.look(kind, "prod", "1", "r", outcome, **more)],
        "dimensions": {kind: "data"},
    }
    if count:
        data["resources_by"] = [
            {"provider": "aws", "dimension": "data", "kind": kind, "category": "bucket", "account": "1", "place": "r", "count": count, "gone": 0}
        ]  # fmt: skip
    return data


def _cell(data: dict[str, Any], dimension: str = "data", provider: str = "aws") -> coverage.Cell:
    cells = summary.build(data).cells
    return next(c for c in cells if c.dimension == dimension and c.provider == provider)


class _Page(HTMLParser):
    """Elements with their attributes, and whether every element is closed in order."""

    VOID = frozenset({"meta", "link", "br", "input", "rect"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, f"</{tag}> closes something else"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def _markdown_tokens(page: str) -> list[Token]:
    """All tokens, inline ones too, as a reader of GitHub's tables and raw HTML sees them."""
    blocks = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).parse(page)
    return [token for block in blocks for token in (block, *(block.children or ()))]


TEXTS = [
    pytest.param(build, form, id=f"{name}-{form}")
    for name, build in (("summary", summary.build), ("gaps", gaps.build))
    for form in FORMATS
]


@pytest.mark.parametrize("outcome", ["denied", "failed", "partial", "skipped"])
def test_a_zero_that_nobody_could_check_is_not_printed(outcome: str) -> None:
    cell = _cell(_one("aws.s3.bucket", outcome))
    assert cell.count is None
    assert cell.blind


@pytest.mark.parametrize("outcome", ["complete", "unavailable"])
def test_a_zero_is_printed_where_every_look_settles_it(outcome: str) -> None:
    cell = _cell(_one("aws.s3.bucket", outcome))
    assert (cell.count, cell.blind) == (0, ())


@pytest.mark.parametrize("flaw", [{"gaps": 1}, {"quarantined": 1}])
def test_a_complete_listing_with_a_flaw_proves_nothing(flaw: dict[str, int]) -> None:
    assert _cell(_one("aws.s3.bucket", "complete", **flaw)).count is None
    assert not summary.build(_one("aws.s3.bucket", "complete", **flaw)).verdict.complete


def test_a_count_beside_a_blind_spot_keeps_its_mark() -> None:
    cell = _cell(_one("aws.s3.bucket", "partial", count=7))
    assert cell.count == 7
    assert cell.blind == ("1 of 1 scopes partial",)


def test_a_blind_spot_of_unknown_dimension_opens_every_count_of_its_provider() -> None:
    data = _one("aws.s3.bucket", "complete")
    data["coverage"].append(ESTATE.look("aws.new.thing", "prod", "1", "r", "denied"))
    assert all(_cell(data, d).count is None for d in ("data", "models", "network"))


def test_what_was_never_looked_for_is_neither_zero_nor_blind() -> None:
    cell = _cell(_one("aws.s3.bucket", "complete"), "models")
    assert (cell.count, cell.blind) == (None, ())


def test_a_provider_known_only_from_a_mention_is_unknown_not_absent() -> None:
    data = {**_one("aws.s3.bucket", "complete"), "gaps": [ESTATE.gap(1, code="scope-unscanned", missing={"provider": "kubernetes"})]}  # fmt: skip
    cell = _cell(data, "compute", "kubernetes")
    assert (cell.count, cell.unscanned, cell.open) == (None, 1, True)
    assert not summary.build(data).verdict.complete


def test_an_unscanned_account_forbids_zeros_and_leaves_numbers_standing() -> None:
    gap = ESTATE.gap(1, code="scope-unscanned", missing={"provider": "aws", "account": "2"})
    assert _cell({**_one("aws.s3.bucket", "complete"), "gaps": [gap]}).count is None
    cell = _cell({**_one("aws.s3.bucket", "complete", count=7), "gaps": [gap]})
    assert (cell.count, cell.blind, cell.unscanned, cell.open) == (7, (), 1, False)


def test_the_verdict_counts_each_blind_scope_once_and_names_every_reason() -> None:
    verdict = summary.build(ESTATE.estate()).verdict
    looks = ESTATE.estate()["coverage"]
    blind = [c for c in looks if c["outcome"] in ("denied", "failed", "partial") or c["gaps"] or c["quarantined"]]
    assert (verdict.blind, verdict.scopes) == (len(blind), len(looks))
    assert len(verdict.reasons) == 6
    assert "incomplete because access to 4 was denied, 1 failed, 1 ended early" in verdict.text


def test_an_unfinished_run_is_no_complete_inventory() -> None:
    data = {**_one("aws.s3.bucket", "complete"), "runs": [ESTATE.run("r1", "2026-11-24T03:00:00Z", None, "running")]}
    assert summary.build(data).verdict.reasons == ("run r1 has not finished",)


def test_only_the_latest_look_counts() -> None:
    data = _one("aws.s3.bucket", "denied")
    data["coverage"].append({**data["coverage"][0], "outcome": "complete", "finished_at": "2026-11-24T09:00:00Z"})
    assert [c.outcome for c in summary.build(data).looks] == ["complete"]
    assert summary.build(data).verdict.complete


@pytest.mark.parametrize("form", FORMATS)
def test_an_empty_inventory_says_that_it_knows_nothing(form: str) -> None:
    text = render(summary.build(_empty()), form)
    assert "says nothing about what else there is" in text
    assert "inventory is complete" not in text
    render(gaps.build(_empty()), form)


@pytest.mark.parametrize(("build", "form"), TEXTS)
def test_every_format_carries_the_same_facts(build: Any, form: str) -> None:
    text = render(build(ESTATE.estate()), form)
    facts = ["8 of 90 scopes could not be read in full", "s3://acme-ml-weights", "$.PrimaryContainer.ModelDataUrl", "sagemaker:DescribeModel", "aws eks update-kubeconfig --name inference-eu"]  # fmt: skip
    if build is summary.build:
        facts += [
            "Inferentia2",
            "kms:ListKeys",
            "ThrottlingException after 100 records",
            "aws.sagemaker.notebook_instance",
        ]
    if form == "md":
        text = text.replace("\\", "")
    assert [f for f in facts if f not in text] == []


@pytest.mark.parametrize(("build", "form"), TEXTS)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda t: ascii(t[:12]))
def test_hostile_text_stays_text(build: Any, form: str, text: str) -> None:
    data = ESTATE.estate()
    hostile = ESTATE.gap(
        99, "critical", subject=text, subject_id=text, why=text, remedy=f"{text}\n\n    {text}", missing={"reference": text},
        evidence=[{"source": text, "path": text, "value": text}],
    )  # fmt: skip
    data["gaps"] = [hostile]
    data["resources_by"][0] |= {"kind": text, "category": text, "provider": text}
    data["coverage"][0] |= {"source": text, "kind": text, "account": text, "place": text, "outcome": "denied", "reason": text, "needs": [text]}  # fmt: skip
    data["accelerators"][0] |= {"model": text, "vendor": text}
    data["runs"][0] |= {"id": text, "sources": [text]}
    page = render(build(data), form)
    page.encode()
    if form == "json":
        assert json.loads(page)
        return
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", page)
    if form == "html":
        parsed = _Page(page)
        assert parsed.open == []
        assert not [a for _, attributes in parsed.elements for a in attributes if a.startswith("on")]
        assert not [tag for tag, _ in parsed.elements if tag == "img"]
        assert sum(tag == "script" for tag, _ in parsed.elements) == 1
    else:
        foreign = {"html_inline", "html_block", "link_open", "image", "s_open", "em_open"}
        assert not foreign & {token.type for token in _markdown_tokens(page)}


@pytest.mark.parametrize("build", [summary.build, gaps.build])
def test_the_page_loads_nothing(build: Any) -> None:
    page = _Page(render(build(ESTATE.estate()), "html"))
    assert page.open == []
    addresses = [
        v for _, a in page.elements for k, v in a.items() if k in ("src", "href", "action", "srcset", "data", "poster")
    ]
    assert addresses
    assert all(v is not None and v.startswith(("#", "data:,")) for v in addresses)
    policy = next(
        a["content"] for t, a in page.elements if t == "meta" and a.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy is not None
    assert policy.startswith("default-src 'none'")
    assert "unsafe" not in policy
    assert not [a for _, a in page.elements if "style" in a]


@pytest.mark.parametrize("build", [summary.build, gaps.build])
def test_the_page_can_be_read_without_eyes_or_mouse(build: Any) -> None:
    page = _Page(render(build(ESTATE.estate()), "html"))
    tags = [t for t, _ in page.elements]
    assert {"header", "nav", "main", "footer", "h1"} <= set(tags)
    assert tags.count("h1") == 1
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in a for t, a in page.elements if t == "th")
    ids = {a["id"] for _, a in page.elements if "id" in a}
    targets = [a["href"] for t, a in page.elements if t == "a"] + [f"#{a['aria-labelledby']}" for _, a in page.elements if "aria-labelledby" in a]  # fmt: skip
    assert {t[1:] for t in targets if t} <= ids
    assert all(a.get("aria-label") for _, a in page.elements if a.get("role") == "region")


@pytest.mark.parametrize("form", ["html", "md"])
def test_thousands_of_gaps_are_cut_openly_and_all_in_json(form: str) -> None:
    data = {**ESTATE.estate(), "gaps": [ESTATE.gap(i, "low" if i % 2 else "critical") for i in range(3000)]}
    text = render(gaps.build(data), form)
    assert "500 of 3,000 gaps are shown" in text.replace("here, worst first", "")
    shown = text.count("data-severity=") if form == "html" else text.count("why critical")
    assert shown == 500
    assert len(json.loads(render(gaps.build(data), "json"))["gaps"]) == 3000


def test_worst_gaps_come_first() -> None:
    found = gaps.build(ESTATE.estate()).gaps
    ranks = [model.SEVERITIES.index(g.severity) for g in found]
    assert ranks == sorted(ranks)


def test_a_large_estate_lists_what_is_open_and_counts_the_rest() -> None:
    places = [f"region-{i}" for i in range(200)]
    data = _empty() | {
        "coverage": [
            ESTATE.look(kind, "prod", "1", p, "denied" if kind == "aws.kms.key" and i < 30 else "complete", records=2)
            for kind in ("aws.kms.key", "aws.s3.bucket")
            for i, p in enumerate(places)
        ]
    }
    matrix = summary.build(data).matrices[0]
    assert matrix.wide
    assert [(line.kind, line.read, len(line.taken)) for line in matrix.open] == [("aws.kms.key", 170, 200)]
    assert [line.kind for line in matrix.read] == ["aws.s3.bucket"]
    text = render(summary.build(data), "html")
    assert "170 of 200" in text
    assert "and 18 more, listed below by reason" in text
    assert "30 of 400 scopes" in text


def test_equal_refusals_are_told_once_with_all_places() -> None:
    unseen = summary.build(ESTATE.estate()).unseen
    keys = [u for u in unseen if u.kind == "aws.kms.key"]
    assert [(u.outcome, u.places, u.needs) for u in keys] == [
        ("denied", ("eu-central-1", "us-east-1"), ("kms:ListKeys",))
    ]


def test_json_keeps_what_is_unknown_absent() -> None:
    document = json.loads(render(summary.build(_one("aws.s3.bucket", "denied")), "json"))
    data = next(c for c in document["counts"] if c.get("dimension") == "data")
    assert "count" not in data
    assert data["proven"] is False
    assert list(document["coverage"][0]) == [
        "run_id", "source", "kind", "provider", "account", "place", "outcome", "records", "gaps", "quarantined", "reason", "needs",
        "started_at", "finished_at",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ask the owner.", [("text", "Ask the owner.")]),
        ("Run `a b`; then `c`.", [("text", "Run "), ("code", "a b"), ("text", "; then "), ("code", "c"), ("text", ".")]),
        (
            'Add:\n\n[[source]]\ntype = "aws"\n# all\nname = "x"\nThen scan.',
            [("text", "Add:"), ("block", '[[source]]\ntype = "aws"\n# all\nname = "x"'), ("text", "Then scan.")],
        ),
        ("Do:\n```sh\nx\n  y\n```\nEnd", [("text", "Do:"), ("block", "x\n  y"), ("text", "End")]),
        ("Do:\n    x | y\n", [("text", "Do:"), ("block", "x | y")]),
        ("An open ``` fence", [("text", "An open ``` fence")]),
        ("", []),
    ],
)  # fmt: skip
def test_a_remedy_gives_its_commands_for_copying(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(p.form, p.text) for p in remedy.parts(text)] == expected


def test_an_unknown_format_is_named() -> None:
    with pytest.raises(ValueError, match=r"'pdf': accepted are html, md, json"):
        render(gaps.build(_empty()), "pdf")
