"""The command line. Imports nothing heavy before a command needs it: `stocktake --help` stays quick."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from normalize.errors import BusyError, ConfigError, StocktakeError
from reports.tables import COLUMNS, TABLE_COLUMNS

if TYPE_CHECKING:
    from datetime import date, datetime

    from discovery.config import Config
    from discovery.console import Console

F = TypeVar("F", bound=Callable[..., Any])

FORMATS = ("table", "json", "jsonl", "csv")
TARGETS = ("aws", "gcp", "azure", "kubernetes")
_NO_FILTER = {
    "tags",
    "attributes",
    "missing",
    "evidence",
    "evidence_count",
    "parts",
    "lacks",
    "told",
    "roots",
    "root_count",
    "accepted_reason",
    "needs",
    "sources",
    "reason",
    "why",
    "remedy",
}


class State:
    """Global options, as they were given anywhere on the command line."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}

    @property
    def console(self) -> Console:
        from discovery.console import Console

        keys = ("quiet", "verbose", "log_format", "no_color")
        return Console(**{k: self.values[k] for k in keys if k in self.values})

    def config(self, *, required: bool = True) -> Config:
        from discovery.config import load

        return load(self.values.get("config"), required=required)

    def database(self) -> str:
        """The database: the option or variable, else the configuration, else the default."""
        from discovery.config import checked_database

        if url := self.values.get("database"):
            try:
                return checked_database(url)
            except ValueError as error:
                raise ConfigError(f'--database "{_public(url)}": {error}') from None
        return self.config(required=False).database


def _public(url: str) -> str:
    from normalize.redaction import scrub

    return scrub(url)


def _keep(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    state = ctx.ensure_object(State)
    if value is not None and value is not False:
        state.values[str(param.name)] = value
    return value


def shared(command: F) -> F:
    """Options that hold everywhere: before or after the command's name."""
    options = (
        click.option("--config", type=click.Path(path_type=Path, dir_okay=False), envvar="STOCKTAKE_CONFIG", expose_value=False, callback=_keep, is_eager=True, help="Configuration file [stocktake.toml]."),
        click.option("--database", metavar="URL", envvar="STOCKTAKE_DATABASE", expose_value=False, callback=_keep, is_eager=True, help="Inventory to use [sqlite:///stocktake.db]."),
        click.option("-q", "--quiet", is_flag=True, expose_value=False, callback=_keep, is_eager=True, help="No progress, errors only."),
        click.option("-v", "--verbose", is_flag=True, expose_value=False, callback=_keep, is_eager=True, help="Say more."),
        click.option("--log-format", type=click.Choice(["text", "json"]), expose_value=False, callback=_keep, is_eager=True, help="How logs are written [text]."),
        click.option("--no-color", is_flag=True, expose_value=False, callback=_keep, is_eager=True, help="No colour (also NO_COLOR)."),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


class _Group(click.Group):
    """A group whose commands end with the contract's exit codes."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            raise _Fail(str(error), 2) from None
        except BusyError as error:
            raise _Fail(str(error), 2) from None
        except StocktakeError as error:
            raise _Fail(str(error), 1) from None
        except BrokenPipeError:
            sys.stderr.close()
            ctx.exit(0)


class _Fail(click.ClickException):
    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code

    def show(self, file: Any = None) -> None:
        super().show(file)
        sys.exit(self.code)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="stocktake", prog_name="stocktake")
@shared
@click.pass_context
def main(ctx: click.Context) -> None:
    """Stocktake: what an AI estate is made of, and what of it nobody could see.

    It reads cloud accounts, Kubernetes clusters, MLflow servers and GPU hosts, and never writes to them.

    \b
    Start:
      stocktake demo               a local estate, scanned, with reports
      stocktake init               write stocktake.toml, then name your sources in it
      stocktake check              what a scan would be blind to, and which permission is missing
      stocktake scan               look, and keep what was seen
      stocktake gaps               what the inventory does not know

    Exit codes: 0 complete, 3 finished with blind spots, 2 wrong usage or configuration, 1 a fault of Stocktake.
    """
    ctx.ensure_object(State)


@main.command()
@shared
@click.pass_obj
def init(state: State) -> None:
    """Write a commented stocktake.toml here; never overwrites.

    \b
    Example:
      stocktake init && $EDITOR stocktake.toml
    """
    from discovery.config import SAMPLE

    path: Path = state.values.get("config") or Path("stocktake.toml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(SAMPLE)
    except FileExistsError:
        raise ConfigError(
            f"{path} exists and was left as it is; remove it first, or name another with --config"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be written: {error.strerror}") from None
    state.console.note(f"wrote {path}: name your sources in it, then run: stocktake check")


@main.command()
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option("--format", "format_", type=click.Choice(FORMATS), default=None, help="How to print.")
@shared
@click.pass_obj
def check(state: State, sources: tuple[str, ...], format_: str | None) -> None:
    """Connect read-only and say, per kind, what a scan would be blind to and what is missing. Changes nothing.

    \b
    Examples:
      stocktake check
      stocktake check --source prod --format json
    """
    from discovery.scans import predict

    rows, blind = predict(state.config(), sources, state.console)
    columns = ("source", "kind", "account", "place", "outcome", "reason", "needs")
    _print(state, rows, columns, columns, format_)
    if blind:
        state.console.note(f"{blind} kinds or scopes would not be seen; see the column needs")
        sys.exit(3)
    state.console.note("nothing is hidden from these credentials, as far as can be told without a scan")


@main.command()
@click.argument("provider", type=click.Choice(["aws", "gcp", "azure", "kubernetes", "host", "slurm"]))
@click.option(
    "--format",
    "format_",
    default=None,
    help="aws: json, terraform, cloudformation. gcp: yaml, terraform. azure: json, terraform. kubernetes: yaml. host, slurm: text.",
)
@shared
@click.pass_obj
def permissions(state: State, provider: str, format_: str | None) -> None:
    """Print the least-privilege read-only policy, generated from the kind tables.

    All of it reads, and of what it reads AWS bills the pages of Cost Explorer: $0.01 each (ce:GetCostAndUsage,
    ce:GetDimensionValues). `cost_explorer = false` in a source leaves them out, and then the two are not needed.

    \b
    Examples:
      stocktake permissions aws > policy.json
      stocktake permissions gcp > role.yaml
      stocktake permissions kubernetes | kubectl apply -f -
    """
    from discovery.config import COST_EXPLORER_COSTS
    from discovery.wiring import permissions

    default = {"aws": "json", "gcp": "yaml", "azure": "json", "kubernetes": "yaml", "host": "text", "slurm": "text"}[
        provider
    ]
    try:
        click.echo(permissions(provider)(format_ or default).rstrip("\n"))
        if provider == "aws":
            state.console.note(f"ce:GetCostAndUsage, ce:GetDimensionValues: {COST_EXPLORER_COSTS}")
    except (KeyError, ValueError) as error:
        raise ConfigError(f"--format {format_}: {error}") from None


@main.command()
@click.option("--show", is_flag=True, help="Print the script; nothing runs.")
@shared
@click.pass_obj
def probe(state: State, show: bool) -> None:
    """Read this machine into one file, for `stocktake import` elsewhere; or show the script that reads machines.

    A machine without Stocktake does the same with the script alone: sh probe.sh bundle > FILE. The file ends in a
    checksum, by which `import` tells whether it was damaged on the way.

    \b
    Examples:
      stocktake probe > gpu01.bundle
      stocktake probe --show | less
      stocktake probe --show > probe.sh
    """
    from discovery.wiring import host_bundle, host_probe

    if show:
        click.echo(host_probe())
        return
    if sys.stdout.isatty():
        raise ConfigError("what is read goes to standard output, here a terminal; as in: stocktake probe > FILE")
    state.console.note("reading this machine")
    state.console.note(f"sha256 {host_bundle(sys.stdout.buffer)}")


@main.command()
@click.option("--source", "sources", multiple=True, metavar="NAME", help="Only this source; may be repeated.")
@click.option(
    "--kind", "kinds", multiple=True, metavar="PATTERN", help='Only kinds like "aws.sagemaker.*"; may be repeated.'
)
@click.option("--resume", is_flag=True, help="Go on with the newest run that did not finish.")
@click.option(
    "--engine",
    type=click.Choice(["threads", "dask"]),
    default="threads",
    show_default=True,
    help="What takes the looks: this process, or a Dask cluster.",
)
@click.option("--workers", type=click.IntRange(1, 256), default=16, show_default=True, help="Scopes read at a time.")
@shared
@click.pass_obj
def scan(
    state: State, sources: tuple[str, ...], kinds: tuple[str, ...], resume: bool, engine: str, workers: int
) -> None:
    """One discovery run over the configured sources.

    \b
    Examples:
      stocktake scan
      stocktake scan --source prod --kind 'aws.sagemaker.*'
      stocktake scan --resume
      stocktake scan --engine dask --workers 64
      DASK_SCHEDULER_ADDRESS=tcp://dask:8786 stocktake scan --engine dask
    """
    from discovery.scans import run_scan

    code = run_scan(
        state.config(),
        state.database(),
        state.console,
        sources=sources,
        patterns=kinds,
        resume=resume,
        workers=workers,
        engine=engine,
    )
    if code:
        sys.exit(code)


@main.command("import")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...", type=click.Path(exists=True, path_type=Path))
@click.option("--told-by", metavar="NAME", default="", help="Who gave the answers of a questionnaire that name nobody.")
@shared
@click.pass_obj
def import_(state: State, paths: tuple[Path, ...], told_by: str) -> None:
    """Take files in that others wrote; what a file is shows in what stands in it. A folder stands for all files in it.

    \b
    Machines: what `stocktake probe` wrote on a machine that cannot be reached.
    Bills: FOCUS 1.0 to 1.2, Google Cloud billing exports, Azure cost exports, AWS CUR; as CSV, JSON Lines (gzipped or not)
    or Parquet. An account's month that is imported again replaces what was there.
    States of Terraform and OpenTofu: version 4, or what `terraform show -json` prints. Of what stands in them, addresses, types and what
    says which thing is meant are kept; nothing else. A later serial replaces an earlier one.
    Questionnaires that were filled in: each line is taken or refused by itself.

    \b
    Examples:
      stocktake import gpu01.bundle gpu02.bundle
      stocktake import focus-2026-10.csv.gz
      stocktake import ./exports/20261001-20261031
      stocktake import prod/terraform.tfstate staging/terraform.tfstate
      stocktake import questionnaire.csv --told-by 'Ana Silva'
    """
    from discovery.scans import run_import

    code = run_import(state.database(), paths, state.console, told_by=told_by)
    if code:
        sys.exit(code)


@main.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File to write, .csv to fill in or .md to read; left out: CSV to standard output.",
)
@click.option("--all", "everything", is_flag=True, help="Also ask for what would only sharpen a verdict.")
@shared
@click.pass_obj
def questionnaire(state: State, output: Path | None, everything: bool) -> None:
    """Write down what only people can say, to be filled in and imported.

    Fill in answer, told_by and told_on, in a spreadsheet or a text editor; leave empty what you do not know. Answers that
    were imported stand in it again. The answer "unknown" takes an earlier one back.

    \b
    Examples:
      stocktake questionnaire --output questionnaire.csv
      stocktake import questionnaire.csv --told-by 'Ana Silva'
    """
    from discovery.scans import write_questionnaire

    readable = output is not None and output.suffix == ".md"
    text, count = write_questionnaire(state.database(), everything, readable=readable)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise ConfigError(f"--output {output}: cannot be written: {error.strerror}") from None
    state.console.note(f"wrote {output}: {count} question{'' if count == 1 else 's'}")


def _listing(name: str, help_: str, examples: str, *, group: bool = False) -> Any:
    """Make one listing command with its filters; a group where further commands belong under it."""

    def run(format_: str | None, limit: int | None, **filters: str | None) -> None:
        from discovery.scans import open_reader

        if click.get_current_context().invoked_subcommand:
            return
        state: State = click.get_current_context().ensure_object(State)
        shown = "estimates" if filters.pop("estimate", None) else name
        with open_reader(state.database()) as reader:
            rows = getattr(reader, shown)(limit=limit, filters={k: v for k, v in filters.items() if v is not None})
            if name == "gaps" and format_ in (None, "table") and (format_ or sys.stdout.isatty()):
                _print_gaps(state, rows)
            else:
                _print(state, rows, COLUMNS[shown], TABLE_COLUMNS[shown], format_)

    run.__doc__ = f"{help_}\n\n\b\nExamples:\n{examples}"
    command: Any = shared(run)
    for column in reversed([c for c in COLUMNS[name] if c not in _NO_FILTER]):
        command = click.option(
            f"--{column.replace('_', '-')}", column, metavar="VALUE", help=f"Only this {column}; * and ? match."
        )(command)
    if name == "coverage":
        command = click.option(
            "--estimate", is_flag=True, help="How many things of each kind there are in all, seen by nobody included."
        )(command)
    command = click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N rows.")(command)
    command = click.option("--format", "format_", type=click.Choice(FORMATS), help="How to print [table].")(command)
    return main.group(name, invoke_without_command=True)(command) if group else main.command(name)(command)


_listing("runs", "Scans, newest first.", "  stocktake runs --limit 5")
_listing(
    "coverage",
    "What each look at each kind in each scope was worth (newest look of each).",
    "  stocktake coverage --outcome denied\n  stocktake coverage --kind 'aws.s3.*' --format json\n  stocktake coverage --estimate --kind aws.s3.bucket",
)
_listing(
    "resources",
    "What is in the inventory.",
    "  stocktake resources --dimension inference\n  stocktake resources --kind 'k8s.*' --format jsonl > cluster.jsonl",
)
_listing("relations", "How things hang together.", "  stocktake relations --verb encrypted_by --format csv")
_listing(
    "workloads",
    "What runs for a purpose, with all that it needs: endpoints, pipelines, training, notebooks, registered models.",
    "  stocktake workloads --type inference\n  stocktake workloads --owner '' --format json",
)
_gaps: click.Group = _listing(
    "gaps",
    "What the inventory does not know, worst first.",
    "  stocktake gaps --severity critical\n  stocktake gaps --code dangling-reference --format json\n"
    "  stocktake gaps accept gap-0123456789abcdef --reason 'moves with team B' --until 2027-03-31",
    group=True,
)


@_gaps.command("accept")
@click.argument("gap_id", metavar="ID")
@click.option("--reason", metavar="TEXT", help="Why it can be lived with; reports show it.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="Last day (UTC) on which that holds: 2027-03-31."
)
@click.option("--withdraw", is_flag=True, help="Take the acceptance back.")
@shared
@click.pass_obj
def accept_gap(state: State, gap_id: str, reason: str | None, until: datetime | None, withdraw: bool) -> None:
    """Accept a gap, with a reason, until a day. It stays a gap and is shown as accepted.

    \b
    Examples:
      stocktake gaps accept gap-0123456789abcdef --reason 'moves with team B' --until 2027-03-31
      stocktake gaps accept gap-0123456789abcdef --withdraw
    """
    from discovery import scans

    if withdraw:
        if reason or until:
            raise ConfigError("--withdraw takes an acceptance back: leave --reason and --until out")
        if not scans.withdraw_acceptance(state.database(), gap_id):
            raise ConfigError(f'nobody has accepted a gap with the id "{gap_id}"')
        state.console.note(f"{gap_id} is not accepted any more")
        return
    if reason is None or until is None:
        raise ConfigError(
            f"name {'--reason TEXT' if reason is None else '--until DATE'}: an acceptance has a reason and an end"
        )
    subject = scans.accept_gap(state.database(), gap_id, reason, until.date())
    state.console.note(f"accepted until {until.date()}: {subject}")


@main.command()
@click.argument("resource_id", metavar="ID")
@click.option("--format", "format_", type=click.Choice(["table", "json"]), default=None, help="How to print [table].")
@shared
@click.pass_obj
def show(state: State, resource_id: str, format_: str | None) -> None:
    """One resource: attributes, relations both ways, history, gaps, and the evidence behind each.

    \b
    Example:
      stocktake show arn:aws:s3:::training-data
    """
    from discovery.scans import open_reader

    with open_reader(state.database()) as reader:
        found = reader.show(resource_id)
    if not found:
        raise ConfigError(f'nothing has the id "{resource_id}"; `stocktake resources --name NAME` finds ids')
    if format_ == "json" or (format_ is None and not sys.stdout.isatty()):
        import json

        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
    else:
        from reports.detail import lines

        click.echo("\n".join(lines(found)))


@main.command()
@click.argument("run_a")
@click.argument("run_b")
@click.option("--format", "format_", type=click.Choice(FORMATS), default=None, help="How to print [table].")
@shared
@click.pass_obj
def diff(state: State, run_a: str, run_b: str, format_: str | None) -> None:
    """What appeared, changed and went between two runs.

    \b
    Example:
      stocktake diff 20261123T030000Z-1a2b 20261124T030000Z-3c4d
    """
    from discovery.scans import open_reader

    columns = ("resource_id", "change", "at", "run_id")
    with open_reader(state.database()) as reader:
        _print(state, reader.diff(run_a, run_b), columns, columns, format_)


@main.command()
@click.argument(
    "name",
    type=click.Choice(
        ["summary", "gaps", "confidence", "readiness", "disposition", "accelerators", "data", "cost", "compliance"]
    ),
)
@click.option("--target", type=click.Choice(TARGETS), help="Where the estate would move to.")
@click.option(
    "--format",
    "format_",
    type=click.Choice(["html", "md", "json"]),
    help="How to write it [by the name of the file, else md].",
)
@click.option(
    "--output", type=click.Path(path_type=Path, dir_okay=False), help="File to write; left out: standard output."
)
@shared
@click.pass_obj
def report(state: State, name: str, target: str | None, format_: str | None, output: Path | None) -> None:
    """Write a report. HTML is one file that works offline.

    \b
    Examples:
      stocktake report summary --output summary.html
      stocktake report gaps --format md
      stocktake report confidence --output confidence.html
      stocktake report readiness --target gcp --output readiness.html
      stocktake report data --target azure --format json
    """
    from discovery.scans import write_report

    text = write_report(state.database(), name, target, format_ or _format_of(output), state.config(required=False))
    if output is None:
        click.echo(text)
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--output {output}: cannot be written: {error.strerror}") from None
    state.console.note(f"wrote {output}")


def _format_of(output: Path | None) -> str:
    return {".html": "html", ".htm": "html", ".json": "json"}.get(output.suffix.lower() if output else "", "md")


@main.group("knowledge")
def knowledge_group() -> None:
    """What verdicts rest on: accelerators, machines, services, limits, prices; with sources, ages and your own files."""


def _as_of(command: F) -> F:
    return click.option(
        "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="What it is worth on that day [today]."
    )(command)


def _day(as_of: datetime | None) -> date:
    from datetime import UTC, datetime

    return as_of.date() if as_of else datetime.now(UTC).date()


@knowledge_group.command("list")
@click.option("--sort", metavar="VALUE", help="Only this sort; * and ? match.")
@click.option("--id", metavar="VALUE", help="Only entries called so; * and ? match.")
@click.option(
    "--status",
    metavar="VALUE",
    help="Only entries whose weakest fact is: current, derived, secondhand, expired, unverified.",
)
@_as_of
@click.option("--limit", type=click.IntRange(1), metavar="N", help="At most N rows.")
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How to print [table].")
@shared
@click.pass_obj
def knowledge_list(
    state: State,
    sort: str | None,
    id: str | None,
    status: str | None,
    as_of: datetime | None,
    limit: int | None,
    format_: str | None,
) -> None:
    """All entries, with age and expiry.

    \b
    Examples:
      stocktake knowledge list --sort instance_types --id 'p5*'
      stocktake knowledge list --status expired --format json
    """
    from itertools import islice

    from discovery import knowledge

    given = {k: v for k, v in {"sort": sort, "id": id, "status": status}.items() if v is not None}
    rows = knowledge.listed(knowledge.known(state.config(required=False)), _day(as_of), given)
    _print(state, islice(rows, limit), knowledge.LIST, knowledge.LIST_TABLE, format_)


@knowledge_group.command("show")
@click.argument("name", metavar="SORT/ENTRY")
@_as_of
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How to print [table].")
@shared
@click.pass_obj
def knowledge_show(state: State, name: str, as_of: datetime | None, format_: str | None) -> None:
    """One entry: each fact with where it was read, when, and what it is worth.

    \b
    Examples:
      stocktake knowledge show instance_types/p4d.24xlarge
      stocktake knowledge show nvidia-h100-80gb --format json
    """
    from discovery import knowledge

    rows = knowledge.shown(knowledge.known(state.config(required=False)), name, _day(as_of))
    _print(state, rows, knowledge.SHOW, knowledge.SHOW_TABLE, format_)


@knowledge_group.command("check")
@_as_of
@click.option("--format", "format_", type=click.Choice(FORMATS), help="How to print [table].")
@shared
@click.pass_obj
def knowledge_check(state: State, as_of: datetime | None, format_: str | None) -> None:
    """Facts that have expired or were never verified; exit 3 where one has expired. Reads your own files too, and says what
    is wrong with them. Of what was never verified no verdict is made, so that alone is no failure.

    \b
    Examples:
      stocktake knowledge check
      stocktake knowledge check --as-of 2027-06-30      what will have expired by then
    """
    from discovery import knowledge

    rows = list(knowledge.doubtful(knowledge.known(state.config(required=False)), _day(as_of)))
    _print(state, rows, knowledge.CHECK, knowledge.CHECK_TABLE, format_)
    expired = sum(row["status"] == "expired" for row in rows)
    state.console.note(f"{expired} facts have expired, {len(rows) - expired} were never verified")
    if expired:
        sys.exit(3)


@knowledge_group.command("refresh")
@click.argument("provider", type=click.Choice(["aws", "gcp", "azure"]))
@click.option("--source", metavar="NAME", help="Whose credentials to use [the first source of that type].")
@click.option(
    "--region",
    "regions",
    multiple=True,
    metavar="REGION",
    help="Where to look; may be repeated. Prices are those of the first.",
)
@click.option("--account", metavar="ID", default="", help="Project or subscription to ask in [the source's first].")
@click.option("--prices", metavar="URL", default="", help="Azure: where its Retail Prices API is, if behind a mirror.")
@shared
@click.pass_obj
def knowledge_refresh(
    state: State, provider: str, source: str | None, regions: tuple[str, ...], account: str, prices: str
) -> None:
    """Ask a cloud for its machines, their sizes and list prices, and write them into your folder of knowledge, whole or not at all.
    Reads only; exit 3 where prices could not be read.

    \b
    Needs, beside what a scan does:
      aws     ec2:DescribeInstanceTypes, pricing:GetProducts
      gcp     compute.regions.get, compute.machineTypes.list; prices are public
      azure   Microsoft.Compute/skus/read; prices are public

    \b
    Examples:
      stocktake knowledge refresh aws --region eu-west-1 --region us-east-1
      stocktake knowledge refresh gcp --account ml-prod --region europe-west4
    """
    from discovery.refresh import refresh

    done = refresh(state.config(), provider, source, regions, _day(None), account=account, prices=prices)
    state.console.note(f"wrote {done.file}: {done.machines} machines, {done.priced} with a price")
    if done.unknown:
        state.console.note(
            f"accelerators that are not known yet: {', '.join(done.unknown)}; machines that only they are in were left out"
        )
    if done.unpriced:
        state.console.note(f"prices could not be read: {done.unpriced}")
        sys.exit(3)


@main.group()
def export() -> None:
    """Write the inventory for other tools."""


@export.command("parquet")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@shared
@click.pass_obj
def export_parquet(state: State, directory: Path) -> None:
    """One Parquet dataset per table, swapped in whole.

    \b
    Example:
      stocktake export parquet ./inventory
      duckdb -c "SELECT kind, count(*) FROM './inventory/resources/**/*.parquet' GROUP BY 1"
    """
    from discovery.scans import export_to_parquet

    for table, rows in export_to_parquet(state.database(), directory).items():
        state.console.note(f"{table}: {rows} rows")


@main.command()
@shared
@click.pass_obj
def renormalize(state: State) -> None:
    """Read the kept payloads again with this version's rows; needs no credentials.

    \b
    Example:
      stocktake renormalize
    """
    from discovery.scans import replay

    for what, count in replay(state.database()).items():
        state.console.note(f"{what}: {count}")


@main.group()
def db() -> None:
    """Look after the inventory's database."""


@db.command("upgrade")
@shared
@click.pass_obj
def db_upgrade(state: State) -> None:
    """Move the database to this version's schema.

    \b
    Example:
      stocktake db upgrade --database postgresql+psycopg://stocktake@db/stocktake
    """
    from discovery.scans import upgrade_database

    state.console.note(f"schema is at revision {upgrade_database(state.database())}")


@main.command()
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:9477",
    show_default=True,
    help='Where health and metrics are served; "" for nowhere.',
)
@shared
@click.pass_obj
def agent(state: State, listen: str) -> None:
    """Run the schedules of the configuration until told to stop (SIGTERM).

    \b
    Example:
      stocktake agent --config /etc/stocktake/stocktake.toml
    """
    from discovery.scheduler import run_agent

    run_agent(state.config(), state.database(), state.console, listen)


@main.command()
@click.option(
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("stocktake-demo"),
    show_default=True,
    help="Folder for everything.",
)
@shared
@click.pass_obj
def demo(state: State, output: Path) -> None:
    """Build a local estate out of real servers, scan it, and write every report. Needs a source checkout (make demo).

    \b
    Example:
      stocktake demo --output ./stocktake-demo
    """
    from discovery.demo import run_demo

    code = run_demo(output, state.console)
    if code:
        sys.exit(code)


def _print(state: State, rows: Any, columns: tuple[str, ...], shown: tuple[str, ...], format_: str | None) -> None:
    from reports.tables import write

    format_ = format_ or ("table" if sys.stdout.isatty() else "json")
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    write(rows, shown if format_ == "table" else columns, format_, sys.stdout, color=state.console.color, width=width)


def _print_gaps(state: State, rows: Any) -> None:
    from reports.gap_lines import write

    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    write(rows, sys.stdout, color=state.console.color, width=width)
