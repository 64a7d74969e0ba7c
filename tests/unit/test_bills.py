"""Bills from files: what lands, what is refused, and what cannot be read."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from collectors.bills import BillCollector, manifests, open_files, sniff, tables
from collectors.bills.sums import Sums, instant, month_of, tags_of
from collectors.contract import CutShortError
from discovery.executor import look
from normalize.errors import ConfigError
from normalize.mapping import observe
from normalize.model import Coverage, Misfit, Observation, Outcome, RawRecord

NOW = datetime(2026, 11, 24, tzinfo=UTC)
INSTANCE = "arn:aws:ec2:us-east-1:111122223333:instance/i-0abcdef0123456789"
SUBSCRIPTION = "0a1b2c3d-0000-4000-8000-00000000000a"
VM = f"/subscriptions/{SUBSCRIPTION.upper()}/resourceGroups/ml/providers/Microsoft.Compute/virtualMachines/Train01"
DISK = "//compute.googleapis.com/projects/ml-prod/zones/us-central1-a/disks/data"

# Shapes as formats.py names their sources.
FOCUS: dict[str, Any] = {
    "ProviderName": "AWS", "BillingAccountId": "999988887777", "SubAccountId": "111122223333", "RegionId": "us-east-1",
    "BillingPeriodStart": "2026-10-01T00:00:00Z", "BillingPeriodEnd": "2026-11-01T00:00:00Z", "BillingCurrency": "USD",
    "ChargePeriodStart": "2026-10-01T00:00:00Z", "ChargePeriodEnd": "2026-11-01T00:00:00Z", "ChargeCategory": "Usage",
    "ServiceName": "Amazon Elastic Compute Cloud", "SkuId": "ABC", "SkuMeter": "BoxUsage:p5.48xlarge", "ResourceId": INSTANCE,
    "ConsumedQuantity": "744", "ConsumedUnit": "Hrs", "BilledCost": "40953.6", "EffectiveCost": "38211.04",
    "Tags": '{"team": "vision"}',
}  # fmt: skip
GOOGLE: dict[str, Any] = {
    "billing_account_id": "01AB-CD", "service": {"id": "6F81", "description": "Compute Engine"},
    "sku": {"id": "2DC9", "description": "Nvidia H100 80GB GPU running in Americas"},
    "usage_start_time": "2026-10-01 07:00:00 UTC", "usage_end_time": "2026-11-01 07:00:00 UTC",
    "project": {"id": "ml-prod", "number": "42"}, "labels": [{"key": "team", "value": "vision"}],
    "location": {"location": "us-central1", "region": "us-central1", "country": "US"}, "cost": 80.0, "currency": "EUR",
    "currency_conversion_rate": 0.8, "usage": {"amount": 7200.0, "unit": "seconds", "amount_in_pricing_units": 2.0, "pricing_unit": "hour"},
    "credits": [{"name": "Sustained use", "amount": -8.0, "type": "SUSTAINED_USAGE_DISCOUNT"}], "invoice": {"month": "202610"},
    "cost_type": "regular", "resource": {"name": "data", "global_name": DISK},
}  # fmt: skip
AZURE_EA: dict[str, Any] = {
    "SubscriptionId": SUBSCRIPTION.upper(), "ResourceLocation": "EastUS", "Date": "10/01/2026", "MeterCategory": "Virtual Machines",
    "MeterId": "77f1", "MeterName": "ND96isr H100 v5", "UnitOfMeasure": "1 Hour", "Quantity": "24", "CostInBillingCurrency": "2000.5",
    "ResourceId": VM, "Tags": '"team": "vision","env": "prod"', "ChargeType": "Usage", "BillingAccountId": "8608480",
    "BillingCurrencyCode": "EUR", "BillingPeriodStartDate": "10/01/2026", "BillingPeriodEndDate": "10/31/2026",
}  # fmt: skip
AZURE_MCA: dict[str, Any] = {
    "billingAccountId": "b1", "billingPeriodStartDate": "10/01/2026", "date": "10/31/2026", "meterId": "77f1",
    "meterCategory": "Virtual Machines", "meterName": "ND96isr H100 v5", "SubscriptionId": SUBSCRIPTION, "ResourceId": VM,
    "resourceLocation": "eastus", "quantity": "24", "unitOfMeasure": "1 Hour", "chargeType": "Usage", "billingCurrency": "EUR",
    "costInBillingCurrency": "2000.5", "costInUsd": "2200.55", "tags": "",
}  # fmt: skip
CUR: dict[str, Any] = {
    "bill_payer_account_id": "999988887777", "bill_billing_period_start_date": "2026-10-01T00:00:00Z",
    "line_item_usage_account_id": "111122223333", "line_item_line_item_type": "Usage", "line_item_usage_start_date": "2026-10-01T00:00:00Z",
    "line_item_usage_end_date": "2026-11-01T00:00:00Z", "line_item_product_code": "AmazonS3", "line_item_usage_type": "TimedStorage-ByteHrs",
    "line_item_resource_id": "training-data", "line_item_usage_amount": "120.5", "line_item_currency_code": "USD",
    "line_item_unblended_cost": "2.77", "product_region_code": "us-east-1", "product_sku": "WP9A", "pricing_unit": "GB-Mo",
    "resource_tags": "{}",
}  # fmt: skip


def text(rows: Sequence[Mapping[str, Any]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def lines(rows: Iterable[Any]) -> str:
    return "".join(json.dumps(r) + "\n" for r in rows)


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(data) if name.endswith(".gz") else data)
    return path


def opened(*paths: Path) -> BillCollector:
    assert [sniff(p) for p in paths] == ["" for _ in paths]
    (collector,) = open_files(paths)
    collector._clock = lambda: NOW
    return collector


def read(*paths: Path) -> tuple[list[Observation], list[Misfit], list[Coverage]]:
    """What an import would store of these files."""
    collector = opened(*paths)
    seen: list[Observation] = []
    unfit: list[Misfit] = []
    covered: list[Coverage] = []
    for planned in collector.plan(collector.kinds()):
        assert planned.error is None, planned.error
        taken = look(collector, planned, "run", lambda o: o, lambda: NOW)
        assert not taken.fault, taken.coverage.reason
        seen += taken.observations
        unfit += taken.misfits
        covered.append(taken.coverage)
    collector.close()
    return seen, unfit, covered


def only(*paths: Path) -> Observation:
    (seen,), unfit, _ = read(*paths)
    assert unfit == []
    return seen


def test_a_focus_line_lands_as_cost_explorer_tells_it(tmp_path: Path) -> None:
    seen = only(written(tmp_path, "a.csv", text([FOCUS])))
    assert (seen.resource.name, seen.resource.scope.account, seen.resource.scope.place) == ("BoxUsage:p5.48xlarge", "111122223333", "us-east-1")  # fmt: skip
    assert seen.resource.category.value == "cost"
    assert dict(seen.resource.attributes) == {
        "account": "111122223333", "region": "us-east-1", "service": "Amazon Elastic Compute Cloud", "sku": "ABC", "type": "Usage",
        "usage_quantity": 744.0, "unit": "Hrs", "cost_usd": 40953.6, "amortized_cost_usd": 38211.04, "currency": "USD",
        "billed_resource": INSTANCE, "line_count": 1, "started_at": "2026-10-01T00:00:00Z", "ended_at": "2026-11-01T00:00:00Z",
    }  # fmt: skip
    assert seen.resource.tags == {"team": "vision"}
    assert [(r.verb, r.value, r.optional) for r in seen.references] == [("charges_for", INSTANCE, True)]


def test_google_credits_are_lines_of_their_own_and_dollars_are_googles(tmp_path: Path) -> None:
    seen, unfit, _ = read(written(tmp_path, "g.jsonl", lines([GOOGLE])))
    assert unfit == []
    credit, usage = sorted((dict(s.resource.attributes) for s in seen), key=lambda a: a["cost"])
    assert (usage["cost"], usage["cost_usd"], usage["currency"], usage["type"]) == (80.0, 100.0, "EUR", "regular")
    assert (usage["usage_quantity"], usage["unit"], usage["sku"]) == (2.0, "hour", "2DC9")
    assert (credit["cost"], credit["cost_usd"], credit["type"]) == (-8.0, -10.0, "credit")
    assert "usage_quantity" not in credit
    assert {(r.verb, r.key) for s in seen for r in s.references} == {("charges_for", DISK)}
    assert seen[0].resource.tags == {"team": "vision"} or seen[1].resource.tags == {"team": "vision"}


def test_googles_columns_may_be_flat(tmp_path: Path) -> None:
    flat = {name.replace(".", "_"): value for name, value in tables.flat(GOOGLE).items() if not isinstance(value, dict)}
    flat |= {name: json.dumps(flat[name]) for name in ("labels", "credits")}
    told, nested = ({(s.resource.id, repr(s.resource.attributes), repr(s.resource.tags)) for s in read(p)[0]} for p in (written(tmp_path, "g.csv", text([flat])), written(tmp_path, "g.jsonl", lines([GOOGLE]))))  # fmt: skip
    assert told == nested
    assert len(told) == 2


def test_azure_columns_of_both_agreements_say_the_same(tmp_path: Path) -> None:
    ea = only(written(tmp_path, "ea.csv", "\ufeff" + text([AZURE_EA])))
    mca = only(written(tmp_path, "mca.csv.gz", text([AZURE_MCA])))
    both = [dict(s.resource.attributes) for s in (ea, mca)]
    for said in both:
        assert (said["account"], said["region"], said["service"], said["cost"], said["currency"]) == (SUBSCRIPTION, "eastus", "Virtual Machines", 2000.5, "EUR")  # fmt: skip
    assert "cost_usd" not in both[0]
    assert both[1]["cost_usd"] == 2200.55
    assert (both[0]["started_at"], both[0]["ended_at"]) == ("2026-10-01T00:00:00Z", "2026-10-02T00:00:00Z")
    assert ea.resource.tags == {"team": "vision", "env": "prod"}
    assert {s.references[0].key for s in (ea, mca)} == {VM.lower()}


def test_a_bucket_on_an_aws_bill_is_meant_as_a_bucket(tmp_path: Path) -> None:
    seen = only(written(tmp_path, "cur.csv", text([CUR])))
    assert [(r.verb, r.target, r.key) for r in seen.references] == [
        ("charges_for", "aws.s3.bucket", "s3://training-data")
    ]


@pytest.mark.parametrize("row", [FOCUS, GOOGLE, AZURE_EA, AZURE_MCA, CUR], ids=["focus", "google", "ea", "mca", "cur"])
def test_parquet_says_what_text_says(tmp_path: Path, row: dict[str, Any]) -> None:
    table = pa.Table.from_pylist([row])
    pq.write_table(table, tmp_path / "a.parquet")
    plain = written(tmp_path, "a.jsonl", lines([row]))
    as_parquet, as_text = (sorted((s.resource.id, repr(s.resource.attributes)) for s in read(p)[0]) for p in (tmp_path / "a.parquet", plain))  # fmt: skip
    assert as_parquet == as_text != []


def test_typed_parquet_columns_are_read(tmp_path: Path) -> None:
    from decimal import Decimal

    at, naive = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1)  # noqa: DTZ001  a column without a zone
    typed = FOCUS | {
        "BillingPeriodStart": at, "ChargePeriodStart": at, "ChargePeriodEnd": naive, "BilledCost": Decimal("40953.60"),
        "EffectiveCost": 38211.04, "ConsumedQuantity": 744,
    }  # fmt: skip
    pq.write_table(pa.Table.from_pylist([typed]), tmp_path / "a.parquet")
    assert (
        only(tmp_path / "a.parquet").resource.attributes
        == only(written(tmp_path, "a.csv", text([FOCUS]))).resource.attributes
    )


def test_lines_that_are_alike_are_one_sum_whatever_the_order_of_files(tmp_path: Path) -> None:
    days = [FOCUS | {"ChargePeriodStart": f"2026-10-{d:02}T00:00:00Z", "ChargePeriodEnd": f"2026-10-{d:02}T24:00:00Z"[:11] + "23:59:59Z", "BilledCost": c, "ConsumedQuantity": ""} for d, c in ((1, "0.1"), (2, "0.2"), (31, "-0.3"))]  # fmt: skip
    first, second = written(tmp_path, "a.csv", text(days[:2])), written(tmp_path, "b.csv", text(days[2:]))
    seen, turned = only(first, second), only(second, first)
    assert seen.resource == turned.resource
    attributes = seen.resource.attributes
    assert (attributes["cost_usd"], attributes["line_count"], "usage_quantity" in attributes) == (0.0, 3, False)
    assert (attributes["started_at"], attributes["ended_at"]) == ("2026-10-01T00:00:00Z", "2026-10-31T23:59:59Z")


def test_sums_that_do_not_fit_into_memory_are_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [FOCUS | {"ResourceId": f"{INSTANCE[:-3]}{i % 97:03}", "SubAccountId": f"{i % 3:012}"} for i in range(600)]
    path = written(tmp_path, "a.csv", text(rows))
    whole = {s.resource.id: s.resource.attributes for s in read(path)[0]}
    monkeypatch.setattr(Sums.__init__, "__defaults__", (10,))
    assert {s.resource.id: s.resource.attributes for s in read(path)[0]} == whole
    assert len(whole) == 291


def test_each_account_and_month_has_coverage_that_says_what_the_file_covered(tmp_path: Path) -> None:
    november = FOCUS | {
        "BillingPeriodStart": "2026-11-01",
        "ChargePeriodStart": "2026-11-01",
        "ChargePeriodEnd": "2026-11-20",
    }
    rows = [FOCUS, FOCUS | {"SubAccountId": "", "ChargeCategory": "Tax"}, november]
    _, _, covered = read(written(tmp_path, "a.csv", text(rows)))
    assert [(c.scope.account, c.scope.place, c.outcome, c.records) for c in covered] == [
        ("111122223333", "2026-10", Outcome.COMPLETE, 1),
        ("111122223333", "2026-11", Outcome.COMPLETE, 1),
        ("999988887777", "2026-10", Outcome.COMPLETE, 1),
    ]
    assert covered[1].reason == "1 lines of a.csv, charges from 2026-11-01T00:00:00Z to 2026-11-20T00:00:00Z"


def test_a_month_that_is_over_and_not_told_to_its_end_is_partial(tmp_path: Path) -> None:
    _, _, (covered,) = read(written(tmp_path, "a.csv", text([FOCUS | {"ChargePeriodEnd": "2026-10-16T00:00:00Z"}])))
    assert covered.outcome is Outcome.PARTIAL
    assert "no charge of 2026-10 after 2026-10-16T00:00:00Z" in covered.reason


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [
        ("BilledCost", "12,5", "'12,5' is no number"),
        ("BilledCost", "NaN", "'NaN' is no amount"),
        ("ConsumedQuantity", "1e999999", "is no amount"),
        ("ChargePeriodStart", "yesterday", "'yesterday' is no time"),
        ("ChargePeriodStart", "2026-02-30", "day"),
    ],
)
def test_a_line_that_does_not_fit_is_set_aside_and_the_rest_goes_on(tmp_path: Path, field: str, value: str, reason: str) -> None:  # fmt: skip
    seen, (unfit,), (covered,) = read(written(tmp_path, "a.csv", text([FOCUS, FOCUS | {field: value}, FOCUS])))
    assert seen[0].resource.attributes["line_count"] == 2
    assert (covered.outcome, covered.quarantined, covered.proves_absence()) == (Outcome.COMPLETE, 1, False)
    assert reason in unfit.reason
    assert unfit.payload["Columns"][field] == value


def test_lines_whose_account_is_unknown_are_set_aside_nowhere_in_particular(tmp_path: Path) -> None:
    content = text([FOCUS, FOCUS | {"ProviderName": ""}]) + "a,b\n" + text([FOCUS]).splitlines()[1] + "\n"
    seen, unfit, covered = read(written(tmp_path, "a.csv", content))
    assert seen[0].resource.attributes["line_count"] == 2
    assert [u.reason for u in unfit] == [
        "a.csv, row 2: does not say whose bill it is",
        f"a.csv, line 4: has 2 fields, not {len(FOCUS)}",
    ]
    assert [(c.scope.account, c.scope.place, c.quarantined) for c in covered] == [
        ("?", "?", 2),
        ("111122223333", "2026-10", 0),
    ]


def test_bytes_that_are_no_text_cost_their_line(tmp_path: Path) -> None:
    head, row = text([FOCUS]).splitlines()
    spoiled = row.encode().replace(b"vision", b"M\xfcnchen")
    path = written(tmp_path, "a.csv", b"\n".join([head.encode(), spoiled, row.encode(), b""]))
    seen, (unfit,), _ = read(path)
    assert seen[0].resource.attributes["line_count"] == 1
    assert "is no UTF-8" in unfit.reason
    assert "\\xfc" in unfit.payload["Columns"]["Tags"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_marks_of_encodings_are_heeded(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, "a.csv", text([FOCUS | {"SkuMeter": "Größe"}]).encode(encoding))
    assert only(path).resource.name == "Größe"


def test_a_quote_that_is_never_closed_costs_what_it_swallows_and_no_more(tmp_path: Path) -> None:
    bare = FOCUS | {"Tags": ""}
    row = text([bare]).splitlines()[1]
    broken = row.replace("Amazon Elastic", '"Amazon Elastic')
    content = text([bare]) + broken + "\n" + (row + "\n") * 2000
    seen, unfit, covered = read(written(tmp_path, "a.csv", content))
    (swallowed,) = unfit
    assert "lines 3 to" in swallowed.reason
    assert 500 < seen[0].resource.attributes["line_count"] < 2001
    assert covered[0].quarantined == 1


def test_a_file_that_was_cut_short_is_partial(tmp_path: Path) -> None:
    rows = [
        FOCUS | {"SkuMeter": f"{i % 100}", "ChargeDescription": sha256(b"%d" % i).hexdigest() * 20} for i in range(3000)
    ]
    whole = gzip.compress(text(rows).encode(), 1)
    path = tmp_path / "a.csv.gz"
    path.write_bytes(whole[: len(whole) // 2])
    seen, _, (covered,) = read(path)
    assert 0 < sum(s.resource.attributes["line_count"] for s in seen) < 3000
    assert (covered.outcome, "ends in the middle" in covered.reason) == (Outcome.PARTIAL, True)


def test_what_decompresses_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "BOMB_BYTES", 1_000_000)
    path = written(tmp_path, "a.csv.gz", text([FOCUS]) + ("\n" * 9_000_000))
    _, _, (covered,) = read(path)
    assert (covered.outcome, "more than 400 times its size" in covered.reason) == (Outcome.PARTIAL, True)


def test_a_line_without_end_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_LINE", 10_000)
    _, _, (covered,) = read(written(tmp_path, "a.csv", text([FOCUS]) + "x" * 20_000))
    assert (covered.outcome, "a line of more than" in covered.reason) == (Outcome.PARTIAL, True)


def test_a_file_without_a_line_is_not_a_bill_without_cost(tmp_path: Path) -> None:
    collector = opened(written(tmp_path, "a.csv", text([FOCUS]).splitlines()[0]))
    (planned,) = collector.plan(collector.kinds())
    assert "there is no line in it" in str(planned.error)


def test_secrets_in_tags_and_in_lines_that_do_not_fit_are_not_kept(tmp_path: Path) -> None:
    secret = "ghp_" + "a1B2" * 9
    tagged = FOCUS | {"Tags": json.dumps({"db_password": "geheim-1234", "note": f"token {secret}"})}
    seen, unfit, _ = read(written(tmp_path, "a.csv", text([tagged, tagged | {"BilledCost": "x"}])))
    kept = json.dumps([seen[0].payload, dict(seen[0].resource.tags), unfit[0].payload])
    assert secret not in kept
    assert "geheim-1234" not in kept


def test_unknown_columns_are_named_for_each_sort(tmp_path: Path) -> None:
    path = written(
        tmp_path, "a.csv", "ProviderName,BilledCost,BillingPeriodStart,ServiceName,BillingCurrency,BillingAccountId\n"
    )
    assert sniff(path).startswith("for FOCUS it lacks ChargePeriodStart;")
    assert "for AWS CUR it lacks line_item_unblended_cost" in sniff(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b"PK\x03\x04xx", "ZIP"),
        (b"Obj\x01xx", "Avro"),
        (b"PAR1xxxx", "no whole Parquet file"),
        (b"\x1f\x8bxxxx", "cannot be decompressed"),
        (b"\x00\x01\x02\x03" * 10, "no text"),
        (b"{]\n", "no line of it is a JSON object"),
        (b"[1]\n", "lacks"),
        (b"{" * 5000, "no line of it is a JSON object"),
    ],
)
def test_other_files_are_refused_with_a_reason(tmp_path: Path, content: bytes, why: str) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert why in sniff(path)


def test_two_sorts_of_bill_are_not_added_up(tmp_path: Path) -> None:
    paths = [written(tmp_path, "a.csv", text([FOCUS])), written(tmp_path, "b.csv", text([CUR]))]
    with pytest.raises(ConfigError, match="may hold the same money"):
        open_files(paths)


# --- Azure's manifests ------------------------------------------------------------------------------------------


def manifest(
    folder: Path, *names: str, type_: str = "ActualCost", rows: int | None = None, at: str = "2026-11-01"
) -> Path:
    told = {
        "blobs": [{"blobName": n, "byteCount": 1} for n in names], "exportConfig": {"resourceId": "/subscriptions/0a1b/x", "type": type_},
        "runInfo": {"startDate": "2026-10-01T00:00:00", "submittedTime": at}, **({} if rows is None else {"dataRowCount": rows}),
    }  # fmt: skip
    return written(folder, "manifest.json", json.dumps(told))


FULL = [AZURE_EA, AZURE_EA | {"Date": "10/31/2026"}]


def test_a_manifest_says_that_cost_is_amortized(tmp_path: Path) -> None:
    part = written(tmp_path, "part_0.csv", text(FULL))
    attributes = only(part, manifest(tmp_path, "x/y/part_0.csv", type_="AmortizedCost", rows=2)).resource.attributes
    assert attributes["amortized_cost"] == 4001.0
    assert "cost" not in attributes


def test_a_part_that_is_missing_makes_the_bill_partial(tmp_path: Path) -> None:
    written(tmp_path, "part_0.csv", text(FULL))
    _, _, (covered,) = read(manifest(tmp_path, "part_0.csv", "part_1.csv"))
    assert (covered.outcome, covered.records) == (Outcome.PARTIAL, 1)
    assert "manifest.json names part_1.csv, not there" in covered.reason


def test_fewer_rows_than_the_manifest_says_make_the_bill_partial(tmp_path: Path) -> None:
    written(tmp_path, "part_0.csv", text(FULL))
    _, _, (covered,) = read(manifest(tmp_path, "part_0.csv", rows=3))
    assert (covered.outcome, "says 3 rows, there are 2" in covered.reason) == (Outcome.PARTIAL, True)


def test_of_several_exports_of_a_month_the_newest_counts(tmp_path: Path) -> None:
    paths = []
    for run, count in (("a", 1), ("b", 2)):
        paths.append(written(tmp_path / run, "part_0.csv", text(FULL * count)))
        paths.append(manifest(tmp_path / run, "part_0.csv", at=f"2026-11-0{count}"))
    seen, _, (covered,) = read(*paths)
    assert seen[0].resource.attributes["line_count"] == 4
    assert "1 older exports of the same months left out" in covered.reason


@pytest.mark.parametrize("name", ["../../etc/passwd", "x/..", "..\\b.csv", "a\0.csv", "C:b.csv", "", "x/"])
def test_a_manifest_that_leads_out_of_its_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="names a file"):
        manifests.read(manifest(tmp_path, name))


def test_a_manifest_of_something_else_is_none(tmp_path: Path) -> None:
    assert "no list" in sniff(written(tmp_path, "manifest.json", '{"files": []}'))
    assert "no JSON" in sniff(written(tmp_path, "manifest.json", "{"))


# --- words of bills ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z"),
        ("2026-10-01 07:00:00 UTC", "2026-10-01T07:00:00Z"),
        ("2026-10-01 07:00:00.123", "2026-10-01T07:00:00Z"),
        ("2026-10-01T02:00:00+02:00", "2026-10-01T00:00:00Z"),
        ("2026-10-01", "2026-10-01T00:00:00Z"),
        ("10/1/2026", "2026-10-01T00:00:00Z"),
        (datetime(2026, 10, 1, 5, tzinfo=UTC), "2026-10-01T05:00:00Z"),
    ],
)
def test_times_of_bills(said: Any, meant: str) -> None:
    assert instant(said) == meant


def test_invoice_months() -> None:
    assert [month_of(t) for t in ("202610", "2026-10", "2026-10-01T00:00:00Z", "10/01/2026")] == ["2026-10"] * 4
    with pytest.raises(ValueError, match="no time"):
        month_of("202613")


@pytest.mark.parametrize("text_", ["[", "[1, 2]", '[["a"]]', "x", '"a"', "[[1, 2]]"])
def test_tags_that_are_none_are_none(text_: str) -> None:
    assert tags_of(text_) == {}


def test_records_of_a_cut_bill_come_before_its_end_is_missed(tmp_path: Path) -> None:
    written(tmp_path, "part_0.csv", text(FULL))
    collector = opened(manifest(tmp_path, "part_0.csv", "gone.csv"))
    (planned,) = collector.plan(collector.kinds())
    records = collector.collect(collector.kinds()[0], planned.scope)
    first = next(records)
    assert isinstance(first, RawRecord)
    assert observe(first, collector.kinds()[0]).resource.kind == "bill.usage"
    with pytest.raises(CutShortError):
        next(records)
