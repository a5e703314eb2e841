from __future__ import annotations

import pytest

from stream.model.errors import DeadLetter
from stream.model.outcomes import Decision, SegmentChange, Trigger, Why
from stream.runtime.delivery import ROOM_BYTES, Delivery, partition_of, rfc3339, without_expired
from stream.runtime.ports import TP

WHY = Why(cause="c")
COUNTS = {"segment-changes": 4, "triggers": 4, "decisions": 2, "dead-letters": 3}


def trigger(valid_until_ms: int, trigger_id: str = "t") -> Trigger:
    return Trigger(
        id=trigger_id,
        user_id="u",
        at_ms=1,
        action="a",
        channel="email",
        purpose="p",
        template="x",
        journey="j",
        version="v",
        run_id="r",
        step="0",
        due_ms=1,
        valid_until_ms=valid_until_ms,
        payload={},
        why=WHY,
    )


def decision(decision_id: str = "t", verdict: str = "sent") -> Decision:
    return Decision(
        id=decision_id,
        user_id="u",
        at_ms=1,
        verdict=verdict,  # type: ignore[arg-type]  # the tests give verdicts only
        journey="j",
        run_id="r",
        step="0",
        action="a",
        why=WHY,
    )


def letter(value: bytes | None, partition: int = 0, **more: object) -> DeadLetter:
    return DeadLetter("cart", partition, 7, b"k", value, [("h", b"1")], 9, "not_json", "why")


@pytest.mark.parametrize(("key", "hashed"), [(b"21", -973932308), (b"foobar", -790332482), (b"abc", 479470107)])
def test_users_are_placed_as_kafkas_java_client_places_them(key: bytes, hashed: int) -> None:
    # From the tests of org.apache.kafka.common.utils.Utils.murmur2.
    assert partition_of(key, 997) == (hashed & 0x7FFFFFFF) % 997


def test_a_trigger_is_sent_until_its_last_valid_millisecond_and_then_recorded_as_expired() -> None:
    outcomes = [trigger(100), decision(), decision("t2"), decision("t3", "capped")]
    assert without_expired(outcomes, 100) == outcomes
    assert without_expired(outcomes, 101) == [decision(verdict="expired"), decision("t2"), decision("t3", "capped")]


def test_one_trigger_expires_without_the_others() -> None:
    outcomes = [trigger(100, "a"), decision("a"), trigger(200, "b"), decision("b")]
    assert without_expired(outcomes, 150) == [decision("a", "expired"), trigger(200, "b"), decision("b")]


def test_each_outcome_goes_to_its_topic_on_the_users_partition_of_that_topic() -> None:
    change = SegmentChange(id="s", user_id="ü", at_ms=0, segment="x", change="entered", cause="c", version="v", why=WHY)
    records = Delivery("app", "pre-", COUNTS).records([trigger(1), decision(), change], [])
    assert set(records) == {
        TP("pre-triggers", partition_of(b"u", 4)),
        TP("pre-decisions", partition_of(b"u", 2)),
        TP("pre-segment-changes", partition_of("ü".encode(), 4)),
    }
    (of_change,) = records[TP("pre-segment-changes", partition_of("ü".encode(), 4))]
    assert of_change.key == "ü".encode()
    assert dict(of_change.headers)["ce_source"] == b"/stream/app"
    assert dict(of_change.headers)["ce_time"] == b"1970-01-01T00:00:00.000Z"


def test_times_are_written_with_their_milliseconds_also_before_1970() -> None:
    assert rfc3339(1_700_000_000_005) == "2023-11-14T22:13:20.005Z"
    assert rfc3339(-1) == "1969-12-31T23:59:59.999Z"


def test_dead_letters_keep_bytes_and_headers_and_lie_beside_others_of_their_source_partition() -> None:
    ((tp, (record,)),) = Delivery("app", "", COUNTS).records([], [letter(b"?", partition=5)]).items()
    assert (tp, record.key, record.value) == (TP("dead-letters", 2), b"k", b"?")
    assert dict(record.headers) == {
        "h": b"1",
        "stream-id": b"cart/5/7",
        "stream-reason": b"not_json",
        "stream-detail": b"why",
        "stream-time": b"9",
    }


@pytest.mark.parametrize("over", [0, 1])
def test_a_dead_letter_is_cut_above_the_limit_and_says_so(over: int) -> None:
    given = letter(bytes(ROOM_BYTES - len(b"k") - len("h") - len(b"1") - 10 + over))
    ((_, (record,)),) = Delivery("app", "", COUNTS).records([], [given]).items()
    assert len(record.value or b"") == ROOM_BYTES - 13
    cut = dict(record.headers).get("stream-cut-from-bytes")
    assert cut == (str(ROOM_BYTES + 1).encode() if over else None)
