"""Of a bulk listing every look gets its share, each thing once."""

from __future__ import annotations

from itertools import chain

from collectors.sweeps import BATCH, Sweep


def test_a_share_is_what_has_the_type_and_the_account() -> None:
    sweep = Sweep()
    sweep.add("resource", [("T", "a", "1", b"one"), ("T", "b", "2", b"two"), ("U", "a", "3", b"three")])
    assert list(sweep.read("resource", ["T"], "a")) == [[b"one"]]
    assert list(sweep.read("resource", ["T", "U"], "a")) == [[b"one", b"three"]]
    assert list(sweep.read("resource", ["T"])) == [[b"one", b"two"]]
    assert sweep.counts("resource") == {("T", "a"): 1, ("T", "b"): 1, ("U", "a"): 1}
    sweep.close()


def test_what_comes_twice_is_there_once_as_it_came_last() -> None:
    sweep = Sweep()
    sweep.add("resource", [("T", "a", "1", b"old")])
    sweep.add("resource", [("T", "a", "1", b"new")])
    assert list(sweep.read("resource", ["T"], "a")) == [[b"new"]]
    sweep.close()


def test_parts_are_apart_and_found_by_id() -> None:
    sweep = Sweep()
    sweep.add("resource", [("T", "a", "1", b"thing")])
    sweep.add("policy", [("T", "a", "1", b"policy")])
    assert sweep.find("policy", ["1", "2"]) == {"1": b"policy"}
    assert list(sweep.read("resource", ["T"], "a")) == [[b"thing"]]
    sweep.close()


def test_many_come_in_batches_and_all_of_them_once() -> None:
    sweep = Sweep()
    ids = [str(n) for n in range(3 * BATCH + 7)]
    sweep.add("resource", (("T", "a", i, i.encode()) for i in ids))
    batches = list(sweep.read("resource", ["T"], "a"))
    assert [len(b) for b in batches] == [BATCH, BATCH, BATCH, 7]
    assert [d.decode() for d in chain.from_iterable(batches)] == ids
    sweep.close()
