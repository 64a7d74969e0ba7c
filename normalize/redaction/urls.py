"""Secrets in the parts of a URL: user information, also without a scheme in front; queries; paths of webhooks, capability
links, keys of an API as a path segment."""

from __future__ import annotations

import re

from normalize.redaction.names import is_structural, word_set
from normalize.redaction.values import HEX, MARK, UUID, cut_value, is_generated, is_random, is_spare

_URL = re.compile(r"(?P<lead>https?://[^\s/\"'<>\\?#]{1,300}/)(?P<path>[^\s\"'<>\\?#]*)(?P<rest>[^\s\"'<>\\]*)")
_CAPABILITIES = word_set(
    "key keys apikey apikeys api-key api-keys token tokens secret hook hooks webhook webhooks webhookb2 incomingwebhook catch bot "
    "bots ping invite invitation reset magic soap with-key"
)
"""Segments after which a UUID or hexadecimal digits are a secret as well; elsewhere they are ids."""
_CALLS = _CAPABILITIES | word_set(
    "services secrets workflows triggers auth signed share shared sas login unsubscribe verify activate confirm license licence "
    "integrations notify alerts"
)
"""Segments after which whatever looks generated is a secret."""
_KNOWN = re.compile(
    r"(?P<lead>\b(?:(?:hooks\.slack\.com|chat\.googleapis\.com/v1/spaces|hooks\.zapier\.com/hooks/catch|hc-ping\.com|"
    r"[\w-]{1,80}\.webhook\.office\.com|[\w.-]{1,80}\.logic\.azure\.com)/|discord(?:app)?\.com/api/webhooks/))(?P<value>[^\s\"'<>\\]+)",
    re.IGNORECASE,
)
"""Places that take a message from whoever knows the address."""
_PARTS_OF_KNOWN = ("hook", "chat.googleapis.com/", "hc-ping.com/", ".logic.azure.com/")
_BOT = re.compile(r"/bot\d{5,16}:[\w-]{20,64}")
_AFTER_CALL = re.compile(
    rf"(?<=/)(?P<lead>(?:{'|'.join(sorted(_CAPABILITIES))})/)(?P<value>[\w~.+=-]{{12,200}})", re.IGNORECASE
)
_KEY_OF_ACCOUNT = re.compile(r"/serviceAccounts/[^/\s]{1,300}/$")
"""What stands before "keys/ID" in the name of a service account's key in Google Cloud: the key itself is never part of its name."""
_SETTING = re.compile(r"(?<=[?&;#])(?P<name>[\w.-]{1,80})=(?P<value>[^&;#\s]{16,})")
_OF_A_VERSION = word_set("versionid generation etag digest sha commit ref rev hash v gid cursor marker")


def cut_urls(text: str) -> str:
    """The text with the secret parts of its URLs and paths replaced; equal where there are none."""
    if "://" in text:
        if "http" in text:
            text = _URL.sub(_cut_url, text)
    elif not _CAPABILITIES.isdisjoint(text.lower().split("/")):
        text = _AFTER_CALL.sub(_cut_after_call, text)
    if ".com/" in text and any(part in text for part in _PARTS_OF_KNOWN):
        text = _KNOWN.sub(_cut_known, text)
    return _BOT.sub("/bot" + MARK, text) if "/bot" in text else text


def _cut_url(match: re.Match[str]) -> str:
    rest = match["rest"]
    return match["lead"] + _cut_path(match["path"]) + (_SETTING.sub(_cut_setting, rest) if len(rest) > 17 else rest)


def _cut_path(path: str) -> str:
    if len(path) < 8:
        return path
    called = capable = False
    out = []
    for segment in path.split("/"):
        word = segment.lower()
        secret = len(segment) >= 8 and (_is_called(segment, capable) if called else _stands_out(segment))
        out.append(MARK if secret else segment)
        called = called or word in _CALLS
        capable = capable or word in _CAPABILITIES
    return "/".join(out)


def _is_called(segment: str, capable: bool) -> bool:
    if HEX.fullmatch(segment) or UUID.fullmatch(segment):
        return capable and len(segment) >= 16 and not segment.isdigit()
    return is_generated(segment)


def _stands_out(segment: str) -> bool:
    """Whether a segment is a secret wherever it stands: generated of all kinds of characters; not an id or a digest."""
    return is_random(segment) and not HEX.fullmatch(segment) and UUID.fullmatch(segment) is None


def _cut_setting(match: re.Match[str]) -> str:
    name, value = match["name"], match["value"]
    if is_spare(value) or name.lower() in _OF_A_VERSION or is_structural(name) or not _stands_out(value):
        return match[0]
    return f"{name}={MARK}"


def _cut_known(match: re.Match[str]) -> str:
    return match[0] if match["value"].startswith(MARK) else match["lead"] + MARK


def _cut_after_call(match: re.Match[str]) -> str:
    if _KEY_OF_ACCOUNT.search(match.string, 0, match.start()):
        return match[0]
    return match["lead"] + MARK if is_generated(match["value"]) else match[0]


# Logins --------------------------------------------------------------------------------------------------------------

_USERINFO = re.compile(
    r"(?P<lead>(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{0,30})://)(?P<value>[^\s/@:\"'<>]{0,200}:(?!\d{1,5}(?:[/?#]|$))(?:[^\s\"'<>/?#]{1,300}@|[^\s\"'<>]{1,300}?@)|[^\s/@:\"'<>?#]{1,300}@)"
)
_LOGIN = re.compile(
    r"(?P<lead>(?<![\w.@:/-])[\w.-]{1,64}:)(?P<value>(?!//)[^\s/@\"'<>:]{3,128})(?=@(?!sha\d)(?:(?:tcp|udp|unix)?\(|[\w.-]{1,253}:\d{2,5}(?!\w)|[\w-]{1,63}\.[\w.-]{1,190}/))"
)
_ORACLE = re.compile(r"(?P<lead>jdbc:oracle:\w{1,10}:[\w.$-]{1,60}/)(?P<value>[^\s@\"']{1,128})(?=@)")
_PGPASS = re.compile(
    r"^(?P<lead>(?=\S{0,250}?[a-z*])[\w.*-]{1,253}:(?:\d{3,5}|\*):[^:\s]{1,63}:[^:\s]{1,63}:)(?P<value>[^:\s]+)$",
    re.MULTILINE,
)
_QUERY = re.compile(
    r"(?P<lead>[?&;](?:X-Amz-Signature|X-Amz-Credential|X-Amz-Security-Token|X-Goog-Signature|X-Goog-Credential|Signature|GoogleAccessId|"
    r"AWSAccessKeyId|Key-Pair-Id|Policy|sig|se_sig|code|key|auth|hash|hmac|jwt|state|session)=)(?P<value>[^&\s\"'<>]+)",
    re.IGNORECASE,
)


def cut_logins(text: str) -> str:
    """The text without passwords before an @ and without signatures in a query; equal where there are none."""
    if "@" in text:
        if "://" in text:
            text = _USERINFO.sub(_cut_userinfo, text)
        if ":" in text:
            text = _ORACLE.sub(cut_value, _LOGIN.sub(cut_value, text))
    if text.count(":") > 3:
        text = _PGPASS.sub(cut_value, text)
    if "=" in text and ("?" in text or "&" in text):
        text = _QUERY.sub(cut_value, text)
    return text


def _cut_userinfo(match: re.Match[str]) -> str:
    value, scheme = match["value"][:-1], match["scheme"].lower()
    if value == MARK:
        return match[0]
    if ":" not in value:
        names_a_container = scheme.startswith(("abfs", "wasb", "ssh", "git", "sftp", "hf", "nfs"))
        if names_a_container or not (len(value) >= 20 or (len(value) >= 16 and any(c.isdigit() for c in value))):
            return match[0]
    return f"{match['lead']}{MARK}@"
