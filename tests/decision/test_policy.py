"""The policy: each gate by itself, from both sides."""

import pytest

from stream.model.outcomes import Decision, Stage, Trigger
from tests.decision.story import D, H, M, Story, assuming, config, words

TRAITS = "n: {last: measured.n}\nm: {last: measured.m}\n"
SMS = "sms: {channel: sms, purpose: marketing, template: t}\n"
MAIL = "mail: {channel: email, purpose: marketing, template: t%s}\n"
AD = "ad: {channel: ads, purpose: advertising, template: t%s}\n"
EACH = "enter: {event: viewed, again_after: 0d}\nsteps: [{trigger: %s}]\n"


def story_of(actions: str, policy: str = "", *triggers: str) -> Story:
    """One journey for each action named, which every view starts."""
    named = triggers or ("mail",)
    journeys = {f"j_{name}": EACH % name for name in named}
    return Story(
        assuming(config(TRAITS, journeys=journeys, actions=actions, policy=policy), "marketing", "advertising")
    )


def fates(story: Story) -> list[tuple[str, str]]:
    return [(o.action, o.verdict) for o in story.outcomes if isinstance(o, Decision)]


def sent(story: Story) -> list[tuple[int, str]]:
    return [(o.at_ms, o.action) for o in story.outcomes if isinstance(o, Trigger)]


def stages(story: Story) -> list[Stage]:
    return [o for o in story.outcomes if isinstance(o, Decision)][-1].why.stages


@pytest.mark.parametrize("gate", ["eligible", "applicable", "suitable"])
@pytest.mark.parametrize(("n", "is_open"), [(3, True), (2, False), (None, False)])
def test_an_action_is_for_those_of_whom_its_conditions_are_true(gate: str, n: int | None, is_open: bool) -> None:
    story = story_of(MAIL % f", {gate}: n >= 3")
    if n is not None:
        story.tell(0, "measured", n=n)
    story.tell(1, "viewed")
    assert fates(story) == [("mail", "sent" if is_open else f"not_{gate}")]
    assert (stages(story)[0].gate, stages(story)[0].passed) == (gate, is_open)
    assert stages(story)[0].leaves[0].condition == "n >= 3"


def test_the_conditions_are_asked_in_order_and_before_consent() -> None:
    actions = MAIL % ", eligible: n >= 1, applicable: n >= 2, suitable: n >= 3"
    for n, verdict in ((0, "not_eligible"), (1, "not_applicable"), (2, "not_suitable"), (3, "no_consent")):
        story = Story(config(TRAITS, journeys={"j": EACH % "mail"}, actions=actions))
        story.tell(0, "measured", n=n)
        story.tell(1, "viewed")
        assert fates(story) == [("mail", verdict)]


def test_who_cannot_be_reached_is_not_sent_anything() -> None:
    story = story_of(MAIL % ", needs: [email]")
    story.tell(0, "viewed")
    story.tell(1, "identify", email="a@example.org")
    story.tell(2, "viewed")
    assert fates(story) == [("mail", "unreachable"), ("mail", "sent")]


def test_all_purposes_need_consent() -> None:
    story = Story(config(TRAITS, journeys={"j": EACH % "ad"}, actions=(AD % "").replace("advertising", "[one, two]")))
    story.tell(0, "viewed")
    story.consent("one")
    story.tell(1, "viewed")
    story.consent("two")
    story.tell(2, "viewed")
    assert [verdict for _, verdict in fates(story)] == ["no_consent", "no_consent", "sent"]


def test_a_purpose_without_consent_is_free_for_all() -> None:
    policy = "without_consent: [service]\n"
    actions = "mail: {channel: email, purpose: service, template: t}\n"
    story = Story(config(TRAITS, journeys={"j": EACH % "mail"}, actions=actions, policy=policy))
    story.tell(0, "viewed")
    assert fates(story) == [("mail", "sent")]


CAP = "caps: [{%s, at_most: 1, within: 1h%s}]\n"


@pytest.mark.parametrize("of", ["channel: email", "tag: promo", "journey: j_mail", "action: mail"])
def test_a_cap_is_on_a_channel_a_tag_a_journey_or_an_action(of: str) -> None:
    story = story_of(MAIL % ", tags: [promo]", CAP % (of, ""))
    for at_ms in (0, H - 1, H):
        story.tell(at_ms, "viewed")
    assert [verdict for _, verdict in fates(story)] == ["sent", "capped", "sent"]


def test_a_cap_can_make_a_trigger_wait_until_there_is_room() -> None:
    story = story_of(MAIL % "", CAP % ("channel: email", ", on_cap: defer"))
    story.tell(0, "viewed")
    story.tell(10 * M, "viewed")
    assert fates(story) == [("mail", "sent"), ("mail", "deferred")]
    story.wait(D)
    assert sent(story) == [(0, "mail"), (H, "mail")]
    (first, deferred, second) = (o for o in story.outcomes if isinstance(o, Decision))
    assert len({first.id, deferred.id, second.id}) == 3


def test_a_cap_can_end_the_run() -> None:
    story = story_of(MAIL % "", CAP % ("channel: email", ", on_cap: exit"))
    story.tell(0, "viewed")
    assert words(story.tell(1, "viewed")) == ["started j_mail: e2", "capped mail", "ended j_mail: capped"]


def test_a_cap_by_calendar_has_room_again_when_the_local_day_begins() -> None:
    story = story_of(MAIL % "", "caps: [{channel: email, at_most: 1, per: day}]\n")
    story.tell(0, "identify", timezone="America/New_York")
    for at_ms in (6 * H, D + 5 * H - 1, D + 5 * H):
        story.tell(at_ms, "viewed")
    assert [verdict for _, verdict in fates(story)] == ["sent", "capped", "sent"]


def test_what_is_transactional_goes_out_over_a_cap_and_fills_it_only_if_it_counts() -> None:
    for counts, second in (("true", "capped"), ("false", "sent")):
        actions = (
            MAIL % ""
            + f"receipt: {{channel: email, purpose: marketing, template: r, transactional: true, counts: {counts}}}\n"
        )
        story = story_of(actions, CAP % ("channel: email", ""), "receipt", "mail")
        story.tell(0, "viewed")
        assert fates(story) == [("mail", "sent"), ("receipt", "sent")]
        story = story_of(actions, CAP % ("channel: email", ""), "receipt")
        story.tell(0, "viewed")
        story.tell(1, "viewed")
        assert fates(story) == [("receipt", "sent")] * 2
        journeys = {"a": EACH % "receipt", "b": (EACH % "mail").replace("viewed", "closed")}
        definitions = config(TRAITS, journeys=journeys, actions=actions, policy=CAP % ("channel: email", ""))
        story = Story(assuming(definitions, "marketing"))
        story.tell(0, "viewed")
        story.tell(1, "closed")
        assert fates(story) == [("receipt", "sent"), ("mail", second)]


def test_a_cap_on_deliveries_counts_what_was_delivered() -> None:
    story = story_of(MAIL % "", "caps: [{channel: email, at_most: 1, within: 1h, count: delivered}]\n")
    story.tell(0, "viewed")
    story.tell(1, "viewed")
    triggers = [o for o in story.outcomes if isinstance(o, Trigger)]
    assert len(triggers) == 2
    story.tell(5, "email_delivered", trigger_id=triggers[0].id)
    story.tell(5, "email_delivered", trigger_id=triggers[0].id)
    story.tell(H + 4, "viewed")
    story.tell(H + 5, "viewed")
    assert [verdict for _, verdict in fates(story)] == ["sent", "sent", "capped", "sent"]


QUIET = 'quiet_hours: [{channels: [sms], between: "20:00-09:00"%s}]\n'


@pytest.mark.parametrize(("at_ms", "goes_ms"), [(20 * H - 1, 20 * H - 1), (20 * H, D + 9 * H), (9 * H, 9 * H)])
def test_in_quiet_hours_a_trigger_waits_for_the_morning(at_ms: int, goes_ms: int) -> None:
    story = story_of(SMS, QUIET % "", "sms")
    story.tell(0, "identify", timezone="UTC")
    story.tell(at_ms, "viewed")
    story.wait(9 * D)
    assert sent(story) == [(goes_ms, "sms")]


def test_in_quiet_hours_a_trigger_can_be_dropped_and_other_channels_go_on() -> None:
    story = story_of(SMS + MAIL % "", QUIET % ", then: drop", "sms", "mail")
    story.tell(0, "identify", timezone="UTC")
    story.tell(1, "viewed")
    assert fates(story) == [("mail", "sent"), ("sms", "quiet_hours")]


def test_of_an_unknown_zone_it_is_quiet_where_it_is_so_in_any_that_the_policy_names() -> None:
    story = story_of(SMS, QUIET % ", zones: [America/New_York, America/Los_Angeles]", "sms")
    story.tell(14 * H, "viewed")  # nine in New York, six in Los Angeles
    story.wait(9 * D)
    assert sent(story) == [(17 * H, "sms")]


def test_what_is_deferred_passes_every_gate_again_and_expires() -> None:
    for told, verdict in (("consent_changed", "no_consent"), ("", "sent")):
        story = story_of(SMS, QUIET % "", "sms")
        story.tell(0, "identify", timezone="UTC")
        story.tell(1, "viewed")
        if told:
            story.tell(H, told, purpose="marketing", granted=False)
        story.wait(9 * D)
        assert [each for _, each in fates(story)] == ["deferred", verdict]
    story = story_of(SMS, QUIET % "" + "defer_at_most: 8h\n", "sms")
    story.tell(0, "identify", timezone="UTC")
    story.tell(0, "viewed")
    story.wait(9 * D)
    assert [(o.at_ms, o.verdict) for o in story.outcomes if isinstance(o, Decision)] == [
        (0, "deferred"),
        (8 * H, "expired"),
    ]


def test_a_run_that_ends_while_its_trigger_waits_withdraws_it_before_it_is_sent() -> None:
    journey = EACH % "sms" + "exit_on: [closed]\n"
    story = Story(assuming(config(TRAITS, journeys={"j": journey}, actions=SMS, policy=QUIET % ""), "marketing"))
    story.tell(0, "identify", timezone="UTC")
    story.tell(1, "viewed")
    assert words(story.tell(2, "closed")) == ["withdrawn sms", "ended j: closed"]
    assert story.wait(9 * D) == []
    deferred, withdrawn = (o for o in story.outcomes if isinstance(o, Decision))
    assert deferred.id != withdrawn.id


def test_a_fallback_takes_the_place_of_what_is_refused_and_passes_the_same_gates() -> None:
    actions = MAIL % ", fallback: ad" + AD % ""
    for told, fate in (
        ("", [("mail", "sent")]),
        ("unsubscribed", [("mail", "suppressed"), ("ad", "sent")]),
    ):
        story = story_of(actions)
        if told:
            story.tell(0, told)
        story.tell(1, "viewed")
        assert fates(story) == fate
        assert words(story.outcomes)[-1] == "ended j_mail: completed"
    decisions = [o for o in story.outcomes if isinstance(o, Decision)]
    assert decisions[0].id != decisions[1].id


def test_a_fallback_that_is_deferred_is_not_preceded_by_the_first_action_again() -> None:
    story = story_of(MAIL % ", fallback: sms" + SMS, QUIET % "")
    story.tell(0, "identify", timezone="UTC")
    story.tell(0, "unsubscribed")
    story.tell(1, "viewed")
    story.wait(9 * D)
    assert fates(story) == [("mail", "suppressed"), ("sms", "deferred"), ("sms", "sent")]


@pytest.mark.parametrize("purpose", ["personalisation", "personalization"])
def test_who_does_not_want_anything_chosen_for_them_gets_the_plain_payload(purpose: str) -> None:
    actions = MAIL % ", payload: {item: n}, plain_payload: {shop: \"'x'\"}"
    story = story_of(actions)
    story.tell(0, "measured", n=7)
    story.tell(1, "viewed")
    story.tell(2, "consent_changed", purpose=purpose, granted=False)
    story.tell(3, "viewed")
    assert [o.payload for o in story.outcomes if isinstance(o, Trigger)] == [{"item": 7}, {"shop": "x"}]
