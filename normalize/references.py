"""Finds mentions of other things in text and payloads, and gives each its canonical key and JSON path.

Owns the shapes (ARN, URI, image, host, short id) and the names of fields that hold them. Refuses to decide whether
the thing exists: the store joins keys, gap.py judges what is left.
"""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from normalize.addresses import Address, only_local, parse_address, parse_server, seen_inside
from normalize.arm import ARM_ID, AZUREML
from normalize.identity import (
    AWS_SHORT_ID,
    MLFLOW_MODEL,
    OWN_SCHEMES,
    Name,
    arm_name,
    arn_name,
    aws_short_name,
    gcp_name,
    host_name,
    image_name,
    known_service,
    kubernetes_id,
    mlflow_server_name,
    native_key,
    uri_name,
)
from normalize.model import Json, Scope


class Mention(NamedTuple):
    """A name found in a text, what stands there, and from where to where."""

    name: Name
    value: str
    span: tuple[int, int]


_END = r"[^\s\"'<>|,;(){}\\\[\]`]"
_ARN = re.compile(r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9a-z-]*:[^\s\"'<>|,;(){}\\\[\]`]+")
_REMOVED_USER = "[redacted]@"
_URI = re.compile(rf"\b(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]{{1,30}})://(?:\[redacted\]@)?{_END}+")
_HOST = re.compile(
    r"(?<![\w./@:-])(?P<host>(?:[a-zA-Z0-9](?:[a-zA-Z0-9_-]{0,61}[a-zA-Z0-9])?\.)+[a-zA-Z]{2,24})(?P<port>:\d{2,5})?(?![\w@-])"
)
_ADDRESS = re.compile(r"(?<![\w.])(?P<host>\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?(?![\w.])")
_SERVICE_DNS = re.compile(r"(?:[a-z0-9_.-]+\.)?(?P<name>[a-z0-9-]+)\.(?P<ns>[a-z0-9-]+)\.svc")
_LABEL_HOST = re.compile(
    r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?:[^\s/@]*@)?(?P<host>[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?)(?P<port>:\d{2,5})?(?:[/?#]|$)"
)
_LABEL_AND_PORT = re.compile(r"(?P<host>[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?):\d{2,5}")
_QUICK = re.compile(r"arn:aws|://|models:/|-[0-9a-f]{8}|\.[A-Za-z]{2}|\d\.\d|(?i:bucket)|\[redacted; ")

_STORE_SCHEMES = frozenset(
    {"s3", "s3a", "s3n", "gs", "abfs", "abfss", "wasb", "wasbs", "hdfs", "viewfs", "nfs", "hf", "azureml", "bq"}
)
_SERVER_SCHEMES = frozenset(
    {
        "postgresql",
        "postgres",
        "mysql",
        "mariadb",
        "mongodb",
        "mongodb+srv",
        "redis",
        "rediss",
        "amqp",
        "amqps",
        "kafka",
        "thrift",
        "ldap",
        "ldaps",
        "snowflake",
        "clickhouse",
        "cassandra",
        "mssql",
        "oracle",
        "sqlserver",
        "grpc",
        "grpcs",
        "ray",
        "tcp",
        "ssh",
        "git",
        "git+ssh",
        "git+https",
        "ftp",
        "sftp",
        "ws",
        "wss",
    }
)
_ENDPOINT_NAME = re.compile(
    r"(?:^|[-_. ]|(?<=[a-z0-9])(?=[A-Z]))(?:ur[il]s?|endpoints?|hosts?|hostnames?|servers?|address(?:es)?|brokers?|bootstrap|"
    r"registry|proxy|externalname|dns(?:name)?|issuer|database|db|redis|upstream|remote|repo(?:sitory)?|base|site|locator|mirror|source|location)$"
    r"|(?:url|uri|endpoint|host|hostname|server|address|broker|dnsname)s?$",
    re.IGNORECASE,
)
_IMAGE_NAME = re.compile(r"(?:^|[-_.])(?:[a-z]*image(?:uri|url|name|id)?|image_?uri)$", re.IGNORECASE)
_MLFLOW_NAME = re.compile(r"(?:mlflow[-_]?)?(?:tracking|registry)[-_]?ur[il]$", re.IGNORECASE)
_BUCKET_NAME = re.compile(r"(?:^|[-_.]|(?<=[a-z0-9])(?=[A-Z]))bucket(?:[-_.]?name)?$", re.IGNORECASE)
_OWN_ADDRESS = re.compile(
    r"^(?:private|public)[-_]?(?:ip|dns)\w*$|^ip(?:v[46])?[-_]?address(?:es)?$|^(?:pod|host|cluster)ips?$",
    re.IGNORECASE,
)
"""Names of a thing's own addresses: no mentions of others."""
_NOISE_HOSTS = re.compile(
    r"(?:^|\.)(?:console\.aws\.amazon\.com|awsdns-\d+\.[a-z.]{2,6}|kubernetes\.io|k8s\.io|w3\.org|json-schema\.org|schema\.org|opencontainers\.org|example\.(?:com|org|net)|"
    r"schemas\.microsoft\.com|apache\.org/licenses|cluster\.local|in-addr\.arpa)$"
    r"|^(?:(?:ml|portal)\.azure|console\.cloud\.google)\.com$"
)
_PROSE_NAME = re.compile(
    r"(?:description|descr|summary|message|comment|documentation|docs?|help|note|license|reason)$",
    re.IGNORECASE,
)
_FILE_NAME = re.compile(
    r"\.(?:py|sh|js|json|yaml|yml|txt|md|csv|xml|html|conf|cfg|ini|log|gz|tar|zip|parquet|bin|pt|pth|onnx|safetensors|jar|whl|service|timer|socket|target|go|java|rb|ts|sql|env|toml|lock|pem|crt|key|db|sock|pid|tgz|ipynb|arrow|feather|npy|h5|pkl|joblib|so)$"
)
_REGISTRY_IMAGE = re.compile(
    r"(?<![\w./@:-])(?:\d{12}\.dkr\.ecr(?:-fips)?\.[a-z0-9-]{5,20}\.amazonaws\.com(?:\.cn)?|(?:[a-z0-9-]{1,40}\.)?gcr\.io|ghcr\.io|nvcr\.io|quay\.io|"
    r"docker\.io|registry\.k8s\.io|public\.ecr\.aws|mcr\.microsoft\.com|[a-z0-9-]{1,50}\.azurecr\.io|[a-z0-9-]{1,40}-docker\.pkg\.dev)"
    r"/[a-z0-9][a-z0-9._/-]{0,250}(?::[\w][\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)
_BUCKET_SETTING = re.compile(
    r"(?i:bucket(?:[-_]?name)?)\\?[\"']?[ \t]{0,9}[:=][ \t]{0,9}\\?[\"']?(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?=[\"'\\\s,;}&]|$)"
)
_NO_BUCKET = re.compile(r"[\d.]+|true|false|null|none|name")
_HUB_NAME = re.compile(
    r"(?:^|[-_.])(?:hf[-_]?)?(?:hub[-_]?)?(?:model[-_]?id|model[-_]?name[-_]?or[-_]?path|base[-_]?model|repo[-_]?id)$|^hf[-_]model$",
    re.IGNORECASE,
)
_HUB_MODEL = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_SIZED_MODEL = re.compile(
    r"[A-Za-z][\w.-]{0,95}/(?=[\w.-]{0,95}$)(?:[\w.]{1,40}-){1,6}(?:\d{1,2}x)?\d{1,4}(?:\.\d{1,2})?[bB](?:-[\w.-]{1,60})?"
)
"""ORGANISATION/NAME-70B: the number of parameters in the name marks a language model of a hub."""
_SETTING = re.compile(r"-{0,2}(?P<name>[A-Za-z_][\w.-]{0,79})=(?=\S)")
_KEPT = re.compile(r"\[redacted; mentions ([^\[\]]+)\]")
_SERVICE_ENDPOINT = re.compile(
    r"(?:[a-z0-9-]+\.){1,2}amazonaws\.com(?:\.cn)?|(?:api|fips|dualstack)\.[a-z0-9.-]+\.[a-z]{2}(?:-[a-z]+)+-\d\.amazonaws\.com|[a-z0-9-]+\.googleapis\.com"
    r"|management\.(?:azure\.com|usgovcloudapi\.net|chinacloudapi\.cn)|login\.(?:microsoftonline\.(?:com|us)|chinacloudapi\.cn)|graph\.microsoft\.com"
)
"""Hosts of a cloud's own services (s3.us-west-2.amazonaws.com, the principal ec2.amazonaws.com): no thing of anybody's."""


_OF_THINGS = (".amazonaws.com", ".amazonaws.com.cn")


_REMEMBERED = 16384
"""Texts of which is remembered what they mention; then the oldest is forgotten."""


class _Called(NamedTuple):
    """What a name says about the text under it; `whole`: that a whole text may be the name of something."""

    whole: bool
    image: bool
    bucket: bool
    hub: bool
    endpoint: bool
    mlflow: bool
    prose: bool
    own_address: bool


@lru_cache(maxsize=65536)
def _called(name: str) -> _Called:
    image, bucket = _IMAGE_NAME.search(name) is not None, _BUCKET_NAME.search(name) is not None
    endpoint = _ENDPOINT_NAME.search(name) is not None
    return _Called(
        whole=image or bucket or endpoint,
        image=image,
        bucket=bucket,
        hub=_HUB_NAME.search(name) is not None,
        endpoint=endpoint,
        mlflow=_MLFLOW_NAME.search(name) is not None,
        prose=_PROSE_NAME.search(name) is not None,
        own_address=_OWN_ADDRESS.match(name) is not None,
    )


def mentions(text: str, name: str) -> tuple[Mention, ...]:
    """Things that a text mentions, in order of appearance.

    Args:
        text: a string value of a payload.
        name: the key or variable it stands under; it decides how bare host names, images and plain words are read.
            "value" (a value whose name is unknown) reads every host.
    """
    if len(text) > 200:
        return tuple(_mentions(text, name))
    if "/" not in text and "=" not in text and "[" not in text and not (called := _called(name)).whole:
        if not _QUICK.search(text):
            return ()
        if AWS_SHORT_ID.fullmatch(text) and (named := aws_short_name(text)):
            return (Mention(named, text, (0, len(text))),)
        if called.own_address and ":" not in text and not AWS_SHORT_ID.search(text):
            return ()
    return _mentions_short(text, name)


@lru_cache(maxsize=_REMEMBERED)
def _mentions_short(text: str, name: str) -> tuple[Mention, ...]:
    return tuple(_mentions(text, name))


def _mentions(text: str, name: str) -> Iterator[Mention]:
    at = 0
    if "=" in text:
        for _ in range(3):  # "JAVA_OPTS=-Dfs.bucket=b"
            if setting := _SETTING.match(text, at):
                at, name = setting.end(), setting["name"]
    for found in _found(text[at:] if at else text, name):
        yield Mention(found.name, found.value, (found.span[0] + at, found.span[1] + at)) if at else found


def _found(text: str, name: str) -> Iterator[Mention]:
    """Each search is preceded by one for a piece without which it finds nothing: most texts hold none of them."""
    called = _called(name)
    if whole := _whole(text, name, called):
        yield Mention(whole, text, (0, len(text)))
        return
    if not _QUICK.search(text):
        return
    taken: list[tuple[int, int]] = []
    if "[redacted; " in text:
        for m in _KEPT.finditer(text):
            taken.append(m.span())
            yield from _kept(m)
    if "arn:aws" in text:
        yield from _named_by(arn_name, _ARN, text, taken)
    if "ubscriptions/" in text or "UBSCRIPTIONS/" in text:
        yield from _named_by(uri_name, AZUREML, text, taken)
        yield from _named_by(arm_name, ARM_ID, text, taken)
    if "models:/" in text:
        yield from _named_by(uri_name, MLFLOW_MODEL, text, taken)
    if "/" in text:
        yield from _named_by(image_name, _REGISTRY_IMAGE, text, taken)
    if "://" in text:
        yield from _uris(text, name, called, taken)
    if "-" in text:
        for m in AWS_SHORT_ID.finditer(text):
            if not _inside(m.span(), taken) and (named := aws_short_name(m[0])):
                yield Mention(named, m[0], m.span())
    if "=" in text or ":" in text:
        for m in _BUCKET_SETTING.finditer(text):
            bucket = m["bucket"]
            if not _NO_BUCKET.fullmatch(bucket) and (named := uri_name(f"s3://{bucket}")):
                yield Mention(named, bucket, m.span("bucket"))
    if "." in text:
        yield from _hosts(text, name, called, taken)


def _named_by(
    naming: Callable[[str], Name | None], pattern: re.Pattern[str], text: str, taken: list[tuple[int, int]]
) -> Iterator[Mention]:
    for m in pattern.finditer(text):
        value = m[0].rstrip(".:/")
        if not _inside(m.span(), taken):
            insort(taken, m.span())
            if named := naming(value):
                yield Mention(named, value, (m.start(), m.start() + len(value)))


def _uris(text: str, name: str, called: _Called, taken: list[tuple[int, int]]) -> Iterator[Mention]:
    for m in _URI.finditer(text):
        if _inside(m.span(), taken) or m["scheme"] == "aws":  # aws:///zone/i-…: the id inside is the mention
            continue
        if ARM_ID.search(m[0]):  # https://management.azure.com/subscriptions/…: the id inside is the mention
            continue
        insort(taken, m.span())
        value = m[0].rstrip(".:").replace(_REMOVED_USER, "", 1)
        if named := _uri(value, m["scheme"].lower(), called):
            yield Mention(named, _public(value), (m.start(), m.start() + len(m[0].rstrip(".:"))))


_GOOGLE = ("//", "projects/", "folders/", "organizations/", "serviceAccount:")
"""How names in Google Cloud begin, apart from links."""


def _whole(text: str, name: str, called: _Called) -> Name | None:
    """The name that a whole value gives to an image, a bucket or a hub's model, by what it stands under, or to a thing in
    Google Cloud."""
    if text.startswith(_GOOGLE) or text.endswith(".gserviceaccount.com"):
        return gcp_name(text)
    if "://" in text or len(text) > 400 or text.isspace():
        return None
    if called.image and ("/" in text or ":" in text or name.lower() == "image"):
        return None if text.startswith("sha256:") else image_name(text)
    if called.bucket and not _NO_BUCKET.fullmatch(text):
        return uri_name(f"s3://{text}")
    if "/" in text and ((called.hub and _HUB_MODEL.fullmatch(text)) or _SIZED_MODEL.fullmatch(text)):
        return uri_name(f"hf://{text}")
    if called.endpoint and (m := _LABEL_AND_PORT.fullmatch(text)):
        return _label(m["host"])
    return None


def _label(host: str) -> Name | None:
    """Name of a host of one label: it means something only where it stands."""
    return None if host == "localhost" else Name(f"label:{host}", "k8s.service", "kubernetes")


def _labelled(uri: str) -> Name | None:
    """Name of the host of one label in a URI; with a web address only where a port stands too."""
    m = _LABEL_HOST.match(uri)
    return _label(m["host"]) if m and (m["port"] or m["scheme"] not in ("http", "https")) else None


def _kept(marker: re.Match[str]) -> Iterator[Mention]:
    """Mentions that redaction left inside a marker: canonical keys, parted by blanks."""
    for word in marker[1].split(" "):
        form, _, rest = word.partition(":")
        if form in ("dns", "ip"):
            named = host_name(rest)
        elif form == "image" and "/" not in rest.removeprefix("//"):  # a registry, of whose repositories nobody knows
            named = Name(word, "azure.containerregistry.registry", "azure")
        elif form == "image":
            named = image_name(rest.removeprefix("//"))
        elif form == "azblob":
            account, _, container = rest.removeprefix("//").partition("/")
            named = Name(word, "azure.storage.container", "azure", account) if container else None
        elif form == "mlflow-server":
            named = Name(word, "mlflow.server", "mlflow")
        elif form == "label":
            named = _label(rest)
        elif form == "aws":
            named = aws_short_name(rest)
        elif form == "arn":
            named = arn_name(word)
        elif word.startswith("/subscriptions/"):
            named = arm_name(word)
        elif word.startswith("//"):
            named = gcp_name(word)
        else:
            named = uri_name(word)
        if named:
            yield Mention(named, word, marker.span())


_FAR = 1 << 62


def _inside(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    """Whether a span begins inside one of the sorted, disjoint spans that are taken."""
    at = bisect_right(taken, (span[0], _FAR)) - 1
    return at >= 0 and span[0] < taken[at][1]


def _public(uri: str) -> str:
    """A URI without user information, query and fragment."""
    head = re.split(r"[?#]", uri, maxsplit=1)[0]
    scheme, _, rest = head.partition("://")
    authority, slash, path = rest.partition("/")
    if scheme.lower() in ("abfs", "abfss", "wasb", "wasbs"):
        return head
    return f"{scheme}://{authority.rsplit('@', 1)[-1]}{slash}{path}"


def _uri(value: str, scheme: str, called: _Called) -> Name | None:
    if "{{" in value or "${" in value:
        return None
    if called.mlflow and scheme in ("http", "https"):
        return mlflow_server_name(value)
    if scheme in _STORE_SCHEMES:
        return uri_name(value)
    base = scheme.removeprefix("jdbc:")
    if base in _SERVER_SCHEMES or "+" in base:
        return uri_name(value) or _labelled(value.removeprefix("jdbc:"))
    if scheme not in ("http", "https"):
        return None
    named = uri_name(value)
    if named is None:
        return _labelled(value)
    if not named.key.startswith(("dns:", "ip:")):
        return named
    host = named.key.partition(":")[2]
    if ".svc." in host:
        return named
    if _NOISE_HOSTS.search(host) or host == "169.254.169.254":
        return None
    if _SERVICE_ENDPOINT.fullmatch(host) and (value.rstrip("/").endswith(host) or not host.endswith(_OF_THINGS)):
        return None  # of links to Google and Azure, only those that name a thing say something
    if known_service(host) or host.endswith(".svc") or not called.prose:
        return named
    return None


def _hosts(text: str, name: str, called: _Called, taken: list[tuple[int, int]]) -> Iterator[Mention]:
    if called.own_address:
        return
    speaks_of_hosts = name == "value" or called.endpoint
    for m in _HOST.finditer(text):
        host = m["host"].lower()
        if _inside(m.span(), taken) or _SERVICE_ENDPOINT.fullmatch(host) or AWS_SHORT_ID.match(host):
            continue  # a short id in front (fs-0abc.efs.…) is the thing's own name and has been found
        if _NOISE_HOSTS.search(host) and ".svc." not in host:
            continue
        if name in ("key", "topologyKey") and text[m.end() : m.end() + 1] == "/":
            continue  # DOMAIN/NAME is the name of a label, a taint or an annotation
        whole = m.span() == (0, len(text))
        known = known_service(host) is not None or ".svc." in host + "."
        plausible = whole and speaks_of_hosts and not _FILE_NAME.search(host)
        if (known or plausible) and (named := _server(host)):
            yield Mention(named, m[0], m.span())
    alone = _ADDRESS.fullmatch(text)
    if alone and (speaks_of_hosts or ":" in text) and (named := host_name(alone["host"])):
        yield Mention(named, text, alone.span())


def _server(host: str) -> Name | None:
    if host.endswith(".core.windows.net"):
        host = ".".join(host.split(".")[-5:])
    return uri_name(f"https://{host}/") if ".s3" in host else host_name(host)


@lru_cache(maxsize=16384)
def declared(text: str, target: str, within: str, scope: Scope) -> Name:
    """Name of a thing that a row's link points at: by its shape where it has one, otherwise unique within a scope.

    Args:
        target: kind of the thing; "" for whatever an ARN names.
    """
    if text.startswith(OWN_SCHEMES):
        return Name(text, target, text.split(":", 1)[0])
    if text[:15].lower() in ("/subscriptions/", "/providers/micr") and (named := arm_name(text)):
        return Name(named.key, target or named.target, named.provider, named.account)
    if text.startswith("arn:") and (named := arn_name(text)):
        return Name(named.key, target or named.target, named.provider, named.account, named.place)
    if target.endswith(
        ("image_repository", "ecr.repository", "artifactregistry.repository", "containerregistry.registry")
    ):
        if named := image_name(text):
            return named
    elif ("://" in text or text.startswith("azureml:/")) and (named := uri_name(text)):
        own = not target or named.key.startswith(("dns:", "ip:"))
        return Name(named.key, named.target if own else target, *_where(named))
    if (scheme := _SCHEMES.get(target)) and (named := uri_name(f"{scheme}://{text}")):
        return named
    if (scope.provider == "gcp" or target.startswith("gcp.")) and (named := gcp_name(text, target)):
        return named
    if named := aws_short_name(text):
        account, place = (scope.account, scope.place) if scope.provider == "aws" else ("", "")
        return Name(named.key, target, "aws", account, place)
    provider = scope.provider
    place = scope.place if within == "place" else ""
    account = scope.account if within in ("place", "account") else ""
    return Name(native_key(target, within, scope, text), target, provider, account, place)


_SCHEMES = {"aws.s3.bucket": "s3", "gcp.storage.bucket": "gs"}
"""Buckets that go by their bare names."""


def in_its_cloud(mention: Mention, scope: Scope) -> Name:
    """What a mention names; a bucket's bare name in something of Google Cloud is that of one there."""
    name = mention.name
    if scope.provider == "gcp" and name.key == f"s3://{mention.value}":
        return uri_name(f"gs://{mention.value}") or name
    return name


def _where(name: Name) -> tuple[str, str, str]:
    return name.provider, name.account, name.place


def means_elsewhere(name: Name, scope: Scope) -> bool:
    """Whether a mention may mean something else where it stands: see `seen_from`."""
    return scope.provider == "kubernetes" or name.key.startswith(("mlflow-server:", "label:", "s3:"))


def seen_from(name: Name, scope: Scope, namespace: str = "") -> Iterator[tuple[Name, bool]]:
    """What a mention means where it stands: (name, whether it may dangle by design), the mentioned thing first.

    Inside a Kubernetes cluster, SERVICE.NAMESPACE.svc and a host of one label are Services of that cluster. A tracking
    server is a server and, second, whatever answers at its host.

    Args:
        namespace: that of what mentions it, "" where it has none.
    """
    form, _, host = name.key.partition(":")
    cluster = scope.account if scope.provider == "kubernetes" else ""
    if form == "mlflow-server":
        yield from _tracking(name, scope, cluster, namespace)
    elif form == "label":
        if cluster and namespace:
            yield _service(scope, namespace, host), True
    elif form == "s3" and "@" in host:
        bucket, _, store = host.partition("@")
        address = seen_inside(parse_address(store), cluster, namespace) if cluster else parse_address(store)
        yield name._replace(key=f"s3:{bucket}@{address}"), False
    elif form == "dns" and cluster and (m := _SERVICE_DNS.fullmatch(host)):
        yield _service(scope, m["ns"], m["name"]), False
    else:
        yield name, False


def _tracking(name: Name, scope: Scope, cluster: str, namespace: str) -> Iterator[tuple[Name, bool]]:
    address = parse_server(name.key)
    if only_local(address):
        yield name._replace(key=f"{name.key}@{scope.account}"), False
        return
    if cluster:
        address = seen_inside(address, cluster, namespace)
    yield name._replace(key=address.key), False
    if cluster and (named := address.service):
        yield _service(scope, *named), False
    elif host := host_name(address.host):
        yield host, True


def _service(scope: Scope, namespace: str, name: str) -> Name:
    key = kubernetes_id(scope.account, "", "Service", namespace, name)
    return Name(key, "k8s.service", "kubernetes", scope.account, scope.place)


def search(payload: Json, quiet: frozenset[str] = frozenset()) -> list[tuple[str, Mention]]:
    """(JSON path, mention) of everything that a payload mentions, depth first.

    Args:
        quiet: dotted paths that are not searched ("metadata.managedFields").
    """
    found: list[tuple[str, Mention]] = []
    listen_to(payload, root_place(quiet), ["$"], found)
    return found


_LISTENED = 200
_TOLD = 4096
_CHILDREN = 512


class Place:
    """A place in payloads: what a value there is called, and what the texts said that stood there before.

    Payloads of one kind have the same keys, and many of their texts stand in one after the other: both are looked up
    here instead of worked out. Threads may fill the same place; whoever comes second writes the same.
    """

    __slots__ = ("_dotted", "_quiet", "below", "called", "listed", "name", "told")

    def __init__(self, name: str, dotted: str, quiet: frozenset[str]) -> None:
        self.name = name
        self._dotted = dotted
        self._quiet = quiet
        self.told: dict[str, tuple[Mention, ...]] = {}
        self.below: dict[str, tuple[str, Place | None]] = {}
        self.called: dict[tuple[str, str], Place] = {}
        self.listed: dict[str, Place] = {}

    def step(self, key: str) -> tuple[str, Place | None]:
        """(step of the JSON path, place) under a key; no place where nothing is searched."""
        dotted = f"{self._dotted}.{key}" if self._dotted else key
        silent = dotted in self._quiet or dotted == "$links"
        made = key_step(key), None if silent else Place(key, dotted, self._quiet)
        if len(self.below) < _CHILDREN:
            self.below[key] = made
        return made

    def valued(self, key: str, variable: str) -> Place:
        """The place under a key that holds the value of a variable."""
        found = self.called.get((key, variable))
        if found is None:
            found = Place(variable, f"{self._dotted}.{key}" if self._dotted else key, self._quiet)
            if len(self.called) < _CHILDREN:
                self.called[key, variable] = found
        return found

    def item(self, name: str) -> Place:
        """The place of an element of a list, called after a flag before it or as the list is."""
        found = self.listed.get(name)
        if found is None:
            found = Place(name, self._dotted + "[]", self._quiet)
            if len(self.listed) < _CHILDREN:
                self.listed[name] = found
        return found

    def listen(self, text: str) -> tuple[Mention, ...]:
        """What a text says here, remembered."""
        said = self.hear(text)
        if len(text) <= _LISTENED:
            if len(self.told) >= _TOLD:
                self.told.clear()
            self.told[text] = said
        return said

    def hear(self, text: str) -> tuple[Mention, ...]:
        """What a text says here."""
        if self.name == "server" and self._dotted.endswith("nfs.server"):
            named = uri_name(f"nfs://{text}")
            return (Mention(named, text, (0, len(text))),) if named else ()
        return mentions(text, self.name) if len(text) > 5 else ()


@lru_cache(maxsize=512)
def root_place(quiet: frozenset[str]) -> Place:
    return Place("", "", quiet)


def listen_to(value: Json, place: Place, path: list[str], found: list[tuple[str, Mention]]) -> None:
    if isinstance(value, str):
        said = place.told.get(value)
        where = "".join(path)
        found.extend([(where, mention) for mention in (place.listen(value) if said is None else said)])
    elif isinstance(value, dict):
        listen_to_object(value, place, path, found)
    elif isinstance(value, list):
        listen_to_list(value, place, path, found)


def listen_to_object(value: dict[str, Json], place: Place, path: list[str], found: list[tuple[str, Mention]]) -> None:
    start = len(found)
    parted = _parted_image(value) if "repository" in value and "image" in value else None
    if parted:
        found.append(("".join(path) + ".image", parted))
    variable = None
    if "value" in value or "Value" in value:
        variable = next((v for k in ("name", "Name", "key", "Key") if isinstance(v := value.get(k), str)), None)
    below = place.below
    for key, item in value.items():
        kind = type(item)
        if kind is not str and kind is not dict and kind is not list:
            continue
        step, child = below.get(key) or place.step(key)
        if child is None or (parted and key in ("repository", "image")):
            continue
        if variable is not None and key in ("value", "Value", "VALUE"):
            child = place.valued(key, variable)
        if kind is str:
            said = child.told.get(item)
            if said is None:
                said = child.listen(item)
            if said:
                where = "".join(path) + step
                found.extend([(where, mention) for mention in said])
        else:
            path.append(step)
            (listen_to_object if kind is dict else listen_to_list)(item, child, path, found)
            path.pop()
    if ENVIRONMENTS.isdisjoint(value):
        return
    if len(found) > start and (store := _object_store(value)):
        found[start:] = [(where, _kept_at(store, mention)) for where, mention in found[start:]]
    found.extend(("".join(path) + step, mention) for step, mention in _default_tracker(value))


ENVIRONMENTS = frozenset({"env", "environment", "Environment"})
_STORE_ENDPOINT = re.compile(r"AWS_ENDPOINT_URL(?:_S3)?|(?:AWS_|MLFLOW_)?S3_ENDPOINT(?:_URL)?|MINIO_ENDPOINT")
"""Variables that say where a container's s3:// buckets are. Source: botocore 1.44.5, configprovider.py; mlflow 3.17,
environment_variables.py; read 2026-11-24. The names without AWS_ENDPOINT and MLFLOW are not verified."""


def _variables(value: dict[str, Json]) -> Iterator[tuple[str, str, str]]:
    """(path below, name, value, "" where it stands elsewhere) of the variables of a container or function."""
    for key in ENVIRONMENTS & value.keys():
        held = value[key]
        if isinstance(held, dict):
            pairs = [(key_step(str(k)), k, v) for k, v in held.items()]
        elif isinstance(held, list):
            pairs = [(f"[{i}]", e.get("name"), e.get("value")) for i, e in enumerate(held) if isinstance(e, dict)]
        else:
            continue
        for step, name, text in pairs:
            if isinstance(name, str):
                yield f"{key_step(key)}{step}", name, text if isinstance(text, str) else ""


def _object_store(value: dict[str, Json]) -> Address | None:
    """The object store that a container or function is told to use instead of Amazon's; None where it is not."""
    for _, name, text in _variables(value):
        if text and _STORE_ENDPOINT.fullmatch(name):
            named = mlflow_server_name(text if "://" in text else f"http://{text}")
            if named and not re.search(r"(?:^|\.)amazonaws\.com(?:\.cn)?$", parse_server(named.key).host):
                return replace(parse_server(named.key), path="")
    return None


_TRACKS = frozenset({"WANDB_API_KEY", "WANDB_PROJECT", "WANDB_ENTITY", "WANDB_SWEEP_ID"})
_TRACKER = "https://api.wandb.ai"
"""Where Weights & Biases sends runs unless WANDB_BASE_URL says otherwise; WANDB_MODE and WANDB_DISABLED keep them at home. Source: docs.wandb.ai,
"Environment variables"; wandb/wandb, wandb/sdk/wandb_settings.py; read 2026-11-24."""


def _default_tracker(value: dict[str, Json]) -> Iterator[tuple[str, Mention]]:
    """The tracker that a container or function reports to without naming it: (path of the variable that shows it, mention)."""
    told = {name: (step, text) for step, name, text in _variables(value)}
    shown = next((name for name in told if name in _TRACKS), None)
    at_home = told.get("WANDB_MODE", ("", ""))[1] in ("offline", "disabled", "dryrun")
    off = told.get("WANDB_DISABLED", ("", ""))[1].lower() in ("true", "1")
    if shown and "WANDB_BASE_URL" not in told and not at_home and not off and (named := uri_name(_TRACKER)):
        yield told[shown][0], Mention(named, _TRACKER, (0, 0))


def _kept_at(store: Address, mention: Mention) -> Mention:
    """A mention of a bucket as one of that store; any other as it is."""
    key = mention.name.key
    if not key.startswith("s3://") or "@" in key:
        return mention
    return Mention(Name(f"{key}@{store}", "s3.bucket"), mention.value, mention.span)


def listen_to_list(value: list[Json], place: Place, path: list[str], found: list[tuple[str, Mention]]) -> None:
    name = place.name
    for i, item in enumerate(value):
        child = place.listed.get(name) or place.item(name)
        path.append(f"[{i}]")
        listen_to(item, child, path, found)
        path.pop()
        name = _flag(item) or place.name


def _parted_image(value: dict[str, object]) -> Mention | None:
    """The image of an object that gives its registry and its last name apart, as the GPU operator's does."""
    repository, image = value.get("repository"), value.get("image")
    if not isinstance(repository, str) or not isinstance(image, str) or not repository or re.search(r"[/:@]", image):
        return None
    text = f"{repository.rstrip('/')}/{image}"
    name = image_name(text)
    return Mention(name, text, (0, len(image))) if name else None


def _flag(argument: object) -> str:
    """The name that an argument gives to the one after it: "artifact-root" of "--artifact-root"."""
    if isinstance(argument, str) and argument.startswith("--") and "=" not in argument and len(argument) < 80:
        return argument[2:]
    return ""


_PLAIN_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


@lru_cache(maxsize=65536)
def key_step(key: str) -> str:
    """A key as a step of a JSON path: ".spec", "[\"a.b\"]"."""
    return f".{key}" if _PLAIN_KEY.fullmatch(key) else '["' + key.replace("\\", "\\\\").replace('"', '\\"') + '"]'
