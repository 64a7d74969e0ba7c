"""Names and values that stand beside one another: NAME=VALUE, NAME: VALUE, "NAME" => "VALUE", NAME VALUE, in the spellings of
configuration files, programming languages and shells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from normalize.redaction.commands import QUOTED_WORD, WORD
from normalize.redaction.names import PART, WEAK, lexicon, rank, word_set, words_of
from normalize.redaction.values import MARK, MARKER, SIMPLE, is_complaint, is_generated, is_secret

LONGEST_JUDGED = 2048
_LONGEST_WEAK = 600
"""A longer value under a secret's name is a secret unseen, and none under a weak one."""

Write = Callable[[str, str], str]
"""What to write in the place of a value that stood under a name."""

# NAME=VALUE ---------------------------------------------------------------------------------------------------------

_NAME = r"(?P<name>(?:(?:api|access|secret|private|account|auth|licen[sc]e)[ ](?=key))?[\w.$-]{1,200})"
_NEXT = r"\s{0,4}[\"'{\[-]{0,3}[\w.$-]{1,60}[\"']?\s?[=:]"
_HEAD = re.compile(
    rf"(?<![\w.$-]){_NAME}(?:[ ](?:is|was))?\\{{0,3}}[\"'`\]}}]{{0,3}}[ \t]{{0,40}}(?P<sign>=>|->|:=|[!+?]=|==?|:(?!:|//))(?P<gap>[ \t]{{0,40}})",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    r"\s{0,40}(?:@|[uUbBrR]{1,2}(?=[\"']))?(?P<quote>\\{0,3}(?:\"\"\"|'''|[\"'`]))(?P<value>(?:(?!(?P=quote))(?:\\.|[^\\]))+)(?P=quote)",
    re.DOTALL,
)
_BLOCK = re.compile(r"[|>][+-]?\d?[ \t]{0,40}\r?\n")
_HEREDOC = re.compile(r"<<[-~]?[\"']?(?P<end>[A-Za-z_]\w{0,40})[\"']?\r?\n")
_DEFAULTED = re.compile(r"[=-]?(?P<value>[^?+}\r\n][^}\r\n]*)\}")
_ARRAY = re.compile(r"\[(?P<value>[^\[\]]{1,2000})\]")
_MAPPING = re.compile(r":(?:[ \t\r\n]|$)")
_LINE_END = re.compile(r"[ \t]*\r?\n")
_BRACED = re.compile(r"\{(?P<value>[^{}\r\n]{1,500})\}")
_LINE = re.compile(rf"(?P<value>[^\s\"'`{{\[|>,;](?:[^\r\n,;&\"' \t]|[\"'](?=[A-Za-z0-9])|[,;& \t](?!{_NEXT}))*)")
_WITHIN = re.compile(r"(?P<value>(?:[^\r\n,;& \t]|[,;& \t](?!\s{0,4}[\"'-]{0,3}[\w.$-]{1,60}\s?=))+)")
_TO_SEMICOLON = re.compile(r"(?P<value>[^;\r\n\"'&<>]+)")
_BARE = re.compile(
    r"[\"'`]?(?:(?:bearer|basic|token|apikey|negotiate|sso-key|ssws)\s+)?"
    rf"(?P<value>(?:[^\s\"'`<>,;&\\]|\\(?![nrt\"'])|[\"'`](?=[A-Za-z0-9])|[,;&](?!{_NEXT})|[<>](?=\S))+)",
    re.IGNORECASE,
)
_HEADER = re.compile(r"\\?[\"']?(?P<value>[^\r\n\"'{\[][^\r\n\"']*)")
_LINE_START = re.compile(
    r"[ \t]*(?:(?:-|export|set|setx|setenv|ENV|ARG|local|declare|readonly)[ \t]+(?:-\w[ \t]+)?)?[\"']?\+{0,2}"
)
_COMMAND_AFTER = re.compile(
    r"\S+[ \t]+(?:-|\$|\S*[./]\S|(?:python[\d.]*|bash|sh|zsh|java|node|npm|npx|yarn|go|cargo|make|docker|podman|kubectl|helm|terraform|ansible|"
    r"psql|pg_dump|mysql|mysqldump|redis-cli|mongosh?|curl|wget|aws|gcloud|az|git|ssh|scp|rsync|torchrun|accelerate|deepspeed|mpirun|srun|"
    r"sbatch|ray|jupyter|mlflow|airflow|celery|gunicorn|uvicorn|flask|nginx|exec|env|sudo|nohup|time|xargs|cat|echo|vllm|dask|restic)(?![\w-]))"
)
"""NAME=VALUE COMMAND: the rest of the line is no part of the value."""


def cut_assigned(text: str, write: Write) -> str:
    """NAME=VALUE, NAME: VALUE, "NAME" => "VALUE" and their like. Values of harmless names are searched in turn."""
    out, at = [], 0
    for head in _HEAD.finditer(text):
        if head.start() < at or not (found := rank(head["name"])) or _names_no_value(text, head):
            continue
        longest = _LONGEST_WEAK if found == WEAK else LONGEST_JUDGED
        start, end = _value_span(text, head, head.end() + longest)
        if end - start >= longest - 50:
            if found == WEAK:
                continue
            start, end = _value_span(text, head, len(text))
        elif (
            start == end
            or not is_secret(head["name"], text[start:end].strip(" \t\r\n\"'"))
            or _begins_a_complaint(text, head, start)
        ):
            continue
        out += [text[at:start], write(text[start:end], head["name"])]
        at = end
    return "".join((*out, text[at:])) if out else text


def _names_no_value(text: str, head: re.Match[str]) -> bool:
    """Whether NAME:… stands inside an ARN, an image name or a URL, or names the digest or the key of a secret."""
    before = text[head.start() - 1] if head.start() else ""
    if (
        before in (":", "/", "@")
        and head["sign"] == ":"
        and (not head["gap"] or text.endswith("checksum/", 0, head.start()))
    ):
        return True
    return (
        head["name"] == "secretKey" and head["sign"] == ":" and "remoteRef" in text
    )  # External Secrets: the key inside the Secret


def _begins_a_complaint(text: str, head: re.Match[str], start: int) -> bool:
    """ "credentials: Unable to locate credentials" is a message, where the whole rest of the line is looked at."""
    return (
        head["sign"] == ":"
        and head["gap"] != ""
        and is_complaint(text[head.end() : head.end() + 200].partition("\n")[0])
    )


def _value_span(text: str, head: re.Match[str], end: int) -> tuple[int, int]:
    """From where to where the value of an assignment stands; nothing for an opening bracket."""
    at, sign = head.end(), head["sign"]
    if marker := MARKER.match(text, at + (text[at : at + 1] in ("'", '"')), end):
        return marker.span()
    line = text[max(0, head.start() - 80) : head.start()].rpartition("\n")[2]
    if sign == ":" and (m := _BLOCK.match(text, at, end)):
        return m.end(), _block_end(text, m.end(), len(line) - len(line.lstrip()), end)
    if sign == ":" and (m := _LINE_END.match(text, at, end)) and _LINE_START.fullmatch(line):
        return _lines_below(text, m.end(), len(line) - len(line.lstrip()), end)
    if sign == "=" and (m := _HEREDOC.match(text, at, end)):
        return m.end(), _heredoc_end(text, m.end(), m["end"], end)
    start, stop = _value_found(text, head, line, end)
    marker = MARKER.match(text, start, end)  # after a scheme: "Authorization: Basic [redacted]"
    return marker.span() if marker else (start, stop)


def _value_found(text: str, head: re.Match[str], line: str, end: int) -> tuple[int, int]:
    at, sign = head.end(), head["sign"]
    if sign != ":" and (limit := _closing(text, head, end)):
        found = _WITHIN.match(text, at, limit)
    else:
        found = next((m for pattern in _patterns(text, head, line, end) if (m := pattern.match(text, at, end))), None)
    if found is None:
        return at, at
    start, stop = found.span("value")
    if found.re is _BARE:
        value = text[start:stop]
        return start, start + len(value.rstrip("}])") if not any(c in value for c in "{[(") else value)
    if found.re is _QUOTED and sign == "=" and not head["gap"] and text[found.end() : found.end() + 1] in ('"', "'"):
        word = QUOTED_WORD.match(text, at, end)
        stop = max(stop, word.end() - 1) if word else stop
    return start, stop


def _patterns(text: str, head: re.Match[str], line: str, end: int) -> Iterator[re.Pattern[str]]:
    """Expressions for the value of an assignment, the most telling first."""
    equals = head["sign"] == "="
    if line.endswith("${"):
        yield _DEFAULTED
    yield _QUOTED
    yield _ARRAY
    if equals:
        yield _BRACED
    if head["name"].lower().rsplit("-", 1)[-1] in ("authorization", "cookie"):
        yield _HEADER
    blanks = head["gap"] or text[head.start("sign") - 1].isspace()
    if _LINE_START.fullmatch(line) and (blanks or (equals and not _COMMAND_AFTER.match(text, head.end(), end))):
        yield _LINE
    if equals and line.endswith(";"):
        yield _TO_SEMICOLON
    yield _BARE


def _closing(text: str, head: re.Match[str], end: int) -> int:
    """Where the quote is closed that stands right before NAME=VALUE; 0 where none stands there."""
    quote = text[head.start() - 1] if head.start() else ""
    if quote not in ('"', "'") or text[head.end("name")] in ('"', "'", "\\"):
        return 0
    if text[head.start() - 2 : head.start() - 1] == "\\":
        return max(0, text.find("\\" + quote, head.end(), end))
    word = QUOTED_WORD.match(text, head.start() - 1, end)
    return word.end() - 1 if word and word.end() > head.end() else 0


def _block_end(text: str, at: int, indent: int, end: int) -> int:
    """End of the lines that are indented deeper than `indent` (a YAML block scalar), or are items of a list there."""
    while at < end:
        stop = text.find("\n", at, end)
        stop = end if stop < 0 else stop
        line = text[at:stop]
        blanks = len(line) - len(line.lstrip())
        if line.strip() and blanks <= indent and not (blanks == indent and line.startswith("- ", blanks)):
            break
        at = min(stop + 1, end)
    return at


def _lines_below(text: str, at: int, indent: int, end: int) -> tuple[int, int]:
    """The plain value or the list that YAML has on the lines below a name; nothing where a mapping stands there."""
    stop = _block_end(text, at, indent, end)
    block = text[at:stop]
    if not block.strip() or _MAPPING.search(block):
        return at, at
    return at + len(block) - len(block.lstrip()), stop


def _heredoc_end(text: str, at: int, word: str, end: int) -> int:
    """End of the lines before the one that is nothing but the word."""
    closing = re.compile(rf"^[ \t]*{word}[ \t]*\r?$", re.MULTILINE).search(text, at, end)
    return closing.start() if closing else end


# NAME VALUE ----------------------------------------------------------------------------------------------------------

_SPACED = re.compile(
    rf"(?<![^\s\"'\[(,]){_NAME.replace('{1,200}', '{2,200}')}(?:[ \t]|\\\r?\n)+(?:(?:is|was)[ \t]+)?(?=[^\s=:()\[\]{{}}|&;<>,-])",
    re.IGNORECASE,
)
_FIRST_WORD = re.compile(r"\\?[\"']?(?P<value>[^\s\"'=:-][^\s\"']{2,})")
_REST_OF_LINE = re.compile(r"(?P<value>[^\s\"'][^\r\n]*[^\s\"'])")
_ENGLISH = lexicon("password passphrase token secret credential cookie bearer authorization pass salt")
"""Names that prose uses as well: a plain word after one of them is no value."""
_PROSE_AFTER = word_set(
    "is are was were must should shall will would can could cannot may might has have had does do did not for in on of to and or from with "
    "by as at that which when if expires expired rotation rotated authentication management requires required value values"
)
_OF_KUBERNETES = re.compile(r"[a-z0-9]+(?:[-./][a-z0-9]+)+")
_ASSIGNMENT = re.compile(r"[A-Za-z_]{2,40}=\"?(?=[^\s=]|$)")


def cut_spaced(text: str, write: Write) -> str:
    """NAME VALUE parted by blanks: redis.conf, spark-defaults, "aws configure set", "--password VALUE"."""
    out, at = [], 0
    for m in _SPACED.finditer(text):
        if m.start() < at or rank(m["name"]) < PART:
            continue
        start, end = _spaced_span(text, m)
        if start < end and is_secret(m["name"], text[start:end]):
            out += [text[at:start], write(text[start:end], m["name"])]
            at = end
    return "".join((*out, text[at:])) if out else text


def _spaced_span(text: str, match: re.Match[str]) -> tuple[int, int]:
    """From where to where the value after a name stands, nothing where the two are words of a sentence."""
    name, at = match["name"], match.end()
    if text.startswith(MARK[:-1], at + (text[at] == "\\")):
        return at, at
    if name.startswith("-"):  # a word of a shell
        if (word := WORD.match(text, at)) is None:
            return at, at
        quoted = len(word[0]) > 1 and word[0][0] in "\"'" and word[0][0] == word[0][-1]
        return (word.start() + quoted, word.end() - quoted)
    if (_is_uncommon(name) or _is_column(text, match)) and _has_own_line(text, match):
        rest = _QUOTED.match(text, at, at + LONGEST_JUDGED) or _REST_OF_LINE.match(text, at)
        return (
            rest.span("value") if rest and rest["value"].split(maxsplit=1)[0].lower() not in _PROSE_AFTER else (at, at)
        )
    first = _FIRST_WORD.match(text, at)
    if first is None or MARK[:-1] in first["value"] or _ASSIGNMENT.match(first["value"]):
        return at, at
    if SIMPLE.fullmatch(first["value"].rstrip(".,;:!?)")):
        return at, at
    names_one = (
        words_of(name)[-1] in ("secret", "credential")
        and _OF_KUBERNETES.fullmatch(first["value"])
        and not is_generated(first["value"])
    )
    return (at, at) if names_one else first.span("value")


def _is_uncommon(name: str) -> bool:
    """Whether a name is nothing that prose would say: "requirepass", "spark.password"; not "password", "API key"."""
    words = words_of(name)
    return " " not in name and (len(words) > 1 or words[0] not in _ENGLISH)


def _is_column(text: str, match: re.Match[str]) -> bool:
    return "\t" in text[match.end("name") : match.end()]


def _has_own_line(text: str, match: re.Match[str]) -> bool:
    line = text[max(0, match.start() - 80) : match.start()].rpartition("\n")[2]
    return _LINE_START.fullmatch(line) is not None
