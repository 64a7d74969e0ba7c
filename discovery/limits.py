"""Concurrency limits by key: an account's service, a host, a server. Nothing above the SDKs retries."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager


class Limits:
    """At most `per_key` holders of the same key at a time."""

    def __init__(self, per_key: int = 4) -> None:
        self._lock = threading.Lock()
        self._semaphores: dict[str, threading.BoundedSemaphore] = defaultdict(
            lambda: threading.BoundedSemaphore(per_key)
        )

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        """Wait for a place under the key, and hold it."""
        with self._lock:
            semaphore = self._semaphores[key]
        with semaphore:
            yield
