"""Reads stocktake.toml: what to scan, when, and where the inventory lives.

Every error names the key, the value, what is accepted, and the file and line. Credentials have no place here.
"""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from normalize.addresses import only_local, parse_server
from normalize.errors import ConfigError
from normalize.identity import arn_name, gcp_name, mlflow_server_name
from normalize.redaction import scrub

DEFAULT_DATABASE = "sqlite:///stocktake.db"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class _Source(_Strict):
    name: str

    @property
    def costs(self) -> str:
        """What reading it costs at the provider, and how not to; empty where it costs nothing worth a word."""
        return ""

    @field_validator("name")
    @classmethod
    def _short_name(cls, value: str) -> str:
        if not _NAME.fullmatch(value):
            raise ValueError(
                "accepted: 1 to 63 letters, digits, dots, dashes and underscores, starting with a letter or digit"
            )
        return value


def _web_address(value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"https?://[^\s@]+", value):
        raise ValueError("accepted: an http:// or https:// URL without user name and password")
    return value


COST_EXPLORER_COSTS = "AWS bills each page that Cost Explorer answers with $0.01; cost_explorer = false leaves it out"
"""Source: aws.amazon.com, "AWS Cost Explorer FAQs" ("a charge of 0.01 per request … each page counts as a separate request"),
read 2026-11-24."""


class AwsSource(_Source):
    type: Literal["aws"]
    regions: list[str] | None = Field(default=None, min_length=1)
    accounts: list[str] | Literal["organization"] | None = None
    role: str | None = None
    external_id_env: str | None = None
    profile: str | None = None
    endpoint_url: str | None = None
    window_days: int = Field(default=90, ge=1)
    cost_explorer: bool = True

    _endpoint = field_validator("endpoint_url")(_web_address)

    @property
    def costs(self) -> str:
        return COST_EXPLORER_COSTS if self.cost_explorer else ""

    @field_validator("accounts")
    @classmethod
    def _account_ids(cls, value: list[str] | str | None) -> list[str] | str | None:
        if isinstance(value, list) and (bad := [a for a in value if not re.fullmatch(r"\d{12}", a)]):
            raise ValueError(f"{bad[0]!r} is no account id; accepted: 12 digits, as text")
        return value

    @model_validator(mode="after")
    def _role_for_accounts(self) -> AwsSource:
        if self.accounts == "organization" and not self.role:
            raise ValueError('accounts = "organization" needs role: the name of the role to assume in each account')
        return self


class GcpSource(_Source):
    """`endpoint` stands for every service; "{service}" in it is the service's name. `transport` is that of Cloud Asset
    Inventory; left out: gRPC, over a plain http endpoint REST."""

    type: Literal["gcp"]
    parents: list[str] = Field(min_length=1)
    endpoint: str | None = None
    transport: Literal["grpc", "rest"] | None = None
    ca_bundle: str | None = None
    impersonate: str | None = None
    quota_project: str | None = None

    _endpoint = field_validator("endpoint")(_web_address)

    @field_validator("parents")
    @classmethod
    def _names_of_parents(cls, value: list[str]) -> list[str]:
        for parent in value:
            if not re.fullmatch(r"(?:organizations|folders)/\d+|projects/[a-z0-9][a-z0-9.:-]*", parent):
                raise ValueError(
                    f'"{parent}" is no parent; accepted: organizations/NUMBER, folders/NUMBER, projects/ID, as in '
                    '"projects/ml-prod"'
                )
        return value

    @field_validator("impersonate")
    @classmethod
    def _service_account(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(r"[a-z0-9-]+@[a-z0-9.:-]+\.gserviceaccount\.com", value):
            raise ValueError("accepted: the e-mail address of a service account, NAME@PROJECT.iam.gserviceaccount.com")
        return value


class AzureSource(_Source):
    """`endpoint` is Azure Resource Manager, `authority` Microsoft Entra ID, where they are not those of the `cloud`."""

    type: Literal["azure"]
    subscriptions: list[str] | None = Field(default=None, min_length=1)
    management_groups: list[str] | None = Field(default=None, min_length=1)
    cloud: Literal["public", "government", "china"] = "public"
    endpoint: str | None = None
    authority: str | None = None
    ca_bundle: str | None = None
    window_days: int = Field(default=90, ge=1)

    _endpoint = field_validator("endpoint", "authority")(_web_address)

    @field_validator("subscriptions")
    @classmethod
    def _subscription_ids(cls, value: list[str] | None) -> list[str] | None:
        for subscription in value or ():
            if not re.fullmatch(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", subscription):
                raise ValueError(f'"{subscription}" is no subscription id; accepted: a GUID')
        return value

    @field_validator("management_groups")
    @classmethod
    def _group_ids(cls, value: list[str] | None) -> list[str] | None:
        for group in value or ():
            if not re.fullmatch(r"[\w.()-]{1,90}", group):
                raise ValueError(f'"{group}" is no id of a management group; accepted: its id, not its display name')
        return value

    @model_validator(mode="after")
    def _one_way_to_say_where(self) -> AzureSource:
        if self.subscriptions and self.management_groups:
            raise ValueError("accepted: subscriptions or management_groups, not both")
        return self


class KubernetesSource(_Source):
    """`aliases` are names under which others know the cluster: its ARN or full resource name, the URL of its API server.
    `prometheus` is the URL of one that watches it, or "in-cluster"."""

    type: Literal["kubernetes"]
    kubeconfig: str | None = None
    context: str | None = None
    aliases: list[str] = Field(default_factory=list)
    prometheus: str | None = None
    prometheus_token_env: str | None = None

    @field_validator("prometheus")
    @classmethod
    def _way_to_prometheus(cls, value: str | None) -> str | None:
        if value != "in-cluster" and value is not None and not re.fullmatch(r"https?://[^\s@]+", value):
            raise ValueError(
                'accepted: an http:// or https:// URL without user name and password, or "in-cluster": Services that are a Prometheus, '
                "through the API server"
            )
        return value

    @model_validator(mode="after")
    def _token_goes_somewhere(self) -> KubernetesSource:
        if self.prometheus_token_env and (self.prometheus or "in-cluster") == "in-cluster":
            raise ValueError(
                "prometheus_token_env goes with the URL of a Prometheus; accepted: prometheus = a URL besides"
            )
        return self

    @field_validator("aliases")
    @classmethod
    def _names_of_clusters(cls, value: list[str]) -> list[str]:
        for alias in value:
            if not arn_name(alias) and not (alias.startswith("//") and gcp_name(alias)):
                _web_address(alias)
        return value


class MlflowSource(_Source):
    """`aliases` are further addresses of the same server; `cluster` is the Kubernetes source inside whose cluster those of
    them hold that mean something else elsewhere (http://mlflow.ml.svc:5000). The *_env name variables of the environment that
    hold its credentials; left out, MLflow's own are asked."""

    type: Literal["mlflow"]
    tracking_uri: str
    aliases: list[str] = Field(default_factory=list)
    cluster: str | None = None
    username_env: str | None = None
    password_env: str | None = None
    token_env: str | None = None
    databricks: bool | None = None
    window_days: int | None = Field(default=None, ge=1)
    artifact_calls: int = Field(default=2000, ge=0)

    _endpoint = field_validator("tracking_uri")(_web_address)

    @field_validator("aliases")
    @classmethod
    def _addresses_of_others(cls, value: list[str]) -> list[str]:
        for alias in value:
            named = mlflow_server_name(_web_address(alias) or "")
            if named is None:
                raise ValueError(f'"{alias}" is no web address; accepted: as in "http://mlflow.ml.svc:5000"')
            address = parse_server(named.key)
            if only_local(address):
                raise ValueError(f'"{alias}" means something else on every machine; accepted: the name that others use')
            if "." not in address.host and ":" not in address.host:
                raise ValueError(
                    f'"{alias}" lacks its namespace; accepted: as in "http://{address.host}.NAMESPACE.svc:{address.port}"'
                )
        return value

    @model_validator(mode="after")
    def _one_way_to_log_in(self) -> MlflowSource:
        if (self.username_env is None) != (self.password_env is None):
            raise ValueError("username_env and password_env go together")
        if self.token_env and self.username_env:
            raise ValueError("accepted: token_env, or username_env with password_env, not both")
        return self

    def inside_a_cluster(self) -> list[str]:
        """The addresses that mean nothing without a cluster."""
        named = (mlflow_server_name(uri) for uri in (self.tracking_uri, *self.aliases))
        return [a.url for a in (parse_server(n.key) for n in named if n) if a.service]


class _SshSource(_Source):
    """`jump_hosts` ("USER@HOST:PORT") are passed through in order; identity_file left out: the SSH agent."""

    user: str | None = None
    identity_file: str | None = None
    certificate_file: str | None = None
    known_hosts: str | None = None
    jump_hosts: list[str] = Field(default_factory=list)
    local: bool = False


class HostSource(_SshSource):
    type: Literal["host"]
    hosts: list[str] = Field(default_factory=list)
    hosts_file: str | None = None
    timeout_seconds: float | None = Field(default=None, gt=0, le=3600)

    @model_validator(mode="after")
    def _something_to_look_at(self) -> HostSource:
        if not self.local and not self.hosts and not self.hosts_file:
            raise ValueError("needs hosts, hosts_file or local = true")
        return self


class SlurmSource(_SshSource):
    """A cluster: a `host` with Slurm's commands, this machine, or `restd`, the address of slurmrestd."""

    type: Literal["slurm"]
    host: str | None = None
    port: int | None = Field(default=None, ge=1, le=65535)
    restd: str | None = None
    token_env: str | None = None
    cluster: str | None = None
    window_days: int = Field(default=30, ge=1)

    @field_validator("restd")
    @classmethod
    def _web_or_socket(cls, value: str | None) -> str | None:
        if value is not None and re.fullmatch(r"unix:/[^\s]+", value):
            return value
        return _web_address(value)

    @model_validator(mode="after")
    def _one_way_in(self) -> SlurmSource:
        if sum(map(bool, (self.host, self.local, self.restd))) != 1:
            raise ValueError("needs one of host, local = true or restd")
        if self.restd and not self.restd.startswith("unix:") and not self.token_env:
            raise ValueError("restd needs token_env: the environment variable that holds the token")
        return self


Source = Annotated[
    AwsSource | GcpSource | AzureSource | KubernetesSource | MlflowSource | HostSource | SlurmSource,
    Field(discriminator="type"),
]
SOURCE_TYPES: dict[str, type[_Source]] = {
    get_args(cls.model_fields["type"].annotation)[0]: cls
    for cls in (AwsSource, GcpSource, AzureSource, KubernetesSource, MlflowSource, HostSource, SlurmSource)
}


class Schedule(_Strict):
    name: str
    sources: list[str] | None = None
    cron: str
    timezone: str = "UTC"

    @field_validator("cron")
    @classmethod
    def _five_fields(cls, value: str) -> str:
        if len(value.split()) != 5:
            raise ValueError('accepted: five cron fields, as in "0 3 * * *"')
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (KeyError, ValueError, OSError):
            raise ValueError('accepted: a name of the time zone database, as in "Europe/Berlin"') from None
        return value


class Plan(_Strict):
    """What the owner of a move says of it, for `report … --target` and `plan`."""

    link_gbps: float | None = Field(default=None, gt=0, le=10_000)
    link_share: float = Field(default=1.0, gt=0, le=1)
    freeze_hours: float = Field(default=4.0, gt=0, le=10_000)


class Config(_Strict):
    """A whole configuration. `path` is where it was read, None for defaults. `knowledge` and `rules` are folders of the
    user's own files, relative to that file."""

    database: str = DEFAULT_DATABASE
    knowledge: str | None = None
    rules: str | None = None
    source: list[Source] = Field(default_factory=list)
    schedule: list[Schedule] = Field(default_factory=list)
    plan: Plan = Field(default_factory=Plan)
    path: Path | None = None

    @field_validator("database")
    @classmethod
    def _supported_database(cls, value: str) -> str:
        return checked_database(value)


def checked_database(url: str) -> str:
    """A database URL that is supported.

    Raises:
        ValueError: it is neither SQLite nor PostgreSQL through psycopg.
    """
    if re.fullmatch(r"sqlite(?:\+pysqlite)?:///.*|postgresql\+psycopg://.*", url):
        return url
    raise ValueError("accepted: sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE")


def load(path: Path | None, *, required: bool = True) -> Config:
    """Read a configuration file.

    Args:
        path: the file; None means stocktake.toml in the current folder.
        required: whether a missing file is an error; otherwise defaults are given.

    Raises:
        ConfigError: missing, not TOML, or not accepted; the message names key, value, accepted values, file and line.
    """
    file = path or Path("stocktake.toml")
    if not file.is_file():
        if path is None and not required:
            return Config()
        raise ConfigError(
            f"{file}: no such configuration file; `stocktake init` writes one, --config FILE names another"
        )
    text = file.read_text(encoding="utf-8")
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: not TOML: {error}") from None
    if "path" in data:
        raise ConfigError(_unknown_key(("path",), file, text, data))
    try:
        config = Config.model_validate(data)
    except ValidationError as error:
        raise ConfigError("\n".join(_message(e, file, text, data) for e in error.errors())) from None
    _check_names(config, file, text)
    sources = [_placed(source, i, config, file, text) for i, source in enumerate(config.source)]
    return config.model_copy(update={"source": sources, "path": file.resolve()})


def _placed(source: Source, i: int, config: Config, file: Path, text: str) -> Source:
    """A source with the cluster of its in-cluster addresses: the one that it names, else the only one there is.

    Raises:
        ConfigError: it names no cluster of this file, or there are several to choose from.
    """
    if not isinstance(source, MlflowSource):
        return source
    clusters = [s.name for s in config.source if isinstance(s, KubernetesSource)]
    if source.cluster is not None and source.cluster not in clusters:
        raise ConfigError(
            f'{file}:{line_of(text, ("source", i, "cluster"))}: cluster = "{source.cluster}" is no source of type '
            f"kubernetes; accepted: {_listed(clusters) or 'none is configured'}{_nearest(source.cluster, clusters)}"
        )
    if source.cluster is None and len(clusters) == 1:
        return source.model_copy(update={"cluster": clusters[0]})
    if source.cluster is None and len(clusters) > 1 and (local := source.inside_a_cluster()):
        raise ConfigError(
            f'{file}:{line_of(text, ("source", i, "aliases"))}: "{local[0]}" holds inside one cluster only; add '
            f"cluster = NAME; accepted: {_listed(clusters)}"
        )
    return source


def _check_names(config: Config, file: Path, text: str) -> None:
    seen: set[str] = set()
    for i, source in enumerate(config.source):
        if source.name in seen:
            line = line_of(text, ("source", i, "name"))
            raise ConfigError(
                f'{file}:{line}: source name "{source.name}" is used twice; accepted: a unique name per source'
            )
        seen.add(source.name)
    for i, schedule in enumerate(config.schedule):
        for name in schedule.sources or ():
            if name not in seen:
                line = line_of(text, ("schedule", i, "sources"))
                raise ConfigError(
                    f'{file}:{line}: schedule "{schedule.name}" names source "{name}"; accepted: {_listed(seen)}'
                )


def _message(error: Any, file: Path, text: str, data: dict[str, Any]) -> str:
    location: tuple[str | int, ...] = error["loc"]
    kind = error["type"]
    where = tuple(p for p in location if isinstance(p, int) or p not in SOURCE_TYPES or location.index(p) != 2)
    where = tuple(
        p for p in where if not (isinstance(p, str) and re.match(r"(?:list|literal|constrained|function)", p))
    )
    line = line_of(text, where)
    key = ".".join(str(p) for p in where if isinstance(p, str))
    if kind == "extra_forbidden":
        return _unknown_key(where, file, text, data)
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        value = _at(data, (*where, "type"))
        line = line_of(text, (*where, "type")) if value is not None else line
        said = f'type = "{value}"' if value is not None else "type is missing"
        hint = _nearest(str(value), SOURCE_TYPES) if value is not None else ""
        return f"{file}:{line}: source: {said}; accepted: {_listed(SOURCE_TYPES)}{hint}"
    if kind == "missing":
        return f"{file}:{line}: {key} is missing"
    value = _at(data, where)
    shown = "" if isinstance(value, dict) or value is None else f" = {scrub(repr(value))}"
    reason = str(error["msg"]).removeprefix("Value error, ")
    return f"{file}:{line}: {key}{shown}: {reason[0].lower() + reason[1:] if not reason.startswith('[') else reason}"


def _unknown_key(where: tuple[str | int, ...], file: Path, text: str, data: dict[str, Any]) -> str:
    table, key = where[:-1], str(where[-1])
    holder = _at(data, table)
    model: type[BaseModel] = Config
    if where[0] == "source" and isinstance(holder, dict):
        model = SOURCE_TYPES.get(str(holder.get("type")), _Source)
    elif where[0] == "schedule":
        model = Schedule
    known = [k for k in model.model_fields if k != "path"]
    line = line_of(text, where)
    return f'{file}:{line}: key "{key}" is not known; accepted: {_listed(known)}{_nearest(key, known)}'


def _nearest(word: str, known: Any) -> str:
    close = difflib.get_close_matches(word, list(known), 1, 0.5)
    return f'; did you mean "{close[0]}"?' if close else ""


def _listed(words: Any) -> str:
    return ", ".join(sorted(words))


def _at(data: Any, where: tuple[str | int, ...]) -> Any:
    for part in where:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            return None
    return data


def line_of(text: str, where: tuple[str | int, ...]) -> int:
    """Line (from 1) of a key in a TOML text; of its table where the key is not written.

    Args:
        where: ("source", 2, "regions") for the key of the third [[source]]; ("database",) for a top key.
    """
    lines = text.splitlines()
    start, end = 0, len(lines)
    if len(where) > 1 and isinstance(where[1], int):
        header = re.compile(rf"\s*\[\[\s*{re.escape(str(where[0]))}\s*\]\]")
        heads = [i for i, line in enumerate(lines) if header.match(line)]
        if where[1] < len(heads):
            start = heads[where[1]]
            end = next((i for i in range(start + 1, len(lines)) if re.match(r"\s*\[", lines[i])), len(lines))
    keys = [p for p in where if isinstance(p, str)]
    if keys:
        wanted = re.compile(rf"""\s*["']?{re.escape(keys[-1])}["']?\s*=""")
        for i in range(start, end):
            if wanted.match(lines[i]):
                return i + 1
    return start + 1


SAMPLE = """\
# Stocktake: what to scan, when, and where the inventory lives.
# Credentials never stand here: they come from each SDK's own chain, the SSH agent,
# or an environment variable that this file names.

database = "sqlite:///stocktake.db"        # or postgresql+psycopg://stocktake@db.internal/stocktake
# knowledge = "knowledge"                  # folder of your own facts over those that ship; `knowledge refresh` writes here
# rules = "rules"                          # folder of your own fit rules

# One block per thing to look at; `name` appears in every record.

# [[source]]
# type = "aws"
# name = "prod"
# regions = ["us-east-1", "eu-west-1"]     # left out: every region the account has enabled
# accounts = ["111122223333"]              # or "organization"; left out: the caller's own account
# role = "StocktakeReadOnly"               # assumed in each account
# external_id_env = "STOCKTAKE_EXTERNAL_ID"
# profile = "audit"
# endpoint_url = "https://vpce.example.internal"
# cost_explorer = false                  # left out: last month's bill is read; AWS charges $0.01 for each page of it
# window_days = 90                       # jobs and executions: how far back; of older ones, what still runs, if that
#                                        # can be asked for

# [[source]]
# type = "gcp"
# name = "ml-org"
# parents = ["organizations/123456789012"]  # or folders/NUMBER, projects/ID
# impersonate = "stocktake@ops.iam.gserviceaccount.com"  # left out: whoever the default credentials are
# quota_project = "ops"                    # whose quota pays; its Cloud Asset API has to be enabled
# endpoint = "https://{service}-ml.p.googleapis.com"  # private endpoints; left out: the services' own
# transport = "rest"                       # of Cloud Asset Inventory, where a proxy does not let gRPC through
# ca_bundle = "/etc/ssl/corporate.pem"     # who else may sign the endpoint's certificates

# [[source]]
# type = "azure"
# name = "tenant"
# subscriptions = ["00000000-0000-0000-0000-000000000000"]  # or management_groups = ["ml"]; left out: all the caller sees
# cloud = "public"                         # or "government", "china"
# endpoint = "https://arm.example.internal"  # Azure Resource Manager elsewhere; plain http: no credentials
# authority = "https://login.example.internal"  # Microsoft Entra ID elsewhere
# ca_bundle = "/etc/ssl/private-ca.pem"
# window_days = 90                         # jobs: how far back

# [[source]]
# type = "kubernetes"
# name = "train"
# kubeconfig = "~/.kube/config"            # left out: in-cluster, then the default file
# context = "train"
# aliases = ["arn:aws:eks:us-east-1:111122223333:cluster/train"]  # where nothing else tells which cluster of a cloud it is
# prometheus = "https://prometheus.example.internal"  # two weeks of requests, latency and use of accelerators; or "in-cluster":
#                                          # Services that are a Prometheus, through the API server's proxy
# prometheus_token_env = "PROMETHEUS_TOKEN"  # the variable that holds a bearer token for that URL

# [[source]]
# type = "mlflow"
# name = "registry"
# tracking_uri = "https://mlflow.example.internal"
# aliases = ["http://mlflow.ml.svc:5000"]  # other addresses of this very server, where nothing in a cluster tells that
# cluster = "train"                        # whose in-cluster names these are; left out: the only kubernetes source
# token_env = "MLFLOW_PROD_TOKEN"          # the variable with its token, or username_env with password_env; left out: MLflow's own
# databricks = true                        # a workspace behind a name of your own; token_env is then DATABRICKS_TOKEN unless set
# window_days = 365                        # runs: how far back; left out: all
# artifact_calls = 2000                    # requests that a look makes at most to count artifacts behind the server; 0 for none

# [[source]]
# type = "host"
# name = "lab"
# hosts = ["gpu01.example.internal", "10.0.0.7:2222"]
# user = "stocktake"
# identity_file = "~/.ssh/id_ed25519"
# known_hosts = "~/.ssh/known_hosts"       # host keys are always verified
# timeout_seconds = 300                    # the longest that one machine may take

# [[source]]
# type = "host"
# name = "here"
# local = true                             # this machine, without SSH

# [[source]]
# type = "slurm"
# name = "hpc"
# host = "login1.example.internal"         # has scontrol, sacctmgr and sacct; or local = true
# user = "stocktake"
# identity_file = "~/.ssh/id_ed25519"      # left out: the SSH agent; certificate_file beside it
# jump_hosts = ["stocktake@bastion.example.internal"]
# window_days = 30                         # jobs: how far back

# [[source]]
# type = "slurm"
# name = "hpc-rest"                        # through slurmrestd instead of SSH
# restd = "https://slurm.example.internal:6820"   # or "unix:/run/slurmrestd.socket"
# user = "stocktake"                       # whose token it is
# token_env = "SLURM_JWT"                  # the variable that holds it

# [plan]                                   # what you know of the move, for `stocktake report data --target gcp`
# link_gbps = 10                           # to the target; left out: 1, 10 and 100 are shown side by side
# link_share = 0.5                         # what copies may take of it, 0 to 1
# freeze_hours = 4                         # the longest that writes may stand still

# [[schedule]]                             # for `stocktake agent`
# name = "nightly"
# cron = "0 3 * * *"
# timezone = "Europe/Berlin"               # left out: UTC
# sources = ["prod", "train"]              # left out: all
"""
