"""Packages import downwards, and the vocabulary is whole."""

from __future__ import annotations

import fnmatch
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from discovery.wiring import static_kinds
from normalize import evidence, model, vocabulary, workloads
from normalize.model import Category, Dimension, GapCode, Kind

ROOT = Path(__file__).parents[2]
TYPES = {"text", "int", "float", "bool", "instant", "texts", "map", "list"}
SUFFIXES = {
    "_bytes": {"int"},
    "_seconds": {"int", "float"},
    "_count": {"int", "float"},
    "_ratio": {"float"},
    "_at": {"instant"},
    "_usd_per_hour": {"float"},
}


def test_packages_import_downwards() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    checked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (checked.returncode, "" if checked.returncode == 0 else checked.stdout + checked.stderr) == (0, "")


def test_normalize_needs_only_the_standard_library() -> None:
    imported = {
        m[1]
        for path in (ROOT / "normalize").glob("*.py")
        for m in re.finditer(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE)
    }
    assert set() == imported - sys.stdlib_module_names - {"normalize"}


def test_every_term_has_a_known_type_and_a_meaning() -> None:
    assert {n: t for n, t in vocabulary.TERMS.items() if t.type not in TYPES or not t.meaning} == {}


def test_terms_are_named_like_attributes() -> None:
    assert [name for name in vocabulary.TERMS if not re.fullmatch(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", name)] == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_quantity_has_the_type_of_its_unit(suffix: str) -> None:
    named = {name: term.type for name, term in vocabulary.TERMS.items() if name.endswith(suffix)}
    assert {name: type_ for name, type_ in named.items() if type_ not in SUFFIXES[suffix]} == {}


def test_what_a_thing_is_part_of_has_one_verb() -> None:
    assert [k.name for k in static_kinds().values() if any(link.verb in ("belongs_to", "contained_in", "in") for link in k.links)] == []  # fmt: skip


def test_every_instant_ends_in_at() -> None:
    assert [
        name for name, term in vocabulary.TERMS.items() if term.type == "instant" and not name.endswith("_at")
    ] == []


def test_no_term_is_defined_twice() -> None:
    source = (ROOT / "normalize" / "vocabulary.py").read_text()
    names = re.findall(r"^        ([a-z][a-z0-9_]*)=\"", source, re.MULTILINE)
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_profiles_ask_for_what_is_in_the_vocabulary_and_kinds_that_are_there() -> None:
    needs = [need for profile in evidence.PROFILES.values() for need in profile]
    conditions = [when for need in needs for when in need.unless]
    assert {n for need in needs for n in need.attributes} | {
        w.attribute for w in conditions if w.attribute
    } <= vocabulary.TERMS.keys()
    asked = {kind for when in conditions for kind in when.kinds}
    assert {k for k in asked if not fnmatch.filter(static_kinds(), k)} == set()


def test_needs_of_a_profile_have_names_of_their_own_and_what_is_required_says_why() -> None:
    for profile in evidence.PROFILES.values():
        names = [need.name for need in profile]
        assert sorted(set(names)) == sorted(names)
        assert [need.name for need in profile if need.required and not need.why] == []
        assert [need.name for need in profile if not 1 <= need.weight <= 3 or not need.suppliers] == []


def test_what_people_are_asked_for_has_an_answer_that_fits_and_makes_it_known() -> None:
    needs = [need for profile in (*evidence.PROFILES.values(), evidence.WORKLOAD) for need in profile if need.askable]
    types = {need.name: vocabulary.TERMS[need.fact].type for need in needs if not need.choices}
    assert {name: t for name, t in types.items() if t not in ("text", "int", "float", "bool", "texts")} == {}
    assert [need.name for need in needs if need.fact not in need.attributes] == []
    for profile in (*evidence.PROFILES.values(), evidence.WORKLOAD):
        assert [
            need.name for need in profile if (evidence.Supplier.OWNER in need.suppliers) is not bool(need.question)
        ] == []
        facts = [need.fact for need in profile if need.askable]
        assert sorted(set(facts)) == sorted(facts)


def test_what_a_workload_must_have_is_asked_of_where_it_begins() -> None:
    for need in (need for profile in evidence.PROFILES.values() for need in profile if need.role):
        assert any(need.role in group for groups in workloads.REQUIRED.values() for group in groups)
        assert need.told_as is GapCode.WORKLOAD_INCOMPLETE
        assert need.role in workloads.said({need.fact: "x"})


def test_roles_of_needs_are_roles_of_workloads() -> None:
    needs = [need for profile in evidence.PROFILES.values() for need in profile]
    assert {role for need in needs for role in (*need.roles, *need.parts)} <= workloads.ROLES.keys()


def test_every_category_counts_for_a_dimension_except_the_unmodelled_and_words_on_things() -> None:
    assert {Category.UNMODELLED, Category.LISTING, Category.DECLARATION} == {c for c in Category if c.dimension is None}
    assert set(Dimension) == {c.dimension for c in Category if c.dimension}


def test_a_path_is_text_or_a_tuple_of_keys() -> None:
    assert (str, tuple[str, ...]) == get_args(model.Path)
    assert Kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
