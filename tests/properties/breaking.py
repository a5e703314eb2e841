"""Ways to break the engine in one place, for tests of what looks at it."""

from collections.abc import Callable

import pytest

from stream.decision import arbitration, choices, journeys, people, runs, standing_room
from stream.model.outcomes import Verdict
from stream.model.profile import NEVER

Breaking = Callable[[pytest.MonkeyPatch], None]


def put(where: object, name: str, by: object) -> Callable[[pytest.MonkeyPatch], None]:
    return lambda patch: patch.setattr(where, name, by)


def opening(*verdicts: Verdict) -> Callable[[pytest.MonkeyPatch], None]:
    """Open the gates that would say one of these."""
    look, examine = standing_room.look_for_room, arbitration.examine

    def look_for_room(*given: object) -> object:
        shut, states = look(*given)  # type: ignore[arg-type]  # as it was given
        return (None if shut is not None and shut.verdict in verdicts else shut), states

    def examined(*given: object) -> object:
        verdict = examine(*given)  # type: ignore[arg-type]  # as it was given
        return None if verdict in verdicts else verdict

    def breaks(patch: pytest.MonkeyPatch) -> None:
        for module in (arbitration, choices):
            patch.setattr(module, "look_for_room", look_for_room)
            patch.setattr(module, "examine", examined)

    return breaks


def ignoring(*names: str) -> Callable[[pytest.MonkeyPatch], None]:
    """Let people say some things in vain."""
    apply = people.apply
    return put(people, "apply", lambda profile, event: "" if event.name in names else apply(profile, event))


def ignoring_refusals(patch: pytest.MonkeyPatch) -> None:
    apply = people.apply
    patch.setattr(people, "apply", lambda p, event: "" if event.props.get("granted") is False else apply(p, event))


def said_and_no_more(turn: object, run: object, reason: str) -> None:
    runs.say(turn, run, "ended", reason)  # type: ignore[arg-type]  # as it was given


def twice(function: Callable[..., object]) -> Callable[..., None]:
    def call(*given: object, **named: object) -> None:
        function(*given, **named)
        function(*given, **named)

    return call


def nothing(*_given: object, **_named: object) -> str:
    return ""


record = arbitration.record


def only_sent(turn: object, proposal: object, verdict: Verdict, why: object, decision_id: str = "") -> None:
    if verdict == "sent":
        record(turn, proposal, verdict, why, decision_id)  # type: ignore[arg-type]  # as it was given


def look_away(turn: object) -> None:
    for run in turn.profile.runs:  # type: ignore[attr-defined]  # a turn
        run.exit_check_ms = NEVER


def at_hand(turn: object, advance: Callable[..., bool] = journeys.advance) -> bool:
    moved = advance(turn)
    turn.profile.hand = {"a": 1}  # type: ignore[attr-defined]  # a turn
    return moved
