"""A recorded Kubernetes cluster under another name, one object of each type, that answers its lists badly on demand."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.servers.hostility import Fault, Reply
from tests.servers.kubernetes_replay import Answer, Recording, Replay, target_of

OBJECTS = 1


class HostileCluster(Replay):
    """The server; a context manager.

    Args:
        recording: shared by all clusters of one recording.
        uid: what tells this cluster from others.

    Attributes:
        wrong: what is wrong with its lists; None where nothing is.
        instead: answers of single paths, whatever else is right or wrong.
        served: items sent, by path.
    """

    def __init__(self, recording: Recording, uid: str) -> None:
        super().__init__(recording.folder, context=uid)
        self.recording = recording
        self.uid = uid
        self.wrong: Fault | None = None
        self.instead: dict[str, Any] = {}
        self.served: Counter[str] = Counter()
        self._turns: Counter[str] = Counter()

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        if path in self.instead:
            return Answer(200, json.dumps(self.instead[path]).encode())
        target = target_of(path)
        if path == "/api/v1/namespaces/kube-system":
            return Answer(200, json.dumps({"metadata": {"name": "kube-system", "uid": self.uid}}).encode())
        if target and not target.name and self.recording.paths.get(path, {}).get("status") == 200:
            return self._listed(path, dict(self.recording.parsed(path)), query)
        return super().answer(method, path, query, headers, body)

    def _listed(self, path: str, document: dict[str, Any], query: Mapping[str, str]) -> Answer:
        fault = self.wrong or Fault()
        items = document["items"][:OBJECTS]
        with self.lock:
            turn = self._turns[path]
            self._turns[path] += 1
        number = int(found[1]) if (found := re.fullmatch(r"page-(\d+)-token", query.get("continue", ""))) else 0
        pages = fault.listing(items[0]) if fault.listing and items else [items]
        pages = json.loads(
            json.dumps(pages)
        )  # copies: a nest is too deep for copy, and spoiled items share their parts
        for i, item in enumerate(item for page in pages for item in page):
            _tell_apart(item, document["items"][0], i)
        page = pages[number] if number < len(pages) else []
        follows = f"page-{number + 1}-token" if number + 1 < len(pages) else ""
        token = fault.tokens[turn % len(fault.tokens)] if fault.tokens else follows
        document |= {"items": page, "metadata": {"resourceVersion": "1"} | ({"continue": token} if token else {})}
        with self.lock:
            self.served[path] += len(page)
        reply = Reply(200, json.dumps(document).encode(), {"Content-Type": "application/json"})
        reply = fault.body(reply) if fault.body else reply
        rest = tuple((k, v) for k, v in reply.headers.items() if k != "Content-Type")
        return Answer(reply.status, reply.body, reply.headers.get("Content-Type", ""), rest, half=reply.cut)


def _tell_apart(item: Any, original: Any, number: int) -> None:
    """Give a spoiled copy a uid and a name of its own, where these were not what was spoiled."""
    meta, was = (o.get("metadata") if isinstance(o, dict) else None for o in (item, original))
    for key in ("uid", "name"):
        if isinstance(meta, dict) and number and meta.get(key) == was[key]:
            meta[key] = f"{was[key]}-{number}"
