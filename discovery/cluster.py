"""Looks that the workers of a Dask cluster take.

A worker opens its own collectors, reads, redacts and maps; what it saw comes back as compressed bytes and is committed by
this process, the one writer. Owns what a lost worker means: a look that failed. Refuses to spread sources of which one
process has to see everything (machines).
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from collectors.contract import Planned
from discovery.console import TextFormatter
from discovery.executor import AbandonedError, Look, failed, look
from discovery.wiring import open_source
from normalize.errors import CollectError, ConfigError, TransientError
from normalize.model import Coverage, Observation, Scope
from normalize.redaction import scrub
from store.recording import prepare

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from distributed import LocalCluster

    from collectors.contract import Collector
    from discovery.config import Source

CHUNK = 500
"""Observations that travel as one piece."""
POLL_SECONDS = 5
_SCHEDULER = "scheduler-address"
"""Dask's own setting: DASK_SCHEDULER_ADDRESS. Source: distributed 2026.8.0, Client, read 2026-11-24."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A look on its way from a worker."""

    coverage: Coverage
    observations: Sequence[bytes]
    misfits: Sequence[bytes]
    fault: bool


class Cluster:
    """The cluster that Dask is configured with, else one of this machine's own for as long as the scan runs.

    Args:
        sources: what workers may have to open.
        began: when the scan began.
        looks: how many looks are taken at a time.
        stop: set when the scan is to stop.

    Raises:
        ConfigError: nothing answers at the configured address.
        ModuleNotFoundError: Dask is not installed.
    """

    def __init__(self, sources: Sequence[Source], began: datetime, looks: int, stop: threading.Event) -> None:
        self._sources = {source.name: source for source in sources}
        self._began = began
        self._looks = looks
        self._stop = stop
        self._stack = ExitStack()
        self._client: Any = None

    def __enter__(self) -> Cluster:
        import dask
        from distributed import Client

        address = dask.config.get(_SCHEDULER, None)
        try:
            target = address or self._stack.enter_context(_local(self._looks))
            self._client = self._stack.enter_context(Client(target, set_as_default=False))  # type: ignore[no-untyped-call]  # untyped package
        except (OSError, ValueError) as error:
            self._stack.close()
            raise ConfigError(f'DASK_SCHEDULER_ADDRESS "{address}": no scheduler answers ({error})') from None
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def says(self) -> str:
        """Which cluster it is, in words."""
        info = self._client.scheduler_info(n_workers=-1)
        return f"{len(info['workers'])} Dask workers at {info['address']}"

    def look(self, collector: Collector, planned: Planned, run_id: str, keep: Callable[[Observation], Any]) -> Look:
        """A look by whichever worker is free. One that is lost with its worker is a failed look."""
        if not collector.spreads:
            return look(collector, planned, run_id, keep)
        assert planned.kind is not None
        errand = Errand(
            self._sources[collector.source],
            self._began,
            planned.kind.name,
            planned.scope,
            planned.since,
            planned.older,
            run_id,
        )
        started = datetime.now(UTC)
        try:
            packed = self._brought(self._client.submit(run_errand, errand, pure=False))
        except Exception as error:
            if self._stop.is_set():
                raise AbandonedError from error
            return failed(collector, planned, run_id, _why(error), started)
        return Look(packed.coverage, _unpacked(packed.observations), _unpacked(packed.misfits), packed.fault)

    def _brought(self, future: Any) -> Packed:
        """What an errand brings. A future does not end by itself when its client gives the scheduler up."""
        while True:
            try:
                packed: Packed = future.result(timeout=POLL_SECONDS)
            except TimeoutError:  # of the wait, or of the errand
                if future.status == "error" or self._client.status in ("closing", "closed"):
                    raise
            else:
                return packed


def _why(error: Exception) -> CollectError:
    if isinstance(error, CollectError):
        return error
    return TransientError(f"the worker that looked was lost: {type(error).__name__}: {scrub(str(error))[:300]}")


def _local(looks: int) -> LocalCluster:
    """Processes for every core, which listen on loopback only."""
    from distributed import LocalCluster

    processes = max(1, min(os.cpu_count() or 1, looks))
    with _deaf_to_interrupts():
        return LocalCluster(  # type: ignore[no-untyped-call]  # untyped package
            n_workers=processes,
            threads_per_worker=-(-looks // processes),
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            silence_logs="ERROR",
        )


@contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes that start meanwhile hear no Ctrl-C: a terminal sends it to them too, and the scan ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


# On workers


@dataclass(frozen=True, slots=True)
class Errand:
    """A look to be taken elsewhere."""

    source: Source
    began: datetime
    kind: str
    scope: Scope
    since: datetime | None
    older: str
    run_id: str


_open: dict[tuple[str, datetime], tuple[Collector, Mapping[str, Any]]] = {}
"""Collectors of this process, by source and scan."""
_opening = threading.Lock()


def run_errand(errand: Errand) -> Packed:
    """Take a look on a worker.

    Raises:
        CollectError: the source cannot be opened there. Dask writes what a worker raises to its log, so that this is
            scrubbed, and has no other error as its cause.
    """
    _log_scrubbed()
    try:
        collector, kinds = _opened(errand)
    except Exception as error:  # noqa: BLE001  see above
        said = f"a worker cannot open the source: {type(error).__name__}: {scrub(str(error))[:300]}"
        raise CollectError(said) from None
    if errand.kind not in kinds:
        raise CollectError(f"{errand.kind} is not known to the worker: it runs another version, or its view changed")
    planned = Planned(kinds[errand.kind], errand.scope, None, errand.since, errand.older)
    taken = look(collector, planned, errand.run_id, prepare)
    try:
        return Packed(taken.coverage, list(_packed(taken.observations)), list(_packed(taken.misfits)), taken.fault)
    finally:
        taken.close()


def _log_scrubbed() -> None:
    """Have what a look logs scrubbed on workers as it is in the scan's own process."""
    ours = logging.getLogger("stocktake")
    with _opening:
        if not ours.handlers:
            handler = logging.StreamHandler()
            handler.setFormatter(TextFormatter())
            ours.addHandler(handler)
            ours.propagate = False


def _opened(errand: Errand) -> tuple[Collector, Mapping[str, Any]]:
    key = (errand.source.name, errand.began)
    with _opening:
        if key not in _open:
            for old in [k for k in _open if k[0] == key[0]]:
                _open.pop(old)[0].close()
            collector = open_source(errand.source, errand.began)
            _open[key] = (collector, {kind.name: kind for kind in collector.kinds()})
        return _open[key]


def _packed(items: Iterable[Any]) -> Iterator[bytes]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield zstd.compress(pickle.dumps(chunk, protocol=5), level=1)


def _unpacked(chunks: Iterable[bytes]) -> Iterator[Any]:
    for chunk in chunks:
        yield from pickle.loads(zstd.decompress(chunk))  # noqa: S301  Dask's own messages are pickles as well
