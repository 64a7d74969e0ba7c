"""CPU to read one page of an AWS answer: botocore's parser, the same made plain JSON, and the compiled one.

    python -m benchmarks.parse_bench [--rounds 7] [--seconds 0.2]

Interleaved, medians, CPU seconds of this process, all in one process. The answers are the benchmark estate's, written in
each service's own protocol; before anything is timed, the compiled parser's reading is compared with botocore's.
The garbage collector visits again and again what a page allocates, and what was there before: two pages are also read
with the latter frozen, and with fewer collections.
"""

from __future__ import annotations

import argparse
import gc
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.session
from botocore.awsrequest import HeadersDict
from botocore.parsers import create_parser

from benchmarks.aws_estate.estate import Estate
from benchmarks.aws_estate.measure import machine, spread, table
from benchmarks.aws_estate.wire import Operation, respond
from collectors.aws.parsing import Parsers, plain

ROOT = re.compile(rb"(<\w+)(?=>)")
"""The root of a document: AWS's own documents have a namespace, those of the estate none."""
GOALS = {"DescribeInstances": 4.0, "ListTrainingJobs": 10.0}
FEWER_COLLECTIONS = 100_000

METRIC = {"Namespace": "AWS/S3", "MetricName": "BucketSizeBytes"}
QUERIES = {"MetricDataQueries": [{"Id": f"m{i}", "MetricStat": {"Metric": METRIC}} for i in range(500)]}
PAGES: tuple[tuple[str, str, str, Mapping[str, Any]], ...] = (
    ("1,000 instances", "ec2", "DescribeInstances", {"MaxResults": "1000"}),
    ("1,000 volumes", "ec2", "DescribeVolumes", {"MaxResults": "1000"}),
    ("100 jobs", "sagemaker", "ListTrainingJobs", {"MaxResults": 100}),
    ("one job", "sagemaker", "DescribeTrainingJob", {"TrainingJobName": "train-00001"}),
    ("100 roles", "iam", "ListRoles", {"MaxItems": "100"}),
    ("500 buckets", "s3", "ListBuckets", {}),
    ("one policy", "s3", "GetBucketPolicy", {"Bucket": "ml-data-111122223333-00000"}),
    ("500 metrics", "cloudwatch", "GetMetricData", QUERIES),
)


@dataclass(frozen=True)
class Page:
    """An answer, and the three ways to read it."""

    label: str
    operation: str
    size: int
    readings: Mapping[str, Callable[[], Any]]


def page(label: str, service: str, name: str, params: Mapping[str, Any]) -> Page:
    """An answer of the estate."""
    estate, parsers = Estate(), Parsers()
    model = botocore.session.get_session().get_service_model(service).operation_model(name)
    protocol = model.service_model.resolved_protocol
    answer = estate.answer(service, name, estate.accounts[0], estate.regions[0], params) or {}
    _, _, written = respond(Operation(service, name, protocol, params, model), answer).partition(b"\r\n\r\n")
    body = ROOT.sub(rb'\1 xmlns="http://amazonaws.com/doc/2016-11-15/"', written, count=1)
    theirs, ours = create_parser(protocol), parsers.create_parser(protocol)

    def response() -> dict[str, Any]:
        headers = HeadersDict({"x-amzn-RequestId": "r", "Content-Type": "text/xml"})
        return {"status_code": 200, "headers": headers, "body": body, "context": {"operation_name": name}}

    def made_plain() -> Any:
        parsed = theirs.parse(response(), model.output_shape)
        return {k: v if k == "ResponseMetadata" else plain(v) for k, v in parsed.items()}

    def compiled() -> Any:
        prepared = response()
        parsers.prepare(operation_model=model, response_dict=prepared)
        return ours.parse(prepared, model.output_shape)

    if compiled() != made_plain() or len(compiled()) < 2:
        raise SystemExit(f"{name} is not read as botocore reads it")
    stock = lambda: theirs.parse(response(), model.output_shape)  # noqa: E731
    return Page(label, name, len(body), {"botocore": stock, "made plain": made_plain, "compiled": compiled})


def measure(subject: Page, rounds: int, seconds: float) -> dict[str, list[float]]:
    """CPU seconds of each reading, round by round; short ones are repeated until they last."""
    found: dict[str, list[float]] = {name: [] for name in subject.readings}
    start = time.process_time()
    subject.readings["compiled"]()
    times = max(1, round(seconds / max(time.process_time() - start, 1e-6)))
    for _ in range(rounds):
        for name, reading in subject.readings.items():
            repeated = times if name == "compiled" else max(1, times // 10)
            start = time.process_time()
            for _ in range(repeated):
                reading()
            found[name].append((time.process_time() - start) / repeated)
    return found


def row(label: str, size: int, operation: str, found: Mapping[str, list[float]]) -> list[str]:
    stock, made_plain, compiled = found["botocore"], found["made plain"], found["compiled"]
    gain = [s / c for s, c in zip(stock, compiled, strict=True)]
    gain_plain = [s / c for s, c in zip(made_plain, compiled, strict=True)]
    times = (f"{statistics.median(each) * 1000:,.3f}" for each in (stock, made_plain, compiled))
    goal = f"{GOALS[operation]:.0f}" if operation in GOALS else ""
    return [f"{operation}, {label}", f"{size / 1000:,.1f}", *times, spread(gain, 1), spread(gain_plain, 1), goal]


@contextmanager
def collecting(*, frozen: bool, threshold: int) -> Iterator[None]:
    """The garbage collector as it is told, and afterwards as it was."""
    before = gc.get_threshold()
    gc.collect()
    if frozen:
        gc.freeze()
    gc.set_threshold(threshold or before[0], *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=0.2, help="CPU to spend on each reading in a round")
    asked = parser.parse_args()
    print(machine(), end="\n\n")
    head = ["", "kB", "botocore ms", "made plain ms", "compiled ms", "x botocore", "x made plain", "goal"]
    pages = [page(*each) for each in PAGES]
    rows = [row(each.label, each.size, each.operation, measure(each, asked.rounds, asked.seconds)) for each in pages]
    for frozen, threshold in ((True, 0), (False, FEWER_COLLECTIONS), (True, FEWER_COLLECTIONS)):
        for each in (pages[0], pages[-1]):
            with collecting(frozen=frozen, threshold=threshold):
                found = measure(each, asked.rounds, asked.seconds)
            label = f"{'frozen' if frozen else 'not frozen'}, threshold {threshold or gc.get_threshold()[0]:,}"
            rows.append(row(label, each.size, each.operation, found))
    print(table([head, *rows]))


if __name__ == "__main__":
    main()
