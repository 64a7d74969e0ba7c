"""Takes secrets out of a payload before anything else sees it.

Three nets, all applied: values under paths that the row declares sensitive; values under names that mean a secret;
values that have the shape of a well-known secret, in plain text, in URLs, in command lines, in embedded documents
and inside base64. What is taken out leaves a marker that keeps the recognisable, harmless mentions
("[redacted; mentions s3://bucket dns:db.example]"), so that dependencies are not lost with the secret.

Owns the decision what is a secret. Refuses to hash or encrypt: nothing derived from a secret is kept.

Every expression below is bounded or begins only at the start of a token, so that a hostile text of megabytes costs
time in proportion to its length.
"""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import unquote

from normalize.errors import MappingError
from normalize.model import Json
from normalize.references import Mention, mentions

MARK = "[redacted]"
MAX_DEPTH = 200
_MAX_MENTIONS = 64
_MAX_DECODED = 16 << 20
_MARKER = re.compile(r"\[redacted(?:; mentions [^\s\]]+(?: [^\s\]]+)*)?\]")


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def _lexicon(words: str) -> frozenset[str]:
    return frozenset(map(_singular, words.split()))


# Names ---------------------------------------------------------------------------------------------------------------

_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+")
_SECRET_WORDS = _lexicon(
    "password passwd passphrase passcode passwort pass pwd pw secret token credential cred authorization cookie psk jaas "
    "htpasswd dockercfg dockerconfigjson kubeconfig bearer jwt totp requirepass masterauth salt"
)
_GLUED = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|secret|(?<!tik)token|apikey|accesskey|accountkey|privatekey|secretkey|"
    r"sharedkey|signingkey|authkey|masterkey|credential|connectionstring|(?:db|my|pg|user|ssh|root|admin|redis|rabbit)pass|(?:bind|root|user|db)pw)$"
)
_KEY_OF = _lexicon(
    "api app access account private signing shared master auth license licence ssh secret service storage client deploy hmac "
    "crypt cipher session admin root fernet ingest subscription function webhook host activation write wandb"
)
_SECRET_PAIRS = frozenset({(word, "key") for word in _KEY_OF}) | {
    ("connection", "string"),
    ("conn", "str"),
    ("conn", "string"),
    ("webhook", "url"),
    ("webhook", "uri"),
    ("secure", "string"),
    ("secure", "parameter"),
    ("secure", "value"),
}
_NO_SECRET_TOKEN = _lexicon(
    "next continuation pagination page start pad eos bos unk mask cls sep max min num n image stop special idempotency "
    "per http creation purchase change dkim"
)
_COUNTS = _lexicon("max min num n total")
_WEAK_WORDS = _lexicon("key auth pat dsn licence license sas signature sig otp webhook")
_STRUCTURAL = _lexicon(
    "arn name ref reference id identifier path file filename dir directory type mode policy policies enabled enable required "
    "optional second minute hour day ms expiry expiration expires expire expired date at time timestamp timeout ttl url uri "
    "endpoint host port selector config configured configuration resizer rule count length len size limit max min version "
    "stage status state used changed rotated rotation updated created modified age byte algorithm alg format encoding kind "
    "class provider store manager backend engine source target namespace region zone owner description label tag issuer "
    "audience scope usage method template prefix suffix field column header param parameter env var variable object item "
    "volume mount driver group user username email role service server operator controller reset recovery complexity "
    "requirement attempt exist present generation kid thumbprint fingerprint checksum embedding dim vocab budget bucket rate "
    "model ratio position lookup review condition reason annotation option revision index request quota principal sync "
    "provisioner encrypted spec"
)
_QUALIFIERS = _lexicon(
    "prod production dev development staging test testing qa uat preprod live sandbox old new current previous prev primary "
    "secondary main backup base master replica root admin ro rw read write readonly readwrite a b x y one two"
)
_NOT_INHERITED = _lexicon("key item")
_NEGATIONS = _lexicon("no without skip disable disallow")


def _split(name: str) -> list[str]:
    """Lower-case singular words of the last part of a name: "spec.dbPasswords" -> spec, db, password."""
    return [_singular(w.lower()) for w in _WORDS.findall(name.strip("\"'\\ -:").rsplit("/", 1)[-1][-200:])]


@lru_cache(maxsize=65536)
def _rank(name: str) -> int:
    """How surely a name means a secret: 3 by its end ("DB_PASSWORD", "DB_PASSWORD_PROD"), 2 by a word inside, 1 only where
    the value looks random ("key"), 0 not."""
    words = _split(name)
    if not words or words[0] in _NEGATIONS:
        return 0
    at = max((i for i in range(len(words)) if _means_secret(words, i)), default=-1)
    if at < 0:
        return 1 if words[-1] in _WEAK_WORDS else 0
    if (words[at] == _singular("jaas") and words[-1] == "config") or all(w in _QUALIFIERS for w in words[at + 1 :]):
        return 3
    return 0 if words[-1] in _STRUCTURAL else 2


def _means_secret(words: list[str], at: int) -> bool:
    word, before = words[at], words[at - 1] if at else ""
    if word == "token":
        return before not in _NO_SECRET_TOKEN and not (at > 1 and words[0] in _COUNTS)
    return (before, word) in _SECRET_PAIRS or word in _SECRET_WORDS or _GLUED.search(word) is not None


def is_secret_name(name: str) -> bool:
    """Whether a name (of a key, a variable, a flag) means that its value is a secret: "DB_PASSWORD", "apiKey",
    "spark.snowflake.sfPassword"; not "secretName", "NextToken", "tokenizer", "PasswordPolicy"."""
    return _rank(name) >= 2


@lru_cache(maxsize=65536)
def _is_structural(name: str) -> bool:
    words = _split(name)
    return bool(words) and (words[-1] in _STRUCTURAL or words[-1] in _NOT_INHERITED)


# Values --------------------------------------------------------------------------------------------------------------

_PLAIN = re.compile(
    r"(?:true|false|null|none|nil|yes|no|on|off|auto|default|enabled|disabled|required|optional|aws_iam|iam|oauth2?|"
    r"-?\d{1,3}(?:\.\d{1,6})?(?:e-?\d{1,3})?)?",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?(?:e-?\d{1,3})?", re.IGNORECASE)
_POINTER = re.compile(
    r"arn:aws[\w-]*:[\w-]+:\S+|\$\{[^{}]+\}|\$\([\w.-]+\)|\$[A-Z_][A-Z0-9_]*|%[A-Z_]+%|\{\{.*\}\}|<[\w /-]+>|\*+|x{3,}|"
    r"projects/[\w-]+/secrets/\S+|@Microsoft\.KeyVault\(.*\)|(?:op|vault|ssm|awssm|gcpsm|azurekv|file|secret|env)://?[\w./#@ -]+|"
    r"ref\+\w+://\S+|/[a-z][a-z_-]{0,30}|(?:~|\.{1,2})?(?:/[\w.@-]{1,80}){2,12}|\(?(?:hidden|masked|redacted|sensitive(?: value)?)\)?",
    re.IGNORECASE,
)
_SIMPLE = re.compile(r"[A-Za-z]?[a-z]*(?:[-_ /.:][a-z]+)*|[A-Z_]+|v?\d+(?:\.\d+)+")
_TOKEN = re.compile(r"[A-Za-z0-9+/=_~!@#$%^&*-]{12,512}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_UUID = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:mrk-)?[0-9a-f]{32}|[a-z]{1,8}-(?:[0-9a-f]{8}|[0-9a-f]{17})",
    re.IGNORECASE,
)
_BASE64_LENGTHS = (40, 44, 64, 88)


def _spare(value: str) -> bool:
    """A value that is no secret even under a secret's name: empty, a word, a small number, a pointer to a secret."""
    return (
        _PLAIN.fullmatch(value) is not None
        or _MARKER.fullmatch(value) is not None
        or (_POINTER.fullmatch(value) is not None and not (len(value) in _BASE64_LENGTHS and _is_random(value)))
    )


def _entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def _is_random(value: str) -> bool:
    """Whether a value looks generated: mixed characters without the structure of a name, a path or an id."""
    if not _TOKEN.fullmatch(value):
        return False
    if _HEX.fullmatch(value):
        return len(value) in (32, 40, 48, 56, 64, 96, 128)
    if ("/" in value and len(value) not in _BASE64_LENGTHS) or len(value) < 16:
        return False
    kinds = (any(c.islower() for c in value), any(c.isupper() for c in value), any(c.isdigit() for c in value))
    return sum(kinds) + any(not c.isalnum() and c not in "-_/" for c in value) >= 3 and _entropy(value) >= 3.3


def _is_secret(name: str, value: str) -> bool:
    """Whether the value that stands under a name is a secret."""
    rank = _rank(name)
    if rank == 0 or _spare(value):
        return False
    if rank == 3:
        return not (name.lower().endswith("tokens") and _NUMBER.fullmatch(value))
    if rank == 2:
        return _SIMPLE.fullmatch(value) is None and _NUMBER.fullmatch(value) is None
    return (
        (_is_random(value) and _UUID.fullmatch(value) is None)
        or _is_login(name, value)
        or _is_key_of_login(name, value)
    )


def _is_login(name: str, value: str) -> bool:
    """base64 of USER:PASSWORD under a name such as "auth" (Docker, HTTP basic)."""
    return _split(name)[-1] == "auth" and ":" in (_decode(value, 8) or "")


def _is_key_of_login(name: str, value: str) -> bool:
    """32 hex digits under "key" itself: an API key; an id of that form is never called just "key"."""
    return name.lower() in ("key", "auth", "pat") and len(value) == 32 and _HEX.fullmatch(value) is not None


# Shapes --------------------------------------------------------------------------------------------------------------

_B = r"(?:(?<![A-Za-z0-9])|(?<=\\[nrt]))"
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = tuple(
    (hints, re.compile(pattern, re.DOTALL))
    for hints, pattern in (
        (("AKIA", "ASIA", "ABIA", "ACCA", "A3T"), r"(?:A3T[A-Z0-9]|AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}(?![A-Za-z0-9])"),
        (("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"), r"gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{20,}"),
        (("glpat-", "glptt-", "gldt-", "glrt-", "glcbt-", "glsoat-", "glagent-"), r"gl(?:pat|ptt|dt|rt|cbt|soat|agent)-[A-Za-z0-9_.-]{16,}"),
        (("hf_", "tfp_", "gsk_", "r8_"), _B + r"(?:hf_[A-Za-z0-9]{20,}|tfp_[A-Za-z0-9]{30,}|gsk_[A-Za-z0-9]{40,}|r8_[A-Za-z0-9]{30,})"),
        (("sk-", "pk-lf"), _B + r"(?:sk-(?:proj|ant|svcacct|admin|or|lf|None)-[A-Za-z0-9_-]{16,}|sk-[A-Za-z0-9]{32,})"),
        (("_live_", "_test_", "whsec_"), _B + r"(?:[srp]k_(?:live|test)_[A-Za-z0-9]{16,}|whsec_[A-Za-z0-9+/=]{20,})"),
        (("xox", "xapp-"), r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-\d-[A-Za-z0-9-]{20,}"),
        (("nvapi-", "dapi", "npm_", "pypi-", "dop_v1_", "lsv2_", "dckr_", "pplx-", "glsa_", "dp.pt.", "sntrys_", "pul-"),
         (r"nvapi-[A-Za-z0-9_-]{20,}|dapi[a-f0-9]{30,}(?:-\d{1,3})?|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{40,}|dop_v1_[a-f0-9]{60,}|"
         r"lsv2_(?:pt|sk)_[A-Za-z0-9_]{20,}|dckr_(?:pat|oat)_[A-Za-z0-9_-]{20,}|pplx-[A-Za-z0-9]{40,}|glsa_[A-Za-z0-9_]{30,}|"
         r"dp\.pt\.[A-Za-z0-9]{40,}|sntrys_[A-Za-z0-9+/=_-]{40,}|pul-[a-f0-9]{40}")),
        (("AIza", "ya29.", "GOCSPX-"), r"AIza[A-Za-z0-9_-]{35}|ya29\.[A-Za-z0-9_.-]{20,}|GOCSPX-[A-Za-z0-9_-]{20,}"),
        (("hvs.", "hvb.", "SG."), _B + r"(?:hv[sb]\.[A-Za-z0-9_-]{20,}|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})"),
        (("eyJ",), r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}={0,2}\.[A-Za-z0-9_-]{8,}={0,2}(?:\.[A-Za-z0-9_+/=-]*)?"),
        (("-----BEGIN",), r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|.*)"),
        (("PuTTY-User-Key-File", "AGE-SECRET-KEY-"), r"PuTTY-User-Key-File-\d:.*|AGE-SECRET-KEY-1[A-Z0-9]{50,}"),
        (("IQoJb3JpZ2lu", "FwoGZXIvYXdz", "FQoGZXIvYXdz"), r"(?:IQoJb3JpZ2lu|FwoGZXIvYXdz|FQoGZXIvYXdz)[A-Za-z0-9+/=%]{40,}"),
        (("hooks.slack.com", "webhook.office.com", "/api/webhooks/", "chat.googleapis.com", "logic.azure.com", "api.telegram.org/bot"),
         (r"https://(?:hooks\.slack\.com|[a-z0-9.-]{0,80}webhook\.office\.com|(?:\w{1,20}\.)?discord(?:app)?\.com/api/webhooks|"
         r"chat\.googleapis\.com/v1/spaces|[\w.-]{1,80}\.logic\.azure\.com|api\.telegram\.org/bot)[^\s\"'<>\\]+")),
        (
            ("$1$", "$2a$", "$2b$", "$2y$", "$5$", "$6$", "$y$", "$apr1$", "$argon2", "$scrypt$", "$pbkdf2"),
            r"\$(?:1|2[abxy]|5|6|y|apr1|argon2(?:id?|d)|scrypt|pbkdf2[\w-]{0,20})\$[^\s:\"',;]{8,}",
        ),
        (("==",), r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])"),  # Azure storage and Cosmos DB account keys
    )
)  # fmt: skip
"""Literals of which one must occur, and the expression of a secret that its maker gave a recognisable shape."""

_ANY_SHAPE = re.compile("|".join(re.escape(hint) for hints, _ in _SHAPES for hint in hints))
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")

# Texts ---------------------------------------------------------------------------------------------------------------

_ANY_HINT = re.compile(
    r"pass|pwd|pw[=: ]|secret|token|cred|key|auth|bearer|cookie|jaas|kubeconfig|webhook|psk|salt|sas|sig|dsn|licen|conn|"
    r"pat[=: ]|otp|jwt|basic|secure"
)
_NEXT = r"\s{0,4}[\"'{\[-]{0,3}[\w.$-]{1,60}[\"']?\s?[=:]"
_HEAD = re.compile(
    r"(?<![\w.$-])(?P<name>(?:(?:api|access|secret|private|account|auth|licen[sc]e)[ ](?=key))?[\w.$-]{1,200})\\{0,3}[\"'`\]]{0,3}[ \t]{0,40}(?P<sign>=>|:=|==?|:(?!:|//))(?P<gap>[ \t]{0,40})",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\s{0,40}(?P<quote>\\{0,3}[\"'`])(?P<value>(?:(?!(?P=quote))(?:\\.|[^\\]))+)(?P=quote)", re.DOTALL
)
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]{0,40}\r?\n")
_LINE = re.compile(rf"(?P<value>[^\s\"'`{{\[|>,;](?:[^\r\n,;&\"' \t]|[\"'](?=[A-Za-z0-9])|[,;& \t](?!{_NEXT}))*)")
_BARE = re.compile(
    r"[\"'`]?(?:(?:bearer|basic|token|apikey|negotiate|sso-key)\s+)?"
    rf"(?P<value>(?:[^\s\"'`<>,;&\\]|\\(?![nrt\"'])|[\"'`](?=[A-Za-z0-9])|[,;&](?!{_NEXT})|[<>](?=\S))+)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\\?[\"']?(?P<value>[^\r\n\"'{\[][^\r\n\"']*)")
_LINE_START = re.compile(r"[ \t]*(?:(?:-|export|set|setenv|ENV|ARG)[ \t]+)?[\"']?")
_SPACED = re.compile(
    r"(?<![^\s\"'\[(,])(?P<name>(?:(?:api|access|secret|private|account|auth|licen[sc]e)[ ](?=key))?[\w.$-]{2,200})[ \t]+(?:is[ \t]+)?"
    r"\\?[\"']?(?=(?P<value>[^\s\"'=:-][^\s\"']{2,}))",
    re.IGNORECASE,
)
_PAIR = re.compile(
    r"(?P<lead>\b(?:name|key|variable|parameter)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?(?P<name>[\w.$-]{1,200})\\{0,3}[\"']?,?\s{1,200}"
    r"\\{0,3}[\"']?value\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?)(?P<value>[^\s\"'\\][^\r\n\"'\\]*)",
    re.IGNORECASE,
)
_CALL = re.compile(r"(?P<lead>\([ \t]{0,9}[\"'](?P<name>[\w.$-]{1,200})[\"'],\s{0,9}[\"'])(?P<value>[^\"'\r\n]+)")
_ELEMENT = re.compile(
    r"(?P<lead><(?:[\w-]{1,40}:)?(?P<name>[\w.-]{1,100})(?:\s[^<>]{0,300})?>\s{0,40}(?:<!\[CDATA\[)?)(?P<value>[^<>\s][^<>]*?)(?=</|\]\]>)"
)
_ENTRY = re.compile(
    r"(?P<lead><[\w:-]{1,60}\s[^<>]{0,200}?\b(?:key|name)=[\"'](?P<name>[\w.$-]{1,200})[\"'][^<>]{0,200}>\s{0,40})(?P<value>[^<>\s][^<>]*)(?=</)"
)
_ACCOUNTS = re.compile(r"(?P<lead>(?<![\w:/.-])[a-z_][\w-]{0,31}:)(?P<value>[^\s:\"'/][^\s:\"']{3,})(?![\w:])")
_PGPASS = re.compile(
    r"^(?P<lead>(?=\S{0,250}?[a-z*])[\w.*-]{1,253}:(?:\d{3,5}|\*):[^:\s]{1,63}:[^:\s]{1,63}:)(?P<value>[^:\s]+)$",
    re.MULTILINE,
)
_PIPED = re.compile(
    r"(?P<lead>\b(?:echo|printf)[ \t]+(?:-n[ \t]+)?[\"']?)(?P<value>[^\s\"'|$]+)(?=[\"']?[ \t]{0,9}\|[^|\n]{0,200}(?:-stdin|sudo -S|with-token))"
)
_PROPERTY = re.compile(
    r"(?P<lead><name>\s{0,40}(?P<name>[\w.$-]{1,200})\s{0,40}</name>\s{0,200}<value>\s{0,40})(?P<value>[^<>\s][^<>]*)(?=</value>)",
    re.IGNORECASE,
)
_SCHEME_WORD = re.compile(
    r"(?P<lead>(?<![\w-])(?:bearer|basic|apikey)[ \t]+)(?P<value>[A-Za-z0-9+/=._~-]{6,})", re.IGNORECASE
)
_CLIENT = re.compile(
    r"(?P<lead>(?<![\w-])(?:mysql|mysqldump|mariadb|mysqladmin|sshpass|mongosh?|redis-cli|ldapsearch|docker login|podman login|az login|"
    r"helm registry login|oc login|sqlcmd|bcp|clickhouse-client|cqlsh)\b[^|;&\n]{0,300}?\s-(?:p|a|w|P)[ \t]?[\"']?)(?P<value>[^\s\"'-][^\s\"']*)"
)
_USER_FLAG = re.compile(
    r"(?P<lead>(?<![^\s\"'])(?:-u|-U|--user|--proxy-user)[ =]?[\"']?[^\s:\"'/%,]{1,100}[:%,])(?P<value>[^\s\"']+)"
)
_SHORT_FLAG = re.compile(
    r"(?P<lead>(?<!\S)-p)(?P<value>(?=\S{0,99}[0-9])(?=\S{0,99}[A-Z!@#$%^&*])[^\s=/:.\"']{6,200})(?![^\s\"'])"
)
_USERINFO = re.compile(
    r"(?P<lead>(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})://)(?P<value>[^\s/@:\"'<>]{0,200}:(?!\d{1,5}(?:[/?#]|$))(?:[^\s\"'<>/?#]{1,300}@|[^\s\"'<>]{1,300}?@)|[^\s/@:\"'<>?#]{1,300}@)"
)
_LOGIN = re.compile(
    r"(?P<lead>(?<![\w.@:/-])[\w.-]{1,64}:)(?P<value>(?!//)[^\s/@\"'<>:]{3,128})(?=@(?!sha\d)(?:(?:tcp|udp|unix)?\(|[\w.-]{1,253}:\d{2,5}(?!\w)|[\w-]{1,63}\.[\w.-]{1,190}/))"
)
_ORACLE = re.compile(r"(?P<lead>(?:jdbc:oracle:\w{1,10}:|sqlplus[ \t]+)[\w.$-]{1,60}/)(?P<value>[^\s@\"']{1,128})(?=@)")
_QUERY = re.compile(
    r"(?P<lead>[?&;](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|X-Goog-Credential|Signature|GoogleAccessId|"
    r"AWSAccessKeyId|Key-Pair-Id|Policy|sig|se_sig|code|key|auth|hash|hmac|jwt|state|session)=)(?P<value>[^&\s\"'<>]+)",
    re.IGNORECASE,
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{20,}(?:(?:\\n|[ \t]*\r?\n[ \t]*)[A-Za-z0-9+/_-]+)*={0,2}")
_BASE64_PART = re.compile(r"[A-Za-z0-9+/_-]{20,}={0,2}")
_BASE64_PLAIN_PART = re.compile(r"[A-Za-z0-9+/]{20,}={0,2}")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")


def _cut(match: re.Match[str]) -> str:
    """The lead and a marker where the value is a secret; unchanged where the name is harmless or the value spared."""
    named = match.groupdict().get("name")
    value = match["value"]
    if named is None:
        return match[0] if _spare(value) else _replaced(match)
    return _replaced(match) if _is_secret(named, value) else match[0]


def _replaced(match: re.Match[str]) -> str:
    start, end = match.span("value")
    at = match.start()
    return match[0][: start - at] + MARK + match[0][end - at :]


def _cut_scheme(match: re.Match[str]) -> str:
    value = match["value"]
    return match[0] if _SIMPLE.fullmatch(value.rstrip(".")) else match["lead"] + MARK


def _cut_userinfo(match: re.Match[str]) -> str:
    value, scheme = match["value"][:-1], match["scheme"].lower()
    if value == MARK:
        return match[0]
    if ":" not in value:
        names_a_container = scheme.startswith(("abfs", "wasb", "ssh", "git", "sftp", "hf", "nfs"))
        if names_a_container or not (len(value) >= 20 or (len(value) >= 16 and any(c.isdigit() for c in value))):
            return match[0]
    return f"{match['lead']}{MARK}@"


def _cut_spaced(text: str) -> str:
    """NAME VALUE parted by blanks: netrc, redis.conf, spark-defaults, "aws configure set"."""
    out, at = [], 0
    for m in _SPACED.finditer(text):
        name, (start, end) = m["name"], m.span("value")
        if start < at or not is_secret_name(name) or not _is_secret(name, m["value"]):
            continue
        whole_line = not text[max(0, m.start() - 80) : m.start()].rpartition("\n")[2].strip()
        compound = name.startswith("-") or len(_split(name)) > 1 or name in ("requirepass", "masterauth")
        if not (compound and (whole_line or name.startswith("-"))) and _SIMPLE.fullmatch(m["value"].rstrip(".,;!?")):
            continue
        out += [text[at:start], MARK]
        at = end
    return "".join((*out, text[at:])) if out else text


def _cut_aws_secret(match: re.Match[str]) -> str:
    value = match[0]
    return MARK if not _HEX.fullmatch(value) and _is_random(value) and _entropy(value) > 4 else value


_NAMED_CUTS = (_PAIR, _PROPERTY, _ELEMENT, _ENTRY, _CALL)
_LONGEST_JUDGED = 2048


def _cut_assigned(text: str) -> str:
    """NAME=VALUE, NAME: VALUE, "NAME" => "VALUE" and their like. Values of harmless names are searched in turn."""
    out, at = [], 0
    for head in _HEAD.finditer(text):
        if head.start() < at or not (rank := _rank(head["name"])) or _is_part_of_path(text, head):
            continue
        start, end = _value_span(text, head, head.end() + _LONGEST_JUDGED)
        if end - start >= _LONGEST_JUDGED - 50:
            if rank == 1:
                continue
            start, end = _value_span(text, head, len(text))
        elif start == end or not _is_secret(head["name"], text[start:end].strip()):
            continue
        value = text[start:end]
        out += [text[at:start], _marked(value, head["name"]) if "." in value and len(value) < _LONGEST_JUDGED else MARK]
        at = end
    return "".join((*out, text[at:])) if out else text


def _is_part_of_path(text: str, head: re.Match[str]) -> bool:
    """Whether NAME:… stands inside an ARN, an image name or a URL."""
    before = text[head.start() - 1] if head.start() else ""
    return before in (":", "/", "@") and head["sign"] == ":" and not head["gap"]


def _value_span(text: str, head: re.Match[str], end: int) -> tuple[int, int]:
    """From where to where the value of an assignment stands; nothing for an opening bracket."""
    at, line = head.end(), text[max(0, head.start() - 80) : head.start()].rpartition("\n")[2]
    if marker := _MARKER.match(text, at + (text[at : at + 1] in ("'", '"')), end):
        return marker.span()
    if head["sign"] == ":" and (m := _BLOCK.match(text, at, end)):
        return m.end(), _block_end(text, m.end(), len(line) - len(line.lstrip()), end)
    blanks = head["gap"] or text[head.start("sign") - 1].isspace()
    whole_line = blanks and _LINE_START.fullmatch(line)
    is_header = head["name"].lower().rsplit("-", 1)[-1] in ("authorization", "cookie")
    patterns = [_QUOTED, *([_HEADER] if is_header else []), *([_LINE] if whole_line else []), _BARE]
    found = next((m for pattern in patterns if (m := pattern.match(text, at, end))), None)
    return found.span("value") if found else (at, at)


def _block_end(text: str, at: int, indent: int, end: int) -> int:
    """End of the lines that are indented deeper than `indent` (a YAML block scalar)."""
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        line = text[at:stop]
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        at = min(stop + 1, end)
    return at


@lru_cache(maxsize=65536)
def _scrub_short(text: str) -> str:
    return _scrub(text)


def scrub(text: str) -> str:
    """The text with every recognisable secret replaced by MARK; equal to the text when there is none."""
    return _scrub_short(text) if len(text) <= 256 else _scrub(text)


def _scrub(text: str) -> str:
    if len(text) < 6 or _MARKER.fullmatch(text):
        return text
    if text[0] + text[-1] in ("{}", "[]", '""'):
        text = _scrub_document(text)
    text = _scrub_text(text)
    for plain in _unescaped(text):
        if (cut := _scrub_text(plain)) != plain:
            return cut
    return text


def _unescaped(text: str) -> Iterator[str]:
    """The text without URL encoding, and without backslashes before quotes and line ends."""
    if "%" in text and _PERCENT.search(text):
        yield unquote(text)
    if '\\"' in text or "\\n" in text:
        yield text.replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t")


def _scrub_document(text: str) -> str:
    """JSON inside a string, redacted like a payload; the text itself where nothing was taken out."""
    try:
        document = json.loads(text)
        cleaned = _walk(document, "", None, False, 1)
    except (ValueError, RecursionError, MappingError):
        return text
    return text if cleaned == document else json.dumps(cleaned, ensure_ascii=False)


def _scrub_text(text: str) -> str:
    known_shape = False
    if _ANY_SHAPE.search(text):
        for hints, pattern in _SHAPES:
            if any(h in text for h in hints):
                cut = pattern.sub(MARK, text)
                known_shape = known_shape or cut != text
                text = cut
    lower = text.lower()
    if "://" in text and "@" in text:
        text = _USERINFO.sub(_cut_userinfo, text)
    if text.count(":") > 3:
        text = _PGPASS.sub(_cut, text)
    if "@" in text and ":" in text:
        text = _LOGIN.sub(_cut, text)
        text = _ORACLE.sub(_cut, text)
    if "=" in text and ("?" in text or "&" in text):
        text = _QUERY.sub(_cut, text)
    if _ANY_HINT.search(lower):
        if any(c in text for c in "=: \t>,"):
            for pattern in _NAMED_CUTS:
                text = pattern.sub(_cut, text)
            text = _cut_assigned(text)
            text = _SCHEME_WORD.sub(_cut_scheme, text)
            text = _cut_spaced(text)
        known_shape = known_shape or "secret" in lower or "aws" in lower
    if known_shape:
        text = _AWS_SECRET.sub(_cut_aws_secret, text)
    if " -" in text or text.startswith("-"):
        text = _CLIENT.sub(_cut, text)
        text = _USER_FLAG.sub(_cut, text)
        text = _SHORT_FLAG.sub(_cut, text)
    if "|" in text:
        text = _PIPED.sub(_cut, text)
    if "chpasswd" in lower:
        text = _ACCOUNTS.sub(_cut, text)
    return _BASE64.sub(_cut_encoded, text) if len(text) >= 20 else text


# Encodings -----------------------------------------------------------------------------------------------------------


def _cut_encoded(match: re.Match[str]) -> str:
    """base64 of a text that holds a secret, also broken into lines, becomes a marker."""
    text = match[0]
    if "\n" in text or "\\n" in text:
        joined = _hidden(re.sub(r"\\n|\s", "", text))
        return joined if joined is not None else _BASE64_PART.sub(_cut_part, text)
    return _cut_part(match)


def _cut_part(match: re.Match[str]) -> str:
    text = match[0]
    if (found := _hidden(text)) is not None:
        return found
    if "-" in text or "_" in text:
        return _BASE64_PLAIN_PART.sub(lambda m: _hidden(m[0]) or m[0], text)
    return text


def _hidden(text: str) -> str | None:
    """The marker for base64 of something with a secret inside; None for everything else."""
    decoded = _decode(text)
    return None if decoded is None or scrub(decoded) == decoded else _marked(decoded, "value")


def _decode(text: str, at_least: int = 20) -> str | None:
    """Printable text behind base64 (and gzip, up to four times over), or None."""
    found: str | None = None
    for _ in range(4):
        body = "".join(text.split()).rstrip("=")
        if len(body) < at_least or len(body) % 4 == 1 or body.islower() or body.isdigit():
            return found
        try:
            raw = base64.b64decode(body.translate({45: "+", 95: "/"}) + "=" * (-len(body) % 4), validate=True)
            if raw[:2] == b"\x1f\x8b":
                raw = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(raw, _MAX_DECODED)
            text = raw.decode("utf-16-le" if raw[1:2] == b"\0" else "utf-8").removeprefix("\ufeff")
        except (binascii.Error, ValueError, zlib.error):
            return found
        if not text.isprintable() and not all(c.isprintable() or c in "\r\n\t" for c in text):
            return found
        found = text
    return found


# Payloads ------------------------------------------------------------------------------------------------------------


def _marked(text: str, name: str) -> str:
    """The marker for a whole value, with the canonical keys of what it harmlessly mentions."""
    keys: dict[str, None] = {}
    for mention in _harmless(scrub(text), name):
        key = mention.name.key
        if key not in keys and " " not in key and "]" not in key and scrub(key) == key:
            keys[key] = None
        if len(keys) == _MAX_MENTIONS:
            break
    return f"[redacted; mentions {' '.join(keys)}]" if keys else MARK


def _harmless(text: str, name: str) -> Iterator[Mention]:
    """Mentions in a sensitive value. A bare word under a secret's name is the secret, even where it looks like a host."""
    word = _rank(name) == 3 and "://" not in text and not any(c in text for c in ";={,\n")
    for part in _parts(text):
        yield from mentions(part, "" if word else "value")
        if _rank(name) == 0:
            yield from mentions(part, name)


_NETRC_MACHINE = re.compile(r"(?:^|\s)machine\s{1,8}(\S{1,253})")


def _parts(text: str) -> Iterator[str]:
    """The texts inside a value: all keys and values of a JSON document (a registry login names its host as a key), the
    machines of a netrc file, and otherwise the value itself."""
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
    if _PLAIN.fullmatch(text) or _MARKER.fullmatch(text) or (_NUMBER.fullmatch(text) and not is_secret_name(name)):
        return text
    decoded = _decode(text)
    if decoded is None and not is_secret_name(name):
        whole = mentions(text, "value")
        if len(whole) == 1 and whole[0].span == (0, len(text)) and "?" not in text and scrub(text) == text:
            parts = re.split(r"[/:.]", text)
            if text.startswith("arn:") or not any(_is_random(p) or len(p) > 60 for p in parts):
                return text
    return _marked(decoded if decoded is not None else text, name)


class _Trie(dict[str, "_Trie"]):
    end = False


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


def _child(node: _Trie | None, key: str) -> _Trie | None:
    if node is None:
        return None
    found = node.get(key)
    return found if found is not None else node.get("*")


def _ends(node: _Trie | None) -> bool:
    return node is not None and node.end


_PUBLIC_SETTING = re.compile(
    r"(?:^|_)(?:MODEL_ID|MODEL_NAME|HF_MODEL_ID|MODEL|SERVED_MODEL_NAME|AWS_REGION|AWS_DEFAULT_REGION|REGION|WORLD_SIZE|"
    r"NCCL_\w+|CUDA_VISIBLE_DEVICES|NVIDIA_\w+|SAGEMAKER_(?:PROGRAM|REGION|CONTAINER_LOG_LEVEL)|MLFLOW_EXPERIMENT_(?:NAME|ID)|"
    r"WANDB_PROJECT|WANDB_ENTITY|DTYPE|MAX_MODEL_LEN|TENSOR_PARALLEL_SIZE|LOG_LEVEL)$"
)
_PUBLIC_NAME = re.compile(
    r"(?:^|[-_.])(?:revision|commit(?:[-_]?(?:sha|id))?|git[-_]?sha|run[-_]?id|digest|base(?:[-_]?model)?)$",
    re.IGNORECASE,
)
_PUBLIC_VALUE = re.compile(r"(?:sha256:)?[0-9a-f]{7,64}|[a-z][a-z0-9]{0,40}(?:[-/._][a-z0-9]{1,40}){1,10}")


def _is_public(name: str, value: str) -> bool:
    """Whether a name says that its value is none of a secret: a setting of a library, a commit, a run, a digest."""
    return bool(_PUBLIC_SETTING.search(name)) or bool(_PUBLIC_NAME.search(name) and _PUBLIC_VALUE.fullmatch(value))


_INHERITING = frozenset(
    {
        "value",
        "values",
        "data",
        "content",
        "default",
        "defaultvalue",
        "parametervalue",
        "stringvalue",
        "constant",
        "constantvalue",
    }
)
_NAME_KEYS = _lexicon(
    "name Name key Key ParameterKey parameterKey ParameterName parameterName parameter Parameter variable Variable OptionName "
    "optionName envName header Header k"
)
_VALUE_KEYS = _lexicon(
    "value Value ParameterValue parameterValue stringValue defaultValue DefaultValue default Default runtimeValue constantValue "
    "envValue content val v"
)
_POINTING_KEYS = frozenset({"valueFrom", "ValueFrom", "valueSource"})


def _walk(value: Any, name: str, node: _Trie | None, masked: bool, depth: int) -> Any:
    if isinstance(value, str):
        return _text(value, name, masked)
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return MARK if abs(value) >= 1000 and _is_secret(name, str(value)) else value
    if depth > MAX_DEPTH:
        raise MappingError(f"nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, dict):
        return _walk_object(value, name, node, masked or _ends(node), depth)
    if isinstance(value, list | tuple):
        below = _child(node, "[]")
        return _walk_list(value, name, below, masked or _ends(node) or _ends(below), depth)
    raise MappingError(f"not JSON: {type(value).__name__}")


def _text(value: str, name: str, masked: bool) -> str:
    if masked:
        return value if _is_public(name, value) and scrub(value) == value else mask(value, name or "value")
    if _is_secret(name, value):
        return _marked(value, name)
    return scrub(value)


def _walk_object(value: dict[Any, Any], name: str, node: _Trie | None, masked: bool, depth: int) -> dict[str, Any]:
    variable = _variable(value)
    secret_above = _rank(name) == 3
    out: dict[str, Any] = {}
    for key, item in value.items():
        if not isinstance(key, str):
            key = str(key)
        below = _child(node, key)
        if variable is not None and key in _NAME_KEYS and isinstance(item, str):
            out[key] = scrub(item)
            continue
        if key == "secretKey" and "remoteRef" in value and isinstance(item, str):
            out[key] = scrub(item)  # External Secrets: the key inside the Secret, not a secret key
            continue
        called = key
        if variable is not None and key in _VALUE_KEYS:
            called = variable
            if not masked and isinstance(item, str) and _is_random(item) and _looks_generated(item):
                out[key] = MARK
                continue
        elif name and (key.lower() in _INHERITING or (secret_above and _rank(key) < 2 and not _is_structural(key))):
            called = name
        below_masked = (masked or _ends(below)) and key not in _POINTING_KEYS
        out[_key(key)] = _walk(item, called, below, below_masked, depth + 1)
    return out


def _variable(value: dict[Any, Any]) -> str | None:
    """The name in an object that is a name with its value: {"name": "TOKEN", "value": …}, {"Key": …, "Value": …}."""
    if _VALUE_KEYS.isdisjoint(value) and _POINTING_KEYS.isdisjoint(value):
        return None
    return next((v for k, v in value.items() if k in _NAME_KEYS and isinstance(v, str)), None)


def _looks_generated(value: str) -> bool:
    """Random enough to be a credential under any variable's name; hex (digests, commits, run ids) is not."""
    return len(value) >= 32 and not _HEX.fullmatch(value) and not _UUID.search(value) and _entropy(value) >= 4.2


def _key(key: str) -> str:
    return scrub(key) if len(key) >= 20 else key


_CLIENTS = _lexicon("mysql mysqldump mariadb mysqladmin sshpass redis-cli mongo mongosh ldapsearch sqlcmd login")
_SHORT_PASSWORD = re.compile(r"-p(?=[^\s]*[A-Za-z])(?=[^\s]*[0-9!@#$%^&*])[^\s=/:.]{6,}")


def _walk_list(value: Iterable[Any], name: str, node: _Trie | None, masked: bool, depth: int) -> list[Any]:
    out: list[Any] = []
    before: str | None = None
    items = list(value)
    words = {w.rsplit("/", 1)[-1] for w in items if isinstance(w, str) and len(w) < 80} if len(items) < 500 else set()
    client = bool(words & _CLIENTS)
    pair = len(items) == 2 and all(isinstance(i, str) for i in items)
    for item in items:
        if isinstance(item, str) and not masked and (cut := _argument(before, item, client, pair)) is not None:
            out.append(cut)
        else:
            out.append(_walk(item, name, node, masked, depth + 1))
        before = item if isinstance(item, str) else None
    return out


def _argument(before: str | None, item: str, client: bool, pair: bool) -> str | None:
    """What to keep of an argument that is a secret by its place in a command line; None where it is none."""
    if before is not None:
        flag = before.startswith("-") and "=" not in before and is_secret_name(before)
        if (flag or (pair and is_secret_name(before) and not _SIMPLE.fullmatch(item))) and not (
            flag and item.startswith("-")
        ):
            return item if _spare(item) or (_NUMBER.fullmatch(item) and _rank(before) < 3) else _marked(item, before)
        if (
            before in ("-u", "--user", "-U", "--proxy-user")
            and re.fullmatch(r"[^\s:/]+:[^\s/]+", item)
            and not re.fullmatch(r"\d+:\d+", item)
        ):
            return item.split(":", 1)[0] + ":" + MARK if item.split(":", 1)[1] != MARK else item
        if client and before in ("-p", "-a", "-w", "-P") and not _spare(item) and not item.startswith("-"):
            return MARK
    if _SHORT_PASSWORD.fullmatch(item) or (client and re.fullmatch(r"-p[^\s\[].{2,}", item)):
        return "-p" + MARK
    return None
