"""Competition for a user: of a group one goes out, by tier, score and name."""

import pytest

from stream.model.outcomes import Decision, Stage, Trigger
from tests.decision.story import H, Story, assuming, config

TRAITS = "n: {last: measured.n}\nm: {last: measured.m}\n"
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


EXCLUSIVE = "exclusive: {one: {of: [{action: mail}, {action: ad}], within: 1h}}\n"


def test_of_a_group_one_goes_out_and_the_other_loses_to_it_or_is_excluded_later() -> None:
    journeys = {"a": EACH % "mail", "b": EACH % "ad", "c": (EACH % "ad").replace("viewed", "closed")}
    definitions = config(TRAITS, journeys=journeys, actions=MAIL % "" + AD % "", policy=EXCLUSIVE)
    story = Story(assuming(definitions, "marketing", "advertising"))
    story.tell(0, "viewed")
    assert fates(story) == [("ad", "sent"), ("mail", "lost_arbitration")]
    story.tell(H - 1, "closed")
    story.tell(H, "closed")
    assert [verdict for _, verdict in fates(story)] == ["sent", "lost_arbitration", "excluded", "sent"]


def test_the_lower_tier_wins_then_the_higher_score_then_the_name() -> None:
    cases = [
        (", tier: low", ", tier: high", "ad"),
        ("", ", tier: low", "ad"),
        (", weight: 2", ", weight: 1", "mail"),
        (", value: n", ", weight: 4", "ad"),
        (", value: n, weight: 2", ", weight: 4", "mail"),
        ("", "", "ad"),
        (", tier: low, weight: 9", ", tier: high", "ad"),
        (", value: m", ", weight: 2", "mail"),
    ]
    for mail, ad, winner in cases:
        story = story_of(MAIL % mail + AD % ad, EXCLUSIVE + "tiers: [high, low]\n", "mail", "ad")
        story.tell(0, "measured", n=3, m=2_01)
        story.tell(1, "viewed")
        assert [action for _, action in sent(story)] == [winner], (mail, ad)


def test_a_value_that_is_unknown_is_worth_nothing() -> None:
    story = story_of(MAIL % ", value: n" + AD % ", weight: 0.01", EXCLUSIVE, "mail", "ad")
    story.tell(1, "viewed")
    assert [action for _, action in sent(story)] == ["ad"]


def test_whoever_lost_and_to_whom_stands_in_the_reasons() -> None:
    story = story_of(MAIL % ", weight: 2" + AD % "", EXCLUSIVE, "mail", "ad")
    story.tell(1, "viewed")
    won, lost = (o for o in story.outcomes if isinstance(o, Decision))
    assert (won.why.score, lost.why.score) == (2.0, 1.0)
    assert [(rival.action, rival.verdict) for rival in lost.why.rivals] == [("mail", "sent")]
    assert [(rival.action, rival.score, rival.verdict) for rival in won.why.rivals] == [("ad", 1.0, None)]
    (trigger,) = (o for o in story.outcomes if isinstance(o, Trigger))
    assert trigger.why == won.why


def test_a_settle_window_lets_what_comes_within_it_compete_and_what_comes_after_it_not() -> None:
    journeys = {"a": EACH % "ad", "b": (EACH % "mail").replace("viewed", "closed")}
    policy = EXCLUSIVE + "settle: 5s\n"
    definitions = config(TRAITS, journeys=journeys, actions=MAIL % ", weight: 2" + AD % "", policy=policy)
    for at_ms, winner in ((4_999, "mail"), (5_000, "mail"), (5_001, "ad")):
        story = Story(assuming(definitions, "marketing", "advertising"))
        story.tell(0, "viewed")
        story.tell(at_ms, "closed")
        story.wait(H // 2)
        assert sent(story) == [(5_000, winner)], at_ms


def test_what_is_transactional_is_not_excluded_and_excludes_only_if_it_counts() -> None:
    for counts, other in (("true", "lost_arbitration"), ("false", "sent")):
        receipt = (
            f"a_receipt: {{channel: ads, purpose: advertising, template: r, transactional: true, counts: {counts}}}\n"
        )
        exclusive = "exclusive: {one: {of: [{channel: email}, {channel: ads}], within: 1h}}\n"
        story = story_of(receipt + MAIL % "", exclusive, "a_receipt", "mail")
        story.tell(0, "viewed")
        assert fates(story) == [("a_receipt", "sent"), ("mail", other)]
        story = story_of(receipt + MAIL % ", weight: 2", exclusive, "a_receipt", "mail")
        story.tell(0, "viewed")
        assert fates(story) == [("mail", "sent"), ("a_receipt", "sent")]


@pytest.mark.parametrize(("n", "winner"), [(4, "ad"), (5, "ad"), (6, "mail"), (200, "mail"), (None, "ad")])
def test_the_score_is_chance_times_value_times_weight_and_what_is_unknown_has_no_chance(
    n: int | None, winner: str
) -> None:
    story = story_of(MAIL % ", chance: n / 100, value: 10, weight: 2" + AD % "", EXCLUSIVE, "mail", "ad")
    if n is not None:
        story.tell(0, "measured", n=n)
    story.tell(1, "viewed")
    assert [action for _, action in sent(story)] == [winner]
    scores = {o.action: o.why.score for o in story.outcomes if isinstance(o, Decision)}
    assert scores["mail"] == pytest.approx(min(1.0, (n or 0) / 100) * 20)
