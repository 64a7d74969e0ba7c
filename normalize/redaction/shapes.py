"""Secrets that their maker gave a recognisable shape, found wherever they stand.

Most begin with a prefix: one expression finds every prefix at the start of a word, and the row of the prefix says what
must follow. The rest have a mark in their middle. Text without a long run of letters and digits is not searched.

Sources: the rules of gitleaks (config/gitleaks.toml), detect-secrets (plugins) and TruffleHog (pkg/detectors), read
2026-11-24; lengths are lower than theirs, for a token that is cut short is still most of a token. wandb_v1_, KGAT_ and
tvly- are as public code shows them; fw_, rpa_, jina_, napi_, figd_ and AVNS_ are not verified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from normalize.redaction.encodings import decode
from normalize.redaction.values import HEX, MARK, SIMPLE, entropy, is_random, is_wordy

_ALNUM = r"(?=[A-Za-z0-9]{0,30}[A-Z0-9])[A-Za-z0-9]{20,}"
_DASHED = r"(?=[\w.+/=~-]{0,30}[0-9])[\w.+/=~-]{16,}"
_HEXADECIMAL = r"[a-f0-9]{24,}"
_PREFIXED: tuple[tuple[str, str], ...] = (
    ("AKIA ASIA ABIA ACCA", r"[A-Z0-9]{16}(?![A-Za-z0-9])"),
    ("A3T", r"[A-Z0-9]{17}(?![A-Za-z0-9])"),
    ("ABSK bedrock-api-key-", r"[A-Za-z0-9+/]{40,}={0,2}"),
    ("IQoJb3JpZ2lu FwoGZXIvYXdz FQoGZXIvYXdz", r"[A-Za-z0-9+/=%]{40,}"),
    ("ghp_ gho_ ghu_ ghs_ ghr_ github_pat_", r"\w{20,}"),
    ("glpat- glptt- gldt- glrt- glcbt- glsoat- glagent- gloas- glft- glimt- glffct- GR1348941", r"[\w.-]{16,}"),
    ("hf_ api_org_", r"[A-Za-z0-9]{20,}"),
    ("gsk_ npm_ fw_ rpa_ sbp_ pnu_ phx_ phc_ bkua_ lin_api_ ico- aio_ shltm_ nfp_ ddp_ ddw_ cfut_ cfat_ cfk_ KGAT_ ak_live_ rzp_live_ flb_live_ napi_ ramp_sec_", _ALNUM),
    ("sqco_ squ_ sqp_ sqa_ sgp_ slk_ rootly_ rubygems_ sntryu_", _ALNUM),
    ("r8_ jina_ pplx- xai- glc_ glsa_ tfp_ figp_ figd_ pcsk_ CCIPAT_ ntn_ apify_api_ rdme_ AVNS_ wandb_v1_ salad_cloud_ CFPAT- NRAK- NRII- NRIQ- NRBR- NRJS- NF-", _DASHED),
    ("shpat_ shppa_ shpss_ shpca_ dop_v1_ doo_v1_ dor_v1_ pul- FLWSECK- FLWSECK_TEST- FLWPUBK_TEST- key- pubkey- shippo_live_ shippo_test_ sk_ pk_", _HEXADECIMAL),
    ("live_ test_", r"[a-f0-9]{35}(?![A-Za-z0-9])"),
    ("live_pub_ test_pub_", r"[a-f0-9]{31}(?![A-Za-z0-9])"),
    ("sk-", r"[A-Za-z0-9]{32,}"),
    ("secret_ CLOJARS_", r"[A-Za-z0-9]{40,}"),
    ("sk-proj- sk-ant- sk-svcacct- sk-admin- sk-or- sk-lf- pk-lf- sk-None- nvapi- tvly- lsv2_pt_ lsv2_sk_ dckr_pat_ dckr_oat_", _DASHED),
    ("hvs. hvb. hvr. ya29. GOCSPX- AIza fio-u- HRKU- PMAK- xkeysib- sntrys_ tskey- p8e- duffel_live_ duffel_test_ EZAK EZTK", _DASHED),
    ("pscale_tkn_ pscale_pw_ pscale_oauth_ fo1_ fm1r_ fm1a_ fm2_ sm_aat_ sm_pat_ sm_sat_ dnkey- sha256~ AKCp LTAI ATATT ATCTT ATBB", _DASHED),
    ("BBDC- BBFF- sq0atp- sq0csp- sq0idp- sandbox-sq0 EAAA dp.pt. dp.st. dp.ct. dp.sa. dp.scim. dp.audit. dt0c01. thog-secret-", _DASHED),
    ("s-s4t2ud- s-s4t2af- u-s4t2ud- u-s4t2af- endr+ pat-na1- pat-eu1- AQVN VF. 5AEP861 3MVG9 rh-api-", _DASHED),
    ("cmVmdGtu", r"[A-Za-z0-9]{40,}"),
    ("pypi-", r"AgE[\w-]{30,}"),
    ("ops_", r"eyJ[A-Za-z0-9+/]{40,}={0,3}"),
    ("tk-us-", r"[\w-]{48}(?![\w-])"),
    ("sk_live_ sk_test_ rk_live_ rk_test_ pk_live_ pk_test_ sk_prod_ rk_prod_", r"[A-Za-z0-9]{10,}"),
    ("whsec_", r"[A-Za-z0-9+/=]{20,}"),
    ("dapi", r"[a-f0-9]{30,}(?:-\d{1,3})?"),
    ("xoxa- xoxb- xoxc- xoxd- xoxe- xoxo- xoxp- xoxr- xoxs- xoxe.xox", r"[A-Za-z0-9%.-]{10,}"),
    ("xapp-", r"\d-[A-Za-z0-9-]{20,}"),
    ("SG.", r"[\w-]{16,64}\.[\w-]{16,64}"),
    ("SK", r"[0-9a-f]{32}(?![A-Za-z0-9])"),
    ("EAA", r"[A-Za-z0-9]{60,}"),
    ("API-", r"[A-Z0-9]{25,}(?![a-z])"),
    ("oy2", r"[a-z0-9]{43}(?![A-Za-z0-9])"),
    ("A3-", r"[A-Z0-9]{6}(?:-[A-Z0-9]{5,11}){4,6}"),
    ("AGE-SECRET-KEY-", r"1[A-Z0-9]{50,}"),
    ("eyJ", r"(?<![\w-]eyJ)[\w-]{8,}={0,2}\.[\w-]{8,}={0,2}(?:\.[\w+/=-]*)?"),
    ("pat. sat.", r"[\w-]{20,24}\.[A-Za-z0-9]{20,26}\.[A-Za-z0-9]{16,24}"),
    ("pat", r"[A-Za-z0-9]{14}\.[a-f0-9]{60,}"),
    ("4b1d", r"[A-Za-z0-9]{38}(?![A-Za-z0-9])"),
    ("v1.0-", r"[a-f0-9]{24}-[a-f0-9]{100,}"),
    ("1000.", r"[a-f0-9]{32}\.[a-f0-9]{32}"),
    ("s.", r"(?=[A-Za-z]{0,23}[0-9])[A-Za-z0-9]{24}(?![\w.-])"),
    ("00D", r"[A-Za-z0-9]{12,15}![\w.]{60,}"),
    ("access-sandbox- access-development- access-production-", r"[0-9a-f-]{36}"),
    ("PuTTY-User-Key-File-", r"\d:.*"),
)  # fmt: skip
"""Prefixes, and what follows them."""

_MARKED: tuple[tuple[str, str], ...] = (
    ("-----BEGIN", r"-----BEGIN[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END[A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----|.*)"),
    ("$", r"\$(?:1|2[abxy]|5|6|y|apr1|argon2(?:id?|d)|scrypt|pbkdf2[\w-]{0,20})\$[^\s:\"',;]{8,}"),
    ("{S", r"\{S?SHA\d{0,3}\}[A-Za-z0-9+/=]{20,}"),
    ("Q~", r"(?<![\w~.-])[\w~.]{3}\dQ~[\w~.-]{31,34}(?![\w~.-])"),  # Entra ID client secrets
    (".atlasv1.", r"(?<![A-Za-z0-9])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{50,}"),
    (":A", r"(?<![\w:])\d{8,10}:A[\w-]{34}(?![\w-])"),  # Telegram
    ("-us", r"(?<![A-Za-z0-9])[0-9a-f]{32}-us\d{1,2}(?!\w)"),  # Mailchimp
    ("_mmk", r"(?<!\w)[A-Za-z0-9]{6}_[A-Za-z0-9]{29}_mmk(?!\w)"),  # MaxMind
    ("NR", r"(?<!\w)[0-9a-fuxA]{36,42}-?(?:FFFFNRAL|NRMA)(?!\w)"),  # New Relic
    ("|", r"(?<!\w)\d{15,16}\|[\w-]{27,40}(?![\w-])"),  # Facebook
    ("_secret_", r"(?<!\w)(?:pi|seti|cs|src)_[A-Za-z0-9]{20,30}_secret_[A-Za-z0-9]{20,30}"),  # Stripe
    ("T3BlbkFJ", r"(?<![\w-])[\w-]{20,200}T3BlbkFJ[\w-]{20,200}"),  # "OpenAI" in base64, inside their keys
    (".", r"\.(?<=[A-Za-z0-9_-]{20}\.)(?=[\w-]{0,30}[A-Z])[\w-]{6}\.[\w-]{27,38}(?![\w.-])"),  # Discord, after the bot's id
)  # fmt: skip
"""A literal that must occur, and the expression of the secret around it."""


def _any_of(prefixes: Iterable[str]) -> str:
    """An expression for any of the prefixes, each common beginning tried once, the longest preferred."""
    tree: dict[str, list[str]] = {}
    for prefix in prefixes:
        tree.setdefault(prefix[:1], []).append(prefix[1:])
    rest = tree.pop("", None)
    branches = [re.escape(first) + _any_of(tails) for first, tails in tree.items()]
    if not branches:
        return ""
    return f"(?:{'|'.join(branches)}){'?' if rest else ''}"


_FOLLOWING = {
    prefix: re.compile(re.escape(prefix) + following, re.DOTALL)
    for prefixes, following in _PREFIXED
    for prefix in prefixes.split()
}
_PREFIX = re.compile(rf"(?<![A-Za-z0-9]){_any_of(_FOLLOWING)}")
_MARKS = tuple((literal, re.compile(pattern, re.DOTALL)) for literal, pattern in _MARKED)
_RUN = re.compile(r"[A-Za-z0-9]{10}")
"""What every shape holds somewhere."""
_AZURE_KEY = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{86}==(?![A-Za-z0-9+/=])")
"""Account keys of Azure Storage and Cosmos DB: 64 bytes in base64."""
_AWS_SECRET = re.compile(r"(?<![A-Za-z0-9+/=_-])[A-Za-z0-9+/]{40}(?![A-Za-z0-9+/=_-])")


def cut_shapes(text: str) -> str:
    """The text with every secret of a known shape replaced; equal where there is none."""
    if len(text) < 14 or not _RUN.search(text):
        return text
    text = _cut_prefixed(text)
    for literal, pattern in _MARKS:
        if literal in text:
            text = pattern.sub(MARK, text)
    return _AZURE_KEY.sub(_cut_bytes, text) if "==" in text else text


def _cut_prefixed(text: str) -> str:
    out, at = [], 0
    for found in _PREFIX.finditer(text):
        if found.start() < at:
            continue
        for prefix in _candidates(found[0]):
            secret = _FOLLOWING[prefix].match(text, found.start())
            if secret is not None and not _is_name(secret[0][len(prefix) :]):
                out += [text[at : secret.start()], MARK]
                at = secret.end()
                break
    return "".join((*out, text[at:])) if out else text


def _cut_bytes(match: re.Match[str]) -> str:
    return MARK if decode(match[0]) is None else match[0]


def _is_name(tail: str) -> bool:
    """Whether what follows a prefix is words: "sk-proj-" may begin the name of a bucket."""
    if SIMPLE.fullmatch(tail):
        return True
    parts = re.split(r"[-_.]", tail)
    return len(parts) > 2 and max(map(len, parts)) < 12 and is_wordy(tail)


def _candidates(found: str) -> list[str]:
    """The prefixes that a found one begins with, the longest first: "sk-proj-" is also "sk-"."""
    return [found[:end] for end in range(len(found), 1, -1) if found[:end] in _FOLLOWING]


def cut_aws_secrets(text: str) -> str:
    """40 characters of base64, which beside an access key are its secret. Fit for texts that speak of one."""
    return _AWS_SECRET.sub(_cut_aws_secret, text)


def _cut_aws_secret(match: re.Match[str]) -> str:
    value = match[0]
    return MARK if not HEX.fullmatch(value) and is_random(value) and entropy(value) > 4 else value
