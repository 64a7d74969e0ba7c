"""Names and values in more particular forms: pairs in YAML and HCL, elements of XML, calls, SQL, netrc, manifests of
Kubernetes."""

from __future__ import annotations

import re
from functools import partial

from normalize.redaction.assignments import Write
from normalize.redaction.encodings import decode
from normalize.redaction.names import word_set, words_of
from normalize.redaction.values import MARK, SIMPLE, cut_value, is_spare

_PAIR = re.compile(
    r"\b(?:name|key|variable|parameter)\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}[\"']?(?P<name>[\w.$-]{1,200})\\{0,3}[\"']?,?\s{1,200}"
    r"\\{0,3}[\"']?value\\{0,3}[\"']?\s{0,4}[:=]\s{0,4}\\{0,3}(?P<quote>[\"'])?"
    r"(?P<value>(?(quote)(?:(?!(?P=quote))[^\r\n\\])+|[^\s\"'\\][^\r\n\"'\\]*))",
    re.IGNORECASE,
)
_PAIR_TURNED = re.compile(
    r"\bvalue[ \t]{0,20}[:=][ \t]{0,20}(?P<quote>[\"'])?(?P<value>(?(quote)(?:(?!(?P=quote))[^\r\n\\])+|[^\s\"'\\,]+))(?(quote)(?P=quote))"
    r"[,\s]{1,200}(?:name|key)[ \t]{0,20}[:=][ \t]{0,20}[\"']?(?P<name>[\w.$-]{1,200})",
    re.IGNORECASE,
)
_STRING = r"(?P<quote>[\"'])(?P<value>(?:(?!(?P=quote))(?:\\.|[^\\\r\n]))+)(?=(?P=quote))"
_CALL = re.compile(rf"\([ \t]{{0,9}}[\"'](?P<name>[\w.$-]{{1,200}})[\"'],\s{{0,9}}{_STRING}")
_ELEMENT = re.compile(
    r"(?P<lead><(?:[\w-]{1,40}:)?(?P<name>[\w.-]{1,100})(?:\s[^<>]{0,300})?>\s{0,40}(?:<!\[CDATA\[)?)(?P<value>[^<>\s][^<>]*?)(?=</|\]\]>)"
)
_ENTRY = re.compile(
    r"(?P<lead><[\w:-]{1,60}\s[^<>]{0,200}?\b(?:key|name)=[\"'](?P<name>[\w.$-]{1,200})[\"'][^<>]{0,200}>\s{0,40})(?P<value>[^<>\s][^<>]*)(?=</)"
)
_PROPERTY = re.compile(
    r"(?P<lead><name>\s{0,40}(?P<name>[\w.$-]{1,200})\s{0,40}</name>\s{0,200}<value>\s{0,40})(?P<value>[^<>\s][^<>]*)(?=</value>)",
    re.IGNORECASE,
)
_VARIABLE = re.compile(
    rf"\b(?:variable|output)\s{{1,4}}\"(?P<name>[\w-]{{1,200}})\"\s{{0,4}}\{{[^{{}}]{{0,500}}?\b(?:default|value)\s{{0,20}}=\s{{0,4}}{_STRING}"
)
_NESTED = re.compile(r"<(?P<name>[\w.-]{1,100})>\s{0,40}<value>\s{0,40}(?P<value>[^<>\s][^<>]*)(?=</)", re.IGNORECASE)
_SETTER = re.compile(rf"\b(?P<name>[A-Za-z_]\w{{2,60}})\(\s{{0,9}}{_STRING}.\s{{0,9}}\)")
_CONVERTED = re.compile(rf"{_STRING}.\s{{0,9}}\|\s{{0,9}}convertto-securestring", re.IGNORECASE)
_SQL = re.compile(
    r"\b(?:identified\s{1,4}(?:with\s{1,4}\S{1,60}\s{1,4})?(?:by|as)|password|passwd|(?-i:SECRET))(?:\s{1,4}|\s{0,4}\(\s{0,4})(?:(?:is|was)\s{1,4})?"
    + _STRING,
    re.IGNORECASE,
)
_IDENTIFIED = re.compile(r"(?P<lead>\bidentified\s{1,4}by\s{1,4})(?P<value>[^\s\"';]+)", re.IGNORECASE)
_LOGIN_CALL = re.compile(
    r"\b(?:PSCredential|NetworkCredential|HTTP(?:Basic|Digest|Proxy)Auth|BasicAWSCredentials|UsernamePasswordCredentials?|Basic_?Auth|login|auth)"
    rf"[\"']?(?:\]?::new)?\s{{0,3}}[=:]?\s{{0,3}}\(\s{{0,9}}[\"'][^\"'\r\n]{{0,200}}[\"']\s{{0,3}},\s{{0,9}}{_STRING}",
    re.IGNORECASE,
)
_NETRC = re.compile(
    r"(?P<lead>\blogin\s{1,40}\S{1,200}\s{1,40}(?:account\s{1,40}\S{1,200}\s{1,40})?password\s{1,40})(?P<value>(?:[^\s\"']|[\"'](?=[A-Za-z0-9]))+)"
)
_ACL = re.compile(
    r"(?P<lead>^[ \t]*(?:ACL SETUSER|user)[ \t]+\S{1,100}[ \t][^\r\n>]{0,100}[ \t]>)(?P<value>\S+)",
    re.MULTILINE | re.IGNORECASE,
)
_NAMED = (
    ("value", _PAIR),
    ("value", _PAIR_TURNED),
    ("<value>", _NESTED),
    ("<value>", _PROPERTY),
    ("</", _ELEMENT),
    ("</", _ENTRY),
    ('" {', _VARIABLE),
    ("(", _CALL),
    ("(", _LOGIN_CALL),
    ("convertto", _CONVERTED),
    ("passw", _SQL),
    ("secret '", _SQL),
    ("identified", _SQL),
    ("identified", _IDENTIFIED),
    ("login", _NETRC),
    (" >", _ACL),
)
"""A literal that must occur, and the expression of a value."""
_SCHEME_WORD = re.compile(
    r"(?P<lead>(?<![\w-])(?:bearer|basic|apikey)[ \t]+)(?![A-Za-z_]{2,20}=\"?[^\s=])(?P<value>[A-Za-z0-9+/=._~-]{6,})",
    re.IGNORECASE,
)


_READING = word_set(
    "get read fetch load describe find has is delete create lookup resolve check validate verify generate require from decrypt ask prompt "
    "list remove revoke rotate print log"
)


def _cut_set(match: re.Match[str]) -> str:
    """SET_SECRET("VALUE"), not GET_SECRET("NAME"). What is called just "secret" or "token" takes either."""
    words = words_of(match["name"])
    if words[0] in _READING or (
        words in (("secret",), ("token",), ("credential",)) and SIMPLE.fullmatch(match["value"])
    ):
        return match[0]
    return cut_value(match)


def _cut_scheme(match: re.Match[str]) -> str:
    value = match["value"]
    return match[0] if SIMPLE.fullmatch(value.rstrip(".")) else match["lead"] + MARK


def cut_forms(text: str, lower: str) -> str:
    """The text with the secrets in such forms replaced; equal where there are none.

    Args:
        lower: the text in lower case.
    """
    for literal, pattern in _NAMED:
        if literal in lower:
            text = pattern.sub(cut_value, text)
    if "(" in text:
        text = _SETTER.sub(_cut_set, text)
    return _SCHEME_WORD.sub(_cut_scheme, text)


# Manifests -----------------------------------------------------------------------------------------------------------

_SECRET = re.compile(r"^[ \t-]*kind:[ \t]{0,20}[\"']?Secret[\"']?[ \t]*\r?$", re.MULTILINE)
_DATA = re.compile(
    r"^(?P<indent>[ \t]*)(?:stringData|data):[ \t]*\r?\n(?P<block>(?:(?P=indent)[ \t]+[^\n]*\n?|[ \t]*\n)+)",
    re.MULTILINE,
)
_ENTRY_OF_DATA = re.compile(r"(?P<key>[ \t]+[\"']?[\w.-]{1,253}[\"']?:)(?P<value>.*)")


def cut_manifests(text: str, write: Write) -> str:
    """The values of Secrets of Kubernetes in YAML, whatever their keys are called."""
    documents = text.split("\n---")
    return "\n---".join(
        _DATA.sub(partial(_cut_data, write=write), part) if _SECRET.search(part) else part for part in documents
    )


def _cut_data(match: re.Match[str], write: Write) -> str:
    lines: list[str] = []
    block = match["block"].splitlines(keepends=True)
    indent = len(block[0]) - len(block[0].lstrip())
    for line in block:
        entry = _ENTRY_OF_DATA.match(line)
        if entry and len(line) - len(line.lstrip()) == indent:
            value = entry["value"].strip(" \t\r\"'|>-")
            kept = value if is_spare(value) else write(decode(value, 8) or value, "secret")
            lines.append(f"{entry['key']} {kept or MARK}\n")
    return match[0][: match.start("block") - match.start()] + "".join(lines)
