"""The HTML reports in a real browser: drawn without a console message, filtered, and without a request."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from normalize.evidence import profile
from normalize.model import Category
from reports import confidence, gaps, summary
from reports.renderers import render

pytestmark = pytest.mark.service
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps",
    "--disable-extensions", "--hide-scrollbars", "--enable-logging=stderr", "--window-size=1280,2000",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


def _estate() -> dict[str, Any]:
    path = Path(__file__).parents[1] / "fixtures/reports/estate.py"
    spec = importlib.util.spec_from_file_location("page_estate", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.estate()
    return found


def _browse(page: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("chromium is not installed")
        pytest.skip("chromium is not installed: apt-get install chromium")
    return subprocess.run(
        [CHROMIUM, *FLAGS, f"--user-data-dir={page.parent / 'profile'}", *flags, page.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )


def _requests(log: Path) -> list[str]:
    """Addresses that a page of the file system asked the network for; the browser's own errands have other keys."""
    events = (
        line.rstrip().rstrip(",") for line in log.read_text().splitlines() if '"network_isolation_key":"file:' in line
    )
    return [json.loads(event.removesuffix("]}"))["params"]["url"] for event in events]


@pytest.fixture(params=["summary", "gaps"])
def page(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    build = {"summary": summary.build, "gaps": gaps.build}[request.param]
    path = tmp_path / "report.html"
    path.write_text(render(build(_estate()), "html"))  # type: ignore[operator]
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_is_drawn_without_complaint_or_request(page: Path, scheme: str) -> None:
    _drawn(page, scheme)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_confidence_is_drawn_without_complaint_or_request(tmp_path: Path, scheme: str) -> None:
    counted = {
        "facts": [{"dimension": "data", "category": "bucket", "kind": "aws.s3.bucket", "provider": "aws", "account": "1", "place": "eu",
                   "need": need.name, "things": 9, "known": 4, "old": 1} for need in profile(Category.BUCKET)],
        "workloads": [{"id": "w", "type": "inference", "name": "fraud 🦜", "provider": "aws", "account": "1", "place": "eu", "wanted": 9, "known": 4}],
        "details": [],
    }  # fmt: skip
    page = tmp_path / "confidence.html"
    page.write_text(
        render(confidence.build(_estate() | {"confidence": counted, "categories": {}, "gives": {}}), "html")
    )
    _drawn(page, scheme)
    assert "fraud 🦜" in _browse(page, "--dump-dom").stdout


def _drawn(page: Path, scheme: str) -> None:
    shot, log = page.with_suffix(".png"), page.with_name("net.json")
    dark = ("--blink-settings=preferredColorScheme=0",) if scheme == "dark" else ()
    done = _browse(page, f"--screenshot={shot}", f"--log-net-log={log}", *dark)
    assert shot.read_bytes().startswith(b"\x89PNG")
    assert "CONSOLE" not in done.stderr
    assert _requests(log) == []


def test_a_page_that_loads_something_would_be_found_out(tmp_path: Path) -> None:
    page, log = tmp_path / "bad.html", tmp_path / "net.json"
    page.write_text('<img src="http://pixel.invalid/x.png"><script>undefined_name()</script>')
    done = _browse(page, f"--screenshot={tmp_path / 'bad.png'}", f"--log-net-log={log}")
    assert _requests(log) == ["http://pixel.invalid/x.png"]
    assert "CONSOLE" in done.stderr


def test_the_script_runs_under_the_pages_own_policy(page: Path) -> None:
    dom = _browse(page, "--dump-dom", "--virtual-time-budget=2000").stdout
    assert re.search(r'<output id="found"[^>]*>13 of 13 shown</output>', dom)
    assert dom.count('<button type="button">Copy</button>') == 2
    assert '<form id="filters" class="filters">' in dom


def test_filters_leave_what_fits(page: Path) -> None:
    """The page's own script, driven by one more script that the policy is widened for."""
    drive = (
        "const f = document.getElementById('filters'), seen = () => document.querySelectorAll('.gap:not([hidden])').length;"
        "const steps = [];"
        "const go = (change) => { change(); f.dispatchEvent(new Event('input')); steps.push(seen()); };"
        "go(() => f.elements.text.value = 'LLAMA');"
        "go(() => { f.elements.text.value = ''; f.elements.code.value = 'evidence-missing'; });"
        "go(() => { f.elements.code.value = ''; f.querySelector('[value=critical]').checked = false; });"
        "document.title = JSON.stringify(steps);"
    )
    text = page.read_text().replace("script-src '", "script-src 'unsafe-inline' 'was-")
    page.write_text(text.replace("</body>", f"<script>{drive}</script></body>"))
    done = _browse(page, "--dump-dom", "--virtual-time-budget=2000")
    title = re.search(r"<title>(.*?)</title>", done.stdout)
    assert title is not None
    assert json.loads(title[1]) == [1, 6, 11]


def test_it_prints_with_everything_open(page: Path) -> None:
    pdf = page.with_suffix(".pdf")
    _browse(page, f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    assert pdf.read_bytes().startswith(b"%PDF")
    assert pdf.read_bytes().count(b"/Type /Page\n") >= 2
