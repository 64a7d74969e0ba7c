"""Puts an estate together out of its parts."""

from __future__ import annotations

from collections.abc import Sequence

from tests.estates.amazon import Amazon
from tests.estates.world import World

PARTS = ("aws",)


def build(world: World, parts: Sequence[str] = PARTS) -> World:
    """The parts that are asked for, in their one order."""
    if "aws" in parts:
        Amazon(world)
    return world
