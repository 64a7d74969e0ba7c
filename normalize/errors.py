"""Every error of Stocktake, grouped by what the caller can do about it.

StocktakeError
├─ ConfigError         the operator must change something; exit 2
├─ CollectError        becomes Coverage; carries the call and what it needs
│  ├─ DeniedError          never retried; names the missing permission
│  ├─ UnavailableError     API off, or not offered here, by positive evidence
│  ├─ SkippedError         the configuration leaves it out
│  └─ TransientError       still throttled, timing out or cut after bounded retries
├─ MappingError        one record does not fit its row; quarantined with its payload
├─ StoreError          nothing half-written; the run stops
│  └─ BusyError            another scan holds this database
└─ PlanError           the knowledge base contradicts itself
"""

from __future__ import annotations

MISSHAPEN = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
"""What code runs into that reads a document which does not have the shape of its kind."""


class StocktakeError(Exception):
    """Root of the tree. `str()` is one sentence for a person, with what to do."""


class ConfigError(StocktakeError):
    """The operator must change something. The message names the key, the value, what is accepted and where."""


class CollectError(StocktakeError):
    """A call to a scanned system did not give what was asked.

    Args:
        message: one sentence, as the system put it, without secrets.
        call: the call that failed, e.g. "ec2:DescribeInstances" or "GET /api/v1/secrets".
        needs: permissions, APIs or settings that are missing, e.g. ("ec2:DescribeInstances",).
        code: the system's own error code, e.g. "UnauthorizedOperation".
    """

    def __init__(self, message: str, *, call: str = "", needs: tuple[str, ...] = (), code: str = "") -> None:
        super().__init__(message)
        self.call = call
        self.needs = needs
        self.code = code


class DeniedError(CollectError):
    """Authenticated or not, we may not look. Never retried."""


class UnavailableError(CollectError):
    """The system says that the service does not exist or is switched off here."""


class SkippedError(CollectError):
    """What is configured leaves it out: nobody looked, and nothing is known of it."""


class TransientError(CollectError):
    """Throttled, timed out or cut off, and still so after the bounded retries."""


class MappingError(StocktakeError):
    """One record does not fit its row."""


class StoreError(StocktakeError):
    """The store could not do it; nothing is half-written."""


class BusyError(StoreError):
    """Another scan is writing to this database."""


class PlanError(StocktakeError):
    """The knowledge base contradicts itself."""
