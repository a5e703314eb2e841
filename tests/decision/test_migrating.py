"""Editing a journey while people are inside: they stay on the steps they know, are moved, or leave."""

import msgspec
import pytest

from stream.decision.turn import Use
from stream.definitions.kept import KeptJourney, present_journeys
from stream.definitions.loading import with_kept
from stream.definitions.shapes import Definitions
from stream.model.outcomes import Decision, Goal, RunChange, Trigger
from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import ACTIONS, D, H, M, Story, assuming, config, shown, words

TRAITS = "n: {last: measured.n}\n"
FURTHER = ACTIONS + "call: {channel: phone, purpose: marketing, template: ring}\n"
ENTER = "enter: {event: viewed, again_after: 0h}\n"
OLD = ENTER + "steps:\n  - {wait: 1h, name: first}\n  - trigger: mail\n  - wait: 1d\n  - trigger: mail\n"
NEW = ENTER + "steps:\n  - {wait: 2h, name: start}\n  - trigger: ad\n  - wait: 1h\n  - trigger: call\n"


def shop(journey: str = "", traits: str = TRAITS, actions: str = FURTHER, policy: str = "") -> Definitions:
    journeys = {"j": journey} if journey else {}
    return assuming(config(traits, journeys=journeys, actions=actions, policy=policy), "marketing", "advertising")


def edited(story: Story, present: Definitions) -> "Edited":
    """Restart with other definitions, the profiles and older definitions kept as their bytes."""
    kept = {**(story.kept if isinstance(story, Edited) else {}), **present_journeys(story.definitions)}
    after = Edited(with_kept(present, kept))
    after.kept = kept
    story.profiles.update({user: decode_profile(encode_profile(one)) for user, one in story.profiles.items()})
    after.taking_over(story)
    after.decider.restore(story.decider.counts)
    return after


class Edited(Story):
    kept: dict[str, KeptJourney]


def inside(definitions: Definitions, at_ms: int = 0) -> Story:
    story = Story(definitions)
    story.tell(at_ms, "viewed")
    return story


def test_without_a_mapping_a_run_stays_on_the_older_steps_to_their_end_and_new_runs_go_by_the_present_ones() -> None:
    before = inside(shop(OLD))
    story = edited(before, shop(NEW))
    assert shown(story.wait(2 * D)) == [
        (H, "sent mail"), (H, "trigger mail"),
        (H + D, "sent mail"), (H + D, "trigger mail"), (H + D, "ended j: completed"),
    ]  # fmt: skip
    versions = {outcome.version for outcome in story.outcomes if isinstance(outcome, Trigger)}
    assert versions == {before.definitions.journeys["j"].hash}
    story.tell(3 * D, "viewed")
    assert shown(story.wait(4 * D))[0] == (3 * D + 2 * H, "sent ad")


def test_what_was_decided_on_the_older_steps_is_what_would_have_been_decided_without_the_edit() -> None:
    unedited, story = inside(shop(OLD)), edited(inside(shop(OLD)), shop(NEW))
    assert story.wait(2 * D) == unedited.wait(2 * D)


@pytest.mark.parametrize("key", ["first", "0"])
def test_a_mapping_moves_a_run_by_the_name_or_the_place_of_the_step_it_waits_at(key: str) -> None:
    story = edited(inside(shop(OLD)), shop(NEW + f"migrate: {{{key}: start}}\n"))
    triggers = [(o.at_ms, o.action, o.version) for o in story.wait(D) if isinstance(o, Trigger)]
    version = story.definitions.journeys["j"].hash
    assert triggers == [(2 * H, "ad", version), (3 * H, "call", version)]


def test_the_time_waited_counts_where_a_run_is_moved_from_wait_to_wait() -> None:
    for waited_ms in (30 * M, 2 * H):
        story = edited(inside(shop(OLD.replace("1h", "7d"))), shop(NEW + "migrate: {first: start}\n"))
        assert story.tell(waited_ms - 1, "measured", n=1) == []
        assert shown(story.wait(D))[0] == (2 * H, "sent ad")


def test_a_wait_that_would_be_over_already_is_over_when_the_run_is_moved() -> None:
    story = edited(inside(shop(OLD.replace("1h", "7d"))), shop(NEW + "migrate: {first: start}\n"))
    assert shown(story.tell(3 * H, "measured", n=1))[0] == (3 * H, "sent ad")


def test_a_run_that_is_moved_to_a_step_that_is_no_wait_does_it_when_it_is_moved() -> None:
    story = edited(inside(shop(OLD)), shop(NEW + "migrate: {first: '3'}\n"))
    assert shown(story.tell(5, "measured", n=1)) == [
        (5, "sent call"), (5, "trigger call"), (5, "ended j: completed")
    ]  # fmt: skip


def test_a_mapping_to_exit_ends_the_run_at_once_and_does_what_the_older_definition_does_on_exit() -> None:
    before = inside(shop(OLD + "on_exit: [ad]\n"))
    story = edited(before, shop(NEW + "migrate: {first: exit}\n"))
    assert shown(story.tell(5, "measured", n=1)) == [(5, "ended j: migrated"), (5, "sent ad"), (5, "trigger ad")]
    assert story.decider.counts.runs["j"] == 0
    assert [use.runs for use in story.decider.counts.uses.values()] == [0]
    assert story.wait(9 * D) == []


def test_only_the_runs_at_the_step_that_is_named_are_moved() -> None:
    before = inside(shop(OLD))
    before.wait(H)
    story = edited(before, shop(NEW + "migrate: {first: exit}\n"))
    assert words(story.wait(2 * D)) == ["sent mail", "trigger mail", "ended j: completed"]


def test_a_run_that_is_moved_listens_to_the_present_exits_and_goal_from_the_same_event_on() -> None:
    goal = "goal: {event: order_completed, within: 2d}\n"
    for migrate, told in (
        ("", []),
        ("migrate: {first: start}\n", ["goal order_completed", "ended j: order_completed"]),
    ):
        story = edited(inside(shop(OLD)), shop(NEW + goal + "exit_on: [order_completed]\n" + migrate))
        assert words(story.tell(5, "order_completed")) == told


def test_a_run_on_older_steps_listens_to_its_own_exits_and_waits_though_nothing_present_names_those_events() -> None:
    before = inside(shop(OLD + "exit_on: [closed]\n"))
    assert words(edited(before, shop(NEW)).tell(5, "closed", reason="x")) == ["ended j: closed"]
    before = inside(
        shop(ENTER + "steps:\n  - {wait_for: closed, at_most: 1d, then: [{trigger: ad}]}\n  - trigger: mail\n")
    )
    assert words(edited(before, shop(NEW)).tell(5, "closed", reason="x"))[:2] == ["sent ad", "trigger ad"]


def test_the_goal_of_a_run_that_has_ended_is_reached_by_the_definition_it_went_by() -> None:
    for present in (shop(NEW), shop()):
        before = inside(shop(ENTER + "goal: {event: order_completed, within: 2d}\nsteps:\n  - trigger: mail\n"))
        assert before.decider.counts.uses == {before.definitions.journeys["j"].hash: Use("j", 0, 2 * D)}
        story = edited(before, present)
        assert [type(o) for o in story.tell(D, "order_completed")] == [Goal]


def test_a_step_that_is_gone_matters_to_nobody_who_stays_and_a_mapping_to_it_is_a_mistake() -> None:
    story = edited(inside(shop(OLD)), shop(ENTER + "steps:\n  - trigger: ad\n"))
    assert words(story.wait(2 * H)) == ["sent mail", "trigger mail"]


def test_runs_of_a_journey_whose_file_is_gone_leave_when_they_are_looked_at_and_do_what_they_do_on_exit() -> None:
    before = inside(shop(OLD + "on_exit: [ad]\n"))
    assert shown(edited(before, shop()).tell(5, "measured", n=1)) == [
        (5, "ended j: journey_removed"), (5, "sent ad"), (5, "trigger ad")
    ]  # fmt: skip
    assert shown(edited(inside(shop(OLD)), shop()).wait(D)) == [(H, "ended j: journey_removed")]


GONE = {
    "an action": (shop(NEW, actions=FURTHER.replace("mail: {", "post: {")), "there is no action 'mail'"),
    "a trait": (shop(NEW, traits=""), "there is no trait or segment 'n'"),
}


@pytest.mark.parametrize("what", GONE)
def test_where_a_word_of_an_older_definition_is_gone_its_runs_end_when_they_would_go_on(what: str) -> None:
    present, why = GONE[what]
    story = edited(inside(shop(OLD + "exit_when: n > 5\n")), present)
    assert [why in said for said in story.definitions.unreadable.values()] == [True]
    assert story.definitions.pinned == {}
    assert shown(story.wait(D)) == [(H, "ended j: definition_changed")]


def test_runs_whose_definition_cannot_be_read_are_moved_by_the_name_they_wait_at() -> None:
    present = shop(NEW + "migrate: {first: start}\n", actions=FURTHER.replace("mail: {", "post: {"))
    assert shown(edited(inside(shop(OLD)), present).wait(D))[0] == (2 * H, "sent ad")
    leaving = shop(NEW + "migrate: {first: exit}\non_exit: [ad]\n", actions=FURTHER.replace("mail: {", "post: {"))
    assert words(edited(inside(shop(OLD)), leaving).wait(D)) == ["ended j: migrated", "sent ad", "trigger ad"]


QUIET = "caps:\n  - {channel: email, at_most: 1, within: 1d, on_cap: defer}\n"
TWICE = ENTER + "steps:\n  - trigger: mail\n  - {trigger: mail, name: again}\n"


def test_a_proposal_that_was_put_off_has_its_fate_when_its_run_is_moved() -> None:
    before = inside(shop(TWICE, policy=QUIET))
    assert "deferred mail" in words(before.outcomes)
    story = edited(before, shop(NEW + "migrate: {again: '1'}\n", policy=QUIET))
    told = story.tell(5, "measured", n=1)
    assert words(told) == ["withdrawn mail", "sent ad", "trigger ad"]
    fates = [o for o in (*before.outcomes, *told) if isinstance(o, Decision) and o.verdict != "deferred"]
    assert len({o.id for o in fates}) == len(fates)


def test_what_is_still_to_do_on_exit_is_done_by_the_older_definition_and_forgotten_where_that_is_gone() -> None:
    def left() -> Story:
        story = inside(
            shop(ENTER + "exit_on: [closed]\non_exit: [mail]\nsteps:\n  - trigger: mail\n  - wait: 1h\n", policy=QUIET)
        )
        story.tell(5, "closed")
        assert words(story.outcomes)[-2:] == ["ended j: closed", "deferred mail"]
        return story

    assert words(edited(left(), shop(NEW, policy=QUIET)).wait(2 * D)) == ["sent mail", "trigger mail"]
    lost = edited(left(), shop(NEW, actions=FURTHER.replace("mail: {", "post: {")))
    assert lost.wait(2 * D) == []
    assert lost.decider.counts.runs["j"] == 0
    assert {use.runs for use in lost.decider.counts.uses.values()} == {0}


def test_ids_stay_unique_though_a_run_is_moved_to_and_fro() -> None:
    def way(action: str) -> Definitions:
        return shop(ENTER + f"steps:\n  - trigger: {action}\n  - wait: 1h\nmigrate: {{'1': '0'}}\n")

    story = inside(way("mail"))
    outcomes = list(story.outcomes)
    for number, action in enumerate(("ad", "mail", "ad", "mail"), start=1):
        story = edited(story, way(action))
        outcomes += story.tell(number, "measured", n=1)
    outcomes += story.wait(D)
    triggers = [o for o in outcomes if isinstance(o, Trigger)]
    assert [o.action for o in triggers] == ["mail", "ad", "mail", "ad", "mail"]
    assert len({o.id for o in triggers}) == 5
    assert len({o.run_id for o in triggers}) == 1
    assert [o.change for o in outcomes if isinstance(o, RunChange)] == ["started", "ended"]
    assert len({o.id for o in outcomes if isinstance(o, RunChange)}) == 2


def test_uses_follow_the_runs_by_definition() -> None:
    before = inside(shop(OLD))
    old = before.definitions.journeys["j"].hash
    story = edited(before, shop(NEW))
    story.tell(5, "measured", n=1)
    assert story.decider.counts.uses[old].runs == 1
    moved = edited(story, shop(NEW + "migrate: {first: start}\n"))
    moved.tell(6, "measured", n=1)
    new = moved.definitions.journeys["j"].hash
    assert {name: use.runs for name, use in moved.decider.counts.uses.items()} == {old: 0, new: 1}
    moved.tell(7, "erasure_requested")
    assert moved.decider.counts.uses[new].runs == 0
    assert moved.decider.counts.runs["j"] == 0


def test_a_kept_definition_keeps_its_hash_and_the_present_one_is_not_pinned() -> None:
    present = shop(NEW)
    kept = present_journeys(present)
    assert with_kept(present, kept).pinned == {}
    renamed = with_kept(present, {"0123456789abcdef": next(iter(kept.values()))})
    assert {name: journey.hash for name, journey in renamed.pinned.items()} == {"0123456789abcdef": "0123456789abcdef"}
    assert with_kept(present, {"a": KeptJourney("j", "")}).unreadable == {"a": "it says nothing"}


def test_a_run_kept_before_runs_could_be_moved_decodes() -> None:
    story = inside(shop(OLD))
    run = story.profile().runs[0]
    fields = msgspec.to_builtins(run)
    assert msgspec.convert(fields[:-1], type(run)) == run
