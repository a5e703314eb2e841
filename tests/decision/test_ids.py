"""Ids are those of the standard library's uuid5."""

from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.ids import decided_id

NAMESPACE = UUID("6f1d7a0e-53a2-5a43-9b7e-8a1f0d2c4b61")


@given(st.text(), st.lists(st.text() | st.integers()))
def test_an_id_is_the_uuid5_of_its_parts(kind: str, parts: list[str | int]) -> None:
    name = "\x1f".join((kind, *map(str, parts)))
    assert decided_id(kind, *parts) == str(uuid5(NAMESPACE, name))


def test_parts_that_only_join_alike_have_different_ids() -> None:
    assert decided_id("run", "a", "bc") != decided_id("run", "ab", "c")
