"""Pictures for docs/images: the demo's reports in Chromium, and `stocktake gaps` at a terminal.

    python -m benchmarks.pictures [--demo DIR] [--images docs/images]

Without --demo the demo runs first. The terminal is a real one (a pseudo-terminal), and what the command wrote to it is drawn as it
stands, by rich.
"""

from __future__ import annotations

import argparse
import fcntl
import io
import os
import pty
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 132
LINES = 46
PAGES = {"summary": 1500, "gaps": 1500, "confidence": 1700}
"""Report of the demo -> height of its picture."""
STOCKTAKE = (sys.executable, "-m", "discovery")
DATABASE = ("--database", "sqlite:///stocktake.db")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])}
_FONTS = re.compile(r"@font-face\s*\{.*?\}\s*", re.DOTALL)


def terminal(folder: Path, *command: str) -> str:
    """What a command writes to a terminal, escape sequences and all."""
    child, handle = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(
            sys.executable, [*STOCKTAKE, *command], {**ENVIRONMENT, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
        )
    fcntl.ioctl(handle, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
    written = bytearray()
    while block := _read(handle):
        written += block
    if status := os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(f"stocktake {' '.join(command)} ended with {status}")
    return written.decode().replace("\r\n", "\n")


def _read(handle: int) -> bytes:
    try:
        return os.read(handle, 65536)
    except OSError:  # Linux says so when the other end is closed
        return b""


def drawn(typed: str, text: str) -> str:
    """A terminal as SVG that loads nothing: fonts are the reader's own."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(Text(f"$ {typed}", style="bold"))
    for line in Text.from_ansi(text).split(allow_blank=True):
        for part in line.divide(
            range(COLUMNS, len(line), COLUMNS)
        ):  # a terminal breaks where it ends, not between words
            console.print(part)
    return _FONTS.sub("", console.export_svg(title="stocktake"))


def photographed(page: Path, picture: Path, height: int) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or sys.exit("chromium is not installed")
    with tempfile.TemporaryDirectory() as profile:
        flags = (
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
        )
        subprocess.run([browser, *flags, f"--window-size=1280,{height}", f"--screenshot={picture}", page.as_uri()], check=True, capture_output=True)  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--demo", type=Path, help="folder of a demo that has run")
    parser.add_argument("--images", type=Path, default=Path("docs/images"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        demo: Path = options.demo or Path(name) / "demo"
        if not options.demo:
            subprocess.run([sys.executable, "-m", "discovery", "demo", "--output", str(demo)], check=False)
        demo = demo.resolve()
        for report, height in PAGES.items():
            page = (
                demo / f"picture-{report}.html"
            )  # written anew: it names its database, and in which folder is nobody's business
            subprocess.run(
                [*STOCKTAKE, "report", report, "--output", page.name, *DATABASE], cwd=demo, env=ENVIRONMENT, check=True
            )
            photographed(page, (options.images / f"{report}.png").resolve(), height)
            page.unlink()
        asked = ("gaps", "--severity", "critical", "--limit", "5")
        text = terminal(demo, *asked, *DATABASE)
        (options.images / "gaps-terminal.svg").write_text(drawn(f"stocktake {' '.join(asked)}", text))


if __name__ == "__main__":
    main()
