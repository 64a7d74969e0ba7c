"""Worker threads that many services share, so that one which is throttled waits alone.

Owns how many calls of one key (account, region and service) are in flight. Refuses to retry: the SDK does. A throttled
key loses half its lane and wins it back call by call; its waiting tasks hold no thread.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from itertools import islice
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

WORKERS = 96
_RECOVERY_SECONDS = 1.0
"""Throttling reported within this time of the last counts as the same event: the calls were already in flight."""

_Task = tuple[Callable[[Any], Any], Any, "Future[Any]"]


class _Lane:
    def __init__(self, width: int) -> None:
        self.waiting: deque[_Task] = deque()
        self.running = 0
        self.width = width
        self.good = 0
        self.narrowed_at = float("-inf")


class Lanes:
    """Runs tasks under keys, taking from the keys in turn.

    Args:
        workers: threads, and the most that one key may have in flight.
        clock: seconds that only grow.
    """

    def __init__(self, workers: int = WORKERS, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._workers = workers
        self._clock = clock
        self._change = threading.Condition()
        self._lanes: dict[str, _Lane] = {}
        self._turn: OrderedDict[str, _Lane] = OrderedDict()
        self._threads = 0
        self._idle = 0
        self._closed = False
        self._here = threading.local()

    def map(self, key: str, function: Callable[[T], R], items: Iterable[T], *, ahead: int = WORKERS * 2) -> Iterator[R]:
        """Results in the order of the items, of which `ahead` are taken before their time. The first error is raised
        in its place, and what was not begun is dropped."""
        source = iter(items)
        futures: deque[Future[R]] = deque(self._submit(key, function, item) for item in islice(source, ahead))
        try:
            while futures:
                result = futures.popleft().result()
                futures.extend(self._submit(key, function, item) for item in islice(source, 1))
                yield result
        finally:
            for future in futures:
                future.cancel()

    def ahead(self, key: str, items: Iterator[T]) -> Iterator[T]:
        """The items of a source that takes calls, each taken by a worker while the one before is in use; the first is
        taken at once. What the source raises is raised in its place."""

        def take(_: None) -> T | None:
            return next(items, None)

        def given(future: Future[T | None]) -> Iterator[T]:
            try:
                while (item := future.result()) is not None:
                    future = self._submit(key, take, None)
                    yield item
            finally:
                future.cancel()

        return given(self._submit(key, take, None))

    def width(self, key: str) -> int:
        """How many tasks of a key may run at once now."""
        with self._change:
            return self._lane(key).width

    def throttled(self, key: str) -> None:
        """A call of the key was throttled: halve its lane, or, when a task made the call, the lane that the task runs in:
        details of a bucket are asked for in its own region."""
        with self._change:
            lane = getattr(self._here, "lane", None) or self._lane(key)
            lane.good = 0
            if self._clock() - lane.narrowed_at >= _RECOVERY_SECONDS:
                lane.narrowed_at = self._clock()
                lane.width = max(1, min(lane.width, max(lane.running, 1)) // 2)

    def close(self) -> None:
        """Drop what waits; what runs ends. Safe to call twice."""
        with self._change:
            self._closed = True
            for lane in self._turn.values():
                for _, _, future in lane.waiting:
                    future.cancel()
                lane.waiting.clear()
            self._turn.clear()
            self._change.notify_all()

    def _lane(self, key: str) -> _Lane:
        return self._lanes.setdefault(key, _Lane(self._workers))

    def _submit(self, key: str, function: Callable[[T], R], item: T) -> Future[R]:
        future: Future[R] = Future()
        with self._change:
            if self._closed:
                future.cancel()
                return future
            lane = self._lane(key)
            lane.waiting.append((function, item, future))
            self._turn.setdefault(key, lane)
            if not self._idle and self._threads < self._workers:
                self._threads += 1
                threading.Thread(target=self._work, name=f"aws-call-{self._threads}", daemon=True).start()
            self._change.notify()
        return future

    def _work(self) -> None:
        while (found := self._next()) is not None:
            lane, (function, item, future) = found
            if future.set_running_or_notify_cancel():
                self._here.lane = lane
                try:
                    future.set_result(function(item))
                except BaseException as error:  # noqa: BLE001  handed to whoever waits for the result
                    future.set_exception(error)
            self._ended(lane)

    def _next(self) -> tuple[_Lane, _Task] | None:
        with self._change:
            while not self._closed:
                for key, lane in self._turn.items():
                    if lane.running < lane.width:
                        lane.running += 1
                        task = lane.waiting.popleft()
                        del self._turn[key]
                        if lane.waiting:
                            self._turn[key] = lane
                        return lane, task
                self._idle += 1
                self._change.wait()
                self._idle -= 1
            return None

    def _ended(self, lane: _Lane) -> None:
        with self._change:
            lane.running -= 1
            if lane.width < self._workers and self._clock() - lane.narrowed_at >= _RECOVERY_SECONDS:
                lane.good += 1
                if lane.good >= lane.width:
                    lane.good = 0
                    lane.width += 1
            self._change.notify()
