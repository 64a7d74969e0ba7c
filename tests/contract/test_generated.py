"""What is generated is what would be generated now."""

from discovery.generate import stale


def test_generated_documents_are_up_to_date() -> None:
    assert list(stale()) == [], "run: make docs"
