from itertools import permutations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.habits import AWAITED_KEPT, CHANNELS_KEPT, note_trigger
from stream.decision.population import folded, hours_of_everyone, rates_of_everyone
from stream.decision.reactions import reaction
from stream.definitions import load
from stream.definitions.responses import response_weights
from stream.definitions.shapes import Definitions
from stream.model.habits import HALF_LIFE_MS, ChannelSeen, Contacts, Habits, HourSeen, growth
from tests.decision.story import D, H, Story
from tests.decision.test_local_time import ms
from tests.properties.histories import modest

EVENTS = """\
currency: USD
topics:
  clickstream:
    push_notification_tapped: {trigger_id: string}
  email:
    email_opened: {trigger_id: string, machine_open: boolean}
    email_link_clicked: {trigger_id: string}
    email_bounced: {trigger_id: string}
  people:
    identify: {timezone: string}
"""
DEFINITIONS = load({"events.yaml": EVENTS})
TUESDAY_18 = 42
TUESDAY_MS = ms("2024-05-14T18:30:00+00:00")


class Learning(Story):
    """A story under definitions that ask for habits."""

    def __init__(self, definitions: Definitions = DEFINITIONS) -> None:
        super().__init__(definitions)
        program = self.decider.program
        for name, weight in response_weights(definitions.plan).items():
            handler = msgspec.structs.replace(program.handlers[name], response_weight=weight)
            program.reactions[name] = reaction(program, handler)
        self.tell(0, "identify")

    def send(self, trigger_id: str, channel: str, at_ms: int = TUESDAY_MS) -> None:
        """Let a trigger be sent to the user."""
        turn = self.decider._turn
        turn.begin(self.profile(), at_ms)
        note_trigger(turn, trigger_id, channel)

    def habits(self) -> Habits:
        return self.profile().habits or Habits()

    def counts(self, now_ms: int = TUESDAY_MS) -> dict[int, float]:
        return {hour: grown / growth(now_ms) for hour, grown in self.habits().hours.items()}

    def rate(self, channel: str, now_ms: int = TUESDAY_MS) -> tuple[float, float]:
        its = self.habits().channels.get(channel, Contacts())
        return its.sent / growth(now_ms), its.responded / growth(now_ms)


def test_an_open_counts_once_and_a_click_twice_in_their_hour() -> None:
    story = Learning()
    story.tell(TUESDAY_MS, "email_opened")
    assert story.counts() == {TUESDAY_18: 1}
    story.tell(TUESDAY_MS, "email_link_clicked")
    assert story.counts() == {TUESDAY_18: 3}


@pytest.mark.parametrize(("is_machine", "counts"), [(True, {}), (False, {TUESDAY_18: 1})])
def test_what_a_mail_program_opened_does_not_count(is_machine: bool, counts: dict[int, float]) -> None:
    story = Learning()
    story.send("t1", "email")
    story.tell(TUESDAY_MS, "email_opened", machine_open=is_machine, trigger_id="t1")
    assert story.counts() == counts
    assert story.rate("email") == (1, len(counts))


def test_the_hour_is_that_of_the_users_own_clock() -> None:
    story = Learning()
    story.tell(0, "identify", timezone="Asia/Tokyo")
    story.tell(TUESDAY_MS, "email_opened")
    assert story.counts() == {2 * 24 + 3: 1}


def test_a_response_of_a_half_life_ago_counts_half() -> None:
    story = Learning()
    story.tell(TUESDAY_MS - HALF_LIFE_MS, "email_opened")
    (count,) = story.counts().values()
    assert count == 0.5


def test_what_comes_from_the_future_counts_as_of_now() -> None:
    story = Learning()
    story.hear(story.event(TUESDAY_MS + 99 * D, "email_opened"), limit_ms=TUESDAY_MS)
    assert story.counts() == {TUESDAY_18: 1}


def test_events_that_are_no_response_leave_no_habits_and_nor_do_responses_where_nobody_asks() -> None:
    story = Learning()
    story.tell(TUESDAY_MS, "email_bounced", trigger_id="t1", bounce_type="soft")
    assert story.profile().habits is None
    plain = Story(DEFINITIONS)
    plain.tell(TUESDAY_MS, "email_opened")
    assert plain.profile().habits is None


def test_a_response_counts_for_the_channel_of_the_trigger_it_names_and_once() -> None:
    story = Learning()
    story.send("t1", "push")
    story.send("t2", "email")
    story.send("t3", "email")
    story.tell(TUESDAY_MS, "push_notification_tapped", trigger_id="t1")
    for _ in range(2):
        story.tell(TUESDAY_MS, "email_opened", trigger_id="t2")
    story.tell(TUESDAY_MS, "email_link_clicked", trigger_id="t9")
    assert (story.rate("push"), story.rate("email")) == ((1, 1), (2, 1))
    assert story.counts() == {TUESDAY_18: 2 + 1 + 1 + 2}


def test_a_response_weighs_what_the_trigger_weighs_that_it_answers() -> None:
    story = Learning()
    story.send("t1", "email", TUESDAY_MS - HALF_LIFE_MS)
    story.tell(TUESDAY_MS, "email_opened", trigger_id="t1")
    assert story.rate("email") == (0.5, 0.5)


@pytest.mark.parametrize(("later", "responded"), [(AWAITED_KEPT - 1, 1), (AWAITED_KEPT, 0)])
def test_the_latest_triggers_are_awaited_and_older_ones_no_longer(later: int, responded: int) -> None:
    story = Learning()
    for number in range(1 + later):
        story.send(f"t{number}", "email")
    story.tell(TUESDAY_MS, "email_opened", trigger_id="t0")
    assert story.rate("email") == (1 + later, responded)


def test_one_channel_too_many_is_remembered_in_the_place_of_the_least_used() -> None:
    story = Learning()
    for number in range(CHANNELS_KEPT):
        for trigger in range(1 + (number != 3)):
            story.send(f"{number}/{trigger}", f"channel_{number}")
    before = set(story.habits().channels)
    assert len(before) == CHANNELS_KEPT
    story.send("another", "another")
    assert set(story.habits().channels) == before - {"channel_3"} | {"another"}


def test_a_response_to_a_trigger_of_a_forgotten_channel_counts_for_its_hour_only() -> None:
    story = Learning()
    story.send("t1", "email")
    story.habits().channels.clear()
    story.tell(TUESDAY_MS, "email_opened", trigger_id="t1")
    assert (story.counts(), story.habits().channels) == ({TUESDAY_18: 1}, {})


def test_the_fullest_habits_take_less_than_four_kilobytes() -> None:
    story = Learning()
    empty = len(msgspec.msgpack.encode(story.profile()))
    for number in range(99):
        story.send(f"t{number}", f"channel_{number % 20}")
    story.habits().hours = {hour: growth(TUESDAY_MS) for hour in range(168)}
    assert len(msgspec.msgpack.encode(story.profile())) - empty < 4_000


def test_what_a_user_does_is_contributed_to_what_is_known_of_everyone_and_only_once() -> None:
    story = Learning()
    story.send("t1", "email", TUESDAY_MS - D)
    story.decider.decide(story.event(TUESDAY_MS, "email_opened", trigger_id="t1"))
    story.decider.decide(story.event(TUESDAY_MS, "email_link_clicked", trigger_id="t1"))
    seen = story.decider.take().contributions
    assert [msgspec.structs.replace(one, id="") for one in seen] == [
        ChannelSeen("u", "email", False, TUESDAY_MS - D, "", TUESDAY_MS - D),
        HourSeen("u", TUESDAY_18, 1, TUESDAY_MS, "", TUESDAY_MS),
        ChannelSeen("u", "email", True, TUESDAY_MS - D, "", TUESDAY_MS),
        HourSeen("u", TUESDAY_18, 2, TUESDAY_MS, "", TUESDAY_MS),
    ]
    assert len({one.id for one in seen}) == 4
    assert story.decider.take().contributions == []
    known = folded(seen)
    assert hours_of_everyone(known, TUESDAY_MS)[TUESDAY_18] == 3
    assert rates_of_everyone(known, TUESDAY_MS - D) == {"email": (1, 1)}


def test_responses_in_any_order_come_to_the_same() -> None:
    def learnt(order: tuple[int, ...]) -> Habits:
        story = Learning()
        for number in range(4):
            story.send(f"t{number}", "email", TUESDAY_MS + number * D)
        story.tell(TUESDAY_MS + 9 * D, "identify")
        for number in order:
            story.tell(TUESDAY_MS + number * D + H, "email_opened", trigger_id=f"t{number}")
        return story.habits()

    first, *others = (learnt(order) for order in permutations(range(4)))
    assert all(other == first for other in others)


@modest
@given(
    st.lists(
        st.tuples(st.integers(0, 5 * 365 * D), st.sampled_from(("email_opened", "email_link_clicked"))), max_size=30
    ),
    st.randoms(),
)
def test_what_is_learnt_in_five_years_is_the_same_to_the_bit_in_any_order(
    responses: list[tuple[int, str]], chance: object
) -> None:
    def learnt(order: list[tuple[int, str]]) -> dict[int, float]:
        story = Learning()
        story.tell(TUESDAY_MS + 6 * 365 * D, "identify")
        for after_ms, name in order:
            story.tell(TUESDAY_MS + after_ms, name)
        return story.habits().hours

    assert learnt(responses) == learnt(sorted(responses, key=lambda _: chance.random()))  # type: ignore[attr-defined]
