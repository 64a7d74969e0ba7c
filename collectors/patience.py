"""The one owner of retries where an SDK's own do not do.

Bounded in attempts and in seconds. Time and chance come from outside, so that tests need not wait.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from normalize.errors import CollectError

ATTEMPTS = 9
SECONDS = 300.0
LONGEST_WAIT = 32.0

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
