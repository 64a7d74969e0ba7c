"""What an ExternalSecret names in the secret manager outside of its cluster. Pure.

Owns AWS, whose names are unique within an account and region: the store says both, if it assumes a role. Refuses names whose
account no object tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from normalize.identity import arn_name, native_key, parse_arn
from normalize.mapping import located, read
from normalize.model import Json, Scope

EXTERNAL_SECRET = ("external-secrets.io", "ExternalSecret")

_SERVICES = {"SecretsManager": "aws.secretsmanager.secret", "ParameterStore": "aws.ssm.parameter"}
_FIELDS = ("spec.data[].remoteRef.key", "spec.dataFrom[].extract.key")


def stores(objects: Iterable[Json]) -> dict[str, Json]:
    """The settings of AWS by "NAMESPACE/NAME" of a store; a cluster's own store has no namespace."""
    found: dict[str, Json] = {}
    for obj in objects:
        aws, name = read(obj, "spec.provider.aws"), read(obj, "metadata.name")
        if isinstance(aws, dict) and isinstance(name, str):
            found[f"{read(obj, 'metadata.namespace') or ''}/{name}"] = aws
    return found


def entries(obj: Json, known: dict[str, Json]) -> Iterator[dict[str, Any]]:
    """Links to the entries that an ExternalSecret reads.

    Source: external-secrets/external-secrets at 017daae, apis/externalsecrets/v1/secretstore_aws_types.go (service, region,
    role; prefix is put before every name), read 2026-11-24.
    """
    spec, meta = obj.get("spec") or {}, obj.get("metadata") or {}
    ref = spec.get("secretStoreRef") or {}
    namespace = "" if ref.get("kind") == "ClusterSecretStore" else meta.get("namespace") or ""
    store = known.get(f"{namespace}/{ref.get('name')}")
    if not isinstance(store, dict):
        return
    kind = _SERVICES.get(str(store.get("service")))
    role, region = parse_arn(str(store.get("role") or "")), str(store.get("region") or "")
    for field in _FIELDS:
        for path, value in located(obj, field):
            if not isinstance(value, str) or not value or kind is None:
                continue
            link = {"verb": "reads", "path": path, "value": value, "target": kind, "provider": "aws"}
            if named := arn_name(value):
                yield link | {"key": named.key, "account": named.account, "place": named.place}
            elif role and role.account and region:
                whole = f"{store.get('prefix') or ''}{value}"
                key = native_key(kind, "place", Scope("aws", role.account, region), whole)
                yield link | {"key": key, "account": role.account, "place": region}
