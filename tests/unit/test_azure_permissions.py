"""The role for Azure names what Azure lists: one action that it does not know, and the whole role is refused."""

from __future__ import annotations

from collectors.azure.kinds import KINDS
from collectors.azure.permissions import UNLISTED, actions

BY_NAME = {kind.name: kind for kind in KINDS}


def test_the_role_names_no_action_that_azure_does_not_list() -> None:
    assert {action.lower() for action in actions()} & UNLISTED == set()
    alone = actions([BY_NAME["azure.cognitiveservices.shared_commitment_plan"]])
    assert not [action for action in alone if "commitment" in action.lower()]


def test_what_a_registry_keeps_takes_one_permission() -> None:
    kept = [k for k in KINDS if k.name.startswith("azure.machinelearning.registry")]
    needed = {a.removeprefix("Microsoft.MachineLearningServices/") for a in actions(kept) if "registries/" in a}
    assert needed == {"registries/read", "registries/assets/read"}


def test_versions_without_a_permission_of_their_own_take_that_of_what_they_are_versions_of() -> None:
    names = ("workspace", "featureset", "featureset_version", "featurestore_entity", "featurestore_entity_version")
    needed = {a.rpartition("workspaces/")[2] for a in actions([BY_NAME[f"azure.machinelearning.{n}"] for n in names])}
    assert {a for a in needed if "feature" in a} == {"featuresets/read", "featurestoreentities/read"}
