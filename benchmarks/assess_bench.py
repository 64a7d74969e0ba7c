"""How long verdicts take: components with facts of every sort, under the shipped rules repeated up to a number of them.

python -m benchmarks.assess_bench [--components N] [--rules N]
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from dataclasses import replace
from datetime import date

from normalize.model import Category
from normalize.vocabulary import TERMS
from planning import rules
from planning.estate import Component
from planning.readiness import Judge

_SOME = {"int": 7, "float": 2.5, "bool": True, "text": "some text", "instant": "2026-11-24T04:15:00.000Z"}


def _book(many: int, category: Category) -> list[rules.Rule]:
    """Shipped rules, each taken as often as it needs to make that many that all apply."""
    shipped = [
        replace(r, categories=frozenset({category}), sources=(), targets=frozenset())
        for r in rules.load(rules.shipped())
    ]
    return [replace(shipped[i % len(shipped)], id=f"{shipped[i % len(shipped)].id}.{i}") for i in range(many)]


def _component(number: int, needs: list[str], category: Category) -> Component:
    chance = random.Random(number)
    facts = {n: _SOME.get(TERMS[n].type if n in TERMS else "", ["a", "b"]) for n in needs if chance.random() < 0.8}
    name = f"arn:aws:sagemaker:us-east-1:111122223333:endpoint/e{number}"
    return Component(
        name, "aws.sagemaker.endpoint", category, "aws", "111122223333", "us-east-1", f"e{number}", "", {}, facts
    )


def measure(components: int, many: int) -> tuple[float, float]:
    """CPU seconds, and resident MiB at most."""
    book = _book(many, Category.ENDPOINT)
    needs = sorted({n for r in book for n in r.needs})
    judge = Judge(book, "azure", lambda reference: None, {}, date(2026, 11, 24))
    began = time.process_time()
    held = [judge.assess(_component(i, needs, Category.ENDPOINT)) for i in range(components)]
    took = time.process_time() - began
    assert len(held) == components
    return took, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--components", type=int, default=10_000)
    options.add_argument("--rules", type=int, default=120)
    given = options.parse_args()
    for components in (given.components // 4, given.components):
        took, peak = measure(components, given.rules)
        print(f"{components:>7} components, {given.rules} rules each: {took:6.2f} CPU s, {peak:5.0f} MiB at most")


if __name__ == "__main__":
    main()
