"""Gaps that a bill shows: use where the inventory has nothing. Pure; the money at stake is the severity."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from normalize.gap import EVIDENCE_LIMIT, account_block, gap_id, known_of, where
from normalize.model import Evidence, Gap, GapCode, Scope, Severity

LEAST = 1.0
"""Money in a month below which use is not judged: requests of a scan itself cost as much."""


def severity_of(amount: float) -> Severity:
    """By what a month costs, in the currency of the bill."""
    steps = ((10_000, Severity.CRITICAL), (1_000, Severity.HIGH), (100, Severity.MEDIUM))
    return next((severity for least, severity in steps if amount >= least), Severity.LOW)


def _money(amount: float, currency: str) -> str:
    return f"{amount:,.2f} {currency}"


def unreconciled(scope: Scope, service: str, amount: float, currency: str, month: str, covered: str, lines: Sequence[Evidence], count: int) -> Gap:  # fmt: skip
    """Use that is paid for and of which the inventory shows nothing.

    Args:
        scope: account, and region where one is meant.
        service: "" where the whole account or region is unknown.
        amount: cost of the latest month on the bill.
        covered: "account", "region" or "service": what is missing.
    """
    paid = f"{_money(amount, currency)} in {month}"
    if covered == "service":
        why = f"the bill shows {paid} for {service} in {where(scope)}, and the inventory holds nothing of it"
        subject = f"{service} in {where(scope)}: {paid}"
        remedy = f"See in the bill which resources were charged. If they are there, see why the scan did not list them: `stocktake coverage --account {scope.account}`; if they were deleted since, accept this gap until the next bill."
    else:
        why = f"the bill shows {paid} in {where(scope)}, which no source reads"
        subject = f"{covered} {where(scope)}: {paid}"
        remedy = _covering(scope, covered)
    return Gap(
        id=gap_id(GapCode.UNRECONCILED_SPEND, scope.provider, scope.account, scope.place, service),
        code=GapCode.UNRECONCILED_SPEND,
        severity=severity_of(amount),
        why=why,
        subject_id="",
        subject=subject,
        missing=known_of(kind=service or covered, provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(lines[:EVIDENCE_LIMIT]),
        evidence_count=count,
        remedy=remedy,
        extra=_extra(amount, currency, month),
    )  # fmt: skip


def unseen_machines(scope: Scope, machine: str, hours: float, seen: int, most: float, amount: float, currency: str, month: str, lines: Sequence[Evidence]) -> Gap:  # fmt: skip
    """More hours of an accelerated machine were paid for than those that were seen can have run.

    Args:
        seen: machines of that type that the inventory holds or held.
        most: hours that they can have run in the month.
    """
    return Gap(
        id=gap_id(GapCode.UNRECONCILED_SPEND, "machines", scope.provider, scope.account, scope.place, machine),
        code=GapCode.UNRECONCILED_SPEND,
        severity=severity_of(amount),
        why=f"the bill shows {hours:,.0f} hours of {machine} in {where(scope)} in {month}; {seen} of them were seen, which makes {most:,.0f} hours at most: "
        f"the rest ran in something that the inventory does not hold ({_money(amount, currency)} in all)",
        subject_id="",
        subject=f"{machine} in {where(scope)}: {hours:,.0f} hours paid, {most:,.0f} explained",
        missing=known_of(kind="aws.ec2.instance", reference=machine, provider=scope.provider, account=scope.account, place=scope.place),
        evidence=tuple(lines[:EVIDENCE_LIMIT]),
        evidence_count=len(lines),
        remedy="Ask who starts such machines for a while: jobs, scaling groups and spot fleets are gone before a scan comes. Scan while they run, by a `[[schedule]]`, or plan their capacity from the bill.",
        extra=_extra(amount, currency, month),
    )  # fmt: skip


def _covering(scope: Scope, covered: str) -> str:
    if covered == "region":
        return f"Widen the regions of the source that reads {scope.account}, and scan again."
    if block := account_block(scope.provider, scope.account):
        return f"Cover it with a source:\n\n{block}"
    return (
        f"No source reads {scope.provider}: find out what is paid for, and whether it moves or is needed by what moves."
    )


def _extra(amount: float, currency: str, month: str) -> Mapping[str, object]:
    return {"amount": round(amount, 2), "currency": currency, "month": month}
