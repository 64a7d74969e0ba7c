"""Reports about a move in a real browser: drawn without a console message or a request, and their filters work.

The pictures in docs/ are made by it, of what `make demo` wrote:
STOCKTAKE_DEMO=stocktake-demo STOCKTAKE_IMAGES=docs/images pytest tests/service/test_plan_pages.py
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from normalize.model import Category
from planning import accelerators, compliance, rules
from planning import data as holdings
from planning.disposition import dispose
from planning.manifests import for_target
from planning.readiness import Judge, roll_up
from reports import accelerators as accelerators_report
from reports import compliance as compliance_report
from reports import cost as cost_report
from reports import data as data_report
from reports import disposition, readiness
from reports.pages import Page
from reports.renderers import render
from tests.service.test_report_page import _browse, _drawn
from tests.unit.planned import TODAY, component, lookup
from tests.unit.test_manifests import deployment
from tests.unit.test_plan_money_and_law import KNOWN, bucket, costs_of, joined
from tests.unit.test_readiness_report import DATA

pytestmark = pytest.mark.service


def _pages() -> dict[str, Callable[[], Page]]:
    gpu = [{"vendor": "nvidia", "model": "A100", "count": 8, "form": "gpu", "memory_bytes": 40 * 2**30}]
    labelled = bucket("raw <script>alert(1)</script>", size_bytes=10**14, object_count=10**8)
    labelled.tags = {"sensitivity": "pii"}
    whole = joined(
        [
            labelled,
            component("slow 🦜", Category.ENDPOINT, latency_p99_seconds=75.0),
            component("p4d", Category.INSTANCE, "aws.ec2.instance", instance_type="p4d.24xlarge", accelerators=gpu, accelerator_count=8),
            component("serve", Category.WORKLOAD, "k8s.deployment", images=["a/b:1"]),
        ],
        ("slow 🦜", "reads_from", labelled.id),
    )  # fmt: skip
    ids = list(whole.components)
    book = rules.load(rules.shipped())
    judge = Judge(book, "gcp", lookup, {}, TODAY, estate=whole)
    assessed = {id_: judge.assess(c) for id_, c in whole.components.items()}
    plans = accelerators.plan(whole, KNOWN, "gcp", TODAY, ids)
    wishes = holdings.Wishes()
    labels = compliance.carried(whole)
    standings = compliance.standings(whole, KNOWN, "gcp", ids, labels)
    edits = {"serve": for_target(deployment(), "gcp", KNOWN)}
    return {
        "readiness": lambda: readiness.build(DATA, assessed, roll_up(whole, assessed), book, 2),
        "disposition": lambda: disposition.build(
            DATA, assessed, {i: dispose(a, "gcp") for i, a in assessed.items()}, edits, {}
        ),
        "accelerators": lambda: accelerators_report.build(DATA, plans),
        "data": lambda: data_report.build(DATA, holdings.plan(whole, KNOWN, "gcp", TODAY, ids, wishes), wishes),
        "cost": lambda: cost_report.build(DATA, costs_of(whole)),
        "compliance": lambda: compliance_report.build(DATA, standings, compliance.reviews(whole, standings, "gcp")),
    }


PAGES = _pages()


@pytest.mark.parametrize("name", sorted(PAGES))
def test_a_page_is_drawn_without_complaint_or_request(tmp_path: Path, name: str) -> None:
    page = tmp_path / f"{name}.html"
    demo, images = os.environ.get("STOCKTAKE_DEMO"), os.environ.get("STOCKTAKE_IMAGES")
    page.write_text((Path(demo) / f"{name}-gcp.html").read_text() if demo else render(PAGES[name](), "html"))
    _drawn(page, "light" if images or name not in ("readiness", "cost") else "dark")
    if images:
        shutil.copy(page.with_suffix(".png"), Path(images) / f"{name}.png")


def test_filters_run_under_the_pages_own_policy(tmp_path: Path) -> None:
    page = tmp_path / "readiness.html"
    page.write_text(render(PAGES["readiness"](), "html"))
    dom = _browse(page, "--dump-dom", "--virtual-time-budget=2000").stdout
    assert re.search(r"<output[^>]*>4 of 4 shown</output>", dom)
    assert '<form class="filters">' in dom


def test_a_page_says_in_text_what_it_shows_in_colour(tmp_path: Path) -> None:
    text = render(PAGES["readiness"](), "html")
    for svg in re.findall(r"<svg[^>]*>", text):
        assert 'role="img"' in svg
        assert 'aria-label="' in svg
    assert "alert(1)</script>" not in text.replace("&lt;", "")
