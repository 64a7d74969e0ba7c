"""The Azure collector against servers that speak as Azure does, with the SDK's own clients."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from collectors.azure import open_source
from collectors.azure.client import Client, Quota
from collectors.azure.collector import AzureCollector
from collectors.azure.kinds import KINDS
from collectors.azure.rows import TABLES, Get
from collectors.patience import Patience
from discovery.executor import look
from normalize.errors import DeniedError
from normalize.model import Coverage, Outcome
from tests.servers.azure_cloud import GRAPH, SUBSCRIPTION, TENANT, Cloud, Fault, served

OTHER = "22222222-2222-3333-4444-555555555555"
MACHINE = "azure.compute.virtual_machine"
ACCOUNT = "azure.storage.account"
CONTAINER = "azure.storage.container"
GROUP = "azure.management.management_group"


class Machines(Sequence[Any]):
    """So many machines, made up as they are asked for."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, at: Any) -> Any:
        return [machine(f"vm{i:06}") for i in range(*at.indices(self._count))]


def machine(
    name: str, subscription: str = SUBSCRIPTION, type_: str = "Microsoft.Compute/virtualMachines"
) -> dict[str, Any]:
    id_ = f"/subscriptions/{subscription}/resourceGroups/RG/providers/{type_}/{name}"
    return {
        "id": id_, "name": name, "type": type_.lower(), "subscriptionId": subscription, "tenantId": TENANT, "location": "eastus",
        "resourceGroup": "rg", "kind": "", "properties": {"hardwareProfile": {"vmSize": "Standard_ND96isr_H100_v5"}}, "tags": {"team": "ml"},
    }  # fmt: skip


def collector(base: str, waits: list[float] | None = None, **settings: Any) -> AzureCollector:
    slept = waits if waits is not None else []
    client = Client(
        endpoint=base,
        patience=Patience(sleep=slept.append),
        quota=Quota(sleep=slept.append),
    )
    return AzureCollector("tenant", client, KINDS, **settings)


def scanned(source: AzureCollector, names: Sequence[str] = ()) -> dict[tuple[str, str], tuple[Coverage, list[Any]]]:
    """(kind, account) -> what a look at it was worth, and the ids that it saw."""
    found = {}
    kinds = [k for k in source.kinds() if not names or k.name in names]
    for planned in source.plan(kinds):
        if planned.kind is None:
            assert planned.error is not None
            found["*", planned.scope.account] = planned.error, []
            continue
        taken = look(source, planned, "run", lambda o: o.resource.id)
        assert not taken.fault, taken.coverage.reason
        found[planned.kind.name, planned.scope.account] = taken.coverage, list(taken.observations)
        taken.close()
    source.close()
    return found


@pytest.fixture
def estate() -> Cloud:
    cloud = Cloud()
    for kind in KINDS:
        cloud.add_fixture(kind.name)
    return cloud


def test_every_kind_is_found_once_in_its_subscription(estate: Cloud) -> None:
    with served(estate) as base:
        found = scanned(collector(base))
    for kind in (k for k in KINDS if k.name != GROUP):
        coverage, ids = found[kind.name, SUBSCRIPTION]
        assert coverage.outcome is Outcome.COMPLETE, kind.name
        assert bool(coverage.reason) == (isinstance(kind.fetch, Get) and kind.fetch.window is not None), coverage.reason
        assert ids, kind.name
        assert coverage.scope.place == "azure-global"
    assert [key for key in found if key[1] != SUBSCRIPTION] == [(GROUP, TENANT)]


def test_no_management_group_is_seen_but_by_who_may(estate: Cloud) -> None:
    estate.rows["resourcecontainers"] = [
        r for r in estate.rows["resourcecontainers"] if "managementgroup" not in r["type"]
    ]
    with served(estate) as base:
        whole, named = scanned(collector(base)), scanned(collector(base, subscriptions=[SUBSCRIPTION]))
        asked = scanned(collector(base, subscriptions=[SUBSCRIPTION]), [GROUP])
    assert whole[GROUP, "?"][0].needs == ("Microsoft.Management/managementGroups/read",)
    assert not [key for key in named if key[0] == GROUP]  # who names subscriptions asks for nothing above them
    assert asked[GROUP, "?"][0].outcome is Outcome.DENIED


def test_what_is_granted_on_a_management_group_is_seen_below_it(estate: Cloud) -> None:
    kind = "azure.authorization.role_assignment"
    (row,) = (r for r in estate.rows["authorizationresources"] if r["type"].endswith("roleassignments"))
    id_ = "/providers/Microsoft.Management/managementGroups/ml/providers/Microsoft.Authorization/roleAssignments/above"
    estate.rows["authorizationresources"] = [row, row | {"id": id_, "subscriptionId": ""}]
    with served(estate) as base:
        found = scanned(collector(base, subscriptions=[SUBSCRIPTION]), [kind])
    assert found[kind, SUBSCRIPTION][0].proves_absence()
    assert found[kind, TENANT][1] == [id_.lower()]
    assert not found[kind, TENANT][0].proves_absence()


def test_roles_that_everybody_has_and_findings_are_not_read(estate: Cloud) -> None:
    built_in = {"id": "/providers/Microsoft.Authorization/roleDefinitions/r", "type": "microsoft.authorization/roledefinitions", "subscriptionId": "", "tenantId": TENANT, "properties": {"type": "BuiltInRole"}}  # fmt: skip
    finding = {"id": f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.PolicyInsights/policyStates/s", "type": "microsoft.policyinsights/policystates", "subscriptionId": SUBSCRIPTION}  # fmt: skip
    for table, row in (("authorizationresources", built_in), ("policyresources", finding)):
        estate.rows[table] = [*estate.rows[table], row]
    with served(estate) as base:
        found = scanned(collector(base))
    assert found["azure.authorization.role_definition", SUBSCRIPTION][0].proves_absence()
    assert [key for key in found if "policystates" in key[0] or "roledefinitions" in key[0]] == []


def test_one_sweep_serves_every_kind(estate: Cloud) -> None:
    with served(estate) as base:
        scanned(collector(base))
    assert Counter(estate.requests)[GRAPH] == len(TABLES)


def test_many_rows_with_throttled_answers_arrive_exactly_once() -> None:
    cloud = Cloud(
        {"resources": Machines(10_500)},
        fault=lambda n, path: Fault(headers={"Retry-After": "3"}) if n % 20 == 0 else None,
    )
    waits: list[float] = []
    with served(cloud) as base:
        coverage, ids = scanned(collector(base, waits), [MACHINE])[MACHINE, SUBSCRIPTION]
    assert coverage.outcome is Outcome.COMPLETE
    assert len(ids) == len(set(ids)) == 10_500
    assert waits.count(3.0) == len(cloud.requests) // 20


def test_a_used_up_quota_is_waited_for_by_its_own_account(estate: Cloud) -> None:
    estate.quota = 3
    waits: list[float] = []
    with served(estate) as base:
        scanned(collector(base, waits))
    assert [wait for wait in waits if 4 < wait <= 5]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"truncate_at": 2500}, "counts 4000 rows in resources and gave 2500; it says that the result is cut"),
        ({"forget_token_at": 2000}, "counts 4000 rows in resources and gave 2000"),
        ({"limit_hit": True}, "limit of 10,000 subscriptions"),
        ({"fault": lambda n, path: Fault(drop=True) if n > 5 and path == GRAPH else None}, "no answer"),
        ({"fault": lambda n, path: Fault(503, "ServerBusy") if n > 5 and path == GRAPH else None}, "injected"),
    ],
    ids=["truncated", "no token", "too many subscriptions", "cut", "busy"],
)
def test_what_ends_in_the_middle_is_partial(wrong: dict[str, Any], words: str) -> None:
    with served(Cloud({"resources": Machines(4000)}, **wrong)) as base:
        coverage, ids = scanned(collector(base), [MACHINE])[MACHINE, SUBSCRIPTION]
    assert coverage.outcome is Outcome.PARTIAL
    assert words in coverage.reason
    assert 0 < len(ids) <= 4000


def test_a_connection_that_is_cut_once_is_resumed() -> None:
    cut = iter([True])
    fault = lambda n, path: Fault(drop=True) if n == 6 and path == GRAPH and next(cut, False) else None  # noqa: E731
    with served(Cloud({"resources": Machines(4000)}, fault=fault)) as base:
        coverage, ids = scanned(collector(base), [MACHINE])[MACHINE, SUBSCRIPTION]
    assert coverage.outcome is Outcome.COMPLETE
    assert len(set(ids)) == 4000


def test_what_the_caller_may_not_read_is_denied_not_empty(estate: Cloud) -> None:
    """Resource Graph leaves it out without a word."""
    estate.grants = {SUBSCRIPTION: [{"actions": ["*/read"], "notActions": ["Microsoft.Compute/*"]}]}
    with served(estate) as base:
        found = scanned(collector(base), [MACHINE, ACCOUNT])
    coverage, ids = found[MACHINE, SUBSCRIPTION]
    assert (coverage.outcome, ids, coverage.needs) == (Outcome.DENIED, [], ("Microsoft.Compute/virtualMachines/read",))
    assert found[ACCOUNT, SUBSCRIPTION][0].outcome is Outcome.COMPLETE


def test_rights_in_a_part_of_a_subscription_are_partial(estate: Cloud) -> None:
    estate.grants = {SUBSCRIPTION: Fault(403, "AuthorizationFailed", "no right to ask")}
    with served(estate) as base:
        coverage, ids = scanned(collector(base, subscriptions=[SUBSCRIPTION]), [MACHINE])[MACHINE, SUBSCRIPTION]
    assert coverage.outcome is Outcome.PARTIAL
    assert len(ids) == 1
    assert coverage.needs == ("Microsoft.Authorization/permissions/read", "Microsoft.Compute/virtualMachines/read")


def test_each_denied_subscription_has_its_own_coverage(estate: Cloud) -> None:
    estate.grants[OTHER] = Fault(403, "AuthorizationFailed", "does not have authorization")
    gone = "33333333-2222-3333-4444-555555555555"
    with served(estate) as base:
        found = scanned(collector(base, subscriptions=[SUBSCRIPTION, OTHER, gone]), [MACHINE, ACCOUNT])
    assert found["*", OTHER][0].needs == ("Microsoft.Authorization/permissions/read",)
    assert found["*", gone][0].code == "SubscriptionNotFound"
    assert found[MACHINE, SUBSCRIPTION][0].outcome is Outcome.COMPLETE
    assert (MACHINE, OTHER) not in found


def test_a_provider_that_is_not_registered_is_unavailable(estate: Cloud) -> None:
    estate.rows["resources"] = []
    estate.unregistered = ["Microsoft.Storage"]
    with served(estate) as base:
        found = scanned(collector(base), [MACHINE, ACCOUNT])
    assert found[ACCOUNT, SUBSCRIPTION][0].outcome is Outcome.UNAVAILABLE
    assert "Microsoft.Storage is not registered" in found[ACCOUNT, SUBSCRIPTION][0].reason
    assert found[ACCOUNT, SUBSCRIPTION][0].needs == ("Microsoft.Storage",)
    assert found[MACHINE, SUBSCRIPTION][0].outcome is Outcome.COMPLETE


def test_a_type_without_a_row_is_kept_raw(estate: Cloud) -> None:
    estate.rows["resources"] = [machine("lab", type_="Microsoft.Quantum/workspaces")]
    with served(estate) as base:
        coverage, ids = scanned(collector(base))["azure.quantum.workspaces", SUBSCRIPTION]
    assert coverage.records == 1
    assert ids == [f"/subscriptions/{SUBSCRIPTION}/resourcegroups/rg/providers/microsoft.quantum/workspaces/lab"]


CONTAINERS = f"/subscriptions/{SUBSCRIPTION}/resourcegroups/ml-prod/providers/microsoft.storage/storageaccounts/mlprodlake/blobservices/default/containers"


def test_every_page_of_a_list_is_read(estate: Cloud) -> None:
    (one,) = estate.answers[CONTAINERS]["value"]
    estate.answers[CONTAINERS] = [{"value": [one | {"id": f"{one['id']}{i}", "name": f"c{i}"}]} for i in range(3)]
    with served(estate) as base:
        coverage, ids = scanned(collector(base), [CONTAINER])[CONTAINER, SUBSCRIPTION]
    assert (coverage.outcome, len(ids)) == (Outcome.COMPLETE, 3)


def test_an_account_without_a_policy_has_none(estate: Cloud) -> None:
    kind = "azure.storage.lifecycle_policy"
    (path,) = (p for p in estate.answers if p.endswith("/managementpolicies/default"))
    estate.answers[path] = Fault(404, "ManagementPolicyNotFound", "No ManagementPolicy found for account")
    with served(estate) as base:
        coverage, ids = scanned(collector(base), [kind])[kind, SUBSCRIPTION]
    assert (coverage.outcome, ids) == (Outcome.COMPLETE, [])


def test_what_a_rule_cannot_read_costs_the_record_no_more_than_that(estate: Cloud) -> None:
    kind = "azure.network.dns_record"
    (path,) = (p for p in estate.answers if p.endswith("/recordsets"))
    (record,) = estate.answers[path]["value"]
    estate.answers[path] = {"value": [record | {"properties": None}, record | {"id": f"{record['id']}2"}]}
    with served(estate) as base:
        coverage, ids = scanned(collector(base), [kind])[kind, SUBSCRIPTION]
    assert (len(ids), coverage.gaps) == (2, 1)


def test_no_token_follows_a_link_to_another_host(estate: Cloud) -> None:
    estate.answers[CONTAINERS] |= {"nextLink": "http://127.0.0.2:9/next"}
    with served(estate) as base:
        coverage, ids = scanned(collector(base), [CONTAINER])[CONTAINER, SUBSCRIPTION]
    assert (coverage.outcome, len(ids)) == (Outcome.PARTIAL, 1)
    assert "another host" in coverage.reason


@pytest.mark.parametrize(
    ("fault", "outcome", "needs"),
    [
        (
            Fault(403, "AuthorizationFailed"),
            Outcome.DENIED,
            ("Microsoft.Storage/storageAccounts/blobServices/containers/read",),
        ),
        (Fault(409, "MissingSubscriptionRegistration"), Outcome.UNAVAILABLE, ()),
        (Fault(404, "NoRegisteredProviderFound"), Outcome.UNAVAILABLE, ()),
        (Fault(404, "InvalidResourceType", "The supported api-versions are '2031-01-01'."), Outcome.FAILED, ()),
        (Fault(404, "NotFound"), Outcome.FAILED, ()),
        (Fault(500, "InternalServerError"), Outcome.FAILED, ()),
        (Fault(404, "ParentResourceNotFound"), Outcome.COMPLETE, ()),
    ],
    ids=lambda v: v.code if isinstance(v, Fault) else "",
)
def test_a_refused_list_says_what_is_missing(
    estate: Cloud, fault: Fault, outcome: Outcome, needs: tuple[str, ...]
) -> None:
    estate.answers[CONTAINERS] = fault
    with served(estate) as base:
        coverage, _ = scanned(collector(base), [CONTAINER])[CONTAINER, SUBSCRIPTION]
    assert (coverage.outcome, coverage.needs) == (outcome, needs)


def test_what_lies_under_unseen_parents_is_not_complete(estate: Cloud) -> None:
    estate.truncate_at = 0
    with served(estate) as base:
        coverage, _ = scanned(collector(base), [CONTAINER])[CONTAINER, SUBSCRIPTION]
    assert coverage.outcome is Outcome.FAILED
    assert ACCOUNT in coverage.reason


def test_a_kind_alone_is_asked_for_alone(estate: Cloud) -> None:
    with served(estate) as base:
        found = scanned(collector(base), [CONTAINER])
    assert set(found) == {(CONTAINER, SUBSCRIPTION)}
    assert found[CONTAINER, SUBSCRIPTION][0].records == 1
    assert Counter(estate.requests)[GRAPH] == 1


def test_management_groups_are_opened_to_their_subscriptions(estate: Cloud) -> None:
    path = "/providers/microsoft.management/managementgroups/ml/descendants"
    estate.answers[path] = {
        "value": [{"id": f"/subscriptions/{SUBSCRIPTION}", "type": "/subscriptions", "name": SUBSCRIPTION}]
    }
    with served(estate) as base:
        found = scanned(collector(base, management_groups=["ml"]), [MACHINE])
    assert found[MACHINE, SUBSCRIPTION][0].records == 1


def test_management_groups_in_which_no_subscription_is_seen_are_no_empty_estate(estate: Cloud) -> None:
    estate.answers["/providers/microsoft.management/managementgroups/ml/descendants"] = {"value": []}
    with served(estate) as base, pytest.raises(DeniedError, match="no subscription in management group ml"):
        scanned(collector(base, management_groups=["ml"]))


def test_what_is_the_tenants_is_never_proved_to_be_all(estate: Cloud) -> None:
    type_ = "microsoft.management/managementgroups"
    id_ = f"/providers/{type_}/ml"
    row = {"id": id_, "name": "ml", "type": type_, "subscriptionId": "", "tenantId": TENANT}
    estate.rows["resourcecontainers"] = [*estate.rows["resourcecontainers"], row]
    with served(estate) as base:
        found = scanned(collector(base))
    (coverage,) = [c for (_, account), (c, ids) in found.items() if account == TENANT.lower() and id_ in ids]
    assert (coverage.records, coverage.proves_absence()) == (1, False)


def test_check_predicts_what_a_scan_would_not_see(estate: Cloud) -> None:
    estate.grants = {
        SUBSCRIPTION: [
            {"actions": ["Microsoft.Storage/storageAccounts/read", "Microsoft.Insights/*"], "notActions": []}
        ],
        OTHER: Fault(403, "AuthorizationFailed"),
    }
    estate.unregistered = ["Microsoft.Network"]
    with served(estate) as base:
        source = collector(base)
        blind = {(b.kind, b.scope.account): b.error for b in source.check()}
        source.close()
    assert blind["*", OTHER].needs == ("Microsoft.Authorization/permissions/read",)
    assert blind[MACHINE, SUBSCRIPTION].needs == (
        "Microsoft.Compute/virtualMachines/read",
        "Microsoft.Compute/skus/read",
    )
    assert blind[CONTAINER, SUBSCRIPTION].needs == ("Microsoft.Storage/storageAccounts/blobServices/containers/read",)
    assert "not registered" in str(blind["azure.network.subnet", SUBSCRIPTION])
    assert (ACCOUNT, SUBSCRIPTION) not in blind


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def sign_in(secret: str) -> None:
        for key, value in {"TENANT_ID": TENANT, "CLIENT_ID": "c", "CLIENT_SECRET": secret}.items():
            monkeypatch.setenv(f"AZURE_{key}", value)

    return sign_in


@pytest.fixture
def locked(estate: Cloud, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """An estate behind TLS that gives nothing without a token."""
    estate.secret = "right"
    with served(estate, tmp_path / "ca.pem") as base:
        yield base, tmp_path / "ca.pem"


def test_a_real_credential_gets_its_token_from_the_configured_authority(
    locked: tuple[str, Path], signed_in: Callable[[str], None]
) -> None:
    signed_in("right")
    base, ca = locked
    source = open_source({"name": "tenant", "endpoint": base, "authority": base, "ca_bundle": str(ca)})
    assert scanned(source, [MACHINE])[MACHINE, SUBSCRIPTION][0].records == 1


def test_a_wrong_secret_is_denied(locked: tuple[str, Path], signed_in: Callable[[str], None]) -> None:
    signed_in("wrong")
    base, ca = locked
    source = open_source({"name": "tenant", "endpoint": base, "authority": base, "ca_bundle": str(ca)})
    with pytest.raises(Exception, match="AADSTS7000215") as caught:
        next(iter(source.plan(source.kinds())))
    assert source.classify(caught.value) is not None
    source.close()
