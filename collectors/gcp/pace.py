"""The pace at which Cloud Asset Inventory may be asked. Time comes from outside, so that tests need not wait."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

LISTS_PER_MINUTE = 100
"""ListAssets per minute and project that calls. Source: Cloud Asset Inventory documentation, "Quotas and limits", read
2026-11-24."""


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
