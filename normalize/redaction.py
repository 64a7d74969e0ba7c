"""Takes secrets out of a payload before anything else sees it.

Three nets, all applied: values under paths that the row declares sensitive; values under names that mean a secret;
values that have the shape of a well-known secret, in plain text, in URLs, in command lines, in embedded documents
and inside base64. What is taken out leaves a marker that keeps the recognisable, harmless mentions
("[redacted; mentions s3://bucket dns:db.example]"), so that dependencies are not lost with the secret.

Owns the decision what is a secret. Refuses to hash or encrypt: nothing derived from a secret is kept.
"""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from normalize.errors import MappingError
from normalize.model import Json
from normalize.references import mentions

MARK = "[redacted]"
MAX_DEPTH = 200
_MAX_MENTIONS = 64

_SECRET_WORD = (
    r"pass(?:word|wd|phrase|code)?|pwd|secrets?|tokens?|credentials?|api[-_. ]?keys?|access[-_. ]?keys?|"
    r"account[-_. ]?keys?|private[-_. ]?keys?|signing[-_. ]?keys?|shared[-_. ]?keys?|master[-_. ]?keys?|"
    r"encryption[-_. ]?keys?|auth[-_. ]?keys?|license[-_. ]?keys?|ssh[-_. ]?keys?|"
    r"authorization|connection[-_. ]?strings?|conn[-_. ]?str|sas|cookies?|jaas(?:[-_. ]?config)?|htpasswd|dockercfg|dockerconfigjson|"
    r"kubeconfig|webhook[-_. ]?urls?|psk|salt"
)
_SECRET_NAME = re.compile(
    rf"(?:^|[-_./ ]|(?<=[a-z0-9])(?=[A-Z]))(?:sf|db|my|pg|redis|require)?(?:{_SECRET_WORD})$", re.IGNORECASE
)
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SECRET_COMPACT = re.compile(
    r"(?:password|passwd|passphrase|secret|token|apikey|accesskey|accountkey|privatekey|secretkey|sharedkey|"
    r"credential|credentials|connectionstring|jaasconfig|requirepass|masterauth|authkey|signingkey|encryptionkey)s?$"
)
_HARMLESS_NAME = re.compile(
    r"(?:next|continuation|pagination|page|start|pad|eos|bos|unk|mask|cls|sep|max|min|num|image|stop|special|client_request|"
    r"idempotency|automountserviceaccount)[-_. ]?tokens?$",
    re.IGNORECASE,
)

_SHAPES = re.compile(
    r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"  # AWS access key id
    r"|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"
    r"|glpat-[A-Za-z0-9_-]{16,}|gl(?:ptt|dt|rt|cbt|soat)-[A-Za-z0-9_-]{16,}"
    r"|hf_[A-Za-z0-9]{20,}"
    r"|sk-(?:proj|ant|svcacct|admin|or|lf)-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9]{32,}|sk_(?:live|test)_[A-Za-z0-9]{16,}|rk_(?:live|test)_[A-Za-z0-9]{16,}"
    r"|xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}"
    r"|nvapi-[A-Za-z0-9_-]{20,}|dapi[a-f0-9]{30,}(?:-\d+)?|AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"
    r"|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|dop_v1_[a-f0-9]{60,}|hvs\.[A-Za-z0-9_-]{20,}|hvb\.[A-Za-z0-9_-]{20,}|lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}"
    r"|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|r8_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|pplx-[A-Za-z0-9]{40,}|tfp_[A-Za-z0-9]{30,}"
    r"|eyJ[A-Za-z0-9_=-]{8,}\.[A-Za-z0-9_=-]{8,}(?:\.[A-Za-z0-9_=+/-]*)?"  # JSON web token
    r"|-----BEGIN[A-Z0-9 ]*PRIVATE KEY-----(?:.*?-----END[A-Z0-9 ]*PRIVATE KEY-----|.*)"
    r"|PuTTY-User-Key-File-\d:.*"
    r"|(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=]{40,}"  # AWS session token
    r"|https://hooks\.slack\.com/[^\s\"'<>]+|https://[a-z0-9.-]*webhook\.office\.com/[^\s\"'<>]+|https://discord(?:app)?\.com/api/webhooks/[^\s\"'<>]+",
    re.DOTALL,
)
_LONG_BASE64_SECRET = re.compile(r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])")
_AWS_SECRET_SHAPE = re.compile(r"[A-Za-z0-9/+]{40}")
_ANY_SECRET_WORD = re.compile(_SECRET_WORD, re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"(?P<lead>(?P<name>[\w.-]*(?:{_SECRET_WORD})\b[\"']?)\s*(?:[=:]|=>)\s*(?P<quote>\\?[\"']?))"
    r"(?P<value>(?(quote)[^\s\"',;&\\}]+|[^\s,;&}]+))",
    re.IGNORECASE,
)
_ASSIGNED_QUOTED = re.compile(
    rf"(?P<lead>(?P<name>[\w.-]*(?:{_SECRET_WORD})\b\\?[\"']?)\s*(?:[=:]|=>)\s*)(?P<quote>\\?[\"'])(?P<value>(?:(?!(?P=quote)).)+)(?P=quote)",
    re.IGNORECASE | re.DOTALL,
)
_FLAG = re.compile(
    rf"(?P<lead>(?<!\S)--?(?P<name>[\w.-]*(?:{_SECRET_WORD}|requirepass))\s+[\"']?)(?P<value>[^\s\"'-][^\s\"']*)",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"(?P<lead>(?<!\S)(?:password|requirepass|masterauth|login\s+\S+\s+password|sshpass\s+-p|bearer|basic)\s*[ ]\s*[\"']?)(?P<value>[^\s\"',;:=]+)",
    re.IGNORECASE,
)
_CLIENT_PASSWORD = re.compile(
    r"(?P<lead>\b(?:mysql|mysqldump|mariadb|mysqladmin|sshpass)\b[^|;&\n]*?\s-p)(?P<value>[^\s\"']+)"
)
_CURL_USER = re.compile(r"(?P<lead>(?<!\S)(?:-u|--user|--proxy-user)[ =][\"']?[^\s:\"'/]+:)(?P<value>[^\s\"']+)")
_USERINFO = re.compile(r"(?P<lead>[A-Za-z][A-Za-z0-9+.-]*://)(?P<value>[^\s/@\"'<>]*:[^\s\"'<>/]*|[^\s/@:\"'<>]{16,})@")
_SIGNED_QUERY = re.compile(
    r"(?P<lead>[?&](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|X-Goog-Credential|"
    r"Signature|AWSAccessKeyId|sig|sv_sig|access_token|token|api[-_]?key|key|code|password|secret)=)(?P<value>[^&\s\"'<>]+)",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_TRIGGER = re.compile(
    r"pass|pwd|secret|token|credential|key|auth|bearer|basic|connection|conn_?str|cookie|jaas|kubeconfig|webhook|psk|salt|sas\b|"
    r"://[^\s/]*@|[?&](?:sig|code)=|signature|-p|-u |--user|"
    r"akia|asia|abia|acca|a3t|gh[pousr]_|github_pat|glpat|gl(?:ptt|dt|rt|cbt|soat)-|hf_|sk-|sk_|rk_|xox|xapp|nvapi|dapi|aiza|ya29|gocspx|npm_|pypi-|dop_v1|hv[sb]\.|lsv2|"
    r"dckr_|sg\.|r8_|gsk_|pplx-|tfp_|eyj|-----begin|putty|iqojb3|fwogzxi|fqogzxi|hooks\.|webhook|discord|[a-z0-9+/]{86}==",
    re.IGNORECASE,
)
_STRUCTURAL_SUFFIX = re.compile(
    r"(?:arns?|names?|refs?|ids?|paths?|files?|types?|modes?|polic(?:y|ies)|enabled|required|seconds|minutes|hours|days|"
    r"ttl|versions?|rotation|length|count|limit|issuer|audience|provider|store|manager|namespace|class|spec|status|usage|state|"
    r"expir(?:y|ation|es)\w*|date|at|time|url|uri|endpoint|keyref|selector|config(?:ured)?|resizer|rules?)$",
    re.IGNORECASE,
)
_PLAIN = re.compile(
    r"(?:true|false|null|none|yes|no|on|off|auto|default|enabled|disabled|-?\d{1,6}(?:\.\d+)?(?:e-?\d{1,3})?)?",
    re.IGNORECASE,
)
_REFERENCE_TO_SECRET = re.compile(
    r"(?:arn:aws[\w-]*:(?:secretsmanager|ssm|kms):\S+|\$\{[\w.:-]+\}|\$\([\w.-]+\)|\$\w+|\{\{[^}]*\}\}|<[\w -]+>|/[\w./-]+|projects/[\w-]+/secrets/\S+)"
)
_PUBLIC_SETTING = re.compile(
    r"(?:^|_)(?:MODEL_ID|MODEL_NAME|HF_MODEL_ID|MODEL|SERVED_MODEL_NAME|AWS_REGION|AWS_DEFAULT_REGION|REGION|WORLD_SIZE|"
    r"NCCL_\w+|CUDA_VISIBLE_DEVICES|NVIDIA_\w+|SAGEMAKER_(?:PROGRAM|REGION|CONTAINER_LOG_LEVEL)|MLFLOW_EXPERIMENT_(?:NAME|ID)|"
    r"WANDB_PROJECT|WANDB_ENTITY|DTYPE|MAX_MODEL_LEN|TENSOR_PARALLEL_SIZE|LOG_LEVEL)$"
)
_PUBLIC_NAME = re.compile(
    r"(?:^|[-_.])(?:revision|commit(?:[-_]?(?:sha|id))?|git[-_]?sha|run[-_]?id|digest|base(?:[-_]?model)?)$",
    re.IGNORECASE,
)
_PUBLIC_VALUE = re.compile(r"(?:sha256:)?[0-9a-f]{7,64}|[a-z][a-z0-9]*(?:[-/._][a-z0-9]+)+")
_INHERITING = frozenset(
    {"value", "values", "data", "content", "default", "defaultvalue", "parametervalue", "stringvalue"}
)
_NAME_KEYS = (
    "name",
    "Name",
    "key",
    "Key",
    "ParameterKey",
    "parameterKey",
    "parameter",
    "Parameter",
    "variable",
)
_VALUE_KEYS = (
    "value",
    "Value",
    "ParameterValue",
    "parameterValue",
    "stringValue",
    "defaultValue",
    "DefaultValue",
)


@lru_cache(maxsize=65536)
def is_secret_name(name: str) -> bool:
    """Whether a name (of a key, a variable, a flag) means that its value is a secret: "DB_PASSWORD", "apiKey",
    "spark.snowflake.sfPassword"; not "secretName", "NextToken", "tokenizer", "PasswordPolicy"."""
    name = name.strip("\"'\\ -")
    if not name or _HARMLESS_NAME.search(name):
        return False
    return bool(_SECRET_NAME.search(name)) or bool(
        _SECRET_COMPACT.search(re.sub(r"[^a-z0-9]", "", name.lower()))
        and not _STRUCTURAL_SUFFIX.search(_CAMEL.split(name)[-1])
    )


def _spare(value: str) -> bool:
    """A value that is no secret even under a secret's name: empty, a word, a small number, a pointer to a secret."""
    return (
        bool(_PLAIN.fullmatch(value))
        or value == MARK
        or value.startswith("[redacted")
        or bool(_REFERENCE_TO_SECRET.fullmatch(value))
    )


def _cut(match: re.Match[str]) -> str:
    name = match.groupdict().get("name")
    if (name is not None and not is_secret_name(name)) or _spare(match["value"]):
        return match[0]
    quote = match.groupdict().get("quote") or ""
    return match["lead"] + (quote + MARK + quote if match.re is _ASSIGNED_QUOTED else MARK)


def _cut_userinfo(match: re.Match[str]) -> str:
    return f"{match['lead']}{MARK}@"


@lru_cache(maxsize=65536)
def _scrub_short(text: str) -> str:
    return _scrub(text)


def scrub(text: str) -> str:
    """The text with every recognisable secret replaced by MARK; equal to the text when there is none."""
    return _scrub_short(text) if len(text) <= 256 else _scrub(text)


def _scrub(text: str) -> str:
    if len(text) < 6:
        return text
    if _TRIGGER.search(text):
        text = _SHAPES.sub(MARK, text)
        text = _LONG_BASE64_SECRET.sub(MARK, text)
        text = _USERINFO.sub(_cut_userinfo, text)
        text = _SIGNED_QUERY.sub(_cut, text)
        if _ANY_SECRET_WORD.search(text):
            text = _ASSIGNED_QUOTED.sub(_cut, text)
            text = _ASSIGNED.sub(_cut, text)
        text = _FLAG.sub(_cut, text)
        text = _BARE.sub(_cut, text)
        text = _CLIENT_PASSWORD.sub(_cut, text)
        text = _CURL_USER.sub(_cut, text)
    if len(text) >= 20:
        text = _BASE64.sub(_cut_encoded, text)
    return text


def _cut_encoded(match: re.Match[str]) -> str:
    decoded = _decode(match[0])
    if decoded is None or scrub(decoded) == decoded:
        return match[0]
    return _marked(decoded)


def _decode(text: str) -> str | None:
    """Printable text behind base64 (and gzip, twice over), or None. Bounded to 16 MiB."""
    for _ in range(3):
        body = text.rstrip("=")
        if len(body) < 20 or len(body) % 4 == 1 or not re.fullmatch(r"[A-Za-z0-9+/_-]+", body):
            return None
        try:
            raw = base64.b64decode(body.translate({45: "+", 95: "/"}) + "=" * (-len(body) % 4), validate=True)
            if raw[:2] == b"\x1f\x8b":
                raw = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, 16 << 20)
            text = raw.decode()
        except (binascii.Error, ValueError, zlib.error, gzip.BadGzipFile):
            return None
        if not text.isprintable() and not all(c.isprintable() or c in "\r\n\t" for c in text):
            return None
        if not _BASE64.fullmatch(text.strip()):
            return text
        text = text.strip()
    return text


def _marked(text: str, name: str = "value") -> str:
    """The marker for a whole value, with the canonical keys of what it harmlessly mentions."""
    keys: list[str] = []
    for part in map(scrub, _parts(text)):
        for found in (*mentions(part, name), *mentions(part, "value")):
            key = found.name.key
            if key not in keys and scrub(key) == key and len(keys) < _MAX_MENTIONS:
                keys.append(key)
    return f"[redacted; mentions {' '.join(keys)}]" if keys else MARK


_NETRC_MACHINE = re.compile(r"(?:^|\s)machine\s+(\S+)")


def _parts(text: str) -> Iterator[str]:
    """The texts inside a value: all keys and values of a JSON document (a registry login names its host as a key), the
    machines of a netrc file, otherwise the value itself."""
    if text.lstrip()[:1] in ("{", "["):
        try:
            yield from _leaves(json.loads(text))
            return
        except (ValueError, RecursionError):
            pass
    yield text
    yield from _NETRC_MACHINE.findall(text)


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)


def mask(text: str, name: str = "value") -> str:
    """What may be kept of a value that is sensitive as a whole: plain words and small numbers, a value that is
    nothing but a harmless mention, otherwise the marker with the mentions inside it."""
    if _PLAIN.fullmatch(text) or text.startswith("[redacted"):
        return text
    decoded = _decode(text)
    if decoded is None:
        whole = mentions(text, name) or mentions(text, "value")
        if len(whole) == 1 and whole[0].span == (0, len(text)) and "?" not in text and scrub(text) == text:
            return text
    return _marked(decoded if decoded is not None else text, name)


class _Trie(dict[str, "_Trie"]):
    end = False

    def __bool__(self) -> bool:
        """A leaf is empty, and means something all the same."""
        return True


@lru_cache(maxsize=4096)
def _trie(paths: frozenset[str]) -> _Trie:
    root = _Trie()
    for path in paths:
        node = root
        for part in path.replace("[]", ".[]").split("."):
            node = node.setdefault(part, _Trie())
        node.end = True
    return root


def redact(payload: Json, sensitive: frozenset[str] = frozenset()) -> Json:
    """A copy of the payload without secrets. Applying it twice changes nothing.

    Args:
        sensitive: dotted paths ("Environment", "Containers[].Env", "*" for any key) whose values are masked whole.

    Raises:
        MappingError: the payload is nested deeper than MAX_DEPTH.
    """
    return _walk(payload, "", _trie(sensitive), False, 0)


def _is_public(name: str, value: str) -> bool:
    """Whether a name means that its value is none of a secret: a setting of a library, a commit, a run, a digest."""
    return bool(_PUBLIC_SETTING.search(name)) or bool(_PUBLIC_NAME.search(name) and _PUBLIC_VALUE.fullmatch(value))


def _child(node: _Trie | None, key: str) -> _Trie | None:
    if node is None:
        return None
    return node.get(key) or node.get("*")


def _walk(value: Any, name: str, node: _Trie | None, masked: bool, depth: int) -> Any:
    if isinstance(value, str):
        if masked:
            return value if _is_public(name, value) and scrub(value) == value else mask(value, name)
        if is_secret_name(name):
            return value if _spare(value) else _marked(value)
        return scrub(value)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return MARK if is_secret_name(name) and abs(value) >= 1000 else value
    if depth > MAX_DEPTH:
        raise MappingError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return _walk_object(value, name, node, masked or (node is not None and node.end), depth)
    if isinstance(value, list | tuple):
        below = _child(node, "[]")
        return _walk_list(value, name, below, masked or bool(node and node.end) or bool(below and below.end), depth)
    raise MappingError(f"not JSON: {type(value).__name__}")


def _walk_object(value: dict[Any, Any], name: str, node: _Trie | None, masked: bool, depth: int) -> dict[str, Any]:
    variable = next((value[k] for k in _NAME_KEYS if isinstance(value.get(k), str)), None)
    out: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            key = str(key)
        below = _child(node, key)
        below_masked = masked or bool(below and below.end)
        if variable is not None and key in _NAME_KEYS and isinstance(item, str):
            out[key] = scrub(item)
            continue
        called = key
        if variable is not None and key in _VALUE_KEYS:
            called = variable
        elif key.lower() in _INHERITING and name:
            called = name
        out[_key(key)] = _walk(item, called, below, below_masked, depth + 1)
    return out


def _key(key: str) -> str:
    return scrub(key) if len(key) >= 20 else key


def _walk_list(value: Iterable[Any], name: str, node: _Trie | None, masked: bool, depth: int) -> list[Any]:
    out: list[Any] = []
    expecting = False
    for item in value:
        if expecting and isinstance(item, str):
            out.append(item if _spare(item) else _marked(item))
            expecting = False
            continue
        out.append(_walk(item, name, node, masked, depth + 1))
        expecting = isinstance(item, str) and item.startswith("-") and "=" not in item and is_secret_name(item)
    return out
