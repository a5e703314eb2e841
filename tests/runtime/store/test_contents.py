"""What a store holds, on a real disk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.model.profile import NEVER, encode_profile, new_profile
from stream.runtime.store.contents import Completeness, Contents, Identity
from stream.runtime.store.rocks import RocksDisk
from tests.runtime.store.fake_disk import FakeDisk

WHOSE = Identity("app", "app-profiles-changelog", 0, "id")
TIMES = st.sampled_from([-NEVER, -1, 0, 1, 1_000, 10**13, NEVER - 1, NEVER])


def profile(user: str, due_ms: int = NEVER, births: int = 0) -> bytes:
    return encode_profile(msgspec.structs.replace(new_profile(user), due_ms=due_ms, births=births))


@pytest.fixture
def disk(tmp_path: Path) -> RocksDisk:
    return RocksDisk(tmp_path, 8 << 20)


@pytest.fixture
def contents(disk: RocksDisk) -> Iterator[Contents]:
    opened = Contents(disk.open(0), WHOSE)
    yield opened
    opened.close()


def test_the_latest_record_of_a_key_holds_and_a_tombstone_removes_it(contents: Contents) -> None:
    contents.complete([(b"a", profile("a")), (b"b", profile("b")), (b"b", None), (b"\xffposition", b"1")], 4, 0)
    assert list(contents.users()) == ["a"]
    contents.complete([(b"a", profile("a", births=1)), (b"\xffposition", b"2")], 6, 0)
    assert contents.get(b"a") == profile("a", births=1)
    assert (contents.special(), contents.profiles) == ({b"\xffposition": b"2"}, 1)
    contents.complete([(b"a", None)], 7, 0)
    assert (contents.get(b"a"), list(contents.users()), contents.profiles) == (None, [], 0)


def test_a_timer_is_found_where_it_is_now_and_nowhere_else(contents: Contents) -> None:
    contents.complete([(b"a", profile("a", 5)), (b"b", profile("b", 7)), (b"c", profile("c"))], 3, 0)
    assert list(contents.due(-NEVER, 7)) == [("a", 5)]
    assert list(contents.due(5, 8)) == [("a", 5), ("b", 7)]
    contents.complete([(b"a", profile("a", 9)), (b"b", None), (b"c", profile("c", -1))], 6, 0)
    assert list(contents.due(-NEVER, NEVER)) == [("c", -1), ("a", 9)]
    assert (contents.first_due_ms(), contents.timers) == (-1, 2)


def test_without_timers_the_first_is_never_due(contents: Contents) -> None:
    contents.complete([(b"a", profile("a"))], 1, 0)
    assert contents.first_due_ms() == NEVER


def test_it_says_how_far_it_is_complete_after_it_was_opened_again(disk: RocksDisk) -> None:
    contents = Contents(disk.open(0), WHOSE)
    assert contents.completeness() is None
    contents.complete([(b"a", profile("a", 5))], 8, 77)
    contents.add_further([(b"b", profile("b"))])
    contents.close()
    again = Contents(disk.open(0), WHOSE)
    assert again.completeness() == Completeness(WHOSE, 8, 77, profiles=2, timers=1)
    again.complete([(b"c", profile("c"))], None, 99)
    assert again.completeness() == Completeness(WHOSE, 8, 99, profiles=3, timers=1)
    again.close()


def test_what_is_added_while_it_is_built_says_nothing_of_completeness(contents: Contents) -> None:
    contents.add([(b"a", profile("a"))])
    assert contents.completeness() is None


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.tuples(st.sampled_from("abcdé"), st.none() | TIMES), max_size=6), max_size=6))
def test_it_is_what_the_latest_records_say_in_whatever_batches_they_come(
    batches: list[list[tuple[str, int | None]]],
) -> None:
    contents, latest = Contents(FakeDisk().open(0), WHOSE), dict[str, int | None]()
    for batch in batches:
        latest.update(batch)
        contents.complete([(u.encode(), None if due is None else profile(u, due)) for u, due in batch], None, 0)
    dues = {user: due for user, due in latest.items() if due is not None}
    timers = sorted((due, user) for user, due in dues.items() if due < NEVER)
    assert sorted(contents.users()) == sorted(dues)
    assert [(due, user) for user, due in contents.due(-NEVER, NEVER)] == timers
    assert (contents.profiles, contents.timers) == (len(dues), len(timers))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.integers(0, 2),
    st.lists(st.tuples(st.lists(st.sampled_from("abcd")), st.dictionaries(st.sampled_from("abcd"), st.none() | TIMES))),
)
def test_its_timers_and_counts_are_right_however_few_users_it_remembers(
    remembered: int, steps: list[tuple[list[str], dict[str, int | None]]]
) -> None:
    contents, latest = Contents(FakeDisk().open(0), WHOSE, remembered), dict[str, int | None]()
    for read, written in steps:
        for user in read:
            contents.get(user.encode())
        latest.update(written)
        contents.complete([(u.encode(), None if due is None else profile(u, due)) for u, due in written.items()], 1, 0)
    dues = {user: due for user, due in latest.items() if due is not None}
    timers = sorted((due, user) for user, due in dues.items() if due < NEVER)
    assert [(due, user) for user, due in contents.due(-NEVER, NEVER)] == timers
    assert (contents.profiles, contents.timers) == (len(dues), len(timers))


def test_who_was_read_or_written_lately_is_not_looked_up_when_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    values, looked_up = FakeDisk().open(0), list[bytes]()

    def get_all(keys: Sequence[bytes]) -> Sequence[bytes | None]:
        looked_up.extend(keys)
        return [values.get(key) for key in keys]

    monkeypatch.setattr(values, "get_all", get_all)
    contents = Contents(values, WHOSE, remembered=2)
    contents.complete([(user, profile(user.decode(), 5)) for user in (b"a", b"b", b"c")], 3, 0)
    assert looked_up == [b"\x01a", b"\x01b", b"\x01c"]
    looked_up.clear()
    contents.get(b"a")
    contents.complete([(user, profile(user.decode(), 7)) for user in (b"a", b"b", b"c", b"new")], 7, 0)
    assert looked_up == [b"\x01new"], "a was read, b and c were written"
    looked_up.clear()
    contents.complete([(user, None) for user in (b"b", b"new")], 9, 0)
    assert looked_up == [b"\x01b"], "the two written last are remembered"
    assert [user for user, _ in contents.due(-NEVER, NEVER)] == ["a", "c"]
