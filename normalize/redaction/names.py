"""What a name says about its value: whether a key, a variable or a flag means a secret.

A name is read as words, whatever their case and separators ("dbPasswords", "DB_PASSWORD", "--db-password"). The secret
word that stands last decides, together with what follows it: nothing or a mere qualifier ("PASSWORD_PROD") and the value
is a secret; a structural word ("passwordPolicy", "tokenEndpoint") and it is something about one; any other word
("DB_PASSWORD_LEGACY", "passwordForAirflow") and it is a secret unless it is plainly a number, a time or a reference.
"""

from __future__ import annotations

import re
from functools import lru_cache

NONE, WEAK, PART, INSIDE, WHOLE = range(5)
"""How surely a name means a secret. WEAK: only where the value looks generated ("key"); PART: where it is more than a
plain word ("cookieDomain"); INSIDE: a secret word, then an unusual ending; WHOLE: the name ends in its secret word."""


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def word_set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def lexicon(words: str) -> frozenset[str]:
    return frozenset(map(_singular, words.split()))


_WORDS = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_]+")
_TRUE_WORDS = lexicon(
    "password passwd passphrase passcode passkey passwort kennwort senha contrasena contraseña pwd pw secret token credential "
    "cred psk requirepass masterauth primaryauth rocommunity rwcommunity htpasswd dockercfg dockerconfigjson kubeconfig"
)
_OTHER_WORDS = lexicon("pass authorization cookie jaas bearer jwt totp salt")
_GLUED = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|secret|(?<!tik)token|apikey|accesskey|accountkey|privatekey|secretkey|"
    r"sharedkey|signingkey|authkey|masterkey|credential|connectionstring|"
    r"(?:db|my|pg|user|ssh|root|admin|redis|rabbit|store|key|cert|mail|smtp|ldap|bind|sys|vnc|sudo|become)pass|(?:bind|root|user|db|admin|sys)pw)$"
)
_KEY_OF = lexicon(
    "api app access account private signing shared master auth license licence ssh secret service storage client deploy hmac "
    "crypt cipher session admin root fernet ingest subscription function webhook host activation write wandb instrumentation "
    "consumer preshared"
)
_PAIRS = frozenset({(word, "key") for word in _KEY_OF}) | {
    ("connection", "string"),
    ("conn", "str"),
    ("conn", "string"),
    ("webhook", "url"),
    ("webhook", "uri"),
    ("secure", "string"),
    ("secure", "parameter"),
    ("secure", "value"),
    ("snmp", "community"),
    ("community", "string"),
    ("user", "pin"),
    ("so", "pin"),
    ("j", "auth"),  # NEO4J_AUTH: digits part words
}
_NO_SECRET_TOKEN = lexicon(
    "next continuation pagination page start pad eos bos unk mask cls sep max min num n image stop special idempotency "
    "per http creation purchase change dkim added total prompt completion input output audio visual vocab byte word text "
    "reserved generated cached draft speculative batched forced suppress begin end first last"
)
_COUNTS = lexicon("max min num n total count avg mean number")
_WEAK_WORDS = lexicon(
    "key auth pat dsn licence license sas signature sig otp webhook session sid sessionid jsessionid phpsessid csrf xsrf "
    "pswd psw community"
)
_REFERENCES = lexicon(
    "arn name ref reference id identifier path file filename dir directory folder location url uri link href endpoint host "
    "hostname address port kid thumbprint fingerprint checksum digest sha uuid guid version column field selector label tag "
    "annotation repo repository bucket mount volume stdin"
)
"""Endings of names whose value says where a secret is or which one: never masked, not even where it looks generated."""
_STRUCTURAL = _REFERENCES | lexicon(
    "type mode policy policies enabled enable required optional second minute hour day week month year ms millisecond expiry "
    "expiration expires expire expired expiring date at time timestamp timeout epoch ttl lifetime validity valid lease leeway grace "
    "period interval duration delay deadline config configured configuration setting option resizer rule count length len size "
    "limit max min maximum minimum capacity quota stage status state phase used changed rotated rotate rotation updated created "
    "modified deleted age byte algorithm alg format encoding encoded encryption encrypted encrypt hashing hasher kind class category "
    "provider store storage manager management backend engine source target namespace region zone owner description "
    "issuer audience scope usage method template prefix suffix header param parameter env var variable object item driver plugin "
    "extension module addon group user username email role service server operator controller reconciler agent injector injection "
    "client broker proxy gateway handler factory builder resolver parser loader fetcher helper validator validation verifier "
    "verification check checker checking strength reset recovery complexity requirement attempt retry exist present generation "
    "generator generate embedding dim dimension vocab budget rate ratio model position lookup review reviewer "
    "condition reason revision index request response quota principal sync syncer provisioner spec schema scheme syntax pattern "
    "regex regexp delimiter separator charset character digit letter symbol case history reuse reminder prompt hint question level tier "
    "strategy style map mapping decoder encoder decoding healing dropout shift mixing merge merging pruning pooling loss probability "
    "logprob logit score weight threshold frequency throughput latency cost price consumed remaining left seen processed sum average "
    "mean median window context chunk overlap batch step worker parallelism classification classifier detection detector scanner "
    "scanning protection protected support supported allowed allow denied deny feature flag switch toggle audit log logging monitor "
    "monitoring metric alert event notification message text title comment note error failure result action "
    "operation command script trigger hook callback samesite domain httponly stickiness persistence affinity realm tenant "
    "introspection exchange grant flow authentication authenticator authorizer binding page doc documentation cache caching "
    "auto automatic head layer projection proj norm pooler visible hidden masked display prefilled less free"
)
_QUALIFIERS = lexicon(
    "prod production dev development staging test testing qa uat preprod live sandbox old new current previous prev primary "
    "secondary main backup base master replica root admin ro rw read write readonly readwrite a b x y one two legacy default "
    "plain plaintext cleartext raw encoded base value val data text string str confirm confirmation again repeat"
)
_PREPOSITIONS = frozenset({"for", "of"})
_NOT_INHERITED = lexicon("key item")
_NEGATIONS = lexicon("no without skip disable disallow")
_MANNERS = lexicon("first last second single multi high low band all")
"""Before "pass": a "first pass", a "high pass" filter."""
_HELD_ELSEWHERE = re.compile(
    r"existing.*(?:secret|credential)|pull[-_]?secrets?$|agent-inject-secret|^checksum/", re.IGNORECASE
)
"""The name of a secret (Helm: "existingSecret", "existingSecretPasswordKey", "imagePullSecrets"), its path (Vault's annotations)
or its digest."""


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """Lower-case singular words of the last part of a name: "spec.dbPasswords" -> spec, db, password."""
    return tuple(_singular(w.lower()) for w in _WORDS.findall(name.strip("\"'\\ -:").rsplit("/", 1)[-1][-200:]))


@lru_cache(maxsize=65536)
def rank(name: str) -> int:
    """How surely a name means a secret: NONE, WEAK, PART, INSIDE or WHOLE."""
    words = words_of(name)
    if not words or words[0] in _NEGATIONS:
        return NONE
    at = max((i for i in range(len(words)) if _means_secret(words, i)), default=-1)
    if at < 0:
        return WEAK if words[-1] in _WEAK_WORDS else NONE
    if _HELD_ELSEWHERE.search(name):
        return NONE
    after = words[at + 1 :]
    if (words[at] == "jaa" and after == ("config",)) or all(w in _QUALIFIERS for w in after):
        return WHOLE
    if after[0] in _PREPOSITIONS:
        return INSIDE
    if words[-1] in _STRUCTURAL:
        return NONE if words[-1] in _REFERENCES else WEAK
    return INSIDE if _is_true(words, at) and words[-1] != "key" and not is_counted(name) else PART


def _means_secret(words: tuple[str, ...], at: int) -> bool:
    word, before = words[at], words[at - 1] if at else ""
    if word == "token":
        return before not in _NO_SECRET_TOKEN and not (at > 1 and words[0] in _COUNTS)
    return word in _OTHER_WORDS or _is_true(words, at)


def _is_true(words: tuple[str, ...], at: int) -> bool:
    if words[at] == "pass":
        return at > 0 and words[at - 1] not in _MANNERS
    return words[at] in _TRUE_WORDS or words[at - 1 : at + 1] in _PAIRS or _GLUED.search(words[at]) is not None


_COUNTED = re.compile(r"(?:^|[^A-Za-z])tokens|(?<=[a-z])Tokens|(?:^|[^A-Za-z])(?:TOKENS|secrets|SECRETS)(?=[^A-Za-z])")


@lru_cache(maxsize=65536)
def is_counted(name: str) -> bool:
    """Whether a name speaks of tokens or secrets in the plural: of a model's, or of how many there are."""
    return _COUNTED.search(name) is not None


def is_secret_name(name: str) -> bool:
    """Whether a name (of a key, a variable, a flag) means that its value is a secret: "DB_PASSWORD", "apiKey",
    "spark.snowflake.sfPassword"; not "secretName", "NextToken", "tokenizer", "PasswordPolicy"."""
    return rank(name) >= PART


@lru_cache(maxsize=65536)
def is_structural(name: str) -> bool:
    """Whether a name says something about its neighbours, so that it does not inherit the meaning of the name above."""
    words = words_of(name)
    return bool(words) and (words[-1] in _STRUCTURAL or words[-1] in _NOT_INHERITED)
