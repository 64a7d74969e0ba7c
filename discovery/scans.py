"""What the commands do, once their options are read: opens sources and the store, and joins the two."""

from __future__ import annotations

import atexit
import ctypes
import gc
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from discovery.config import Config
from discovery.console import Console, Progress
from discovery.executor import Looker, Result, Scan, Step
from discovery.wiring import open_source, static_kinds
from normalize.errors import CollectError, ConfigError
from normalize.model import Outcome
from normalize.redaction import scrub

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from collectors.contract import Collector
    from discovery.config import Source
    from store.reader import Reader

log = logging.getLogger("stocktake")


def chosen(config: Config, names: Sequence[str]) -> list[Source]:
    """The sources with these names; all when none is named.

    Raises:
        ConfigError: there is none at all, or none of that name.
    """
    if not config.source:
        where = config.path or "stocktake.toml"
        raise ConfigError(f"{where}: no [[source]] block; `stocktake init` writes examples of each type")
    known = {s.name: s for s in config.source}
    for name in names:
        if name not in known:
            raise ConfigError(f'--source "{name}" is not configured; accepted: {", ".join(sorted(known))}')
    return [s for s in config.source if not names or s.name in names]


@contextmanager
def _opened(sources: Sequence[Source], began: datetime | None = None) -> Iterator[list[Collector]]:
    with ExitStack() as stack:
        collectors = []
        for source in sources:
            collector = open_source(source, began)
            stack.callback(collector.close)
            collectors.append(collector)
        yield collectors


@contextmanager
def open_reader(url: str) -> Iterator[Reader]:
    """The inventory, for reading.

    Raises:
        ConfigError: the database does not exist yet.
    """
    from store.reader import Reader

    with _inventory(url) as engine:
        yield Reader(engine)


@contextmanager
def _inventory(url: str) -> Iterator[Engine]:
    """The database of an inventory that exists."""
    from store.database import connect, ensure

    _must_exist(url)
    engine = connect(url)
    try:
        ensure(engine)
        yield engine
    finally:
        engine.dispose()


def _exists(url: str) -> bool:
    """Whether there is a database; of a server's that is taken for granted."""
    file = url.partition(":///")[2] if url.startswith("sqlite") else ""
    return not file or Path(file).exists()


def _must_exist(url: str) -> None:
    if not _exists(url):
        file = url.partition(":///")[2]
        raise ConfigError(f"{file}: no inventory yet; `stocktake scan` makes one, --database URL names another")


def predict(config: Config, names: Sequence[str], console: Console) -> tuple[list[dict[str, Any]], int]:
    """(rows, count) of what a scan would not see; the count is of blind spots: what is not there to be seen is none, nor
    is what the configuration leaves out."""
    rows: list[dict[str, Any]] = []
    sources = chosen(config, names)
    costs = {source.name: source.costs for source in sources}
    with _opened(sources) as collectors:
        for collector in collectors:
            console.note(f"{collector.source}: asking")
            if cost := costs.get(collector.source):
                console.note(f"{collector.source}: {cost}")
            try:
                rows.extend(
                    _prediction(collector.source, b.kind, b.scope.account, b.scope.place, b.error)
                    for b in collector.check()
                )
            except Exception as error:
                known = error if isinstance(error, CollectError) else collector.classify(error)
                if known is None:
                    raise
                rows.append(_prediction(collector.source, "*", "?", "?", known))
    chosen_so = (Outcome.UNAVAILABLE, Outcome.SKIPPED)
    return rows, sum(row["outcome"] not in chosen_so for row in rows)


def _prediction(source: str, kind: str, account: str, place: str, error: CollectError) -> dict[str, Any]:
    from discovery.executor import outcome_of

    return {
        "source": source,
        "kind": kind,
        "account": account,
        "place": place,
        "outcome": str(outcome_of(error, 0)),
        "reason": scrub(f"{error.call}: {error}" if error.call else str(error)),
        "needs": list(error.needs),
    }


@contextmanager
def _stopping(console: Console) -> Iterator[threading.Event]:
    """An event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    stop = threading.Event()

    def ask(number: int, frame: object) -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()
        console.note("stopping: scopes in flight end first; `stocktake scan --resume` goes on later")

    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {n: signal.signal(n, ask) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_scan(
    config: Config,
    url: str,
    console: Console,
    *,
    sources: Sequence[str] = (),
    patterns: Sequence[str] = (),
    resume: bool = False,
    workers: int = 16,
    engine: str = "threads",
    stop: threading.Event | None = None,
) -> int:
    """One discovery run; the exit code of the contract.

    Args:
        engine: "threads" of this process take the looks, or the workers of a "dask" cluster.
    """
    selected, began = chosen(config, sources), datetime.now(UTC)
    with ExitStack() as stack:
        collectors = stack.enter_context(_opened(selected, began))
        event = stop or stack.enter_context(_stopping(console))
        looker = stack.enter_context(_spread(selected, began, workers, event, console)) if engine == "dask" else None
        stack.enter_context(_collecting_rarely())
        _keep_memory_together()
        result = scan_into(
            url,
            collectors,
            facts=[{"name": s.name, "type": s.type, **_public_settings(s)} for s in selected],
            patterns=patterns,
            resume=resume,
            workers=workers,
            stop=event,
            progress=Progress(console),
            note=console.note,
            looker=looker,
        )
    console.note(_verdict(result))
    if result.interrupted and stop is None:
        # A call to a slow system may still hold a worker thread; nothing of it can be written any more.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(result.exit_code)
    return result.exit_code


def run_import(
    url: str, paths: Sequence[Path], console: Console, *, told_by: str = "", stop: threading.Event | None = None
) -> int:
    """Take files in as one run, questionnaires after all others; the exit code of the contract.

    Args:
        told_by: who gave the answers that name nobody.

    Raises:
        ConfigError: a file is of no known sort, or tells of an earlier day than what is known already.
    """
    from discovery.importing import QUESTIONNAIRE, assign

    found = assign(paths)
    answered = found.pop(QUESTIONNAIRE, [])
    code = _import_files(url, found, console, stop) if found else 0
    return max(code, _import_answers(url, answered, told_by, console)) if answered else code


def _import_files(url: str, found: Mapping[str, Sequence[Path]], console: Console, stop: threading.Event | None) -> int:
    from discovery.importing import must_be_newer, must_not_go_back, open_imports

    with ExitStack() as stack:
        opened = open_imports(found)
        for _, collector in opened:
            stack.callback(collector.close)
        if _exists(url):
            with open_reader(url) as reader:
                must_be_newer([collector for _, collector in opened], reader.newest)
                must_not_go_back([collector for _, collector in opened], reader.newest_serial)
        event = stop or stack.enter_context(_stopping(console))
        result = scan_into(
            url,
            [collector for _, collector in opened],
            facts=[{"name": c.source, "type": name, "provider": c.provider} for name, c in opened],
            patterns=sorted({kind.name for _, c in opened for kind in c.kinds()}),
            workers=1,
            stop=event,
            progress=Progress(console),
            note=console.note,
        )
    console.note(_verdict(result))
    return result.exit_code


def _import_answers(url: str, paths: Sequence[Path], told_by: str, console: Console) -> int:
    """Take answers in, then find the gaps that are left.

    Raises:
        ConfigError: a file cannot be read, or there is no inventory to which the answers belong.
        BusyError: a scan of the same database is alive.
    """
    from discovery.importing import questionnaire_lines
    from store.answers import take
    from store.gaps import detect
    from store.workloads import assemble
    from store.writer import Writer

    files = [(path, questionnaire_lines(path)) for path in paths]
    refused = 0
    with _inventory(url) as engine:
        writer = Writer(engine)
        facts = [{"name": "owners", "type": "questionnaire", "provider": "owners"}]
        selection = {"sources": ["owners"], "kinds": ["questionnaire"]}
        run_id = writer.begin(sources=facts, selection=selection, version=version("stocktake"), resume=False)
        try:
            for path, lines in files:
                taken = take(engine, lines, told_by=told_by, now=datetime.now(UTC))
                for line, why in taken.refused:
                    console.complain(f"{path}, line {line} refused: {why}")
                refused += len(taken.refused)
                console.note(f"{path}: {taken}")
            assemble(engine)
            detect(engine, run_id, now=datetime.now(UTC))
            writer.finish(run_id, "complete")
        finally:
            writer.close()
    return 3 if refused else 0


def write_questionnaire(url: str, everything: bool, *, readable: bool) -> tuple[str, int]:
    """What only people can say: (the file, how many questions)."""
    from normalize import questionnaire
    from store.answers import questions

    with _inventory(url) as engine:
        asked = list(questions(engine, everything=everything))
    if readable:
        return questionnaire.readable(asked), len(asked)
    out = io.StringIO(newline="")
    count = questionnaire.write(asked, out)
    return out.getvalue(), count


@contextmanager
def _spread(
    sources: Sequence[Source], began: datetime, workers: int, stop: threading.Event, console: Console
) -> Iterator[Looker]:
    """Looks that the workers of a Dask cluster take.

    Raises:
        ConfigError: the extra is not installed, or there is no cluster at the address that Dask is configured with.
    """
    from discovery.cluster import Cluster

    with ExitStack() as stack:
        try:
            cluster = stack.enter_context(Cluster(sources, began, workers, stop))
        except ModuleNotFoundError as error:
            raise ConfigError(
                f'--engine dask needs the extra "dask": install "stocktake[dask]" ({error.name} is missing)'
            ) from None
        console.note(f"looks are taken by {cluster.says()}")
        yield cluster.look


def _public_settings(source: Source) -> dict[str, Any]:
    settings = source.model_dump(exclude_none=True, exclude={"name", "type"})
    return {k: scrub(v) if isinstance(v, str) else v for k, v in settings.items()}


def _verdict(result: Result) -> str:
    state = "interrupted" if result.interrupted else "finished"
    blind = f"{result.blind} with blind spots: see `stocktake gaps`" if result.blind else "none with blind spots"
    return f"run {result.run_id} {state}: {result.records} records from {result.coverages} scopes, {blind}"


_YOUNG_OBJECTS = 100_000
_YOUNG_ROUNDS = 20
_MIDDLE_ROUNDS = 100


@contextmanager
def _collecting_rarely() -> Iterator[None]:
    """Let Python look for cycles less often, and never among what was there before.

    A page of a thousand instances is 150,000 lists and dictionaries without a cycle. At the usual threshold (700) Python
    goes through them all again and again: a seventh of a scan's CPU, measured. As much went into the search among all that was
    left when the process ended, for nobody.
    """
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG_OBJECTS, _YOUNG_ROUNDS, _MIDDLE_ROUNDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


_M_ARENA_MAX, _M_MMAP_THRESHOLD, _M_TRIM_THRESHOLD = -8, -3, -1
_MALLOC = {_M_ARENA_MAX: 1, _M_MMAP_THRESHOLD: 256 * 1024, _M_TRIM_THRESHOLD: 1024 * 1024}


def _keep_memory_together() -> None:
    """Let all threads take large pieces of memory from one place, and give back what is free.

    glibc gives each thread an arena of its own, and what one has freed serves no other: a quarter of a scan's memory, measured.
    Where there is no glibc, nothing happens.

    Source: glibc 2.36, malloc.h (the numbers) and mallopt(3); read 2026-11-24.
    """
    tell = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if tell is not None:
        for parameter, value in _MALLOC.items():
            tell(parameter, value)


def scan_into(
    url: str,
    collectors: Sequence[Collector],
    *,
    facts: Sequence[Mapping[str, Any]],
    patterns: Sequence[str] = (),
    resume: bool = False,
    workers: int = 16,
    stop: threading.Event | None = None,
    progress: Progress | None = None,
    note: Callable[[str], None] = lambda text: None,
    looker: Looker | None = None,
) -> Result:
    """Scan into a store: survey, then resolve mentions and find gaps.

    Raises:
        BusyError: another scan holds the database.
        StoreError: the store could not take it.
    """
    from store.database import connect, ensure
    from store.gaps import detect
    from store.linking import link
    from store.workloads import assemble
    from store.writer import Writer

    engine = connect(url)
    writer: Writer | None = None
    try:
        ensure(engine)
        writer = Writer(engine)
        selection = {"sources": sorted(str(f["name"]) for f in facts), "kinds": sorted(patterns)}
        run_id = writer.begin(sources=facts, selection=selection, version=version("stocktake"), resume=resume)
        with ExitStack() as stack:
            watch: Callable[[Step], None] = stack.enter_context(progress) if progress else _unwatched
            scan = Scan(
                collectors, writer, run_id, patterns=patterns, workers=workers, watch=watch, stop=stop, looker=looker
            )
            result = scan.run()
        if not result.interrupted:
            note("resolving mentions and looking for gaps")
            link(engine, run_id)
            assemble(engine)
            detect(engine, run_id, now=datetime.now(UTC))
        writer.finish(run_id, "interrupted" if result.interrupted else "complete")
        return result
    finally:
        if writer is not None:
            writer.close()
        engine.dispose()


def _unwatched(step: Step) -> None:
    """Nobody looks."""


def write_report(url: str, name: str, target: str | None, format_: str, config: Config) -> str:
    """A report as text.

    Raises:
        ConfigError: the report is about a move, and no target is named.
    """
    import reports.confidence
    import reports.gaps
    import reports.summary
    from reports.renderers import render

    with open_reader(url) as reader:
        data = reader.report_data()
        known = {name: kind.category.dimension for name, kind in static_kinds().items()}
        data |= {
            "dimensions": {**known, **data["dimensions"]},
            "generated_at": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            "version": version("stocktake"),
            "database": scrub(url),
            "target": target,
        }
        if name in ("summary", "confidence"):
            data |= _evidence(reader)
        if name in PLANS:
            if target is None:
                raise ConfigError(f"report {name} is about a move: name where to, as in --target gcp")
            from discovery.planning import plan_report

            return render(plan_report(reader, name, target, data, config), format_)
    build: Any = {"summary": reports.summary.build, "gaps": reports.gaps.build, "confidence": reports.confidence.build}[
        name
    ]
    return render(build(data), format_)


def _evidence(reader: Reader) -> dict[str, Any]:
    """What `reports.confidence.measure` needs beside the plain rows."""
    from discovery.planning import declared

    kinds = static_kinds()
    return {
        "confidence": reader.confidence(declared()),
        "categories": {name: kind.category.value for name, kind in kinds.items()},
        "gives": {name: tuple(kind.fields) for name, kind in kinds.items()},
    }


PLANS = ("readiness", "disposition", "accelerators", "data", "cost", "compliance")
"""Reports about a move to somewhere."""


def export_to_parquet(url: str, directory: Path) -> Mapping[str, int]:
    """Rows written, by table."""
    from store.export import parquet

    with _inventory(url) as engine:
        return parquet(engine, directory)


def replay(url: str) -> Mapping[str, int]:
    """Read kept payloads again with the current rows, then resolve and judge anew."""
    from store.gaps import detect
    from store.linking import link
    from store.renormalize import renormalize
    from store.workloads import assemble

    with _inventory(url) as engine:
        counts = dict(renormalize(engine, static_kinds().get))
        run_id = "renormalize"
        counts |= {f"links {k}": v for k, v in link(engine, run_id).items()}
        counts["workloads"] = assemble(engine)
        detect(engine, run_id, now=datetime.now(UTC))
        return counts


def accept_gap(url: str, gap_id: str, reason: str, until: date) -> str:
    """Accept a gap; returns what it is about."""
    from store.acceptance import accept

    with _inventory(url) as engine:
        return accept(engine, gap_id, reason, until, now=datetime.now(UTC))


def withdraw_acceptance(url: str, gap_id: str) -> bool:
    """Take an acceptance back; False where there was none."""
    from store.acceptance import withdraw

    with _inventory(url) as engine:
        return withdraw(engine, gap_id)


def upgrade_database(url: str) -> str:
    """The revision that the database is at now."""
    from store.database import connect, upgrade

    engine = connect(url)
    try:
        return upgrade(engine)
    finally:
        engine.dispose()
