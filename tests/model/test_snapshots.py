import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.model.items import NOTHING_NEAR, Neighbourhoods
from stream.model.reference import BetaPosterior, Reference
from stream.model.snapshots import read_snapshots, snapshot_lines
from tests.properties.histories import modest

ROWS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(((("x", 0.5),), (("y", 0.25), ("x", 0.125)))))


@st.composite
def snapshots(draw: st.DrawFn) -> list[Reference]:
    """Draw snapshots one after the other, some of which have the neighbours of the one before."""
    found, items = list[Reference](), NOTHING_NEAR
    for number in range(draw(st.integers(0, 5))):
        if draw(st.booleans()):
            similar, goes_with = draw(ROWS), draw(ROWS)
            items = Neighbourhoods(f"i{number}", similar, goes_with) if similar or goes_with else NOTHING_NEAR
        found.append(Reference(f"v{number}", number, {"k": {"a": BetaPosterior(2.0)}}, items=items, as_of_ms=number))
    return found


def lines_of(references: list[Reference]) -> list[bytes]:
    lines, before = list[bytes](), NOTHING_NEAR
    for reference in references:
        lines += snapshot_lines(reference, before)
        before = reference.items
    return lines


@modest
@given(snapshots())
def test_what_is_written_line_by_line_is_read_back_whole(references: list[Reference]) -> None:
    assert list(read_snapshots(lines_of(references))) == references


def test_only_the_neighbours_that_are_others_now_are_written() -> None:
    one = Neighbourhoods("1", {"a": (("b", 0.5),), "b": (("a", 0.5),)})
    other = Neighbourhoods("2", {"a": (("b", 0.5),)}, {"c": (("a", 0.25),)})
    lines = lines_of([Reference("v1", 1, items=one), Reference("v2", 2, items=one), Reference("v3", 3, items=other)])
    kinds = [(told["type"], told.get("product", "")) for told in map(msgspec.json.decode, lines)]
    rows, reference = "neighbours.v1", ("reference.v1", "")
    assert kinds == [(rows, "a"), (rows, "b"), reference, reference, (rows, "b"), (rows, "c"), reference]


@pytest.mark.parametrize("line", [b"", b"{}", b'{"type":"trigger.v1"}', b'{"type":"reference.v1"}'])
def test_a_line_that_is_none_of_a_snapshot_is_refused(line: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        list(read_snapshots([line]))
