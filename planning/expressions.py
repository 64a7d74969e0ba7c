"""Conditions of rules, in the Common Expression Language (CEL, cel.dev), over facts.

Three answers: holds, does not hold, and cannot be told because facts are unknown. Numbers are compared and calculated as doubles, so that 4 and 4.0 are one number.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import cel

from normalize.errors import PlanError

RESERVED = frozenset(
    {"type", "int", "uint", "double", "bool", "string", "bytes", "list", "map", "duration", "timestamp"}
)
"""Words that are types in CEL itself: a fact of such a name is written with an underscore behind it, "type_"."""

_BOUND = re.compile(r"\.\s*(?:all|exists|exists_one|map|filter)\s*\(\s*(\w+)\s*,")


class ConditionError(Exception):
    """A condition could not be evaluated: a value has another type than the rule expects."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition. `needs` are the facts that it looks at."""

    text: str
    needs: frozenset[str]
    asks_null: bool
    _program: Any = field(repr=False, compare=False)

    def holds(self, ground: Ground) -> bool | None:
        """Whether it holds; None where that hangs on facts that are unknown.

        "a && b" is false when a is false, whatever b is: what the known facts decide is decided. A fact that is known to
        be unset makes what compares it false, unless the condition asks about null itself.

        Raises:
            ConditionError: a value has another type than the condition expects.
        """
        try:
            found = self._program.execute(ground.context)
        except (TypeError, ValueError, LookupError, ArithmeticError, RuntimeError) as error:
            if not all(map(ground.knows, self.needs)):
                return None
            if not self.asks_null and any(map(ground.unset, self.needs)):
                return False
            raise ConditionError(f"{self.text}: {error}") from None
        if not isinstance(found, bool):
            raise ConditionError(f"{self.text}: gives {found!r}, not true or false")
        return found


def compile_condition(text: str) -> Condition:
    """Compile a condition.

    Raises:
        PlanError: it is no expression of CEL.
    """
    try:
        program = cel.compile(text)
    except ValueError as error:
        raise PlanError(f"condition {text!r}: {error}") from None
    names = frozenset(program.variables()) - frozenset(_BOUND.findall(text))
    if bare := sorted(names & RESERVED):
        raise PlanError(f"condition {text!r}: {bare[0]} is a type of the language; the fact is written {bare[0]}_")
    names = frozenset(n[:-1] if n[:-1] in RESERVED and n.endswith("_") else n for n in names)
    return Condition(text, names, bool(re.search(r"\bnull\b", text)), program)


class Ground:
    """Facts that conditions stand on, converted once for all conditions over them."""

    __slots__ = ("_context", "_facts")

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self._facts = facts
        self._context: Any = None

    @property
    def context(self) -> Any:
        if self._context is None:
            self._context = cel.Context(
                variables={f"{k}_" if k in RESERVED else k: _plain(v) for k, v in self._facts.items()}
            )
        return self._context

    def knows(self, name: str) -> bool:
        return name in self._facts

    def unset(self, name: str) -> bool:
        return self._facts.get(name) is None


def _plain(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value]
