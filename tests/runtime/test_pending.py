"""When a checkpoint is due: with something to send soon, while more waits to be decided later, else in its own time."""

import pytest

from stream.model.outcomes import Goal
from stream.runtime.checkpoint import PROFILES_PER_CUT, Pace, Pending
from stream.runtime.ports import TP
from stream.runtime.profiles import ProfileMap

SENT = Goal(id="1", user_id="u", at_ms=0, journey="j", run_id="r", event="ordered", value=None, trigger_ids=[], key="")


class Clock:
    """Stands at ten seconds."""

    def now_ms(self) -> int:
        return 0

    def monotonic_s(self) -> float:
        return 10.0


def pending(pace: Pace) -> Pending:
    """Return what is pending just after a cut."""
    found = Pending(pace)
    found.cut(ProfileMap({}), TP("changelog", 0), Clock())
    return found


@pytest.mark.parametrize(
    ("pace", "soon_s", "busy_s"), [(Pace(0.02, 1.0), 0.02, 0.2), (Pace(0.5, 1.0), 0.5, 1.0), (Pace(0.0, 1.0), 0.0, 0.0)]
)
def test_what_is_to_be_sent_waits_ten_times_as_long_while_more_waits_to_be_decided(
    pace: Pace, soon_s: float, busy_s: float
) -> None:
    one = pending(pace)
    one.add([SENT], ["u"], 0)
    assert one.due_s() == pytest.approx(10 + soon_s)
    assert one.due_s(is_busy=True) == pytest.approx(10 + busy_s)


@pytest.mark.parametrize("is_busy", [False, True])
def test_changed_state_alone_waits_its_longest_and_very_much_of_it_does_not(is_busy: bool) -> None:
    one = pending(Pace(0.02, 1.0))
    assert one.due_s(is_busy=is_busy) == float("inf")
    one.add([], ["u"], 0)
    assert one.due_s(is_busy=is_busy) == pytest.approx(11)
    one.add([], [str(number) for number in range(PROFILES_PER_CUT)], 0)
    assert one.due_s(is_busy=is_busy) == pytest.approx(10.02)
