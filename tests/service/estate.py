"""An inventory written look by look: what a scan would have found, said in a test's own words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from normalize.identity import arn_name, image_name, uri_name
from normalize.model import Category, Coverage, Observation, Outcome, Reference, Resource, Scope
from store.gaps import detect
from store.linking import link
from store.reader import Reader
from store.workloads import assemble
from store.writer import Writer

START = datetime(2026, 11, 24, 4, 15, tzinfo=UTC)
HERE = Scope("aws", "111122223333", "us-east-1")
GLOBAL = Scope("aws", "111122223333", "aws-global")
CLUSTER = Scope("kubernetes", "uid-1", "uid-1")
SERVER = Scope("mlflow", "t-1.us-east-1.experiments.sagemaker.aws:443", "t-1.us-east-1.experiments.sagemaker.aws:443")


class Estate:
    """Runs made of looks; every run is linked and searched for gaps."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.now = START
        self.writer = Writer(engine, clock=self.tick)
        self.counts: dict[str, int] = {}

    def tick(self) -> datetime:
        self.now += timedelta(seconds=7)
        return self.now

    def thing(
        self,
        name: str,
        kind: str = "aws.sagemaker.model",
        category: Category = Category.MODEL,
        scope: Scope = HERE,
        refs: tuple[Reference, ...] = (),
        keys: tuple[str, ...] = (),
        attributes: dict[str, Any] | None = None,
        native: str | None = None,
        tags: dict[str, str] | None = None,
        **more: Any,
    ) -> Observation:
        resource = Resource(
            name,
            kind,
            category,
            scope,
            name.rsplit("/", 1)[-1],
            native,
            attributes or {},
            {"owner": "ml"} if tags is None else tags,
        )
        return Observation(resource, (name, *keys), refs, {"id": name}, "sagemaker:ListModels", self.tick(), **more)

    def run(self, *looks: tuple[Any, ...], sources: tuple[str, ...] = ("prod",), **selection: Any) -> str:
        """Each look is (kind, scope, things, outcome and further coverage)."""
        facts = [{"name": s, "type": "aws"} for s in sources]
        run = self.writer.begin(sources=facts, selection=selection, version="0", resume=False)
        for kind, scope, things, *rest in looks:
            outcome = rest[0] if rest else Outcome.COMPLETE
            more = rest[1] if len(rest) > 1 else {}
            misfits = more.get("misfits", ())
            coverage = Coverage(
                run, more.get("source", "prod"), kind, scope, outcome, len(things), sum(len(t.gaps) for t in things), len(misfits),
                self.tick(), self.tick(), more.get("reason", ""), more.get("needs", ()),
            )  # fmt: skip
            self.writer.commit(run, things, misfits, coverage)
        link(self.engine, run)
        assemble(self.engine)
        self.counts = detect(self.engine, run, now=self.tick())
        self.writer.finish(run, "complete")
        return run

    def gaps(self, code: str = "") -> list[dict[str, Any]]:
        return list(Reader(self.engine).gaps(filters={"code": code} if code else {}))

    def codes(self) -> list[str]:
        return sorted(g["code"] for g in self.gaps())


def needs(source: str, value: str, *, verb: str = "mentions", name: Any = None, **more: Any) -> Reference:
    name = name or uri_name(value) or arn_name(value) or image_name(value)
    return Reference(source, "$.ModelDataUrl", verb, value, name.key, "sagemaker:DescribeModel", name.target, name.provider, name.account, name.place, **more)  # fmt: skip
