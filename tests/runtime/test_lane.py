from __future__ import annotations

from tests.runtime.filled_lanes import Sources, fill, lanes


def test_a_source_pauses_above_the_high_mark_and_resumes_at_the_low_one() -> None:
    sources = Sources()
    (a,) = lanes(sources, "a")
    fill(a, 1, 2, 3)
    a.regulate(1, 3, is_needed=False)
    assert sources.calls == []
    fill(a, 4)
    a.regulate(1, 3, is_needed=False)
    a.items.popleft()
    a.items.popleft()
    a.regulate(1, 3, is_needed=False)
    assert sources.calls == [("pause", "a")]
    a.items.popleft()
    a.regulate(1, 3, is_needed=False)
    assert sources.calls == [("pause", "a"), ("resume", "a")]


def test_a_source_the_others_wait_for_is_never_held_back() -> None:
    sources = Sources()
    (a,) = lanes(sources, "a")
    fill(a, 1, 2, 3, 4)
    a.regulate(1, 3, is_needed=True)
    assert sources.calls == []
    a.regulate(1, 3, is_needed=False)
    a.regulate(1, 3, is_needed=True)
    assert sources.calls == [("pause", "a"), ("resume", "a")]
