"""Finds the secrets in a text: assignments in all their spellings, logins, headers, command lines, known shapes, and all of
these inside JSON, base64 and URL encoding.

Every expression below is bounded or begins only at the start of a token, so that a hostile text of megabytes costs time in
proportion to its length.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from normalize.errors import MappingError
from normalize.redaction.assignments import LONGEST_JUDGED, cut_assigned, cut_spaced
from normalize.redaction.commands import cut_commands, cut_passed_on
from normalize.redaction.encodings import BASE64, BASE64_PART, BASE64_PLAIN_PART, decode, unescaped
from normalize.redaction.forms import cut_forms, cut_manifests
from normalize.redaction.names import INSIDE, rank
from normalize.redaction.shapes import cut_aws_secrets, cut_shapes
from normalize.redaction.urls import cut_logins, cut_urls
from normalize.redaction.values import MARK, MARKER
from normalize.references import Mention, mentions

_MAX_MENTIONS = 64
_MOST_ESCAPES = 4
"""How many escapes around one another are taken off, each where it hides a secret."""


@lru_cache(maxsize=16384)
def _scrub_short(text: str) -> str:
    return _scrub(text)


_ID = re.compile(
    r"(?:i|vol|vpc|subnet|sg|eni|eni-attach|ami|snap)-(?:[0-9a-f]{17}|[0-9a-f]{8})|"
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z|\d{1,12}|\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]{2}(?::[0-9a-f]{2}){5}|"
    r"(?:ip|ec2)-\d{1,3}(?:-\d{1,3}){3}\.[a-z]{2}(?:-[a-z]{4,9}){1,2}-\d\.compute\.(?:internal|amazonaws\.com)",
    re.ASCII,
)
"""Ids, instants, addresses and names of machines: none of the expressions below finds anything in them, and of the texts of an
estate most that do not repeat are such."""
_LONGEST_ID = 64


def scrub(text: str) -> str:
    """The text with every recognisable secret replaced by MARK; equal to the text when there is none."""
    if len(text) <= _LONGEST_ID and _ID.fullmatch(text):
        return text
    return _scrub_short(text) if len(text) <= 256 else _scrub(text)


def _scrub(text: str) -> str:
    if len(text) < 6 or MARKER.fullmatch(text):
        return text
    if text[0] + text[-1] in ("{}", "[]", '""') and (cleaned := _scrub_document(text)) is not None:
        return cleaned
    text = _scrub_text(text)
    for _ in range(_MOST_ESCAPES):
        for plain in unescaped(text):
            if (cut := _scrub_text(plain)) != plain:
                text = cut
                break
        else:
            break
    return text


def _scrub_document(text: str) -> str | None:
    """JSON inside a string, redacted like a payload; the text itself where nothing was taken out, None where it is no JSON."""
    from normalize.redaction.payloads import walk  # a payload holds texts, and a text may hold a payload

    try:
        document = json.loads(text, object_pairs_hook=_unique)
        cleaned = walk(document, "", None, False, 1)
    except (ValueError, RecursionError, MappingError):
        return None
    return text if cleaned == document else json.dumps(cleaned, ensure_ascii=False)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object of JSON. One that has a key twice would hide the first value, and is read as text."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key occurs twice")
    return found


_HINT = re.compile(
    r"pass|pwd|pw[=: ]|secret|token|cred|key|auth|bearer|cookie|jaas|kubeconfig|webhook|psk|salt|sas|sig|dsn|licen|conn|"
    r"pat[=: ]|otp|jwt|basic|secure|identified|login|kennwort|senha|contrase|communit|sess|sid|csrf|xsrf|psw|variable|pin[=: ]| on >"
)
"""Some part of every name or word that the expressions below look for, in lower case."""
_SEPARATORS = re.compile(r"[=: \t>,(]")


def _scrub_text(text: str) -> str:
    shaped = cut_shapes(text)
    speaks_of_keys = shaped != text
    text = cut_urls(shaped) if "/" in shaped else shaped
    text = cut_logins(text)
    if _SEPARATORS.search(text):
        lower = text.lower()
        if "kind:" in text and "Secret" in text:
            text = cut_manifests(text, _instead)
        if _HINT.search(lower):
            text = cut_spaced(cut_assigned(cut_forms(text, lower), _instead), _instead)
            speaks_of_keys = speaks_of_keys or "secret" in lower or "aws" in lower
        if " " in text or "\t" in text:
            text = cut_passed_on(cut_commands(text, lower, _instead), lower)
    if speaks_of_keys:
        text = cut_aws_secrets(text)
    return BASE64.sub(_cut_encoded, text) if len(text) >= 20 else text


def _instead(value: str, name: str = "secret") -> str:
    """What to write in the place of a secret inside a text. A long one is not searched for mentions: it may hold others."""
    return marked(value, name) if len(value) < LONGEST_JUDGED else MARK


# Encodings -----------------------------------------------------------------------------------------------------------


def _cut_encoded(match: re.Match[str]) -> str:
    """base64 of a text that holds a secret, also broken into lines, becomes a marker."""
    text = match[0]
    if "\n" in text or "\\n" in text:
        joined = _hidden(re.sub(r"\\n|\s", "", text))
        return joined if joined is not None else BASE64_PART.sub(_cut_part, text)
    return _cut_part(match)


def _cut_part(match: re.Match[str]) -> str:
    text = match[0]
    if (found := _hidden(text)) is not None:
        return found
    if "-" in text or "_" in text:
        return BASE64_PLAIN_PART.sub(lambda m: _hidden(m[0]) or m[0], text)
    return text


def _hidden(text: str) -> str | None:
    """The marker for base64 of something with a secret inside; None for everything else."""
    decoded = decode(text)
    return None if decoded is None or scrub(decoded) == decoded else marked(decoded, "value")


# Markers -------------------------------------------------------------------------------------------------------------


def marked(text: str, name: str = "secret") -> str:
    """The marker for a value, with the canonical keys of what it harmlessly mentions."""
    keys: dict[str, None] = {}
    if len(text) < 8 or not _MAY_MENTION.search(text):
        return MARK
    for mention in _harmless(scrub(text), name):
        key = mention.name.key
        if key not in keys and " " not in key and "]" not in key and scrub(key) == key:
            keys[key] = None
        if len(keys) == _MAX_MENTIONS:
            break
    return f"[redacted; mentions {' '.join(keys)}]" if keys else MARK


def _harmless(text: str, name: str) -> Iterator[Mention]:
    """Mentions in a sensitive value. A bare word under a secret's name is the secret, even where it looks like a host."""
    means_secret = rank(name)
    word = means_secret >= INSIDE and "://" not in text and not any(c in text for c in ";={,\n")
    for part in _parts(text):
        yield from mentions(part, "" if word else "value")
        if not means_secret:
            yield from mentions(part, name)


_MAY_MENTION = re.compile(r"[.:{\[]|-[0-9a-f]{8}|bucket", re.IGNORECASE)
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


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _leaves(item)
    elif isinstance(value, list):
        for item in value:
            yield from _leaves(item)
