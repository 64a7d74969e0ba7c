"""Machine images that something starts from: whose they are, and whether they are still to be had.

Owns the lookup by id and the mention that it makes. Refuses to list what nobody here uses: EC2 knows many thousands of
public images.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from collectors.aws.rows import Call, Reader
from normalize.errors import CollectError
from normalize.identity import aws_short_name
from normalize.mapping import LINKS, MISSING, located
from normalize.model import Field, Json, Path, Scope

DESCRIBE = Call("ec2", "DescribeImages", items="Images")
IMAGES = "$Images"
LOST = "missing"
_BATCH = 200
"""Values that a filter takes. Source: Amazon EC2 API reference, "List and filter using the CLI and API"; not verified."""
_GONE = ("deregistered", "invalid", "failed", "error")
_KEPT = ("ImageId", "Name", "OwnerId", "ImageOwnerAlias", "State", "Public", "DeprecationTime", "CreationDate")


@dataclass(frozen=True, slots=True)
class MachineImages:
    """What EC2 says about the images that an item names, whoever owns them.

    Adds "$Images": a list of {"ImageId", "Name", "OwnerId", "State", …}, and a mention of each that `started_from` tells.
    One that EC2 does not show any more has the state "missing": it was deregistered, is no longer shared with the account, or
    is not allowed there; nothing new can start from it, so its mention must not dangle quietly. An image of another account
    is mentioned as that account's; one that AWS or a vendor offers to everybody may dangle.

    Source: botocore 1.44.5, EC2 DescribeImages (deprecated and disabled images only on request; ImageOwnerAlias) and
    DescribeInstanceImageMetadata, State; read 2026-11-24.
    """

    paths: tuple[str, ...]

    @property
    def calls(self) -> tuple[Call, ...]:
        return (DESCRIBE,)

    def add(
        self, reader: Reader, scope: Scope, items: Sequence[dict[str, Json]]
    ) -> Mapping[int, Sequence[CollectError]]:
        named = [dict(self._named(item)) for item in items]
        error = _learn(reader, scope, {image for images in named for image in images})
        for item, images in zip(items, named, strict=True):
            if images:
                item[IMAGES] = [_known(reader, scope, image) for image in images]
                item[LINKS] = [_mention(scope, facts, images[facts["ImageId"]]) for facts in item[IMAGES]]
        if error is None:
            return {}
        unknown = (i for i, item in enumerate(items) if any("State" not in f for f in item.get(IMAGES, ())))
        return dict.fromkeys(unknown, (error,))

    def probe(self, reader: Reader, scope: Scope) -> None:
        next(reader.answers(scope.account, scope.place, DESCRIBE, _asked(["ami-00000000000000000"])), None)

    def _named(self, item: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Id and where it stands, each id once; a parameter of Systems Manager in an id's place is none."""
        for path in self.paths:
            for where, value in located(item, path):
                if isinstance(value, str) and value.startswith("ami-") and aws_short_name(value):
                    yield value, where


def _asked(images: Sequence[str]) -> dict[str, Any]:
    # A filter, not the parameter ImageIds: that one refuses the whole batch for one image that is gone.
    filters = [{"Name": "image-id", "Values": list(images)}]
    return {"Filters": filters, "IncludeDeprecated": True, "IncludeDisabled": True}


def _key(scope: Scope, image: str) -> tuple[str, ...]:
    return ("machine image", scope.account, scope.place, image)


def _learn(reader: Reader, scope: Scope, images: set[str]) -> CollectError | None:
    """Ask for the images that are not remembered yet; what went wrong, if anything did."""
    new = sorted(i for i in images if _key(scope, i) not in reader.memory)
    for at in range(0, len(new), _BATCH):
        batch = new[at : at + _BATCH]
        try:
            shown = [
                i for a in reader.answers(scope.account, scope.place, DESCRIBE, _asked(batch)) for i in a["Images"]
            ]
        except CollectError as error:
            return error
        for image in batch:
            reader.memory[_key(scope, image)] = {"ImageId": image, "State": LOST}
        for facts in shown:
            if facts.get("State") not in _GONE:
                reader.memory[_key(scope, str(facts["ImageId"]))] = {k: facts[k] for k in _KEPT if k in facts}
    return None


def _known(reader: Reader, scope: Scope, image: str) -> dict[str, Json]:
    facts: dict[str, Json] = reader.memory.get(_key(scope, image), {"ImageId": image})
    return facts


def _mention(scope: Scope, facts: Mapping[str, Any], path: str) -> dict[str, Json]:
    offered = "State" not in facts or "ImageOwnerAlias" in facts
    return {
        "verb": "started_from",
        "key": f"aws:{facts['ImageId']}",
        "path": path,
        "value": facts["ImageId"],
        "target": "aws.ec2.image",
        "account": facts.get("OwnerId", scope.account),
        "optional": offered,
    }


def _first(*keys: str) -> Any:
    def find(images: Any) -> Any:
        return next((i[k] for i in images for k in keys if k in i), MISSING)

    return find


def _state(images: Any) -> Any:
    """The worst that is known of the images: one that is missing or disabled stops a start."""
    states = {str(i["State"]) for i in images if "State" in i}
    return next((s for s in (LOST, "disabled") if s in states), min(states, default=MISSING))


IMAGE: Mapping[str, Path | Field] = {
    "machine_image_name": Field(IMAGES, _first("Name")),
    "machine_image_owner": Field(IMAGES, _first("ImageOwnerAlias", "OwnerId")),
    "machine_image_state": Field(IMAGES, _state),
}
"""Fields of what starts from machine images."""
