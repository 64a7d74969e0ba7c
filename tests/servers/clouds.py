"""Google Cloud and Azure of the demo: an estate of each out of the fixtures, made whole, but for what is refused and planted missing.

Run: clouds.py FACTS. Writes the addresses and what is planted to the file FACTS, as JSON, and serves until told to stop.
"""

from __future__ import annotations

import copy
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from normalize.arm import parse_arm
from normalize.identity import gcp_name
from tests.servers import azure_cloud, google_cloud

SHUT_FOLDER = "folders/88"
HIDDEN = "Microsoft.KeyVault/vaults/read"
GONE_KEY = "keyRings/ml/cryptoKeys/vertex"
GONE_DISK = "disks/train-01-os"
NUMBER, PROJECT = "480123456789", "ml-prod"
ROUNDS = 4
"""What is added names further things, a few times over."""


def google_estate() -> google_cloud.Cloud:
    """All fixtures, and a likeness of whatever they name and do not hold, except a key that an endpoint is encrypted by."""
    cloud = google_cloud.recorded()
    held = [copy.deepcopy(dict(a)) for a in cloud.resources]
    likes = {name.target: a for a in held if (name := gcp_name(a["name"]))}
    for _ in range(ROUNDS):
        known = {_plain(name.key) for a in held if (name := gcp_name(a["name"]))}
        named = {_plain(n.key): n.target for text in _texts([held, cloud.answers]) if (n := gcp_name(text))}
        for key, kind in sorted(named.items()):
            if key not in known and kind in likes and not key.endswith(GONE_KEY):
                held.append(_renamed(likes[kind], key.replace("projects/-/", f"projects/{PROJECT}/")))
    cloud.resources = held
    cloud.refused[SHUT_FOLDER] = google_cloud.denied("cloudasset.assets.listResource", SHUT_FOLDER)
    return cloud


def _plain(name: str) -> str:
    return name.replace(f"projects/{NUMBER}/", f"projects/{PROJECT}/")


def _renamed(like: Mapping[str, Any], name: str) -> dict[str, Any]:
    """An asset with another name wherever its own stands."""
    old, new = (n.partition(".googleapis.com/")[2] for n in (_plain(like["name"]), name))
    text = _plain(json.dumps(like)).replace(old, new)
    asset: dict[str, Any] = json.loads(text)
    asset["name"] = name
    data = asset["resource"]["data"]
    if data.get("name") == old.rpartition("/")[2]:
        data["name"] = new.rpartition("/")[2]
    return asset


def azure_estate() -> azure_cloud.Cloud:
    """All fixtures, and a likeness of whatever they name and do not hold, except a disk that a machine starts from."""
    cloud = azure_cloud.Cloud()
    for folder in sorted(azure_cloud.FIXTURES.glob("azure.*")):
        cloud.add_fixture(folder.name)
    likes = {(table, row["type"]): row for table, rows in cloud.rows.items() for row in rows}
    for _ in range(ROUNDS):
        known = {row["id"].lower() for rows in cloud.rows.values() for row in rows}
        for text in sorted({t.lower() for t in _texts([cloud.rows, cloud.answers])}):
            found = parse_arm(text)
            if found is None or text in known or text.endswith(GONE_DISK) or azure_cloud.SUBSCRIPTION not in text:
                continue
            for (table, type_), like in likes.items():
                if type_ == _type(text):
                    rows = cloud.rows[table]
                    assert isinstance(rows, list)
                    rows.append({**copy.deepcopy(like), "id": text, "name": text.rpartition("/")[2]})
                    known.add(text)
    cloud.grants[azure_cloud.SUBSCRIPTION] = [{"actions": ["*/read"], "notActions": [HIDDEN]}]
    return cloud


def _type(arm_id: str) -> str:
    """ "…/providers/microsoft.compute/disks/d" -> "microsoft.compute/disks"."""
    provider, *parts = arm_id.rpartition("/providers/")[2].split("/")
    return "/".join([provider, *parts[::2]])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def main(facts: Path) -> None:
    """Serve both clouds."""
    azure = azure_estate()
    with google_cloud.serve_rest(google_estate()) as google_url, azure_cloud.served(azure) as azure_url:
        told = {
            "google": google_url,
            "azure": azure_url,
            "parents": ["organizations/1234", SHUT_FOLDER],
            "subscription": azure_cloud.SUBSCRIPTION,
            "planted": [
                {"what": "a Google Cloud folder that may not be listed", "code": "coverage-denied", "contains": SHUT_FOLDER},
                {"what": "a GKE cluster that no source has credentials for", "code": "scope-unscanned", "contains": "get-credentials serve"},
                {"what": "the key of a Vertex AI endpoint is gone", "code": "dangling-reference", "contains": GONE_KEY},
                {"what": "key vaults of Azure that the caller may not read", "code": "coverage-denied", "contains": HIDDEN},
                {"what": "the disk that an Azure machine starts from is gone", "code": "dangling-reference", "contains": GONE_DISK},
            ],
        }  # fmt: skip
        written = facts.with_suffix(".part")
        written.write_text(json.dumps(told), encoding="utf-8")
        written.rename(facts)
        threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
