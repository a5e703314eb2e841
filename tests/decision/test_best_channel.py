import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.decision.best_channel import STRENGTH, best_channel
from stream.model.habits import HALF_LIFE_MS, Contacts, growth
from tests.properties.histories import modest

NOW_MS = 1_700_000_000_000
CHANNELS = ("email", "push", "sms")
EVERYONE = {"email": (1e6, 2e5), "push": (1e6, 1e5)}
COUNTS = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda pair: (max(pair), min(pair)))
BY_CHANNEL = st.dictionaries(st.sampled_from(CHANNELS), COUNTS)


def contacts(at_ms: int = NOW_MS, **counts: tuple[float, float]) -> dict[str, Contacts]:
    """Return how many triggers were sent by each channel and how many were responded to."""
    grown = growth(at_ms)
    return {channel: Contacts(sent * grown, responded * grown) for channel, (sent, responded) in counts.items()}


def test_without_any_evidence_it_is_the_channel_written_first() -> None:
    assert best_channel({}, {}, ("push", "email"), NOW_MS)[0] == "push"
    assert best_channel({}, {}, ("email", "push"), NOW_MS)[0] == "email"


def test_channels_equally_good_tie_to_the_first_written() -> None:
    own = contacts(email=(10, 4), push=(10, 4))
    assert best_channel(own, {}, ("push", "email"), NOW_MS)[0] == "push"


def test_one_of_whom_nothing_is_known_gets_the_channel_of_everyone() -> None:
    assert best_channel({}, EVERYONE, ("push", "email"), NOW_MS)[0] == "email"


@pytest.mark.parametrize(("sent", "channel"), [(1, "email"), (2, "push")])
def test_one_response_does_not_outweigh_everyone_and_two_do(sent: int, channel: str) -> None:
    own = contacts(push=(sent, sent))  # (1 + 10 x 0.1) / 11 is less than 0.2, (2 + 10 x 0.1) / 12 is more
    assert best_channel(own, EVERYONE, CHANNELS, NOW_MS)[0] == channel


def test_a_channel_never_used_by_anyone_is_expected_to_do_as_all_do_together() -> None:
    _, (_, _, sms) = best_channel({}, EVERYONE, CHANNELS, NOW_MS)
    assert sms.value == pytest.approx((300_000 + 1) / (2_000_000 + 2), abs=1e-6)


def test_what_was_long_ago_yields_to_what_everyone_does() -> None:
    own = contacts(push=(10, 10))
    assert best_channel(own, EVERYONE, CHANNELS, NOW_MS)[0] == "push"
    assert best_channel(own, EVERYONE, CHANNELS, NOW_MS + 7 * HALF_LIFE_MS)[0] == "email"


def test_the_evidence_tells_of_each_channel_in_the_order_written() -> None:
    best, evidence = best_channel(contacts(push=(6, 5)), EVERYONE, ("email", "push"), NOW_MS)
    assert best == "push"
    assert [leaf.condition for leaf in evidence] == [
        "responded to 0.0 of 0.0 sent by email; everyone 20.0 %",
        "responded to 5.0 of 6.0 sent by push; everyone 10.0 %",
    ]
    assert [(leaf.holds, leaf.value) for leaf in evidence] == [
        (False, pytest.approx(0.2, abs=1e-5)),
        (True, pytest.approx((5 + STRENGTH * 0.1) / (6 + STRENGTH), abs=1e-5)),
    ]


@modest
@given(BY_CHANNEL, BY_CHANNEL, st.permutations(CHANNELS), st.integers(0, 99))
def test_the_best_is_one_of_those_written_and_none_is_better(
    own: dict[str, tuple[int, int]], everyone: dict[str, tuple[int, int]], channels: list[str], days: int
) -> None:
    best, evidence = best_channel(contacts(**own), everyone, channels, NOW_MS + days * 86_400_000)
    values = [leaf.value for leaf in evidence]
    assert channels[[leaf.holds for leaf in evidence].index(True)] == best
    assert values[channels.index(best)] == max(values)
    assert all(0 <= value <= 1 for value in values)
