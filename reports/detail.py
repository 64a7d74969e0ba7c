"""One resource as text for a terminal: what it is, what it hangs together with, its history, and the evidence."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from reports.text import visible

Row = Mapping[str, Any]


def lines(found: Row) -> Iterator[str]:
    """Lines of text.

    Args:
        found: `resource` and lists of rows under any other key, as the inventory gives them.
    """
    resource = found["resource"]
    yield visible(f"{resource['kind']}  {resource.get('name') or resource['id']}")
    yield from _pairs({k: v for k, v in resource.items() if k not in ("attributes", "tags")})
    for part in ("attributes", "tags"):
        if resource.get(part):
            yield f"\n{part}"
            yield from _pairs(resource[part])
    for part, rows in found.items():
        if part == "resource" or not rows:
            continue
        yield f"\n{part.replace('_', ' ')} ({len(rows)})" if isinstance(rows, list) else f"\n{part}"
        for row in rows if isinstance(rows, list) else [rows]:
            yield "  " + visible(_sentence(row) if isinstance(row, Mapping) else _text(row))


def _pairs(values: Row) -> Iterator[str]:
    width = max((len(str(k)) for k in values), default=0)
    for key, value in values.items():
        yield f"  {visible(str(key)):<{width}}  {visible(_text(value))}"


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sentence(row: Row) -> str:
    return "  ".join(f"{k}={_text(v)}" for k, v in row.items())
