"""What tests of planning share: components said in a few words, and the knowledge base as rules ask it."""

from __future__ import annotations

from datetime import date
from typing import Any

from normalize.model import Category
from planning.estate import Component, Estate
from planning.knowledge import Asked, load

TODAY = date(2026, 11, 24)
lookup = Asked(load(), TODAY)
"""The shipped knowledge."""


def component(id_: str, category: Category, kind: str = "aws.sagemaker.endpoint", **facts: Any) -> Component:
    return Component(id_, kind, category, kind.partition(".")[0], "111122223333", "us-east-1", id_, "", {}, facts)


def estate(*components: Component, **more: Any) -> Estate:
    return Estate({c.id: c for c in components}, more.get("workloads", {}), {}, {}, (), 0)
