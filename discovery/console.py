"""What people see while something runs: logs and progress, always on stderr; stdout carries only answers."""

from __future__ import annotations

import json
import logging
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from normalize.redaction import scrub

if TYPE_CHECKING:
    from discovery.executor import Step
    from normalize.model import Coverage


@dataclass(slots=True)
class Console:
    """Settings that hold for every command."""

    quiet: bool = False
    verbose: bool = False
    log_format: str = "text"
    no_color: bool = False

    @property
    def color(self) -> bool:
        """Whether stdout may carry colour."""
        return not (self.no_color or os.environ.get("NO_COLOR")) and sys.stdout.isatty()

    @property
    def live(self) -> bool:
        """Whether stderr can show a moving display."""
        return sys.stderr.isatty() and not self.quiet and self.log_format == "text" and os.environ.get("TERM") != "dumb"

    def note(self, text: str) -> None:
        """A line for the person at the terminal; nothing when --quiet."""
        if not self.quiet:
            self._say(logging.INFO, text)

    def complain(self, text: str) -> None:
        """A line about something that was refused, also when --quiet."""
        self._say(logging.WARNING, text)

    def _say(self, level: int, text: str) -> None:
        if self.log_format == "json":
            logging.getLogger("stocktake").log(level, text)
        else:
            print(text, file=sys.stderr, flush=True)  # noqa: T201  this is the console

    def configure_logging(self) -> None:
        """Send logs to stderr, scrubbed of secrets. Warnings and worse; everything of ours when --verbose."""
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(_JsonFormatter() if self.log_format == "json" else TextFormatter())
        root = logging.getLogger()
        root.handlers[:] = [handler]
        root.setLevel(logging.WARNING)
        ours = logging.getLogger("stocktake")
        ours.setLevel(logging.DEBUG if self.verbose else logging.ERROR if self.quiet else logging.INFO)
        logging.captureWarnings(True)


class TextFormatter(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return scrub(json.dumps(entry, ensure_ascii=False))


_QUIET_SECONDS = 15.0
"""How often a scan without a terminal says how far it is."""


class Progress:
    """Shows a scan: a live display at a terminal, plain lines otherwise. Use as a context manager and a watcher."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._planned: dict[str, int] = {}
        self._done: dict[str, int] = {}
        self._records: dict[str, int] = {}
        self._blind: dict[str, int] = {}
        self._wrote = time.monotonic()
        self._live: Any = None

    def __enter__(self) -> Callable[[Step], None]:
        if self._console.live:
            from rich.console import Console as RichConsole
            from rich.live import Live

            self._live = Live(
                get_renderable=self._display,
                console=RichConsole(stderr=True, no_color=self._console.no_color or bool(os.environ.get("NO_COLOR"))),
                refresh_per_second=4,
                transient=False,
            )
            self._live.__enter__()
        return self._take

    def __exit__(self, *exc: object) -> None:
        if self._live is not None:
            self._live.__exit__(*exc)

    def _take(self, step: Step) -> None:
        source = step.source
        self._planned[source] = self._planned.get(source, 0) + step.planned
        if step.coverage is not None:
            self._cover(source, step.coverage)
        if self._live is None:
            self._write(step)

    def _cover(self, source: str, coverage: Coverage) -> None:
        self._done[source] = self._done.get(source, 0) + 1
        self._records[source] = self._records.get(source, 0) + coverage.records
        if coverage.is_blind_spot():
            self._blind[source] = self._blind.get(source, 0) + 1

    def _write(self, step: Step) -> None:
        coverage = step.coverage
        if coverage is not None and (coverage.is_blind_spot() or self._console.verbose):
            self._console.note(
                f"{step.source}: {coverage.kind} in {coverage.scope.place}: {coverage.outcome}, {coverage.records} records"
                + (f" ({coverage.reason[:200]})" if coverage.reason else "")
            )
        if step.ended:
            self._console.note(f"{step.source}: done: {self._state(step.source)}")
        elif time.monotonic() - self._wrote > _QUIET_SECONDS:
            self._wrote = time.monotonic()
            self._console.note(f"{step.source}: reading: {self._state(step.source)}")

    def _state(self, source: str) -> str:
        done, planned = self._done.get(source, 0), self._planned.get(source, 0)
        scopes = f"{done}" if done == planned else f"{done} of {planned}"
        return f"{scopes} scopes, {self._records.get(source, 0)} records, {self._blind.get(source, 0)} blind spots"

    def _display(self) -> Any:
        from rich.table import Table

        table = Table(box=None, pad_edge=False)
        for title in ("source", "scopes", "left", "records", "blind spots"):
            table.add_column(title, justify="left" if title == "source" else "right")
        for source, planned in self._planned.items():
            done, blind = self._done.get(source, 0), self._blind.get(source, 0)
            table.add_row(
                source,
                str(done),
                str(max(0, planned - done)),
                str(self._records.get(source, 0)),
                f"[red]{blind}[/red]" if blind else "0",
            )
        return table
