"""Details that an API tells of many items in one answer: tasks of a cluster, build projects.

Owns the lookup. Refuses APIs that tell one at a time: those are a row's `detail`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from collectors.aws.rows import Call, Reader
from normalize.errors import CollectError
from normalize.mapping import located, read
from normalize.model import Json, Scope


@dataclass(frozen=True, slots=True)
class Described:
    """Merges into each item what a call tells of it. What the call does not tell of any more stays as listed.

    Attributes:
        call: what is called; its `items` are the answers of several items.
        name: key of the item by which it is asked for.
        asked: parameter that takes the names.
        size: names that one call takes.
        key: key of an answer that holds the name again.
        given: parameter -> path in the item: items that differ in it are asked for apart.
        derive: adds what a row reads by rule.
    """

    call: Call
    name: str
    asked: str
    size: int
    key: str
    given: Mapping[str, str] = field(default_factory=dict)
    derive: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None

    @property
    def calls(self) -> tuple[Call, ...]:
        return (self.call,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        gaps: dict[int, Sequence[CollectError]] = {}
        for params, batch in self._batches(items):
            by_name = {str(items[i][self.name]): i for i in batch}
            try:
                for told in self._told(reader, scope, {**self.call.params, **params, self.asked: list(by_name)}):
                    index = by_name.get(str(told.get(self.key)))
                    if index is not None:
                        items[index].update(told)
            except CollectError as error:
                gaps.update((i, (error,)) for i in batch)
        if self.derive is not None:
            for item in items:
                item.update(self.derive(item))
        return gaps

    def probe(self, reader: Reader, scope: Scope) -> None:
        invented = dict.fromkeys((*self.given, self.asked), "stocktake-check")
        next(self._told(reader, scope, {**self.call.params, **invented, self.asked: ["stocktake-check"]}), None)

    def _told(self, reader: Reader, scope: Scope, params: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        for answer in reader.answers(scope.account, scope.place, self.call, dict(params)):
            yield from (found for _, found in located(answer, self.call.items) if isinstance(found, dict))

    def _batches(self, items: Sequence[Mapping[str, Any]]) -> Iterator[tuple[dict[str, Any], list[int]]]:
        alike: dict[tuple[str, ...], list[int]] = {}
        for index, item in enumerate(items):
            alike.setdefault(tuple(str(read(item, path)) for path in self.given.values()), []).append(index)
        for values, indexes in alike.items():
            for at in range(0, len(indexes), self.size):
                yield dict(zip(self.given, values, strict=True)), indexes[at : at + self.size]
