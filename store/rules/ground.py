"""What was looked at, what each look was worth, and what a name that does not resolve means on that ground."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from sys import intern

from sqlalchemy import Connection, and_, func, select

from normalize import gap as texts
from normalize.addresses import Address
from normalize.gap import Look, Lost
from normalize.model import Dimension, Evidence, Outcome, Scope
from store import content
from store.schema import (
    aliases,
    listings,
    resources,
    sightings,
)
from store.schema import coverage as looks_table
from store.writer import EVERY_KIND, UNKNOWN_PLACE

GENERIC = frozenset({"", "network.host", "network.address", "container.image_repository", "huggingface.hub.model"})


SWEPT = ("global", "azure-global", "azure-us-gov-global", "azure-china-global")
"""Places of looks that speak of all places of an account at once."""
HEARSAY = frozenset({"bill.usage", "terraform.state", "terraform.resource"})
"""Kinds of files that speak of an account from outside: they make it none that we cover."""


_ACCOUNT_IN_NAME = re.compile(r"(?<!\d)\d{12}(?!\d)")
"""sagemaker-REGION-ACCOUNT, aws-glue-assets-ACCOUNT-REGION, cdk-QUALIFIER-assets-ACCOUNT-REGION."""


@dataclass
class Into:
    """References that point into one look."""

    evidence: list[Evidence] = field(default_factory=list)
    count: int = 0


@dataclass(frozen=True, slots=True)
class Stand:
    """A look as it stands: its listing, its run."""

    listing: int
    run_id: str
    look: Look


@dataclass
class Ground:
    """What we cover, and what each look there was worth."""

    by_listing: dict[int, Stand] = field(default_factory=dict)
    by_kind: dict[tuple[str, str], list[Stand]] = field(default_factory=lambda: defaultdict(list))
    accounts: set[tuple[str, str]] = field(default_factory=set)
    places: set[tuple[str, str, str]] = field(default_factory=set)
    providers: set[str] = field(default_factory=set)
    unplanned: dict[str, list[Stand]] = field(default_factory=lambda: defaultdict(list))
    shut: dict[tuple[str, str], list[Stand]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, str] = field(default_factory=dict)
    stores: dict[str, str] = field(default_factory=dict)
    _judged: dict[tuple[object, ...], tuple[str, list[Stand]]] = field(default_factory=dict)

    @classmethod
    def read(cls, connection: Connection) -> Ground:
        ground = cls(numbers=project_numbers(connection), stores=_stores(connection))
        known = select(resources.c.kind, func.max(resources.c.dimension)).group_by(resources.c.kind)
        dimensions = {k: Dimension(d) if d else None for k, d in connection.execute(known)}
        statement = (
            select(listings, looks_table)
            .join(looks_table, and_(looks_table.c.listing_id == listings.c.id, looks_table.c.run_id == listings.c.run_id))
            .where(listings.c.retired_at.is_(None))
            .order_by(listings.c.source, listings.c.kind, listings.c.account, listings.c.place, listings.c.provider)
        )  # fmt: skip
        c = listings.c
        named = (c.source, c.kind, c.provider, c.account, c.place, c.run_id)
        for row in connection.execute(statement).mappings():
            source, kind, *place, run = (intern(row[c]) for c in named)
            look = Look(
                source,
                kind,
                Scope(*place),
                Outcome(row[looks_table.c.outcome]),
                row[looks_table.c.quarantined],
                row[looks_table.c.reason],
                tuple(content.decode(row[looks_table.c.needs])),
                dimensions.get(kind),
            )
            ground._add(Stand(row[listings.c.id], run, look))
        return ground

    def _add(self, stand: Stand) -> None:
        scope = stand.look.scope
        self.by_listing[stand.listing] = stand
        if stand.look.kind in HEARSAY:
            return
        self.providers.add(scope.provider)
        if scope.account == UNKNOWN_PLACE:
            self.unplanned[scope.provider].append(stand)
            return
        if scope.place == UNKNOWN_PLACE:
            self.shut[scope.provider, scope.account].append(stand)
            self.accounts.add((scope.provider, scope.account))
            return
        self.by_kind[scope.provider, stand.look.kind].append(stand)
        if stand.look.outcome is Outcome.SKIPPED:  # nobody looked: it makes no account one that we cover
            return
        self.accounts.add((scope.provider, scope.account))
        self.places.add((scope.provider, scope.account, scope.place))

    def judge(self, lost: Lost, newest_run: str) -> tuple[str, list[Stand]]:
        """("unread" | "absent" | "stale" | "unlisted" | "external", the looks that it rests on).

        Args:
            newest_run: the latest run in which one who needs it was seen anew.
        """
        if lost.provider == "gcp":
            lost = replace(lost, account=self.numbers.get(lost.account, lost.account))
        elif lost.target == "azure.storage.container":
            lost = replace(lost, account=self.stores.get(lost.account, lost.account))
        elif lost.target == "aws.s3.bucket" and (account := self._named_for(lost.key)):
            lost = replace(lost, account=account)
        asked = (lost.provider, lost.target, lost.account, lost.place, lost.key.startswith("dns:"), newest_run)
        if asked not in self._judged:
            self._judged[asked] = self._judge(lost, newest_run)
        return self._judged[asked]

    def _named_for(self, bucket: str) -> str:
        """The account whose number a bucket's name holds, where we cover that: tools make such names so that nobody else has them."""
        return next((a for a in _ACCOUNT_IN_NAME.findall(bucket) if ("aws", a) in self.accounts), "")

    def _judge(self, lost: Lost, newest_run: str) -> tuple[str, list[Stand]]:
        if lost.target in GENERIC or lost.target in texts.HOSTED_MODELS or lost.provider not in self.providers:
            return "external", []
        doubtful = [s for s in self._doubtful(lost) if s.look.kind in (EVERY_KIND, lost.target)]
        if lost.account and (lost.provider, lost.account) not in self.accounts:
            return ("unread", doubtful) if doubtful else ("external", [])
        looks = self._looks(lost)
        unread = doubtful + [s for s in looks if not s.look.proves]
        if unread:
            return "unread", unread
        if not looks:
            return self._unlisted(lost), []
        if not lost.account:
            return ("external", looks) if self._everywhere(lost, looks) else ("unlisted", looks)
        stale = [s for s in looks if s.run_id < newest_run]
        return ("stale", stale) if stale else ("absent", looks)

    def _doubtful(self, lost: Lost) -> Iterator[Stand]:
        """What says that nothing could be read where the name might be."""
        yield from self.unplanned[lost.provider]
        unknown = (lost.provider, lost.account) not in self.accounts
        for (provider, account), stands in self.shut.items():
            within = lost.account in ("", account) or (unknown and "/" in account)  # whose projects are not known
            if provider == lost.provider and within:
                yield from stands

    def _looks(self, lost: Lost) -> list[Stand]:
        """Looks at the target's kind where it could be: its place, or the place of what has none ("aws-global")."""
        of_kind = self.by_kind.get((lost.provider, lost.target), [])
        looks = [s for s in of_kind if lost.account in ("", s.look.scope.account)]
        if not lost.place:
            return looks
        return [s for s in looks if s.look.scope.place == lost.place or s.look.scope.place.endswith("global")]

    def lacks(self, address: Address, services: frozenset[str]) -> bool:
        """Whether an address means a Service that is proved not to be there."""
        if address.service_id is None or address.service_id in services:
            return False
        looks = [s.look for s in self.by_kind["kubernetes", "k8s.service"] if s.look.scope.account == address.inside]
        return bool(looks) and all(look.proves for look in looks)

    def _unlisted(self, lost: Lost) -> str:
        """The kind was never listed where it should be: outside when the place is not ours, else unknown."""
        where = (lost.provider, lost.account)
        if lost.account and lost.place and not {(*where, place) for place in (lost.place, *SWEPT)} & self.places:
            return "external"
        if not lost.account and lost.key.startswith("dns:"):
            return "external"
        return "unlisted"

    def _everywhere(self, lost: Lost, looks: list[Stand]) -> bool:
        """Whether every account of the provider that we cover was looked through for the kind."""
        ours = {a for p, a in self.accounts if p == lost.provider}
        return ours <= {s.look.scope.account for s in looks}


def _stores(connection: Connection) -> dict[str, str]:
    """Name of a storage account of Azure, of which there is one in the world -> the subscription that holds it."""
    r = resources.c
    held = select(r.name, r.account).where(r.kind == "azure.storage.account", r.gone_at.is_(None), r.name.is_not(None))
    return {row.name: row.account for row in connection.execute(held)}


def project_numbers(connection: Connection) -> dict[str, str]:
    """Number of a Google Cloud project -> its id, by which it is looked at."""
    statement = (
        select(resources.c.account, aliases.c.key)
        .join(sightings, sightings.c.resource_id == resources.c.id)
        .join(aliases, aliases.c.sighting_id == sightings.c.id)
        .where(resources.c.kind == "gcp.cloudresourcemanager.project", aliases.c.key.startswith("//"))
    )
    return {key.rpartition("/")[2]: account for account, key in connection.execute(statement)}
