"""Each check can fail: the engine is broken in one place at a time, and the checker says what is wrong."""

from collections.abc import Callable, Mapping
from itertools import count
from random import Random
from typing import Final

import msgspec
import pytest

from stream.decision import arbitration, entries, journeys, runs, standing_room
from stream.decision.ids import decided_id
from stream.decision.program import Program
from stream.decision.proposals import forget_asked
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.events import Event, Scalar
from stream.model.outcomes import Trigger
from stream.model.profile import NEVER
from stream.model.zones import zone_named
from tests.properties.breaking import (
    at_hand,
    ignoring,
    ignoring_refusals,
    look_away,
    nothing,
    only_sent,
    opening,
    put,
    record,
    said_and_no_more,
    twice,
)
from tests.properties.journey_days import H, Living, M
from tests.properties.journeys_checker import violations
from tests.properties.journeys_shop import EVENTS, SEGMENTS, TIERS, TRAITS
from tests.properties.test_journeys_hold import fates

ACTIONS: Final = """\
mail: {channel: email, purpose: marketing, template: t, valid_for: 3d, tags: [promo]}
ad: {channel: ads, purpose: advertising, template: t, valid_for: 3d}
sms: {channel: sms, purpose: marketing, template: t, needs: [phone]}
"""
EACH: Final = "enter: {event: viewed, again_after: 0d}\nsteps: [{trigger: mail}]\n"
WAITING: Final = "enter: {event: viewed, again_after: 1h}\n%ssteps: [{trigger: ad}, {wait: 5h}, {trigger: mail}]\n"
CONSENTS: Final = tuple(
    (0, "consent_changed", {"purpose": purpose, "granted": True}) for purpose in ("marketing", "advertising")
)
Told = tuple[int, str, dict[str, Scalar]]
VIEWS: Final[tuple[Told, ...]] = tuple((at_ms, "viewed", {}) for at_ms in (H, H + M, 2 * H, 9 * H, 20 * H))


class Case(msgspec.Struct, frozen=True):
    """A config, what happens under it, how the engine is broken, and words of what is wrong then."""

    says: str
    breaks: Callable[[pytest.MonkeyPatch], None]
    journey: str = EACH
    policy: str = ""
    told: tuple[Told, ...] = VIEWS
    consents: tuple[Told, ...] = CONSENTS
    user: str = "ann"


def definitions_of(case: Case, assumed: str = "by hash") -> Definitions:
    files = {"events.yaml": EVENTS, "traits.yaml": TRAITS, "actions.yaml": ACTIONS, "journeys/j.yaml": case.journey}
    files |= {f"segments/{name}.yaml": f"when: {when}\n" if when else TIERS for name, when in SEGMENTS.items()}
    definitions = load(files | ({"policy.yaml": case.policy} if case.policy else {}))
    return msgspec.structs.replace(definitions, assumed_holdout=assumed)


def events_of(case: Case) -> list[Event]:
    told = [*case.consents, *case.told]
    return [Event(case.user, name, at_ms, f"e{n}", dict(props)) for n, (at_ms, name, props) in enumerate(told)]


def wrong_of(case: Case) -> list[str]:
    """Return what is wrong; each time with a program of its own, since functions are made once."""
    definitions, events = definitions_of(case), events_of(case)
    living = Living(Program(definitions)).live(events)
    return living.wrong + violations(definitions, events, living.outcomes)


def taken_back(at_ms: int) -> Told:
    return at_ms, "consent_changed", {"purpose": "marketing", "granted": False}


def cap(text: str) -> str:
    return f"caps: [{{{text}}}]\n"


ORDER: Final[Told] = (3 * H, "order_completed", {})
LATER: Final = (*VIEWS[:1], (6 * H + M, "viewed", {}))
ON_EXIT: Final = "exit_on: [order_completed]\non_exit: [ad]\n"
NIGHT: Final = "quiet_hours: [{channels: [email], between: '20:00-09:00', then: drop}]\n"
CASES: Final[Mapping[str, Case]] = {
    "an event exits": Case(
        "which exits its run",
        put(runs, "leave", nothing),
        WAITING % "exit_on: [order_completed]\n",
        told=(VIEWS[0], ORDER),
    ),
    "an end is no end": Case(
        "after the end of its run",
        put(runs, "end", said_and_no_more),
        WAITING % "exit_on: [order_completed]\n",
        told=(VIEWS[0], ORDER),
    ),
    "a condition exits": Case(
        "which exits its run",
        put(journeys, "_leave_by_condition", look_away),
        WAITING % "exit_when: rich\n",
        told=(VIEWS[0], (2 * H, "measured", {"n": 3})),
    ),
    "a condition of a segment exits": Case(
        "which exits its run",
        put(journeys, "_leave_by_condition", look_away),
        WAITING % "exit_when: since(seen) >= 1h\n",
        told=VIEWS[:1],
    ),
    "a consent taken back exits": Case(
        "was withdrawn, which exits",
        put(runs, "leave", nothing),
        "enter: {event: viewed}\nexit_on: [consent_withdrawn]\nsteps: [{wait: 1h}, {trigger: ad}]\n",
        told=(VIEWS[0], taken_back(H + M)),
    ),
    "a segment that is left exits": Case(
        "after a segment was left",
        put(runs, "leave", nothing),
        WAITING % "exit_on: [segment_exited]\n",
        told=(VIEWS[0], (H, "measured", {"n": 3}), (2 * H, "measured", {"n": 1})),
    ),
    "no consent": Case("has no consent", opening("no_consent"), consents=()),
    "consent taken back": Case("has no consent", ignoring_refusals, told=(taken_back(H), *VIEWS)),
    "suppressed": Case("is suppressed", ignoring("unsubscribed"), told=((1, "unsubscribed", {}), *VIEWS)),
    "unreachable": Case("needs", opening("unreachable"), EACH.replace("mail", "sms")),
    "a cap of a channel": Case("over the cap", opening("capped"), policy=cap("channel: email, at_most: 1, within: 1h")),
    "a cap of a tag": Case("over the cap", opening("capped"), policy=cap("tag: promo, at_most: 2, within: 8h")),
    "a cap of a journey": Case("over the cap", opening("capped"), policy=cap("journey: j, at_most: 3, within: 9h")),
    "a cap of an action": Case("over the cap", opening("capped"), policy=cap("action: mail, at_most: 1, within: 2m")),
    "a cap of a day": Case("over the cap", opening("capped"), policy=cap("channel: email, at_most: 4, per: day")),
    "a cap of what was delivered": Case(
        "over the cap",
        put(standing_room, "note_delivered", nothing),
        policy=cap("channel: email, at_most: 1, within: 9h, count: delivered"),
        told=(*VIEWS[:1], (H, "email_delivered", {"trigger_id": "the first"}), *VIEWS[1:2]),
    ),
    "exclusion": Case(
        "excludes it",
        opening("excluded", "lost_arbitration"),
        policy="exclusive: {one: {of: [{action: mail}], within: 1h}}\n",
    ),
    "quiet hours": Case(
        "in quiet hours",
        opening("quiet_hours"),
        policy=NIGHT,
        told=((0, "identify", {"timezone": "Europe/Berlin"}), *VIEWS),
    ),
    "quiet hours where a user may be": Case(
        "in quiet hours",
        put(standing_room, "plausible_zones", lambda *_given: (zone_named("UTC"),)),
        policy=NIGHT,
        told=((10 * H, "viewed", {}),),
    ),
    "a holdout": Case(
        "wrong of this user", put(arbitration, "held_out_of", nothing), policy="holdout: {everything: 100%}"
    ),
    "a ghost of nobody": Case("wrong of this user", put(arbitration, "held_out_of", lambda *_: "everything")),
    "a fate twice": Case("stands 2 times", put(arbitration, "record", twice(record))),
    "a trigger twice": Case("stands more than once", put(arbitration, "send", twice(arbitration.send))),
    "no trigger": Case("and not both", put(arbitration, "send", nothing)),
    "no fate": Case("nothing became", put(arbitration, "record", only_sent), consents=()),
    "no fate of what was put off": Case(
        "nothing became",
        put(runs, "withdraw_proposal", lambda _turn, _code, run: forget_asked(run)),
        EACH.replace("steps", "exit_on: [closed]\nsteps"),
        policy=NIGHT.replace("drop", "defer"),
        told=((0, "viewed", {}), (M, "closed", {})),
    ),
    "a withdrawal twice": Case(
        "withdrawn twice",
        put(runs, "withdraw", twice(runs.withdraw)),
        WAITING % "exit_on: [order_completed]\n",
        told=(VIEWS[0], VIEWS[1], (H, "order_completed", {})),
    ),
    "a withdrawal of what was done on exit": Case(
        "because its run was left", put(runs, "ON_EXIT", "none"), WAITING % ON_EXIT, told=(VIEWS[0], ORDER, ORDER)
    ),
    "entered too soon": Case("too soon again", put(entries, "_too_soon", nothing), WAITING % "", told=LATER),
    "entered while under way": Case("at a time", put(entries, "_against", nothing), WAITING % ""),
    "too many at a time": Case(
        "more than 1 runs",
        put(entries, "_against", nothing),
        WAITING.replace("again_after: 1h", "again_after: 0h, max_concurrent: 1, key: event.product_id") % "",
        told=((H, "viewed", {"product_id": "a"}), (H, "viewed", {"product_id": "b"})),
    ),
    "entered twice": Case(
        "is entered twice",
        put(entries, "_too_soon", nothing),
        EACH.replace("again_after: 0d", "once: true"),
    ),
    "a run twice": Case("begins twice", put(entries, "decided_id", lambda *_: "same"), EACH),
    "something is left at hand": Case("at hand", put(journeys, "advance", at_hand)),
}


def answered(case: Case) -> Case:
    """Let the first trigger be the one that an answer names."""
    if all("trigger_id" not in props for _, _, props in case.told):
        return case
    outcomes = Living(Program(definitions_of(case))).live(events_of(case)).outcomes
    first = next(outcome.id for outcome in outcomes if isinstance(outcome, Trigger))
    named: dict[str, Scalar] = {"trigger_id": first}
    told = tuple((at_ms, name, named if "trigger_id" in props else props) for at_ms, name, props in case.told)
    return msgspec.structs.replace(case, told=told)


@pytest.mark.parametrize("case", CASES.values(), ids=list(CASES))
def test_the_checker_sees_what_is_wrong(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    case = answered(case)
    assert wrong_of(case) == []
    case.breaks(monkeypatch)
    wrong = wrong_of(case)
    assert [said for said in wrong if case.says in said], wrong


def test_an_id_that_depends_on_what_was_decided_before_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = count()
    case = Case("", put(entries, "decided_id", lambda *parts: decided_id(*parts, next(numbers))))
    program, events = Program(definitions_of(case)), events_of(case)
    straight = Living(program).live(events)
    assert Living(program, Random(1)).live(events, is_stepped=True).by_user() == straight.by_user()
    case.breaks(monkeypatch)
    assert Living(program, Random(1)).live(events, is_stepped=True).by_user() != Living(program).live(events).by_user()


def test_a_ghost_that_takes_up_no_room_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case("", nothing, policy=cap("channel: email, at_most: 1, within: 2h"))  # type: ignore[arg-type]  # not called
    nobody, everyone = (definitions_of(case, assumed) for assumed in ("nobody", "everyone"))

    def lived(definitions: Definitions) -> object:
        return fates(definitions, Living(Program(definitions)).live(events_of(case)).outcomes)

    assert lived(nobody) == lived(everyone)
    real = lived(nobody)
    monkeypatch.setattr(arbitration, "note_sent", nothing)
    assert lived(everyone) != real


def test_a_run_that_nobody_wakes_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def asleep(turn: object, proposals: list[runs.Proposal]) -> list[runs.Proposal]:
        for proposal in proposals:
            proposal.run.wait_ms = NEVER
        return []

    case = Case("", put(journeys, "_settled", asleep))
    living = Living(Program(definitions_of(case))).live(events_of(case))
    assert not living.counts().get("run j")
    case.breaks(monkeypatch)
    assert Living(Program(definitions_of(case))).live(events_of(case)).counts()["run j"] == 1
