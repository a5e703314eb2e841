"""What outlives an erasure."""

from stream.decision.remains import place_of
from stream.decision.repetitions import DIGEST_BYTES
from stream.model.outcomes import Decision, SegmentChange
from stream.model.profile import decode_profile, encode_profile
from tests.decision.story import Story, assuming, config

JOURNEY = "enter: {event: viewed, again_after: 0d}\nsteps: [{trigger: mail}]\n"


def story_of() -> Story:
    definitions = config("n: {count: viewed}\n", {"looker": "n >= 1"}, {"j": JOURNEY})
    return Story(assuming(definitions, "marketing"))


def test_who_unsubscribed_stays_so_after_an_erasure_and_another() -> None:
    story = story_of()
    story.tell(0, "unsubscribed")
    for at_ms in (1, 3):
        story.tell(at_ms, "erasure_requested")
        assert "u" not in story.profiles
        told = story.tell(at_ms + 1, "viewed")
        assert [o.verdict for o in told if isinstance(o, Decision)] == ["suppressed"]


def test_nothing_else_of_them_is_left_and_the_place_does_not_tell_who_it_was() -> None:
    story = story_of()
    story.tell(0, "identify", email="a@example.org")
    story.tell(0, "unsubscribed")
    story.tell(1, "viewed")
    story.tell(2, "erasure_requested")
    ((place, left),) = story.profiles.items()
    assert "example.org" not in str(left)
    assert (left.traits, left.identity, left.memberships, left.runs) == ({}, {}, {}, [])
    assert len(left.seen) == DIGEST_BYTES
    assert place.startswith("\x00remains:")
    assert len(place) == len("\x00remains:") + 64
    assert decode_profile(encode_profile(left)) == left


def test_the_place_is_another_under_another_key() -> None:
    assert place_of("u", b"one") != place_of("u", b"other")
    assert place_of("u", b"one") != place_of("v", b"one")


def test_what_is_decided_after_an_erasure_has_ids_of_its_own() -> None:
    story = story_of()
    for at_ms in (0, 10, 20):
        story.tell(at_ms, "viewed")
        story.tell(at_ms + 1, "erasure_requested")
    ids = [o.id for o in story.outcomes if isinstance(o, Decision | SegmentChange)]
    assert len(ids) == 6
    assert len(set(ids)) == 6


def test_an_erasure_that_is_told_twice_is_one() -> None:
    ids: list[list[str]] = []
    for times in (1, 2):
        story = story_of()
        story.tell(0, "viewed")
        erasure = story.event(1, "erasure_requested")
        told = [story.hear(erasure) for _ in range(times)]
        assert told == [[]] * times
        assert "u" not in story.profiles
        assert story.decider.decided == 2
        ids.append([o.id for o in story.hear(story.event(2, "viewed")) if isinstance(o, Decision)])
    assert ids[0] == ids[1]
