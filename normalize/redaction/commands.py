"""Where the arguments of a program are secrets without saying so: "mysql -pSECRET", "net user NAME SECRET".

The same tables serve a command in a shell's text and a command as a list of arguments. Flags whose own name means a
secret ("--password SECRET") need no row; texts.py and payloads.py judge them by their name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

from normalize.redaction.values import SIMPLE, cut_value, is_spare

NEXT, GLUED = "next", "glued"
_FLAGS: tuple[tuple[str, str, str, str], ...] = (
    ("mysql mysqldump mysqladmin mysqlimport mysqlcheck mysqlshow mysqlpump mysqlslap mysqlbinlog mysqlsh mysqld_safe", "", "-p", GLUED),
    ("mariadb mariadb-dump mariadb-admin mycli xtrabackup innobackupex sshpass 7z 7za 7zz 7zr rar unrar", "", "-p", GLUED),
    ("mongo mongosh mongodump mongorestore mongoimport mongoexport mongostat mongotop", "", "-p", GLUED),
    ("mongo mongosh mongodump mongorestore mongoimport mongoexport mongostat mongotop mydumper myloader sshpass", "", "-p", NEXT),
    ("beeline cqlsh cypher-shell rabbitmqadmin elasticsearch-users airflow superset mssql-cli psexec rdesktop ncftpget ncftpput", "", "-p", NEXT),
    ("twine ipa useradd usermod adduser", "", "-p", NEXT),
    ("redis-cli redis-benchmark", "", "-a --pass", NEXT),
    ("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldappasswd", "", "-w", NEXT),
    ("ldapsearch ldapadd ldapmodify ldapdelete ldapwhoami ldapcompare ldapmodrdn ldappasswd", "", "-w", GLUED),
    ("ldappasswd slappasswd", "", "-s -a", NEXT),
    ("sqlcmd bcp osql tsql ipmitool mosquitto_pub mosquitto_sub mosquitto_rr zip unzip zipcloak", "", "-P", NEXT),
    ("sqlcmd bcp osql tsql unzip", "", "-P", GLUED),
    ("snmpwalk snmpget snmpgetnext snmpbulkwalk snmpbulkget snmpset snmptrap", "", "-c -A -X", NEXT),
    ("curl", "", "-u --user -U --proxy-user -E --cert", ":"),
    ("curl", "", "-b --cookie", "="),
    ("http https httpie xh", "", "-a --auth", ":"),
    ("ab hey", "", "-A -a -P", ":"),
    ("etcdctl", "", "--user", ":"),
    ("lftp ncftp sftp", "", "-u", ","),
    ("smbclient smbget rpcclient samba-tool net winexe", "", "-U --user", "%"),
    ("jenkins-cli java", "", "-auth", ":"),
    ("docker podman nerdctl buildah skopeo helm crane oras cosign az oc cf", "login", "-p", NEXT),
    ("az", "server", "-p", NEXT),
    ("az", "secret set", "--value", NEXT),
    ("aws", "put-parameter", "--value", NEXT),
    ("kubectl oc kubecolor", "create secret", "--from-literal", "="),
    ("prefect", "login", "-k", NEXT),
    ("dotnet nuget", "push", "-k", NEXT),
    ("eyaml", "encrypt", "-s", NEXT),
    ("openssl", "enc", "-k", NEXT),
    ("openssl", "", "-pass -passin -passout", "pass:"),
    ("convertto-securestring", "", "-string", NEXT),
    ("schtasks", "", "/rp", NEXT),
)  # fmt: skip
"""Programs, words that must stand among their arguments, flags, and the secret: the argument after the flag (or behind its
"="), what is glued to the flag, or what follows the sign in that argument (USER:SECRET, NAME=SECRET)."""

_OPERANDS: tuple[tuple[str, str, str], ...] = (
    ("mysqladmin", "", "password *"),
    ("isql", "", "_ _ *"),
    ("sqlplus sqlldr expdp impdp exp imp rman", "", "_/*"),
    ("rabbitmqctl", "", "add_user _ *"),
    ("rabbitmqctl", "", "change_password _ *"),
    ("rabbitmqctl", "", "authenticate_user _ *"),
    ("htpasswd mosquitto_passwd", "-b", "... *"),
    ("smbpasswd wpa_passphrase", "", "_ *"),
    ("samba-tool", "", "user create _ *"),
    ("samba-tool", "", "user add _ *"),
    ("vault bao", "", "login ?"),
    ("vault bao", "", "kv put _ _=*"),
    ("vault bao", "", "kv patch _ _=*"),
    ("mc mcli", "", "alias set _ _ * *"),
    ("mc mcli", "", "host add _ _ * *"),
    ("mc mcli", "", "user add _ _ *"),
    ("ngrok", "", "authtoken ?"),
    ("ngrok", "", "add-authtoken ?"),
    ("wandb cargo", "", "login ?"),
    ("snyk", "", "auth ?"),
    ("dvc", "", "modify _ password *"),
    ("meltano", "", "set password *"),
    ("poetry", "", "config http-basic. _ *"),
    ("nuget", "", "setapikey ?"),
    ("pulumi", "--secret", "set _ *"),
    ("openssl", "", "passwd ... *"),
    ("nmcli", "", "password *"),
    ("grafana-cli grafana", "", "reset-admin-password *"),
    ("rclone", "", "obscure *"),
    ("convertto-securestring", "", "*"),
    ("net net1", "", "user _ * $"),
    ("net net1", "", "use // * $"),
    ("net net1", "", "use // // * $"),
)  # fmt: skip
"""Programs, a switch that must be given, and their arguments without flags: "_" is any one, "..." any number up to the
last, "//" a share or a drive of Windows, "$" the end, "*" the secret, "?" the secret unless it is a plain word, "_=*" every NAME=SECRET that follows, "_/*" USER/SECRET@PLACE, other words stand for themselves
("http-basic." for what begins so)."""


def _by_program(rows: tuple[tuple[str, ...], ...]) -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for programs, *place in rows:
        for program in programs.split():
            found.setdefault(program, []).append(tuple(place))
    return found


_FLAGS_OF = _by_program(_FLAGS)
_OPERANDS_OF = _by_program(_OPERANDS)
PROGRAMS = frozenset({*_FLAGS_OF, *_OPERANDS_OF})
_LONGEST_COMMAND = 200
_MOST_PROGRAMS = 8
_SLASHES = frozenset({"net", "net1"})
"""Their switches begin with a slash."""
_SLASHED = re.compile(r"/[A-Za-z]{1,20}(?::\S*)?")
_PLACE = re.compile(r"\\\\.*|[A-Za-z]:|\*")
"""A share or a drive."""
_LOGIN_AT_ORACLE = re.compile(r"(?:userid=)?[\w.$#]{1,60}/(?P<value>[^@/\s\"']{1,128})(?:@.*)?")

Span = tuple[int, int, int]
"""The number of an argument, and from where to where in it the secret stands."""


def program_of(word: str) -> str:
    """The name of a program as the tables have it: "/usr/bin/mysql" and "mysql.exe" are "mysql"."""
    return word.rsplit("/", 1)[-1].rsplit("\\", 1)[-1].lower().strip("\"'").removesuffix(".exe").removesuffix(".jar")


def secret_spans(words: Sequence[str], cautious: bool = False) -> list[Span]:
    """Where secrets stand in the words of a command, in order. Quotes around a word or its secret are left out.

    Args:
        cautious: the words may be prose that happens to name a program; arguments that are plain words are then no secrets.
    """
    programs = [number for number, word in enumerate(words[:_LONGEST_COMMAND]) if program_of(word) in PROGRAMS]
    found = {
        (first + number, start, end)
        for first in programs[:_MOST_PROGRAMS]
        for number, start, end in _spans_of_program(words[first : first + _LONGEST_COMMAND], cautious)
    }
    return sorted(found)


def _spans_of_program(words: Sequence[str], cautious: bool) -> Iterator[Span]:
    program = program_of(words[0])
    plain = [word.strip("\"'") for word in words]
    for within, flags, form in _FLAGS_OF.get(program, ()):
        if all(word in plain for word in within.split()):
            for flag in flags.split():
                yield from _at_flag(words, plain, flag, form)
    for switch, pattern in _OPERANDS_OF.get(program, ()):
        if not switch or any(_has_switch(word, switch) for word in plain):
            for number, start, end in _among_operands(words, plain, program, pattern.split()):
                if not ((cautious or "?" in pattern) and SIMPLE.fullmatch(words[number][start:end].rstrip(".,;:!?"))):
                    yield number, start, end


def _at_flag(words: Sequence[str], plain: list[str], flag: str, form: str) -> Iterator[Span]:
    for number, word in enumerate(plain):
        if not word.startswith(flag) or number == 0:
            continue
        rest = word[len(flag) :]
        if form == GLUED:
            if rest and rest[0] not in "= ":
                yield _inner(words, number, words[number].index(flag) + len(flag))
            continue
        if not rest and number + 1 < len(words) and not (plain[number + 1][:1] == "-" and len(plain[number + 1]) > 1):
            holder, at = number + 1, 0
        elif rest[:1] == "=" and form == NEXT:
            holder, at = number, words[number].index("=") + 1
        elif rest and (rest[0] == "=" or len(flag) == 2) and form != NEXT:
            holder, at = number, words[number].index(flag) + len(flag) + (rest[0] == "=")
        else:
            continue
        if form != NEXT:
            sign = words[holder].find(form, at)
            if sign < 0 or words[holder][sign : sign + 3] == "://":
                continue
            at = sign + len(form)
        yield _inner(words, holder, at)


def _has_switch(word: str, switch: str) -> bool:
    """Whether a word is the switch, or a cluster of one-letter switches with it: "-nbB" has "-b"."""
    return word == switch or (len(switch) == 2 and word[:1] == "-" and word[1:].isalpha() and switch[1] in word)


def _among_operands(words: Sequence[str], plain: list[str], program: str, pattern: list[str]) -> Iterator[Span]:
    slashes = program in _SLASHES
    numbers = [
        i
        for i, word in enumerate(plain)
        if i and not (len(word) > 1 and (word[0] == "-" or (slashes and _SLASHED.fullmatch(word))))
    ]
    if pattern == ["_/*"]:
        for number in numbers[:3]:
            if login := _LOGIN_AT_ORACLE.fullmatch(plain[number]):
                start = words[number].index("/") + 1
                yield number, start, start + len(login["value"])
                return
        return
    free = pattern[0] in ("_", "*", "?", "...")
    for start in range(1 if free else len(numbers)):
        if found := _matched(plain, numbers[start:], pattern):
            for number in found:
                at = words[number].index("=") + 1 if pattern[-1] == "_=*" else 0
                yield _inner(words, number, at)
            return


def _matched(plain: list[str], numbers: list[int], pattern: list[str]) -> list[int]:
    """The numbers of the words at which "*" stands in the pattern; none where the pattern does not fit."""
    found: list[int] = []
    at = 0
    for piece in pattern:
        if piece == "$":
            return found if at == len(numbers) else []
        if piece == "...":
            at = max(at, len(numbers) - 1)
        elif piece == "_=*":
            return [number for number in numbers[at:] if "=" in plain[number]]
        elif at >= len(numbers):
            return []
        else:
            word = plain[numbers[at]]
            if piece in ("*", "?"):
                if not _PLACE.fullmatch(word):
                    found.append(numbers[at])
            elif piece == "//":
                if not _PLACE.fullmatch(word):
                    return []
            elif piece != "_" and word != piece and not (piece.endswith(".") and word.startswith(piece)):
                return []
            at += 1
    return found


def _inner(words: Sequence[str], number: int, at: int) -> Span:
    """From a place in a word to its end, without the quotes around the word or around the rest of it."""
    word = words[number]
    end = len(word)
    if end - at > 1 and word[-1] in "\"'" and (word[at] == word[-1] or word[0] == word[-1]):
        end -= 1
    if at < end and word[at] in "\"'" and end < len(word):
        at += 1
    return number, at, end


# Text ----------------------------------------------------------------------------------------------------------------

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]+")
_BLANKS = re.compile(r"(?:[ \t]|\\\r?\n)+")
WORD = re.compile(
    r"(?:\[redacted[^\]\n]{0,5000}\]|[^\s\"'|;&<>()`\\]|\\.|\$\([^()\n]{0,1000}\)|\"(?:\\.|[^\"\\]){0,4000}\"|'[^']{0,4000}')+"
)
"""A word of a shell with the quoted parts in it."""
QUOTED_WORD = re.compile(r"(?:\"(?:\\.|[^\"\\]){0,4000}\"|'[^']{0,4000}')+")
"""Quoted parts of one word: 'it'"'"'s'."""
_COMMAND_BEFORE = re.compile(
    r"(?:^|[|;&({`\n\"'=>#$]|\b(?:sudo|RUN|CMD|ENTRYPOINT|exec|then|do|else|cmd|-c|/c|time|nohup|-))[ \t]*[\w./\\:-]*$"
)


@lru_cache(maxsize=1024)
def _finder(programs: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, programs), reverse=True))
    return re.compile(rf"(?<![\w.-])(?:{names})(?:\.exe|\.jar)?(?=[ \t\"'\\])", re.IGNORECASE)


def cut_commands(text: str, lower: str, marked: Callable[[str], str]) -> str:
    """The text of a shell with the secret arguments of known programs replaced; equal where there are none.

    Args:
        lower: the text in lower case.
        marked: what to write in the place of a secret.
    """
    named = PROGRAMS.intersection(_NAME.findall(lower))
    if not named:
        return text
    out, at = [], 0
    judged: set[int] = set()
    for name in _finder(named).finditer(text):
        if name.start() < at or name.end() in judged:
            continue
        spans = _words_from(text, name.start())
        judged.update(end for _, end in spans)
        words = [text[start:end] for start, end in spans]
        cautious = _COMMAND_BEFORE.search(text, max(0, name.start() - 60), name.start()) is None
        for number, start, end in secret_spans(words, cautious):
            left, right = spans[number][0] + start, spans[number][0] + end
            if left >= at and right > left and not is_spare(text[left:right]):
                out += [text[at:left], marked(text[left:right])]
                at = right
    return "".join((*out, text[at:])) if out else text


def _words_from(text: str, at: int) -> list[tuple[int, int]]:
    """From where to where the words of a command stand, up to the sign that ends it."""
    spans: list[tuple[int, int]] = []
    while len(spans) < _LONGEST_COMMAND and (word := WORD.match(text, at)):
        spans.append(word.span())
        blanks = _BLANKS.match(text, word.end())
        if blanks is None:
            break
        at = blanks.end()
    return spans


# Lines of a shell ----------------------------------------------------------------------------------------------------

_RECEIVER = re.compile(
    r"(?:--?[\w-]{0,30}-?stdin|sudo -S|with-token|passwd|chpasswd|smbpasswd|kinit|cryptsetup|passphrase-fd|data-file=-|secret create|"
    r"from-file=\S{0,60}/dev/stdin|base64|vault login|htpasswd -i|gpg|openssl)\b"
)
_ECHOED = re.compile(
    r"\b(?:echo|printf)[ \t]+(?:-[neE]+[ \t]+)?(?P<quote>[\"'])?"
    r"(?P<value>(?(quote)(?:(?!(?P=quote))[^\r\n])+|[^\s\"'|$;)&]+(?:[ \t]+[^\s\"'|$;)&]+)*))"
)
_HERE = re.compile(
    rf"{_RECEIVER.pattern}[^|\n<]{{0,100}}<<<[ \t]{{0,9}}(?P<quote>[\"'])?(?P<value>(?(quote)(?:(?!(?P=quote))[^\r\n])+|[^\s\"']+))"
)
_SWITCH = re.compile(
    r"(?P<lead>(?<![^\s\"'])/(?:p|pass|passwd|password|pwd|rp|wp)[:=][\"']?)(?P<value>[^\s\"']+)", re.IGNORECASE
)
_CLIENT_LOGIN = re.compile(
    r"(?P<lead>(?<![^\s\"'])(?:-u|-U|--user|--proxy-user)[ =]?[\"']?(?!\d+:\d+(?:\s|$))[^\s:\"'/%,]{1,100}[:%,])(?P<value>[^\s\"']+)"
)
_SHORT_FLAG = re.compile(
    r"(?P<lead>(?<!\S)-p)(?P<value>(?=\S{0,99}[0-9])(?=\S{0,99}[A-Z!@#$%^&*])[^\s=/:.\"']{6,200})(?![^\s\"'])"
)
_ACCOUNTS = re.compile(r"(?P<lead>(?<![\w:/.-])[a-z_][\w-]{0,31}:)(?P<value>[^\s:\"'][^\s:\"']{3,})(?![\w:])")
_SENT = re.compile(r"\bsend\s{1,4}(?:--\s{1,4})?\\?\"(?P<value>[^\"\\\r\n]{3,})(?=\\+[rn])")


def cut_passed_on(text: str, lower: str) -> str:
    """Secrets that a shell passes on: to a pipe, to a here-string, to a program that waits for one."""
    if " -" in text or text.startswith("-"):
        text = _CLIENT_LOGIN.sub(cut_value, text)
        text = _SHORT_FLAG.sub(cut_value, text)
    if "|" in text:
        text = _ECHOED.sub(_cut_echoed, text)
    if "<<<" in text:
        text = _HERE.sub(cut_value, text)
    if " /" in text:
        text = _SWITCH.sub(cut_value, text)
    if "chpasswd" in lower:
        text = _ACCOUNTS.sub(cut_value, text)
    if "assword" in text and "send" in lower:
        text = _SENT.sub(cut_value, text)
    return text


def _cut_echoed(match: re.Match[str]) -> str:
    """What is echoed into a program that takes a secret, also from a group: (echo a; echo a) | smbpasswd -s"""
    line = match.string[match.end() : match.end() + 400].partition("\n")[0]
    between, pipe, receiver = line.partition("|")
    if not pipe or "&" in between or (";" in between and ")" not in between) or not _RECEIVER.search(receiver):
        return match[0]
    return cut_value(match)
