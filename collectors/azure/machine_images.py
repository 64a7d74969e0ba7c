"""Images of machines, and the galleries that hold and copy them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.azure.rows import Rows, resource
from collectors.azure.values import each
from normalize.model import Category, Field, Kind, Link, Path
from normalize.units import GIB, instant, times

_STATE: Mapping[str, Path | Field] = {"state": "properties.provisioningState"}
_IMAGE = "azure.compute.gallery_image"


def _named(identifier: Any) -> str:
    """What the makers of an image call it, as machines name the one that they were started from."""
    return " ".join(str(identifier[key]) for key in ("publisher", "offer", "sku"))


def _architecture(word: Any) -> str:
    return {"x64": "x86_64", "arm64": "arm64"}.get(str(word).lower(), str(word))


KINDS: tuple[Kind, ...] = (
    resource(
        "azure.compute.image",
        Category.MACHINE_IMAGE,
        Rows("Microsoft.Compute/images"),
        {
            **_STATE,
            "os": "properties.storageProfile.osDisk.osType",
            "capacity_bytes": Field("properties.storageProfile.osDisk.diskSizeGB", times(GIB)),
            "multi_zone": "properties.storageProfile.zoneResilient",
        },
        links=(
            Link("made_from", "azure.compute.virtual_machine", "properties.sourceVirtualMachine.id"),
            Link("made_from", "azure.compute.disk", "properties.storageProfile.osDisk.managedDisk.id"),
            Link("made_from", "azure.compute.snapshot", "properties.storageProfile.osDisk.snapshot.id"),
        ),
    ),
    resource(
        "azure.compute.gallery",
        Category.MACHINE_IMAGE,
        Rows("Microsoft.Compute/galleries"),
        {**_STATE, "description": "properties.description", "visibility": "properties.sharingProfile.permissions"},
    ),
    resource(
        _IMAGE,
        Category.MACHINE_IMAGE,
        Rows("Microsoft.Compute/galleries/images"),
        {
            **_STATE,
            "description": "properties.description",
            "machine_image_name": Field("properties.identifier", _named),
            "os": "properties.osType",
            "architecture": Field("properties.architecture", _architecture),
            "expires_at": Field("properties.endOfLifeDate", instant),
        },
        links=(Link("part_of", "azure.compute.gallery", "$above"),),
        quiet=frozenset({"properties.eula", "properties.privacyStatementUri", "properties.releaseNoteUri"}),
    ),
    resource(
        "azure.compute.gallery_image_version",
        Category.MACHINE_IMAGE,
        Rows("Microsoft.Compute/galleries/images/versions"),
        {
            **_STATE,
            "replica_regions": Field("properties.publishingProfile.targetRegions", each("name")),
            "capacity_bytes": Field("properties.storageProfile.osDiskImage.sizeInGB", times(GIB)),
            "created_at": Field("properties.publishingProfile.publishedDate", instant),
            "expires_at": Field("properties.publishingProfile.endOfLifeDate", instant),
        },
        links=(
            Link("version_of", _IMAGE, "$above"),
            Link("made_from", "", "properties.storageProfile.source.id"),
            Link("made_from", "", "properties.storageProfile.osDiskImage.source.id"),
        ),
    ),
)
