"""The agent: runs the configured schedules, one at a time, and serves health and metrics.

APScheduler lives here and nowhere else. Jobs stand in the inventory's own database, so that a run that was missed
while the agent was down is made up for once.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from discovery.config import Config, Schedule, load
from discovery.console import Console
from discovery.scans import run_scan
from normalize.errors import BusyError, ConfigError, StocktakeError, StoreError

log = logging.getLogger("stocktake.agent")

STOP_SECONDS = 18.0
"""How long the agent waits for a scan to end after SIGTERM; then it leaves, and the next start resumes the run."""


@dataclass
class Vitals:
    """What health and metrics show. Times are seconds since 1970."""

    started: float = field(default_factory=time.time)
    running: str = ""
    runs: dict[tuple[str, int], int] = field(default_factory=dict)
    last_finished: dict[str, float] = field(default_factory=dict)
    last_code: dict[str, int] = field(default_factory=dict)

    def metrics(self) -> str:
        """Prometheus text format."""
        lines = [
            "# HELP stocktake_scan_running Whether a scan runs now.",
            "# TYPE stocktake_scan_running gauge",
            f"stocktake_scan_running {int(bool(self.running))}",
            "# HELP stocktake_scans_total Scans that ended, by schedule and exit code (0 complete, 3 blind spots, 1 fault, 2 configuration).",
            "# TYPE stocktake_scans_total counter",
            *(f'stocktake_scans_total{{schedule="{s}",code="{c}"}} {n}' for (s, c), n in sorted(self.runs.items())),
            "# HELP stocktake_scan_last_finished_timestamp_seconds When the newest scan of a schedule ended.",
            "# TYPE stocktake_scan_last_finished_timestamp_seconds gauge",
            *(
                f'stocktake_scan_last_finished_timestamp_seconds{{schedule="{s}"}} {t:.3f}'
                for s, t in sorted(self.last_finished.items())
            ),
        ]
        return "\n".join(lines) + "\n"


class Agent:
    """Runs scans for schedules; at most one at a time.

    Args:
        config_path: read again before each scan, so that edits need no restart.
    """

    def __init__(self, config_path: Path, database: str, console: Console) -> None:
        self.stop = threading.Event()
        self.vitals = Vitals()
        self._config_path = config_path
        self._database = database
        self._console = console
        self._one = threading.Lock()

    def scan(self, name: str, sources: tuple[str, ...], resume: bool = False) -> int:
        """One scan; its exit code. An error is logged and counted, never raised: the next run may do better."""
        with self._one:
            if self.stop.is_set():
                return 3
            self.vitals.running = name
            code = 1
            try:
                config = load(self._config_path)
                code = run_scan(config, self._database, self._console, sources=sources, resume=resume, stop=self.stop)
            except ConfigError as error:
                code = 2
                log.error("schedule %s: %s", name, error)
            except BusyError as error:
                code = 3
                log.warning("schedule %s: %s", name, error)
            except StocktakeError as error:
                log.error("schedule %s: %s", name, error)
            except Exception:
                log.exception("schedule %s: a fault of Stocktake", name)
            finally:
                self.vitals.running = ""
                self.vitals.runs[name, code] = self.vitals.runs.get((name, code), 0) + 1
                self.vitals.last_finished[name] = time.time()
                self.vitals.last_code[name] = code
            return code

    def resume(self) -> None:
        """Go on with a run that a crash cut short, if there is one."""
        with self._one:
            self.vitals.running = "resume"
            try:
                run_scan(load(self._config_path), self._database, self._console, resume=True, stop=self.stop)
            except (StoreError, ConfigError) as error:
                log.info("nothing to resume: %s", error)
            finally:
                self.vitals.running = ""


_AGENTS: dict[str, Agent] = {}


def fire(agent: str, name: str, sources: tuple[str, ...]) -> None:
    """What a stored job calls; jobs are stored by reference, so this stands at module level."""
    _AGENTS[agent].scan(name, sources)


def _schedule(scheduler: Any, key: str, schedules: list[Schedule]) -> None:
    wanted = {f"stocktake:{s.name}" for s in schedules}
    for job in scheduler.get_jobs():
        if job.id not in wanted:
            scheduler.remove_job(job.id)
    for schedule in schedules:
        trigger = CronTrigger.from_crontab(schedule.cron, timezone=schedule.timezone)
        existing = scheduler.get_job(f"stocktake:{schedule.name}")
        arguments = (key, schedule.name, tuple(schedule.sources or ()))
        if existing is not None and str(existing.trigger) == str(trigger) and tuple(existing.args) == arguments:
            continue  # keeps its next run time: one that was missed while the agent was down is made up for
        scheduler.add_job(
            fire,
            trigger,
            args=arguments,
            id=f"stocktake:{schedule.name}",
            name=schedule.name,
            replace_existing=True,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )


def run_agent(config: Config, database: str, console: Console, listen: str) -> None:
    """Run the schedules until SIGTERM or SIGINT.

    Raises:
        ConfigError: there is no schedule, or the address to listen on is no HOST:PORT.
    """
    from store.database import connect, ensure

    if not config.schedule:
        raise ConfigError(f"{config.path}: no [[schedule]] block; `stocktake init` shows one")
    if config.path is None:
        raise ConfigError("the agent needs a configuration file: --config FILE")
    console.configure_logging()
    engine = connect(database)
    ensure(engine)
    agent = Agent(config.path, database, console)
    _AGENTS["agent"] = agent
    server = _serve(listen, agent) if listen else None
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(engine=engine, tablename="schedule_jobs")},
        executors={"default": ThreadPoolExecutor(1)},
        timezone="UTC",
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: agent.stop.set())
    scheduler.start(paused=True)
    _schedule(scheduler, "agent", config.schedule)
    scheduler.resume()
    console.note(
        f"agent: {len(config.schedule)} schedules" + (f", health on http://{listen}/healthz" if server else "")
    )
    resuming = threading.Thread(target=agent.resume, name="resume", daemon=True)
    resuming.start()
    agent.stop.wait()
    _leave(scheduler, server, agent)


def _leave(scheduler: Any, server: Any, agent: Agent) -> None:
    scheduler.shutdown(wait=False)
    if server is not None:
        server.shutdown()
    deadline = time.monotonic() + STOP_SECONDS
    while agent.vitals.running and time.monotonic() < deadline:
        time.sleep(0.1)
    # The pool of the scheduler has threads that are not daemons; a hanging call must not keep the process.
    os._exit(0)


def _serve(listen: str, agent: Agent) -> ThreadingHTTPServer:
    host, _, port = listen.rpartition(":")
    if not host or not port.isdigit():
        raise ConfigError(f'--listen "{listen}": accepted: HOST:PORT, as in 127.0.0.1:9477, or "" for nowhere')

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers: Mapping[str, tuple[str, str]] = {
                "/healthz": ("ok\n", "text/plain; charset=utf-8"),
                "/metrics": (agent.vitals.metrics(), "text/plain; version=0.0.4; charset=utf-8"),
            }
            body, content_type = answers.get(self.path, ("not found\n", "text/plain; charset=utf-8"))
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, format: str, *args: object) -> None:
            """Health probes are not news."""

    try:
        server = ThreadingHTTPServer((host, int(port)), Handler)
    except OSError as error:
        raise ConfigError(f'--listen "{listen}": {error.strerror}') from None
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
    return server
