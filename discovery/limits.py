"""Concurrency limits by key: an account's service, a host, a server. Nothing above the SDKs retries."""

from __future__ import annotations

import threading
from collections import Counter

PER_KEY = 4


class Limits:
    """At most `per_key` holders of the same key at a time. Nobody waits here: who finds no room takes other work."""

    def __init__(self, per_key: int = PER_KEY) -> None:
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()
        self._per_key = per_key

    def take(self, key: str) -> bool:
        """Take a place under the key, if there is one."""
        with self._lock:
            if self._held[key] >= self._per_key:
                return False
            self._held[key] += 1
            return True

    def give(self, key: str) -> None:
        """Give a place back."""
        with self._lock:
            self._held[key] -= 1
            if not self._held[key]:
                del self._held[key]
