"""Assembles workloads: from an endpoint, a pipeline, a job, a notebook or a registered model along typed relations to all that it
needs.

Owns the walk, level by level and set by set. What begins a workload and which steps lead on stands in normalize/workloads.py.
A walk never goes through where another workload begins: that one is a member, and its needs are its own.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    MetaData,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    literal,
    literal_column,
    or_,
    select,
    text,
)

from normalize import workloads as policy
from normalize.gap import dimension_of
from normalize.model import Category
from normalize.workloads import Inferred
from store import content
from store.database import insert_rows, writing
from store.schema import Words, aliases, members, refs, relations, resources, sightings, workloads
from store.told import told as answers_that_stand

DEPTH = 9
"""Most steps from where a workload begins; Ingress to endpoint to pod to replica set to Deployment takes five."""
ROOTS_SHOWN = 25
OWNERS = 3
"""Most steps from a part to what it is part of."""

_temporary = MetaData()
_begun = Table(
    "workload_begun",
    _temporary,
    Column("resource_id", Words, primary_key=True),
    Column("workload_id", Words, nullable=False),
    prefixes=["TEMPORARY"],
)
_owners = Table(
    "workload_owners",
    _temporary,
    Column("part", Words, nullable=False),
    Column("whole", Words, nullable=False),
    Column("steps", Integer, nullable=False),
    Index("workload_owners_part", "part", "steps"),
    prefixes=["TEMPORARY"],
)
_reached = Table(
    "workload_reached",
    _temporary,
    Column("workload_id", Words, primary_key=True),
    Column("resource_id", Words, primary_key=True),
    Column("category", Words, nullable=False),
    Column("depth", Integer, nullable=False),
    Index("workload_reached_resource", "resource_id"),
    Index("workload_reached_depth", "depth"),
    prefixes=["TEMPORARY"],
)
_steps = Table(
    "workload_steps",
    _temporary,
    Column("start", Words, nullable=False),
    Column("verb", Words, nullable=False),
    Column("goal", Words, nullable=False),
    Column("inward", Integer, nullable=False),
    Index("workload_steps_start", "start", "goal", "inward"),
    prefixes=["TEMPORARY"],
)


def assemble(engine: Engine) -> int:
    """Bring the workloads to what resources and relations say; how many there are.

    Raises:
        StoreError: the database refused; the workloads are as before.
    """
    with writing(engine) as connection:
        _temporary.create_all(connection)
        steps = [(a, "", b, 0) for a, b in policy.outward()] + [(a, v, b, 1) for a, v, b in policy.inward()]
        insert_rows(connection, _steps, ("start", "verb", "goal", "inward"), steps)
        begun = _begin(connection)
        _walk(connection)
        begun |= _leftover_models(connection)
        _walk(connection)
        connection.execute(delete(workloads))
        _write(connection, begun)
        _temporary.drop_all(connection)
        return connection.execute(select(func.count()).select_from(workloads)).scalar_one()


def _candidates(connection: Connection) -> list[Any]:
    """What may begin a workload: by its category, or recognised by what it runs."""
    r = resources.c
    by_category = [c.value for c in policy.ROOTS if c is not Category.MODEL]
    recognised = and_(
        r.category.in_([c.value for c in policy.RECOGNISED]),
        r.attributes.contains('"workload_type":"', autoescape=True),
    )
    columns = (r.id, r.category, r.kind, r.name, r.provider, r.account, r.place, r.attributes)
    found = select(*columns).where(r.gone_at.is_(None), or_(r.category.in_(by_category), recognised)).order_by(r.id)
    return list(connection.execute(found))


def _begin(connection: Connection) -> dict[str, dict[str, Any]]:
    """Workloads by id, with the resources they begin at; the first step of the walk."""
    rows = _candidates(connection)
    names = {row.id for row in rows}
    parts = _parts(connection, names)
    begun: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row.id not in parts:
            _add(begun, row, _type(row))
    _seed(connection, begun)
    return begun


def _parts(connection: Connection, names: Iterable[str]) -> set[str]:
    """Of what may begin a workload, what belongs to another such: a pod does to its Deployment by way of a replica set."""
    insert_rows(connection, _owners, ("part", "whole", "steps"), [(name, name, 0) for name in names])
    o, r = _owners.c, relations.c
    for steps in range(OWNERS):
        above = (
            select(o.part, r.target_id, literal(steps + 1))
            .join(relations, and_(r.source_id == o.whole, r.verb.in_(policy.BELONGS)))
            .where(o.steps == steps)
            .distinct()
        )
        connection.execute(insert(_owners).from_select(("part", "whole", "steps"), above))
    start = _owners.alias("start")
    found = select(o.part).join(start, and_(start.c.part == o.whole, start.c.steps == 0))
    return set(connection.scalars(found.where(o.steps > 0, o.part != o.whole).distinct()))


def _type(row: Any) -> str:
    told = content.decode(row.attributes).get("workload_type")
    return str(told) if told else policy.ROOTS.get(Category(row.category), "other")


def _add(begun: dict[str, dict[str, Any]], row: Any, type_: str) -> None:
    name = row.name or row.id.rpartition("/")[2]
    if Category(row.category) in policy.JOBS and policy.stem(name) != name:
        name = policy.stem(name)
        id_ = f"workload:{row.kind}|{row.account}|{row.place}|{_namespace(row)}{name}"
    else:
        id_ = f"workload:{row.id}"
    known = begun.setdefault(
        id_,
        {"id": id_, "type": type_, "name": name, "kind": row.kind, "provider": row.provider, "account": row.account, "place": row.place, "roots": []},
    )  # fmt: skip
    known["roots"].append(row.id)


def _namespace(row: Any) -> str:
    space = content.decode(row.attributes).get("namespace")
    return f"{space}/" if space else ""


def _seed(connection: Connection, begun: dict[str, dict[str, Any]]) -> None:
    pairs = [(root, id_) for id_, told in begun.items() for root in told["roots"]]
    insert_rows(connection, _begun, ("resource_id", "workload_id"), pairs)
    new = select(_begun.c.workload_id, _begun.c.resource_id, resources.c.category, literal(0)).join(
        resources, resources.c.id == _begun.c.resource_id
    )
    known = exists().where(
        _reached.c.workload_id == _begun.c.workload_id, _reached.c.resource_id == _begun.c.resource_id
    )
    connection.execute(
        insert(_reached).from_select(("workload_id", "resource_id", "category", "depth"), new.where(~known))
    )
    if connection.dialect.name == "postgresql":
        for table in (_begun, _reached, _steps):
            connection.execute(text(f"ANALYZE {table.name}"))


def _walk(connection: Connection) -> None:
    """One set of steps after the other, until nothing new is reached."""
    for depth in range(DEPTH):
        before = connection.execute(select(func.count()).select_from(_reached)).scalar_one()
        for inward in (False, True):
            connection.execute(text(_step(inward, connection.dialect.name)), {"depth": depth})
        if connection.execute(select(func.count()).select_from(_reached)).scalar_one() == before:
            return


def _step(inward: bool, dialect: str) -> str:
    """SQLite knows nothing of how large tables are that were made just now; CROSS JOIN has it join in the order that stands here."""
    join = "CROSS JOIN" if dialect == "sqlite" else "JOIN"
    here, there = ("target_id", "source_id") if inward else ("source_id", "target_id")
    verb = "(s.verb = '' OR s.verb = r.verb)" if inward else "TRUE"
    return f"""
        INSERT INTO workload_reached (workload_id, resource_id, category, depth)
        SELECT DISTINCT f.workload_id, t.id, t.category, f.depth + 1
        FROM workload_reached AS f
        LEFT JOIN workload_begun AS b ON b.resource_id = f.resource_id
        {join} relations AS r ON r.{here} = f.resource_id
        {join} resources AS t ON t.id = r.{there}
        {join} workload_steps AS s ON s.start = f.category AND s.goal = t.category AND s.inward = {int(inward)} AND {verb}
        WHERE f.depth = :depth AND f.category IN (SELECT start FROM workload_steps WHERE inward = {int(inward)})
          AND (b.workload_id IS NULL OR b.workload_id = f.workload_id)
          AND t.gone_at IS NULL AND r.verb <> 'same_as'
        ON CONFLICT DO NOTHING
    """  # noqa: S608  words of our own


def _leftover_models(connection: Connection) -> dict[str, dict[str, Any]]:
    """Models that no workload has begin one of their own."""
    r = resources.c
    had = exists().where(_reached.c.resource_id == r.id)
    columns = (r.id, r.category, r.kind, r.name, r.provider, r.account, r.place, r.attributes)
    left = select(*columns).where(r.category == Category.MODEL.value, r.gone_at.is_(None), ~had).order_by(r.id)
    begun: dict[str, dict[str, Any]] = {}
    for row in connection.execute(left):
        _add(begun, row, "model")
    _seed(connection, begun)
    return begun


def _write(connection: Connection, begun: dict[str, dict[str, Any]]) -> None:
    found = (
        select(_reached.c.workload_id, _reached.c.depth, resources.c.id, resources.c.category, resources.c.name, resources.c.tags, resources.c.attributes)
        .join(resources, resources.c.id == _reached.c.resource_id)
        .order_by(_reached.c.workload_id, _reached.c.depth, resources.c.id)
    )  # fmt: skip
    mentioned = _mentioned_roles(connection)
    spaces, said = _namespaces(connection), answers_that_stand(connection)
    readers = _readers(connection)
    rows, parts = [], []
    with connection.execute(found, execution_options={"yield_per": 5000}) as result:
        for id_, group in groupby(result, key=lambda row: row.workload_id):
            told = begun[id_] | {"said": said}
            reached = list(group)
            rows.append(_row(told, reached, mentioned.get(id_, set()), spaces, id_ in readers))
            parts += [
                (id_, row.id, role, row.depth)
                for row in reached
                if (role := "root" if row.depth == 0 else policy.ROLE_OF.get(row.category))
            ]
            if len(parts) > 20_000:
                _flush(connection, rows, parts)
    _flush(connection, rows, parts)


def _flush(connection: Connection, rows: list[dict[str, Any]], parts: list[tuple[Any, ...]]) -> None:
    if rows:
        connection.execute(insert(workloads), rows)
    insert_rows(connection, members, ("workload_id", "resource_id", "role", "depth"), parts)
    rows.clear()
    parts.clear()


def _row(
    told: dict[str, Any], reached: Sequence[Any], mentioned: set[str], spaces: dict[tuple[str, str], Any], reads: bool
) -> dict[str, Any]:
    counted = Counter(role for row in reached if row.depth and (role := policy.ROLE_OF.get(row.category)))
    have, inferred = (set(counted) - (set() if reads else {"data"})) | mentioned, _infer(told, reached, spaces)
    for row in reached:
        if row.depth == 0 or row.category in _OWN:
            answers = {fact: answer["value"] for fact, answer in told["said"].get(row.id, {}).items()}
            have.update(policy.said(answers | content.decode(row.attributes)))
    return {
        **{k: told[k] for k in ("id", "type", "provider", "account", "place")},
        "name": content.plain(told["name"]),
        "owner": inferred["owner"].value if "owner" in inferred else None,
        "environment": inferred["environment"].value if "environment" in inferred else None,
        "criticality": inferred["criticality"].value if "criticality" in inferred else None,
        "roots": content.text_of(told["roots"][:ROOTS_SHOWN]),
        "root_count": len(told["roots"]),
        "parts": content.text_of(dict(sorted(counted.items()))),
        "lacks": content.text_of(policy.lacking(told["type"], told["kind"], have)),
        "evidence": content.text_of({k: {"resource_id": i.resource_id, "path": i.path} for k, i in inferred.items()}),
    }


_OWN = frozenset(c.value for c in policy.THROUGH)


def _infer(told: dict[str, Any], reached: Sequence[Any], spaces: dict[tuple[str, str], Any]) -> dict[str, Inferred]:
    """What its roots say, else what belongs to it, the nearest first, else its namespace, else what people said."""
    found: dict[str, Inferred] = {}
    near = [row for row in reached if row.depth == 0 or row.category in _OWN]
    near += [
        s
        for row in near[:1]
        if (s := spaces.get((told["account"], content.decode(row.attributes).get("namespace", ""))))
    ]
    for row in near:
        tags, attributes = content.decode(row.tags), content.decode(row.attributes)
        for name, fact in (
            ("owner", policy.owner(row.id, tags, attributes)),
            ("environment", policy.environment(row.id, row.name or "", tags, attributes)),
            ("criticality", policy.criticality(row.id, tags)),
        ):
            if fact is not None:
                found.setdefault(name, fact)
    for name in ("owner", "environment", "criticality"):
        if answer := told["said"].get(told["id"], {}).get(name):
            found.setdefault(name, Inferred(answer["value"], told["id"], f"told by {answer['by']} on {answer['on']}"))
    return found


def _namespaces(connection: Connection) -> dict[tuple[str, str], Any]:
    """(cluster, name) -> namespace."""
    r = resources.c
    found = select(r.id, r.account, r.name, r.tags, r.attributes).where(r.kind == "k8s.namespace", r.gone_at.is_(None))
    return {(row.account, row.name or ""): row for row in connection.execute(found)}


def _readers(connection: Connection) -> set[str]:
    """Workloads that hold data which they do not only write."""
    r, b = relations.c, _begun.c
    held = [category.value for category in policy.ROLES["data"]]
    found = (
        select(_reached.c.workload_id)
        .select_from(_reached)
        .outerjoin(_begun, b.resource_id == _reached.c.resource_id)
        .join(relations, r.source_id == _reached.c.resource_id)
        .join(resources, resources.c.id == r.target_id)
        .where(or_(b.workload_id.is_(None), b.workload_id == _reached.c.workload_id))
        .where(r.verb.not_in(sorted(policy.WRITES)), resources.c.category.in_(held), resources.c.gone_at.is_(None))
        .distinct()
    )
    return set(connection.scalars(found))


def _mentioned_roles(connection: Connection) -> dict[str, set[str]]:
    """Roles that mentions of what is not in the inventory fill, by workload: its weights may lie in another account."""
    own = select(_reached.c.workload_id, _reached.c.resource_id).where(
        or_(_reached.c.depth == 0, _reached.c.category.in_(sorted(_OWN)))
    ).subquery("own")  # fmt: skip
    bearer = sightings.alias("bearer")
    resolved = exists(literal_column("1")).where(
        aliases.c.key == refs.c.key, bearer.c.id == aliases.c.sighting_id, bearer.c.gone_at.is_(None)
    )
    lost = (
        select(own.c.workload_id, refs.c.target, refs.c.verb)
        .select_from(own)
        .join(sightings, and_(sightings.c.resource_id == own.c.resource_id, sightings.c.gone_at.is_(None)))
        .join(refs, refs.c.sighting_id == sightings.c.id)
        .where(refs.c.optional.is_(False), ~resolved)
        .distinct()
    )
    found: dict[str, set[str]] = defaultdict(set)
    for id_, target, verb in connection.execute(lost):
        if role := policy.role_of_mention(target, verb, dimension_of(target).value):
            found[id_].add(role)
    return found
