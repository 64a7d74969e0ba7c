"""Puts an estate together out of its parts."""

from __future__ import annotations

from collections.abc import Sequence

from tests.estates.amazon import Amazon
from tests.estates.azure import Azure
from tests.estates.cluster import Cluster
from tests.estates.google import Google
from tests.estates.others import bills, forgotten, machines, tracking
from tests.estates.world import World

PARTS = ("aws", "gcp", "azure", "kubernetes", "mlflow", "host", "bills", "stale")


def build(world: World, parts: Sequence[str] = PARTS) -> World:
    """The parts that are asked for, in their one order."""
    if "aws" in parts:
        amazon = Amazon(world)
        if "kubernetes" in parts:
            Cluster(world, amazon)
        if "mlflow" in parts:
            tracking(world, amazon)
        if "bills" in parts:
            bills(world, amazon)
        amazon.finish()
    if "gcp" in parts:
        Google(world)
    if "azure" in parts:
        Azure(world)
    if "host" in parts:
        machines(world)
    if "stale" in parts:
        forgotten(world)
    return world
