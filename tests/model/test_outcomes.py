import json
from typing import get_args

import pytest

from stream.model.outcomes import (
    OUTPUT_TOPICS,
    TOPIC_OF,
    AnyOutcome,
    Decision,
    Goal,
    Leaf,
    RunChange,
    SegmentChange,
    Trigger,
    Why,
    Withdrawal,
    encode_outcome,
)

WHY = Why("e1", [Leaf("n > 1", None)], "marketing granted at 5", ["0 of 1 email in 57600 s"], "hash")
RUN = {"id": "i", "user_id": "u", "at_ms": 5, "journey": "j", "run_id": "r"}
EXAMPLES: list[AnyOutcome] = [
    SegmentChange(id="i", user_id="u", at_ms=5, segment="vip", change="entered", cause="e1", version="v", why=WHY),
    Trigger(
        **RUN,
        action="a",
        channel="email",
        purpose="marketing",
        template="t",
        version="v",
        step="0",
        due_ms=5,
        valid_until_ms=9,
        payload={"total": {"amount": "12.50", "currency": "USD"}, "none": None},
        why=WHY,
        to={"email": "ü@b.example"},
    ),
    Withdrawal(**RUN, trigger_id="t", action="a", reason="order_completed"),
    Decision(**RUN, verdict="capped", step="0", action="a", why=WHY),
    RunChange(**RUN, change="started", reason="e1", version="v"),
    Goal(**RUN, event="order_completed", value=12.5),
]


def test_every_kind_of_outcome_has_an_example_here_and_a_topic() -> None:
    kinds = set(get_args(AnyOutcome))
    assert {type(example) for example in EXAMPLES} == kinds
    assert TOPIC_OF.keys() == kinds
    assert set(TOPIC_OF.values()) | {"dead-letters"} == set(OUTPUT_TOPICS)


@pytest.mark.parametrize("outcome", EXAMPLES, ids=lambda outcome: type(outcome).__name__)
def test_an_outcome_is_one_line_of_json_that_says_what_it_is(outcome: AnyOutcome) -> None:
    encoded = encode_outcome(outcome)
    assert b"\n" not in encoded
    read = json.loads(encoded)
    assert read["type"] == type(outcome).__struct_config__.tag
    assert (read["id"], read["user_id"], read["at_ms"]) == ("i", "u", 5)


def test_types_are_versioned_and_all_different() -> None:
    types = [type(example).__struct_config__.tag for example in EXAMPLES]
    assert len(set(types)) == len(types)
    assert all(str(name).endswith(".v1") for name in types)


def test_the_same_outcome_gives_the_same_bytes_whatever_the_order_of_its_payload() -> None:
    one, other = ({"b": 1, "a": {"y": 1, "x": 2}}, {"a": {"x": 2, "y": 1}, "b": 1})
    encoded = []
    for payload in (one, other):
        trigger = EXAMPLES[1]
        assert isinstance(trigger, Trigger)
        trigger.payload = payload
        encoded.append(encode_outcome(trigger))
    assert encoded[0] == encoded[1]


def test_the_unknown_stays_null_and_defaults_are_left_out() -> None:
    read = json.loads(encode_outcome(EXAMPLES[3]))
    assert read["why"]["leaves"] == [{"condition": "n > 1", "holds": None}]
    assert "key" not in read
