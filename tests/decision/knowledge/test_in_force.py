import pytest

from stream.decision.knowledge.in_force import SNAPSHOTS_KEPT, InForce
from stream.decision.program import Program
from stream.decision.turn import Counts, Turn
from stream.model.products import CatalogueSnapshot
from stream.model.profile import new_profile
from stream.model.reference import Reference
from tests.decision.story import config


@pytest.fixture
def turn() -> Turn:
    return Turn(Program(config()), Counts(), [])


def given(in_force: InForce, turn: Turn, now_ms: int) -> tuple[str, str]:
    """Return the versions that a turn of a new user goes by: what is known of everyone, and the catalogue."""
    turn.begin(new_profile("u"), now_ms)
    in_force.give(turn)
    return turn.reference.version if turn.reference is not None else "", turn.catalogue.version


def test_each_turn_goes_by_what_is_in_force_at_its_time_also_when_time_goes_back(turn: Turn) -> None:
    in_force = InForce()
    for snapshot in (Reference("r1", 10), CatalogueSnapshot("c1", 15), Reference("r2", 20)):
        in_force.adopt(snapshot)
    expected = {9: ("", ""), 10: ("r1", ""), 15: ("r1", "c1"), 19: ("r1", "c1"), 20: ("r2", "c1")}
    for now_ms in (*expected, 10, 9, 20, 15):
        assert given(in_force, turn, now_ms) == expected[now_ms]


def test_what_is_adopted_later_counts_at_once_where_its_time_has_come(turn: Turn) -> None:
    in_force = InForce()
    in_force.adopt(Reference("r1", 10))
    assert given(in_force, turn, 30) == ("r1", "")
    in_force.adopt(Reference("r2", 20))
    assert given(in_force, turn, 30) == ("r2", "")


def test_only_the_latest_are_kept(turn: Turn) -> None:
    in_force = InForce()
    for number in range(SNAPSHOTS_KEPT + 1):
        in_force.adopt(Reference(f"r{number}", number))
    assert given(in_force, turn, 1) == ("r1", "")
    assert given(in_force, turn, 0) == ("", "")
