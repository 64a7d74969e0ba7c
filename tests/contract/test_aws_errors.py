"""What the operations of our rows say that they may refuse with, against the table that says what it means."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import botocore.session
import pytest

from collectors.aws.errors import THROTTLING, meaning
from collectors.aws.kinds import KINDS
from collectors.aws.rows import all_calls
from normalize.errors import DeniedError, TransientError

CALLS = sorted({(call.service, call.operation) for kind in KINDS for call in all_calls(kind.fetch)})

SESSION = botocore.session.Session()


@cache
def model(service: str) -> Any:
    return SESSION.get_service_model(service)


def declared(service: str, operation: str) -> set[str]:
    shapes = model(service).operation_model(operation).error_shapes
    return {(e.metadata.get("error") or {}).get("code") or e.name for e in shapes}


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_refusal_that_an_operation_declares_is_denied(service: str, operation: str) -> None:
    refusals = {c for c in declared(service, operation) if re.search("denied|unauthor|authoriz|forbidden", c, re.I)}
    assert {c: meaning(c, 400) for c in refusals} == dict.fromkeys(refusals, DeniedError)


@pytest.mark.parametrize(("service", "operation"), CALLS)
def test_throttling_that_an_operation_declares_is_transient(service: str, operation: str) -> None:
    slower = {c for c in declared(service, operation) if re.search("throttl|toomany|slowdown", c, re.I)}
    assert {c: meaning(c, 400) for c in slower} == dict.fromkeys(slower, TransientError)
    assert slower <= THROTTLING
