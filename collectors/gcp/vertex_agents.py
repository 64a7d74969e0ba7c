"""Vertex AI: agents, what they look things up in, and contents that are kept for models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from collectors.gcp.accelerators import last
from collectors.gcp.rows import row
from collectors.gcp.vertex_parts import ENCRYPTED, KEY, NAMED, OWN, listed
from normalize.mapping import MISSING
from normalize.model import Category, Field, Link
from normalize.units import instant

_SPEC = "spec"
_DEPLOYED = f"{_SPEC}.deploymentSpec"
_DB = "vectorDbConfig"
_EMBEDDED = f"{_DB}.ragEmbeddingModelConfig.vertexPredictionEndpoint"


def _of_engine(engine: Mapping[str, Any]) -> Mapping[str, Any]:
    """Secrets that an agent's environment is filled from, by their full relative names."""
    project = engine["$asset"]["project"]
    refs = ((engine.get("spec") or {}).get("deploymentSpec") or {}).get("secretEnv") or ()
    names = [str((ref.get("secretRef") or {}).get("secret", "")) for ref in refs]
    return {"$Secrets": [name if "/" in name else f"projects/{project}/secrets/{name}" for name in names if name]}


def _store(config: Mapping[str, Any]) -> Any:
    """What keeps a corpus' vectors."""
    known = ("ragManagedDb", "pinecone", "vertexVectorSearch", "weaviate", "vertexFeatureStore")
    return next((engine for engine in known if engine in config), MISSING)


def _of_corpus(corpus: Mapping[str, Any]) -> Mapping[str, Any]:
    """The endpoint that embeds, where it is no model of Google's."""
    config = (corpus.get("vectorDbConfig") or {}).get("ragEmbeddingModelConfig") or {}
    endpoint = str((config.get("vertexPredictionEndpoint") or {}).get("endpoint", ""))
    return {"$Endpoint": endpoint} if "/endpoints/" in endpoint else {}


KINDS = (
    row(
        Category.AGENT,
        listed("ReasoningEngine", "reasoningEngines", derive=_of_engine),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "framework": f"{_SPEC}.agentFramework",
            "image": f"{_SPEC}.containerSpec.imageUri",
            "language": Field(f"{_SPEC}.packageSpec.pythonVersion", lambda version: f"python {version}"),
            "source_uri": f"{_SPEC}.packageSpec.pickleObjectGcsUri",
            "role": f"{_SPEC}.effectiveIdentity",
            "service_account": f"{_SPEC}.serviceAccount",
            "limits": f"{_DEPLOYED}.resourceLimits",
            "min_count": f"{_DEPLOYED}.minInstances",
            "max_count": f"{_DEPLOYED}.maxInstances",
            "max_concurrency_count": f"{_DEPLOYED}.containerConcurrency",
        },
        links=(
            Link("assumes", "gcp.iam.service_account", f"{_SPEC}.serviceAccount"),
            Link("uses_image", "gcp.artifactregistry.repository", f"{_SPEC}.containerSpec.imageUri"),
            Link("reads_from", "gcp.storage.bucket", f"{_SPEC}.packageSpec.pickleObjectGcsUri"),
            Link("uses", "gcp.secretmanager.secret", "$Secrets[]"),
            Link("attached_to", "gcp.compute.network_attachment", f"{_DEPLOYED}.pscInterfaceConfig.networkAttachment"),
            KEY,
        ),
        sensitive=frozenset(
            {
                f"{_DEPLOYED}.env",
                f"{_SPEC}.sourceCodeSpec.inlineSource",
                f"{_SPEC}.sourceCodeSpec.agentConfigSource",
                f"{_SPEC}.sourceCodeSpec.imageSpec.buildArgs",
                "contextSpec",
            }
        ),
        quiet=OWN | {"$Secrets", f"{_SPEC}.effectiveIdentity", f"{_SPEC}.classMethods"},
    ),
    row(
        Category.KNOWLEDGE_BASE,
        listed("RagCorpus", "ragCorpora", derive=_of_corpus),
        {
            **NAMED,
            **ENCRYPTED,
            "description": "description",
            "state": "corpusStatus.state",
            "failure_reason": "corpusStatus.errorStatus",
            "engine": Field(_DB, _store),
            "base_model": f"{_EMBEDDED}.endpoint",
        },
        labels="",
        links=(
            Link("uses", "gcp.aiplatform.index", f"{_DB}.vertexVectorSearch.index"),
            Link("uses", "gcp.aiplatform.index_endpoint", f"{_DB}.vertexVectorSearch.indexEndpoint"),
            Link("calls", "gcp.aiplatform.endpoint", "$Endpoint"),
            Link("password_in", "gcp.secretmanager.secret", f"{_DB}.apiAuth.apiKeyConfig.apiKeySecretVersion"),
            KEY,
        ),
        sensitive=frozenset({f"{_DB}.apiAuth.apiKeyConfig.apiKeyString"}),
        quiet=OWN | {"$Endpoint"},
    ),
    row(
        Category.PROMPT,
        listed("CachedContent", "cachedContents"),
        {
            **NAMED,
            **ENCRYPTED,
            "base_model": Field("model", last),
            "expires_at": Field("expireTime", instant),
        },
        labels="",
        links=(KEY,),
        sensitive=frozenset({"contents", "systemInstruction", "tools", "toolConfig"}),
        quiet=OWN,
    ),
)
