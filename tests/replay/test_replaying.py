"""A replay from files to files, with the real decider."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from stream.adapters.formats import adapter_for
from stream.replay.driving import Stop
from stream.replay.reading import Reading
from stream.replay.replaying import Ticks, replay
from stream.replay.summary import Summary
from tests.replay.tiny import HOUR_MS, START_MS, line, read_lines, tiny_definitions, write_lines

Replaying = Callable[..., Summary]


@pytest.fixture
def replaying(tmp_path: Path) -> Replaying:
    def run(*lines: str, stop: Stop = "last", out: str = "out", assumed: tuple[str, ...] = ()) -> Summary:
        definitions = msgspec.structs.replace(tiny_definitions(), assumed_consents=frozenset(assumed))
        path = write_lines(tmp_path / "in.jsonl", *lines)
        reading = Reading([path], adapter_for("segment", [], definitions.plan), definitions.plan)
        return replay(definitions, reading, tmp_path / out, stop)

    return run


HISTORY = (
    line(30, "b", "Product Viewed"),
    line(0, "a", "Product Added", product_id="p", price=10),
    line(0.5, "b", "Product Added", product_id="p"),
    line(2, "a", "Order Completed"),
)


def test_entries_and_exits_are_written_in_order_of_time(replaying: Replaying, tmp_path: Path) -> None:
    summary = replaying(*HISTORY)
    changes = [
        (one["user_id"], one["change"], one["at_ms"]) for one in read_lines(tmp_path / "out/segment-changes.jsonl")
    ]
    assert changes == [
        ("a", "entered", START_MS + HOUR_MS),
        ("b", "entered", START_MS + HOUR_MS * 3 // 2),
        ("a", "exited", START_MS + 2 * HOUR_MS),
    ]
    assert (summary.tally.entries["cart_abandoner"], summary.tally.exits["cart_abandoner"]) == (2, 1)
    assert (summary.events, summary.users, summary.rows) == (4, 2, 4)


def test_without_consent_nothing_is_sent_and_with_an_assumed_one_it_is(replaying: Replaying, tmp_path: Path) -> None:
    assert replaying(*HISTORY).tally.verdicts == {"no_consent": 3}
    assert read_lines(tmp_path / "out/triggers.jsonl") == []
    summary = replaying(*HISTORY, assumed=("marketing",))
    assert summary.tally.verdicts == {"sent": 3}
    assert [one["user_id"] for one in read_lines(tmp_path / "out/triggers.jsonl")] == ["a", "b", "b"]
    assert "assumed for every user: marketing" in summary.text()


def test_twice_gives_identical_bytes(replaying: Replaying, tmp_path: Path) -> None:
    for out in ("one", "two"):
        replaying(*HISTORY, "oops", out=out, assumed=("marketing",))
    for name in ("segment-changes", "triggers", "decisions", "dead-letters"):
        one = (tmp_path / "one" / f"{name}.jsonl").read_bytes()
        assert one
        assert one == (tmp_path / "two" / f"{name}.jsonl").read_bytes()


def test_the_clock_stops_at_the_last_event_or_where_it_is_told(replaying: Replaying) -> None:
    added = line(0, "a", "Product Added", product_id="p")
    assert replaying(added).tally.entries["cart_abandoner"] == 0
    assert replaying(added, stop=START_MS + HOUR_MS - 1).tally.entries["cart_abandoner"] == 0
    assert replaying(added, stop=START_MS + HOUR_MS).tally.entries["cart_abandoner"] == 1
    assert replaying(added, stop="drained").tally.verdicts == {"no_consent": 2}


def test_duplicates_are_counted_and_change_nothing(replaying: Replaying, tmp_path: Path) -> None:
    added = line(0, "a", "Product Added", product_id="p").replace('"type"', '"messageId": "m", "type"')
    viewed = line(0.5, "a", "Product Viewed")
    once = replaying(added, viewed, stop="drained", out="once")
    twice = replaying(added, viewed, added, stop="drained", out="twice")
    assert (once.duplicates, twice.duplicates) == (0, 1)
    once_changes, twice_changes = (tmp_path / out / "segment-changes.jsonl" for out in ("once", "twice"))
    assert once_changes.read_bytes() == twice_changes.read_bytes()


def test_the_summary_says_what_went_in_and_came_out(replaying: Replaying) -> None:
    text = replaying(*HISTORY, "oops", line(0, "c", "Other"), stop=START_MS + 3 * HOUR_MS).text()
    for part in (
        "3 of 2 users, from 6 rows",
        "2020-01-01T00:00:00Z to 2020-01-01T02:00:00Z",
        "stopped at 2020-01-01T03:00:00Z",
        "1 not in the tracking plan, 0 duplicates",
        "1 events after the end",
        "none; without consent events no trigger is sent",
        "events/s in the core",
        "not_json",
    ):
        assert part in text
    assert all(not row.endswith(" ") for row in text.splitlines())


def test_an_empty_history_gives_empty_files(replaying: Replaying, tmp_path: Path) -> None:
    assert "0 of 0 users" in replaying(stop="drained").text()
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == {
        "segment-changes.jsonl": b"",
        "triggers.jsonl": b"",
        "decisions.jsonl": b"",
        "dead-letters.jsonl": b"",
        "references.jsonl": b"",
    }


def test_progress_is_told_in_bytes_read_and_events_decided(tmp_path: Path) -> None:
    definitions = tiny_definitions()
    path = write_lines(tmp_path / "in.jsonl", *HISTORY)
    told: list[tuple[str, int]] = []
    ticks = Ticks(
        lambda count: told.append(("read", count)),
        lambda count: told.append(("total", count)),
        lambda count: told.append(("decided", count)),
    )
    reading = Reading([path], adapter_for("segment", [], definitions.plan), definitions.plan, ticks.read)
    replay(definitions, reading, tmp_path / "out", "last", ticks)
    assert sum(count for kind, count in told if kind == "read") == path.stat().st_size
    assert [one for one in told if one[0] != "read"] == [("total", 4), ("decided", 4)]
