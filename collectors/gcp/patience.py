"""The one owner of retries, and of the pace at which Cloud Asset Inventory may be asked.

Bounded in attempts and in seconds. Time and chance come from outside, so that tests need not wait.
"""

from __future__ import annotations

import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from normalize.errors import CollectError

ATTEMPTS = 9
SECONDS = 300.0
LONGEST_WAIT = 32.0
LISTS_PER_MINUTE = 100
"""ListAssets per minute and project that calls. Source: Cloud Asset Inventory documentation, "Quotas and limits", not read
again; the figure stands in the product's own requirements."""

T = TypeVar("T")


class BusyError(CollectError):
    """An attempt that may be made again.

    Attributes:
        wait: seconds after which the API says to try again.
        error: what is raised when no further attempt is made.
    """

    def __init__(self, error: CollectError, wait: float | None = None) -> None:
        super().__init__(str(error), call=error.call, code=error.code)
        self.error = error
        self.wait = wait


@dataclass
class Patience:
    """Calls again what is busy."""

    attempts: int = ATTEMPTS
    seconds: float = SECONDS
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random

    def call(self, ask: Callable[[], T]) -> T:
        """The answer of the first attempt that gets one.

        Raises:
            CollectError: that of the last attempt, or one that no further attempt would change.
        """
        end = self.clock() + self.seconds
        for attempt in range(self.attempts):
            try:
                return ask()
            except BusyError as busy:
                wait = busy.wait
                if wait is None:
                    wait = min(LONGEST_WAIT, 2.0**attempt) * (0.5 + self.chance() / 2)
                if attempt + 1 == self.attempts or self.clock() + wait > end:
                    raise busy.error from None
                self.sleep(wait)
        raise AssertionError("attempts is positive")


@dataclass
class Pace:
    """At most so many calls in any minute; who comes too early waits."""

    per_minute: int = LISTS_PER_MINUTE
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _taken: deque[float] = field(default_factory=deque)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self) -> None:
        with self._lock:
            while len(self._taken) >= self.per_minute:
                wait = self._taken[0] + 60.0 - self.clock()
                if wait <= 0:
                    self._taken.popleft()
                else:
                    self.sleep(wait)
            self._taken.append(self.clock())
