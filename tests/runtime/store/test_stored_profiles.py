"""Profiles with a store: what has changed is in memory until it is committed, and what is cold on the disk."""

from __future__ import annotations

import pytest

from stream.model.profile import NEVER, encode_profile, new_profile
from stream.runtime.store.contents import Contents
from stream.runtime.store.profiles import StoredProfiles
from tests.runtime.store.fake_disk import FakeDisk
from tests.runtime.store.test_contents import WHOSE, profile


def stored(*users: str, hot_max: int = 2) -> tuple[StoredProfiles, Contents]:
    contents = Contents(FakeDisk().open(0), WHOSE)
    contents.complete([(user.encode(), profile(user)) for user in users], len(users), 0)
    return StoredProfiles(contents, hot_max), contents


def cut(profiles: StoredProfiles, *users: str) -> list[tuple[bytes, bytes | None]]:
    records = [(user.encode(), profiles.encoded(user)) for user in users]
    profiles.cool()
    return records


def test_a_cold_profile_is_read_from_the_disk_once_and_then_is_the_same_object() -> None:
    profiles, _ = stored("a")
    found = profiles["a"]
    assert profiles.get("a") is found
    assert profiles.get("nobody") is None
    assert profiles.take_reads() == (1, 2)
    assert profiles.take_reads() == (0, 0)


def test_what_was_changed_is_found_before_the_cut_after_it_and_after_the_commit() -> None:
    profiles, contents = stored("a", hot_max=0)
    profiles["a"].births = 7
    records = cut(profiles, "a")
    assert (profiles.hot, contents.get(b"a")) == (0, profile("a"))
    assert profiles["a"].births == 7, "cooled, and not on the disk yet"
    profiles.store(records, 2, 0)
    profiles.cool()
    assert profiles["a"].births == 7


def test_what_is_changed_again_while_its_transaction_commits_is_not_lost() -> None:
    profiles, contents = stored("a", hot_max=0)
    profiles["a"].births = 1
    first = cut(profiles, "a")
    profiles["a"].births = 2
    profiles.store(first, 2, 0)
    assert (profiles["a"].births, contents.get(b"a")) == (2, profile("a", births=1))
    profiles.store(cut(profiles, "a"), 3, 0)
    assert contents.get(b"a") == profile("a", births=2)


def test_an_erased_user_is_gone_at_once_and_gone_from_the_disk_with_the_commit() -> None:
    profiles, contents = stored("a", "b")
    del profiles["a"]
    assert ("a" in profiles, len(profiles), set(profiles)) == (False, 1, {"b"})
    records = cut(profiles, "a")
    assert (records, "a" in profiles, contents.get(b"a")) == ([(b"a", None)], False, profile("a"))
    profiles.store(records, 3, 0)
    assert ("a" in profiles, len(profiles), contents.get(b"a")) == (False, 1, None)
    with pytest.raises(KeyError):
        del profiles["a"]


def test_a_user_who_comes_back_before_the_erasure_is_committed_begins_anew() -> None:
    profiles, contents = stored("a")
    del profiles["a"]
    records = cut(profiles, "a")
    profiles["a"] = new_profile("a")
    profiles["a"].births = 1
    profiles.store(records, 2, 0)
    assert (profiles["a"].births, len(profiles), set(profiles)) == (1, 1, {"a"})
    profiles.store(cut(profiles, "a"), 3, 0)
    assert (contents.get(b"a"), len(profiles)) == (profile("a", births=1), 1)


def test_a_user_erased_and_back_before_any_cut_is_kept() -> None:
    profiles, contents = stored("a")
    del profiles["a"]
    profiles["a"] = new_profile("a")
    profiles.store(cut(profiles, "a"), 2, 0)
    assert (contents.get(b"a"), len(profiles)) == (encode_profile(new_profile("a")), 1)


def test_new_users_count_once_before_and_after_their_commit() -> None:
    profiles, _ = stored("a")
    profiles["n"] = new_profile("n")
    assert len(profiles) == 2
    records = cut(profiles, "n")
    assert (len(profiles), sorted(profiles)) == (2, ["a", "n"])
    profiles.store(records, 2, 0)
    assert (len(profiles), sorted(profiles)) == (2, ["a", "n"])


def test_those_that_have_not_changed_for_longest_are_cooled_first() -> None:
    profiles, _ = stored("a", "b", "c")
    held = {user: profiles[user] for user in "abc"}
    cut(profiles, "a")
    assert [user for user in "abc" if profiles.get(user) is held[user]] == ["a", "c"]


def test_a_timer_beyond_the_hour_is_known_before_its_profile_is_on_the_disk() -> None:
    profiles, _ = stored("a")
    timers = profiles.timers
    timers.add("a", 50)
    assert list(timers.due(50)) == []
    assert list(timers.due(51)) == [("a", 50)]
    profiles["a"].due_ms = 60
    timers.add("a", 60)
    records = cut(profiles, "a")
    assert list(timers.due(61)) == [("a", 60)], "cut, not committed"
    profiles.store(records, 2, 0)
    assert list(timers.due(62)) == [], "on the disk, and asked for before"
    assert (profiles.timers_stored, list(StoredProfiles(*_contents(profiles)).timers.due(NEVER))) == (1, [("a", 60)])


def _contents(profiles: StoredProfiles) -> tuple[Contents]:
    return (profiles._contents,)
