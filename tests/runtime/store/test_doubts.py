"""When a store is believed and when not, on both sides of each border."""

from __future__ import annotations

import msgspec
import pytest

from stream.runtime.settings_fields import Settings
from stream.runtime.store.contents import FORMAT, Completeness, Identity
from stream.runtime.store.doubts import CLOCKS_APART_MS, believed_ms, doubt

WHOSE = Identity("app", "topic", 3, "id")
FOUND = Completeness(WHOSE, next_offset=10, at_ms=1_000)
OLDEST_MS = 500


def why(found: Completeness | None = FOUND, wanted: Identity = WHOSE, now_ms: int = 1_000, **bounds: int) -> str:
    return doubt(found, wanted, (bounds.get("start", 0), bounds.get("end", 10)), now_ms, OLDEST_MS)


def test_one_that_was_complete_a_moment_ago_is_believed() -> None:
    assert why() == ""


def test_one_that_was_never_complete_is_not_believed() -> None:
    assert "never complete" in why(None)


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1])
def test_one_of_another_format_is_not_believed(version: int) -> None:
    assert "format" in why(msgspec.structs.replace(FOUND, format=version))


@pytest.mark.parametrize("other", [{"app": "b"}, {"topic": "b"}, {"partition": 4}, {"topic_id": "new"}])
def test_one_of_another_changelog_is_not_believed(other: dict[str, object]) -> None:
    assert "it is a copy of" in why(wanted=msgspec.structs.replace(WHOSE, **other))


def test_none_is_believed_where_brokers_tell_no_topic_ids() -> None:
    nameless = msgspec.structs.replace(WHOSE, topic_id="")
    assert "no topic ids" in why(msgspec.structs.replace(FOUND, identity=nameless), nameless)


def test_one_beyond_the_end_of_its_changelog_is_not_believed() -> None:
    assert why(end=10) == ""
    assert "only to 9" in why(end=9)


def test_one_that_ends_before_its_changelog_begins_is_not_believed() -> None:
    assert why(start=10) == ""
    assert "begins at 11" in why(start=11, end=20)


def test_one_that_may_have_missed_a_tombstone_is_not_believed() -> None:
    assert why(now_ms=1_000 + OLDEST_MS - 1) == ""
    assert "erased" in why(now_ms=1_000 + OLDEST_MS)


def test_one_written_by_a_clock_far_ahead_is_not_believed() -> None:
    assert why(now_ms=1_000 - CLOCKS_APART_MS) == ""
    assert "old" in why(now_ms=1_000 - CLOCKS_APART_MS - 1)


def test_how_old_it_may_be_follows_from_how_long_tombstones_are_kept() -> None:
    assert believed_ms(Settings(delete_retention_ms=10_000_000, recovery_timeout_s=600)) == 8_400_000
    assert believed_ms(Settings(delete_retention_ms=60_000, recovery_timeout_s=600)) < 0
    assert "erased" in doubt(FOUND, WHOSE, (0, 10), 1_000, 0)
