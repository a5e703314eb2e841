import pytest

from stream.model.outcomes import Decision, Trigger
from tests.decision.story import D, H, M, Story, assuming, config, words

JOURNEYS = {
    "mails": "enter: {event: viewed, again_after: 0s}\nsteps: [{trigger: mail}]\n",
    "ads": "enter: {event: closed, again_after: 0s}\nsteps: [{trigger: ad}]\n",
}
ONE_IN_16H = "caps: [{channel: email, at_most: 1, within: 16h}]\n"


def story_of(policy: str = "", *assumed: str) -> Story:
    return Story(assuming(config(journeys=JOURNEYS, policy=policy), *assumed))


def verdicts(story: Story) -> list[str]:
    return [o.verdict for o in story.outcomes if isinstance(o, Decision)]


def sent(story: Story) -> list[int]:
    return [o.at_ms for o in story.outcomes if isinstance(o, Trigger)]


def consent(story: Story, at_ms: int, purpose: str, *, granted: bool) -> None:
    story.tell(at_ms, "consent_changed", purpose=purpose, granted=granted)


def test_without_a_word_of_consent_nothing_is_sent_and_the_refusal_is_on_record() -> None:
    story = story_of()
    told = story.tell(5, "viewed")
    assert words(told) == ["started mails: e1", "no_consent mail", "ended mails: completed"]
    decision = next(o for o in told if isinstance(o, Decision))
    assert (decision.at_ms, decision.action, decision.step, decision.journey) == (5, "mail", "0", "mails")
    assert decision.why.consent == "marketing never granted"


def test_consent_to_the_actions_purpose_opens_the_gate_and_to_another_does_not() -> None:
    story = story_of()
    consent(story, 0, "advertising", granted=True)
    story.tell(1, "viewed")
    consent(story, 2, "marketing", granted=True)
    story.tell(3, "viewed")
    assert verdicts(story) == ["no_consent", "sent"]


def test_a_trigger_and_its_decision_share_the_id_and_the_reason() -> None:
    story = story_of()
    story.consent("marketing")
    story.tell(1, "viewed")
    decision = next(o for o in story.outcomes if isinstance(o, Decision))
    trigger = next(o for o in story.outcomes if isinstance(o, Trigger))
    assert decision.id == trigger.id
    assert decision.why == trigger.why
    assert decision.run_id == trigger.run_id


@pytest.mark.parametrize(
    ("told", "verdict"),
    [
        ([(1, True), (2, False)], "no_consent"),
        ([(2, False), (1, True)], "no_consent"),
        ([(1, False), (2, True)], "sent"),
        ([(2, True), (1, False)], "sent"),
        ([(1, True), (1, False)], "no_consent"),
        ([(1, False), (1, True)], "no_consent"),
        ([(1, True), (1, True)], "sent"),
    ],
)
def test_the_latest_word_holds_and_at_equal_time_the_refusal(told: list[tuple[int, bool]], verdict: str) -> None:
    story = story_of()
    for at_ms, granted in told:
        consent(story, at_ms, "marketing", granted=granted)
    story.tell(9, "viewed")
    assert verdicts(story) == [verdict]


def test_consent_without_a_clear_yes_is_a_refusal() -> None:
    story = story_of("", "marketing")
    story.tell(0, "consent_changed", purpose="marketing")
    story.tell(1, "viewed")
    assert verdicts(story) == ["no_consent"]


def test_assumed_consent_holds_until_the_user_says_otherwise() -> None:
    story = story_of("", "marketing")
    story.tell(0, "viewed")
    story.tell(1, "closed")
    consent(story, 2, "marketing", granted=False)
    story.tell(3, "viewed")
    assert verdicts(story) == ["sent", "no_consent", "no_consent"]
    assert [o.why.consent for o in story.outcomes if isinstance(o, Decision)] == [
        "marketing assumed",
        "advertising never granted",
        "marketing refused at 2",
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [("unsubscribed", "unsubscribed"), ("email_bounced", "bounced"), ("email_marked_as_spam", "complained")],
)
def test_an_address_that_must_not_be_used_gets_no_mail_and_other_channels_go_on(name: str, reason: str) -> None:
    story = story_of("", "marketing", "advertising")
    story.tell(0, name)
    story.tell(1, "viewed")
    story.tell(2, "closed")
    assert verdicts(story) == ["suppressed", "sent"]
    last = next(o for o in story.outcomes if isinstance(o, Decision)).why.stages[-1]
    assert (last.gate, last.passed, last.said) == ("suppression", False, f"email suppressed: {reason}")


@pytest.mark.parametrize(("bounce_type", "verdict"), [("hard", "suppressed"), ("soft", "sent")])
def test_a_hard_bounce_suppresses_and_a_soft_one_does_not(bounce_type: str, verdict: str) -> None:
    story = story_of("", "marketing")
    story.tell(0, "email_bounced", bounce_type=bounce_type)
    story.tell(1, "viewed")
    assert verdicts(story) == [verdict]


def test_consent_does_not_lift_a_suppression() -> None:
    story = story_of()
    story.tell(0, "unsubscribed")
    story.consent("marketing", at_ms=1)
    story.tell(2, "viewed")
    assert verdicts(story) == ["suppressed"]


def test_a_missing_consent_is_told_before_a_suppression() -> None:
    story = story_of()
    story.tell(0, "unsubscribed")
    story.tell(1, "viewed")
    assert verdicts(story) == ["no_consent"]


@pytest.mark.parametrize(("later_ms", "verdict"), [(16 * H - 1, "capped"), (16 * H, "sent")])
def test_a_cap_looks_back_over_its_rolling_window(later_ms: int, verdict: str) -> None:
    story = story_of(ONE_IN_16H, "marketing")
    story.tell(5, "viewed")
    story.tell(5 + later_ms, "viewed")
    assert verdicts(story) == ["sent", verdict]


def test_only_what_was_sent_counts_towards_a_cap() -> None:
    story = story_of(ONE_IN_16H, "marketing")
    for time_ms in (0, 8 * H, 16 * H, 24 * H, 32 * H):
        story.tell(time_ms, "viewed")
    assert verdicts(story) == ["sent", "capped", "sent", "capped", "sent"]


def test_a_cap_holds_for_its_channel_only() -> None:
    story = story_of(ONE_IN_16H, "marketing", "advertising")
    for time_ms, name in enumerate(("viewed", "closed", "closed", "viewed")):
        story.tell(time_ms, name)
    assert verdicts(story) == ["sent", "sent", "sent", "capped"]


def test_of_two_caps_both_hold() -> None:
    policy = "caps: [{channel: email, at_most: 1, within: 16h}, {channel: email, at_most: 2, within: 7d}]\n"
    story = story_of(policy, "marketing")
    for time_ms in (0, 15 * H, 16 * H, 3 * D, 7 * D - 1, 7 * D):
        story.tell(time_ms, "viewed")
    assert verdicts(story) == ["sent", "capped", "sent", "capped", "capped", "sent"]
    capped = [o for o in story.outcomes if isinstance(o, Decision)][3]
    assert capped.why.caps == ["0 of 1 email in 57600 s", "2 of 2 email in 604800 s"]


def test_a_cap_of_several_allows_so_many() -> None:
    story = story_of("caps: [{channel: email, at_most: 3, within: 1h}]\n", "marketing")
    for time_ms in range(5):
        story.tell(time_ms * M, "viewed")
    assert verdicts(story) == ["sent", "sent", "sent", "capped", "capped"]


def test_two_journeys_share_the_cap_of_their_channel() -> None:
    journeys = {
        "one": "enter: {event: viewed}\nsteps: [{trigger: mail}]\n",
        "two": "enter: {event: viewed}\nsteps: [{trigger: mail}]\n",
    }
    story = Story(assuming(config(journeys=journeys, policy=ONE_IN_16H), "marketing"))
    story.tell(0, "viewed")
    assert verdicts(story) == ["sent", "capped"]


def test_what_is_remembered_for_caps_is_bounded_by_the_longest_of_them() -> None:
    story = story_of("caps: [{channel: email, at_most: 5, within: 1h}]\n", "marketing")
    for hour in range(100):
        story.tell(hour * H, "viewed")
    assert len(story.profile().sent_ms["email"]) == 1


def test_a_trigger_is_valid_for_as_long_as_its_action_says() -> None:
    story = story_of("", "marketing", "advertising")
    story.tell(5, "viewed")
    story.tell(6, "closed")
    mail, ad = (o for o in story.outcomes if isinstance(o, Trigger))
    assert (mail.due_ms, mail.valid_until_ms) == (5, 5 + D)
    assert (ad.due_ms, ad.valid_until_ms) == (6, 6 + 3 * D)


def test_a_sent_trigger_is_an_event_that_traits_count() -> None:
    traits = "mails: {count: trigger_sent}\nlast_channel: {last: trigger_sent.channel}\n"
    story = Story(assuming(config(traits, journeys=JOURNEYS), "marketing"))
    story.tell(0, "viewed")
    story.tell(1, "closed")
    assert story.value("mails", 1) == 1
    assert story.value("last_channel", 1) == "email"


def test_a_refusal_to_one_of_many_purposes_is_never_forgotten() -> None:
    story = story_of("", "marketing")
    for number in range(100):
        consent(story, number, f"purpose {number}", granted=True)
    consent(story, 200, "marketing", granted=False)
    story.tell(201, "viewed")
    assert verdicts(story) == ["no_consent"]
    assert len(story.profile().consents) <= 100
