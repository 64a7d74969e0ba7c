"""What a value looks like, whatever its name: nothing to hide, plain words, or generated.

Owns the marker that stands where a secret stood, and the decision whether a value is a secret under a given name.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise

from normalize.redaction.encodings import decode
from normalize.redaction.names import INSIDE, NONE, PART, WHOLE, rank, word_set, words_of

MARK = "[redacted]"
MARKER = re.compile(r"\[redacted(?:; mentions [^\s\]]+(?: [^\s\]]+)*)?\]")

_PLAIN = re.compile(
    r"(?:true|false|null|none|nil|yes|no|on|off|auto|default|enabled|disabled|required|optional|aws_iam|iam|oauth2?|"
    r"(?:is |has |was |been )?(?:expired|invalid|missing|revoked|denied|rejected|malformed|unauthorized|unset|absent|unknown|not found)|"
    r"-?\d{1,3}(?:\.\d{1,6})?(?:e-?\d{1,3})?)?[.!]?",
    re.IGNORECASE,
)
NUMBER = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?(?:e-?\d{1,3})?", re.IGNORECASE)
_QUANTITY = re.compile(
    r"-?\d{1,3}(?:[.,]\d{1,9})?|(?:\d{1,6}(?:\.\d{1,3})?\s?(?:[nuµm]?s|min|[hdwy]|[KMGTPkmgtpbB]i?[Bb]?|%)){1,4}|"
    r"\d{4}-\d\d-\d\d(?:[T ][\d:.]{4,18}(?:Z|[+-]\d\d:?\d\d)?)?"
)
_ADDRESS = re.compile(r"(?:https?|s3|gs|hdfs)://[a-z0-9.-]{1,253}(?::\d{1,5})?(?:/[\w.-]{0,60}){0,8}")
_POINTER = re.compile(
    r"arn:aws[\w-]*:[\w-]+:\S+|\$\{[^{}]+\}|\$\((?!echo|printf)[\w./ :-]{1,200}\)|\$[A-Z_][A-Z0-9_]*|\$[A-Za-z_.:]+|%[A-Za-z_]+%|\$?\{\{.*\}\}|<[\w /-]+>|\*+|[xX]{3,}|"
    r"projects/[\w-]+/secrets/\S+|@Microsoft\.KeyVault\(.*\)|"
    r"(?:op|vault|ssm|awssm|gcpsm|azurekv|file|secret|env)://?[\w./#@ -]+|ref\+\w+://\S+|"
    r"\(?(?i:hidden|masked|redacted|sensitive(?: value)?)\)?"
)
_PATH = re.compile(r"/[a-z][a-z_-]{0,30}|(?:~|\.{1,2})?(?:/[\w.@-]{1,80}){2,12}", re.IGNORECASE)
SIMPLE = re.compile(r"[A-Za-z]?[a-z]*(?:[-_ /.:][a-z]+)*|[A-Z_]+|v?\d+(?:\.\d+)+")
"""A plain word or several, a constant, a version."""

# Sentences -----------------------------------------------------------------------------------------------------------

_OPENERS = word_set(
    "unable could cannot can't couldn't failed failure invalid no not the a an expired missing access user error "
    "http authentication authorization unauthorized forbidden is was were are must should does do did has have please you "
    "your this it there request requested operation when while permission connection timeout timed got received expected unknown "
    "unsupported token password credential credentials secret key provided either neither only one all none specified malformed "
    "incorrect bad wrong either rejected denied server client session signature refresh exit status code decoding parsing reading "
    "loading getting fetching retrieving ssl tls mfa sso sts iam ec2 s3 api aws azure oidc saml jwt imds read connect service parameter "
    "checksum need waiter bucket partial insufficient infinite response host certificate endpoint region profile config configuration "
    "role account cluster namespace resource metadata instance grant scope audience issuer too rate quota"
)
_TROUBLES = word_set(
    "locate found find expired invalid denied failed fail authorized unauthorized forbidden refused supported provided allowed "
    "available configured load loaded obtain retrieve retrieved permission permitted error errors timeout exist exists required malformed "
    "credentials missing rejected revoked incorrect match mismatch unable cannot connect connection endpoint authenticate "
    "authentication accepted recognized recognised verified validated parsed decoded signed valid trusted empty set specified "
    "understood expire expires reset rotated unavailable unknown not file directory reachable resolve exception unhandled establish validation specify range compatible detected retrieving loading getting processing "
    "during parsing reading insufficient capacity supports integer exceeded configuration format parameter"
)
_WORDS = re.compile(r"(?:[A-Za-z][a-z']*|[A-Z]{2,6}s?|S3|EC2)(?=[\s.,;:!?)\"']|$)|\"[^\"\n]{1,80}\"|\([^()\n]{1,80}\)")


_LONGEST_OPENING = 14
"""Words that are looked at."""


def is_complaint(text: str) -> bool:
    """Whether a text begins like a message about a secret ("Unable to locate credentials") and not like one.

    A pass phrase may begin with "the" or "no"; it does not go on to say that something failed, expired or is missing.
    """
    words = []
    at = 0
    for _ in range(_LONGEST_OPENING):
        found = _WORDS.match(text, at)
        if found is None:
            break
        words.append(found[0].lower())
        at = found.end()
        while at < len(text) and text[at] in " .,;:!?":
            at += 1
    return len(words) >= 2 and words[0] in _OPENERS and not _TROUBLES.isdisjoint(words[1:])


# Generated values ----------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"[A-Za-z0-9+/=_~!@#$%^&*-]{12,512}")
_SHORT_TOKEN = re.compile(r"[A-Za-z0-9!#$%^&*?_+=-]{8,24}")
_LICENCE = re.compile(r"(?=[A-Z-]*[0-9])(?:[A-Z0-9]{4,8}-){2,7}[A-Z0-9]{4,12}")
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_PARTS = re.compile(r"[-_/~]")
HEX = re.compile(r"[0-9a-fA-F]+")
UUID = re.compile(
    r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}|(?:mrk-)?[0-9a-f]{32}|[a-z]{1,8}-(?:[0-9a-f]{8}|[0-9a-f]{17})",
    re.IGNORECASE,
)
_BASE64_LENGTHS = (40, 44, 64, 88)
_PAIRS_OF_WORDS = word_set(
    "th he in er an re nd at on nt ha es st en ed to it ou ea hi is or ti as te et ng of al de se le sa si ar ve ra ld ur ro ri io ic "
    "ne me li ch ll co be us ec ta ma ce om di il el la ho pe tr no ct ca ul ge ns so ac ss lo sh mo ad ai un ol id ee em im ag po "
    "pr ab am op os rs na tu rt mi ke ig ir ie iv su ts ep ut bl ap gr cl do pl sp cr ck ex ev da mp ty ry ba"
)


def entropy(text: str) -> float:
    """Shannon entropy in bits per character."""
    return -sum(n / len(text) * math.log2(n / len(text)) for n in Counter(text).values())


def is_wordy(value: str) -> bool:
    """Whether a value with letters, digits and separators is made of words: the name of a model, a job, a class.

    By the share of neighbouring letters that English words are full of. Of random texts of 16 letters and digits about
    one in a hundred passes for words (measured), of 32 one in two thousand.
    """
    lower = value.lower()
    pairs = [a + b for a, b in pairwise(lower) if a.isalpha() and b.isalpha()]
    return len(pairs) >= 5 and sum(pair in _PAIRS_OF_WORDS for pair in pairs) >= 0.6 * len(pairs)


def is_random(value: str) -> bool:
    """Whether a value looks generated: mixed characters without the structure of a name, a path or an id."""
    if not _TOKEN.fullmatch(value):
        return False
    if HEX.fullmatch(value):
        return len(value) in (32, 40, 48, 56, 64, 96, 128)
    if ("/" in value and len(value) not in _BASE64_LENGTHS) or len(value) < 16:
        return False
    if _kinds(value) < 3 or entropy(value) < 3.3 or is_wordy(value):
        return False
    parts = _PARTS.split(value)
    others = [part for part in parts if not is_wordy(part)]
    return (len(others) == len(parts) < 3) or max(map(len, others), default=0) >= (
        12 if len(others) == len(parts) else 16
    )


def _kinds(value: str) -> int:
    kinds = (any(c.islower() for c in value), any(c.isupper() for c in value), any(c.isdigit() for c in value))
    return sum(kinds) + any(not c.isalnum() and c not in "-_/." for c in value)


def is_generated(value: str) -> bool:
    """Like is_random, also for short values and for letters of one case: fit for names and places that often hold a
    secret. Letters and digits that change places again and again, or letters, digits and punctuation together."""
    if is_random(value) or _LICENCE.fullmatch(value):
        return True
    if not _SHORT_TOKEN.fullmatch(value) or HEX.fullmatch(value) or is_wordy(value):
        return False
    letters = any(c.isalpha() for c in value)
    if letters and any(c.isdigit() for c in value) and any(c in "!#$%^&*?" for c in value[1:]):
        return True
    runs = _RUNS.findall(value)
    digits = sum(run.isdigit() for run in runs)
    return (
        "-" not in value
        and "_" not in value
        and len(runs) >= (0.45 if _kinds(value) > 2 else 0.6) * len(value)
        and digits >= (2 if _kinds(value) > 2 else 3)
    )


# Judgement -----------------------------------------------------------------------------------------------------------


def is_whole_word(value: str) -> bool:
    """Whether a value is a word of configuration, a small number, or a marker."""
    return _PLAIN.fullmatch(value) is not None or MARKER.fullmatch(value) is not None


def is_spare(value: str) -> bool:
    """A value that is no secret even under a secret's name: empty, a word of configuration, a small number, a pointer to
    a secret, a message about one."""
    if is_whole_word(value) or _POINTER.fullmatch(value):
        return True
    if value[:1] in "/~.":
        return _PATH.fullmatch(value) is not None and not any(
            is_generated(part) for part in _PARTS_OF_PATH.split(value)
        )
    return " " in value and is_complaint(value)


_PARTS_OF_PATH = re.compile(r"[/.]")


def is_secret(name: str, value: str) -> bool:
    """Whether the value that stands under a name is a secret."""
    found = rank(name)
    if found == NONE or is_spare(value):
        return False
    if found == WHOLE:
        return not (name.lower().endswith("tokens") and NUMBER.fullmatch(value))
    if found == INSIDE:
        return not (
            _QUANTITY.fullmatch(value)
            or _ADDRESS.fullmatch(value)
            or ("token" in name.lower() and NUMBER.fullmatch(value))
        )
    if found == PART:
        return not (SIMPLE.fullmatch(value) or NUMBER.fullmatch(value) or _QUANTITY.fullmatch(value))
    return (
        (is_generated(value) and UUID.fullmatch(value) is None)
        or _is_login(name, value)
        or _is_key_of_login(name, value)
    )


_LOGIN = re.compile(r"[\w.@+-]{1,64}:(?!\d{1,5}$)[^\s:/]{4,128}")


def _is_login(name: str, value: str) -> bool:
    """USER:PASSWORD under a name such as "auth", also in base64 (Docker, HTTP basic)."""
    return words_of(name)[-1] == "auth" and (":" in (decode(value, 8) or "") or _LOGIN.fullmatch(value) is not None)


def _is_key_of_login(name: str, value: str) -> bool:
    """32 hex digits under "key" itself: an API key; an id of that form is never called just "key"."""
    return name.lower() in ("key", "auth", "pat") and len(value) == 32 and HEX.fullmatch(value) is not None


def cut_value(match: re.Match[str]) -> str:
    """The lead and a marker where the value is a secret; unchanged where the name is harmless or the value spared."""
    named, value = match.groupdict().get("name"), match["value"]
    if is_spare(value) if named is None else not is_secret(named, value):
        return match[0]
    (start, end), at = match.span("value"), match.start()
    return f"{match[0][: start - at]}{MARK}{match[0][end - at :]}"
