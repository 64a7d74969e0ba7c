"""The AWS collector alone, nothing mapped, nothing stored: what an object costs, and how well waiting is hidden.

    python -m benchmarks.collect_bench [--scale 1] [--rounds 5] [--calls 2400] [--latency-ms 50]

First at no latency: objects per CPU second of the collector, of plain boto3 (paginators, 8 threads) and of a bare client
(aiohttp, signatures made by hand, lxml and orjson into plain dicts, no types, no retries, no errors), which make the
same calls and must see the same number of objects. Each runs in a process of its own; CPU is counted from the first
call on, so imports cost nobody anything. The collector looks for cycles as rarely as a scan does.

Then at a latency: one kind whose every item needs a call. `ideal` is what its calls would take with 64 in flight.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import functools
import hashlib
import hmac
import importlib
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from benchmarks.aws_estate import ROOT, Endpoint, running
from benchmarks.aws_estate.estate import KINDS, PER_ACCOUNT, Estate
from benchmarks.aws_estate.measure import environment, machine, spread, table
from benchmarks.aws_estate.server import add_options, sizes_from

WORKERS = 16
"""Scopes that the collector is asked for at a time, as `stocktake scan` does unless told otherwise."""
IDEAL_IN_FLIGHT = 64
GOALS = {"boto3": 2.5, "bare": 0.4, "latency": 1.3}


@dataclass(frozen=True, slots=True)
class Listing:
    """One paginated call and the one that completes an item, as all three clients make them.

    Attributes:
        items: key of the items in an answer.
        page: what is asked for as the size of a page, and what that parameter is called.
        token: (name in the request, name in the answer) of where the next page begins.
        describe: operation that completes an item, and the name it is asked by.
        tagged: name of its ARN, where its tags are asked for apart.
    """

    service: str
    operation: str
    items: str
    page: tuple[str, int]
    token: tuple[str, str]
    describe: tuple[str, str] = ("", "")
    tagged: str = ""
    params: tuple[tuple[str, str], ...] = ()


def _ec2(operation: str, items: str, size: int = 1000) -> Listing:
    return Listing("ec2", operation, items, ("MaxResults", size), ("NextToken", "NextToken"))


def _sagemaker(noun: str, items: str, *, tagged: bool = False) -> Listing:
    token = ("NextToken", "NextToken")
    describe = f"Describe{noun}", f"{noun}Name"
    arn = f"{noun}Arn" if tagged else ""
    return Listing("sagemaker", f"List{noun}s", items, ("MaxResults", 100), token, describe, arn)


def _iam(items: str, wanted: str) -> Listing:
    return Listing(
        "iam", "GetAccountAuthorizationDetails", items, ("MaxItems", 1000), ("Marker", "Marker"), params=(("Filter", wanted),)
    )  # fmt: skip


LISTINGS = {
    "aws.ec2.instance": _ec2("DescribeInstances", "Reservations"),
    "aws.ec2.volume": _ec2("DescribeVolumes", "Volumes", 500),
    "aws.ec2.network_interface": _ec2("DescribeNetworkInterfaces", "NetworkInterfaces"),
    "aws.ec2.vpc": _ec2("DescribeVpcs", "Vpcs"),
    "aws.ec2.subnet": _ec2("DescribeSubnets", "Subnets"),
    "aws.ec2.security_group": _ec2("DescribeSecurityGroups", "SecurityGroups"),
    "aws.sagemaker.endpoint": _sagemaker("Endpoint", "Endpoints", tagged=True),
    "aws.sagemaker.endpoint_config": _sagemaker("EndpointConfig", "EndpointConfigs", tagged=True),
    "aws.sagemaker.model": _sagemaker("Model", "Models", tagged=True),
    "aws.sagemaker.training_job": _sagemaker("TrainingJob", "TrainingJobSummaries"),
    "aws.sagemaker.processing_job": _sagemaker("ProcessingJob", "ProcessingJobSummaries"),
    "aws.sagemaker.notebook_instance": _sagemaker("NotebookInstance", "NotebookInstances", tagged=True),
    "aws.iam.role": _iam("RoleDetailList", "Role"),
    "aws.iam.policy": _iam("Policies", "LocalManagedPolicy"),
    "aws.s3.bucket": Listing("s3", "ListBuckets", "Buckets", ("MaxBuckets", 1000), ("ContinuationToken",) * 2),
}
NOT_SET = 404
"""What S3 answers where a bucket does not have what is asked for."""
BUCKET_CALLS = {
    "GetBucketLocation": "location",
    "GetBucketEncryption": "encryption",
    "GetBucketVersioning": "versioning",
    "GetBucketTagging": "tagging",
    "GetPublicAccessBlock": "publicAccessBlock",
    "GetBucketReplication": "replication",
    "GetBucketNotificationConfiguration": "notification",
    "GetBucketLifecycleConfiguration": "lifecycle",
    "GetBucketPolicy": "policy",
    "GetBucketOwnershipControls": "ownershipControls",
    "GetObjectLockConfiguration": "object-lock",
}


def places(kind: str, regions: Sequence[str]) -> Sequence[str]:
    return regions[:1] if KINDS[kind] in PER_ACCOUNT else regions


# The three clients: each returns how many objects it saw


def by_stocktake(url: str, regions: Sequence[str], kinds: Sequence[str]) -> int:
    from collectors.aws import open_source
    from discovery.scans import _collecting_rarely

    collector = open_source({"name": "bench", "endpoint_url": url})
    rows = [kind for kind in collector.kinds() if kind.name in kinds]

    def count(look: Any) -> int:
        if look.error is not None:
            raise look.error
        return sum(1 for record in collector.collect(look.kind, look.scope) if not record.gaps)

    with _collecting_rarely(), ThreadPoolExecutor(WORKERS) as pool:
        seen = sum(pool.map(count, collector.plan(rows)))
    collector.close()
    return seen


def by_boto3(url: str, regions: Sequence[str], kinds: Sequence[str]) -> int:
    import boto3
    from botocore import xform_name

    session = boto3.Session()
    pool = ThreadPoolExecutor(8)
    made = [(s, r) for s in {LISTINGS[k].service for k in kinds} for r in regions]
    clients = {(s, r): session.client(s, region_name=r, endpoint_url=url) for s, r in made}

    def pages(listing: Listing, region: str) -> tuple[int, list[Future[Any]]]:
        client = clients[listing.service, region]
        params = {name: [value] for name, value in listing.params}
        pager = client.get_paginator(xform_name(listing.operation))
        seen, calls = 0, []
        for page in pager.paginate(**params, PaginationConfig={"PageSize": listing.page[1]}):
            seen += len(page[listing.items])
            calls += [pool.submit(call) for item in page[listing.items] for call in details(client, listing, item)]
        return seen, calls

    def details(client: Any, listing: Listing, item: Any) -> Iterator[Callable[[], Any]]:
        if listing.service == "s3":
            for operation in BUCKET_CALLS:
                yield functools.partial(getattr(client, xform_name(operation)), Bucket=item["Name"])
        elif listing.describe[0]:
            method = getattr(client, xform_name(listing.describe[0]))
            yield functools.partial(method, **{listing.describe[1]: item[listing.describe[1]]})
            if listing.tagged:
                yield functools.partial(client.list_tags, ResourceArn=item[listing.tagged])

    work = [pool.submit(pages, LISTINGS[k], r) for k in kinds for r in places(k, regions)]
    total = 0
    for future in work:
        seen, calls = future.result()
        total += seen
        for call in calls:
            error = call.exception()
            if error is not None and _status(error) != NOT_SET:
                raise error
    pool.shutdown()
    return total


def _status(error: BaseException) -> Any:
    return getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode")


def by_hand(url: str, regions: Sequence[str], kinds: Sequence[str]) -> int:
    return asyncio.run(_Bare(url).count([(LISTINGS[k], r) for k in kinds for r in places(k, regions)]))


class _Bare:
    """Signs, sends and parses, and nothing else."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._host = urlsplit(url).netloc
        self._keys: dict[tuple[str, str, str], bytes] = {}

    async def count(self, work: Iterable[tuple[Listing, str]]) -> int:
        import aiohttp

        connector = aiohttp.TCPConnector(limit=IDEAL_IN_FLIGHT)
        async with aiohttp.ClientSession(connector=connector) as self._session:
            return sum(await asyncio.gather(*(self._listed(listing, region) for listing, region in work)))

    async def _listed(self, listing: Listing, region: str) -> int:
        seen, token = 0, None
        details: list[asyncio.Task[Any]] = []
        while True:
            asked = {name: value for name, value in (listing.page, (listing.token[0], token)) if value is not None}
            answer = await self._ask(listing, region, asked)
            items = answer.get(listing.items) or []
            seen += len(items)
            details += [asyncio.create_task(call) for item in items for call in self._details(listing, region, item)]
            token = answer.get(listing.token[1])
            if not token:
                await asyncio.gather(*details)
                return seen

    def _details(self, listing: Listing, region: str, item: Any) -> Iterator[Any]:
        if listing.service == "s3":
            for query in BUCKET_CALLS.values():
                yield self._send("s3", region, "GET", f"/{item['Name']}", {query: ""}, {}, b"")
        elif listing.describe[0]:
            operation, name = listing.describe
            yield self._json(region, operation, {name: item[name]})
            if listing.tagged:
                yield self._json(region, "ListTags", {"ResourceArn": item[listing.tagged]})

    async def _ask(self, listing: Listing, region: str, params: dict[str, Any]) -> dict[str, Any]:
        if listing.service == "sagemaker":
            return await self._json(region, listing.operation, params)
        if listing.service == "s3":
            query = {"max-buckets": str(params["MaxBuckets"])}
            return await self._send("s3", region, "GET", "/", query, {}, b"")
        version = {"ec2": "2016-11-15", "iam": "2010-05-08"}[listing.service]
        fixed = {f"{name}.member.1": value for name, value in listing.params}
        form = urlencode({"Action": listing.operation, "Version": version, **fixed, **params}).encode()
        kind = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        answer = await self._send(listing.service, region, "POST", "/", {}, kind, form)
        found = answer.get(f"{listing.operation}Result", answer)
        for theirs, ours in _EC2_NAMES.items():
            if theirs in found:
                found[ours] = found.pop(theirs)
        return found

    async def _json(self, region: str, operation: str, params: dict[str, Any]) -> dict[str, Any]:
        headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"SageMaker.{operation}"}
        return await self._send("sagemaker", region, "POST", "/", {}, headers, json.dumps(params).encode())

    async def _send(
        self, service: str, region: str, method: str, path: str, query: dict[str, str], headers: dict[str, str], body: bytes
    ) -> dict[str, Any]:  # fmt: skip
        import orjson
        import yarl
        from lxml import etree

        text = "&".join(f"{quote(k, safe='')}={quote(v, safe='')}" for k, v in sorted(query.items()))
        signed = self._signed(service, region, method, path, text, headers, body)
        address = yarl.URL(f"{self._url}{path}?{text}" if text else f"{self._url}{path}", encoded=True)
        async with self._session.request(method, address, headers=signed, data=body or None) as answer:
            received = await answer.read()
            if answer.status == NOT_SET:
                return {}
            answer.raise_for_status()
        if service == "sagemaker" or received.startswith(b"{"):
            return dict(orjson.loads(received))
        found = _plain(etree.fromstring(received))
        return found if isinstance(found, dict) else {"": found}

    def _signed(
        self, service: str, region: str, method: str, path: str, query: str, headers: dict[str, str], body: bytes
    ) -> dict[str, str]:
        """Signature version 4. Source: IAM User Guide, "Create a signed AWS API request", as botocore.auth does it."""
        now = f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
        day, digest = now[:8], hashlib.sha256(body).hexdigest()
        all_headers = {"host": self._host, "x-amz-content-sha256": digest, "x-amz-date": now, **headers}
        names = ";".join(sorted(all_headers))
        lines = "".join(f"{name}:{all_headers[name]}\n" for name in sorted(all_headers))
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{digest}"
        scope = f"{day}/{region}/{service}/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{now}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = hmac.new(self._key(day, region, service), text.encode(), "sha256").hexdigest()
        key = os.environ["AWS_ACCESS_KEY_ID"]
        value = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
        return all_headers | {"authorization": value}

    def _key(self, day: str, region: str, service: str) -> bytes:
        if (day, region, service) not in self._keys:
            key = b"AWS4" + os.environ["AWS_SECRET_ACCESS_KEY"].encode()
            for part in (day, region, service, "aws4_request"):
                key = hmac.new(key, part.encode(), "sha256").digest()
            self._keys[day, region, service] = key
        return self._keys[day, region, service]


_EC2_NAMES = {
    "reservationSet": "Reservations",
    "volumeSet": "Volumes",
    "networkInterfaceSet": "NetworkInterfaces",
    "vpcSet": "Vpcs",
    "subnetSet": "Subnets",
    "securityGroupInfo": "SecurityGroups",
    "nextToken": "NextToken",
}


def _plain(element: Any) -> Any:
    """XML as lists, dicts and texts, by the tags alone."""
    if not len(element):
        return element.text or ""
    if (first := element[0].tag) in ("item", "member", "Bucket", "Rule", "Tag") or first.endswith("}Bucket"):
        return [_plain(child) for child in element]
    return {child.tag: _plain(child) for child in element}


CLIENTS: dict[str, Callable[[str, Sequence[str], Sequence[str]], int]] = {
    "Stocktake": by_stocktake,
    "boto3, 8 threads": by_boto3,
    "bare aiohttp": by_hand,
}


# Measuring


@dataclass(frozen=True, slots=True)
class Effort:
    """One client's work: what it saw, and what that cost from the first call on."""

    objects: int
    wall_s: float
    cpu_s: float
    peak_mib: float

    @property
    def rate(self) -> float:
        return self.objects / self.cpu_s


_IMPORTS = {
    "Stocktake": ("collectors.aws.kinds", "collectors.aws.client", "collectors.aws.collector", "discovery.scans"),
    "boto3, 8 threads": ("boto3",),
    "bare aiohttp": ("aiohttp", "lxml.etree", "orjson"),
}


def work(client: str, url: str, regions: Sequence[str], kinds: Sequence[str]) -> Effort:
    """Run a client in this process."""
    for module in _IMPORTS[client]:
        importlib.import_module(module)
    wall, cpu = time.perf_counter(), time.process_time()
    objects = CLIENTS[client](url, regions, kinds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Effort(objects, time.perf_counter() - wall, time.process_time() - cpu, peak)


def worked(client: str, endpoint: Endpoint, kinds: Sequence[str], checkout: Path = ROOT) -> tuple[Effort, int]:
    """(effort, requests) of a client in a process of its own."""
    endpoint.reset()
    order = [client, endpoint.url, ",".join(endpoint.estate.regions), ",".join(kinds)]
    command = [sys.executable, "-m", "benchmarks.collect_bench", "--work", *order]
    variables = environment(endpoint.environment() | {"PYTHONPATH": str(checkout)})
    told = subprocess.run(command, cwd=checkout, env=variables, check=True, stdout=subprocess.PIPE, text=True).stdout
    asked = endpoint.stats()
    effort = Effort(**json.loads(told.splitlines()[-1]))
    expected = sum(endpoint.estate.expected()[kind] for kind in kinds)
    if effort.objects != expected or asked["faults"]:
        raise SystemExit(f"{client}: {effort.objects} of {expected} objects; faults: {asked['faults']}")
    return effort, asked["requests"]


def compare(estate: Estate, rounds: int) -> str:
    """Objects per CPU second, client beside client, interleaved."""
    efforts: dict[str, list[tuple[Effort, int]]] = {client: [] for client in CLIENTS}
    with running(estate) as endpoint:
        for _ in range(rounds):
            for client in CLIENTS:
                efforts[client].append(worked(client, endpoint, list(LISTINGS)))
    rows = [["no latency", "objects / CPU s", "CPU s", "wall s", "peak MiB", "requests"]]
    for client, found in efforts.items():
        middle = [
            statistics.median(getattr(e, name) for e, _ in found) for name in ("rate", "cpu_s", "wall_s", "peak_mib")
        ]
        rows.append(
            [client, f"{middle[0]:,.0f}", *(f"{m:,.1f}" for m in middle[1:3]), f"{middle[3]:,.0f}", f"{found[-1][1]:,}"]
        )
    ours, boto, bare = ([e.rate for e, _ in found] for found in efforts.values())
    return "\n".join(
        [
            table(rows),
            "",
            f"Stocktake / boto3: {_ratios(ours, boto)}; goal at least {GOALS['boto3']}",
            f"Stocktake / bare: {_ratios(ours, bare)}; goal at least {GOALS['bare']}",
        ]
    )


def _ratios(ours: Sequence[float], theirs: Sequence[float]) -> str:
    return spread([a / b for a, b in zip(ours, theirs, strict=True)])


def hide(estate: Estate, rounds: int, calls: int, latency_ms: float) -> str:
    """How long one kind with a call per item takes, beside its calls 64 at a time."""
    each = math.ceil(calls / len(estate.regions) / len(estate.accounts))
    bare = {field.name: 1 for field in dataclasses.fields(estate.sizes)}
    many = dataclasses.replace(estate, sizes=dataclasses.replace(estate.sizes, **{**bare, "training_jobs": each}))
    walls, ideals = [], []
    with running(many, latency_ms) as endpoint:
        for _ in range(rounds):
            effort, requests = worked("Stocktake", endpoint, ["aws.sagemaker.training_job"])
            walls.append(effort.wall_s)
            ideals.append(math.ceil(requests / IDEAL_IN_FLIGHT) * latency_ms / 1000)
        flying = endpoint.stats()["most_in_flight"]
    ratios = [wall / ideal for wall, ideal in zip(walls, ideals, strict=True)]
    return (
        f"{requests:,} calls at {latency_ms:g} ms, {len(estate.regions)} regions: {spread(walls)} s, ideal {ideals[-1]:.2f} s, "
        f"ratio {spread(ratios)}; goal at most {GOALS['latency']}; most in flight {flying}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    add_options(parser)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--calls", type=int, default=2400)
    parser.add_argument("--latency-ms", type=float, default=50)
    parser.add_argument("--work", nargs=4, metavar=("CLIENT", "URL", "REGIONS", "KINDS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        client, url, regions, kinds = options.work
        print(json.dumps(dataclasses.asdict(work(client, url, regions.split(","), kinds.split(",")))))
        return
    estate = Estate.of(sizes_from(options), accounts=1, regions=options.regions, seed=options.seed)
    print(machine())
    total = sum(estate.expected()[kind] for kind in LISTINGS)
    print(f"{total:,} objects, {len(estate.regions)} regions; medians of {options.rounds} interleaved rounds\n")
    print(compare(estate, options.rounds))
    print()
    print(hide(estate, options.rounds, options.calls, options.latency_ms))


if __name__ == "__main__":
    main()
