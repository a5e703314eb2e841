import gzip
from pathlib import Path

import pytest

from stream.adapters.formats import adapter_for
from stream.model.codec import Codec
from stream.replay.reading import DeadRow, Reading, ordered_records
from tests.replay.tiny import START_MS, line, tiny_definitions, write_lines

PLAN = tiny_definitions().plan


def reading(*paths: Path, form: str = "segment") -> Reading:
    return Reading(paths, adapter_for(form, [], PLAN), PLAN)


def test_events_come_in_order_of_time_then_topic_then_row_over_all_files(tmp_path: Path) -> None:
    consent = line(1, "u", "Consent Changed", purpose="marketing", granted=True)
    one = write_lines(
        tmp_path / "one.jsonl",
        line(2, "a", "Product Viewed", product_id="late"),
        line(1, "a", "Product Added", product_id="cart"),
        line(1, "b", "Product Viewed", product_id="first"),
    )
    two = write_lines(tmp_path / "two.jsonl", line(1, "c", "Product Viewed", product_id="second"), consent)
    names = [(event.props.get("product_id"), event.id) for _, event in reading(one, two).events()]
    assert names == [(None, "two-2"), ("first", "one-3"), ("second", "two-1"), ("cart", "one-2"), ("late", "one-1")]


def test_rows_are_counted_kept_as_dead_letters_or_dropped(tmp_path: Path) -> None:
    path = tmp_path / "in.jsonl"
    good = line(0, "u", "Product Viewed")
    path.write_bytes(b"\n".join([good.encode(), b"oops", b"\xff", line(0, "u", "Other").encode(), b"", b"{}"]))
    read = reading(path)
    assert len(read.events()) == 1
    assert (read.rows, read.unplanned) == (5, 1)
    assert read.dead == [
        DeadRow(str(path), 2, "not_json", original="oops"),
        DeadRow(str(path), 3, "not_json", original_base64="/w=="),
        DeadRow(str(path), 6, "no_event_name", original="{}"),
    ]


def test_a_row_that_is_no_row_is_a_dead_letter_with_its_original(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "in.csv", "1,2,3,cart,1511544070", "1,2,3", "1,2,3,stare,1511544070", ",2,3,pv,1")
    read = reading(path, form="taobao")
    assert len(read.events()) == 1
    assert [(dead.row, dead.reason, dead.original) for dead in read.dead] == [
        (2, "missing_property", "1,2,3"),
        (3, "no_event_name", "1,2,3,stare,1511544070"),
        (4, "no_user", ",2,3,pv,1"),
    ]


@pytest.mark.parametrize("form", ["segment", "taobao"])
def test_a_record_for_kafka_decodes_to_the_event_that_replay_sees(tmp_path: Path, form: str) -> None:
    path = tmp_path / "in.gz"
    lines = {
        "segment": [
            line(1, "é", "Product Added", product_id="p", price=1.5),
            line(0, "b", "Product Viewed", note="é").replace('"type"', '"messageId": "mine", "type"'),
            '{"event": "Product Viewed", "user_id": "c", "timestamp": "2020-01-01T00:00:00.5+00:00", "message_id": ""}',
            "oops",
        ],
        "taobao": ["1,2,3,cart,1511544070", "1,2,3,pv,1511544069", "oops"],
    }[form]
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    events = [event for _, event in reading(path, form=form).events()]
    dead: list[DeadRow] = []
    records = list(ordered_records([path], form, [], PLAN, dead.append))
    codec = Codec(PLAN)
    for event, record in zip(events, records, strict=True):
        decoded = codec.decode(record.value, "elsewhere")
        assert decoded is not None
        assert (decoded.id, decoded.props, decoded.amounts) == (event.id, event.props, event.amounts)
        assert (record.topic, record.user, record.time_ms) == (PLAN.events[event.name].topic, event.user, event.time_ms)
    assert len(records) == len(lines) - 1
    assert [one.original for one in dead] == ["oops"]


def test_records_are_sent_as_they_stand_where_they_have_an_id_of_their_own(tmp_path: Path) -> None:
    call = line(0, "b", "Product Viewed", anything=[1]).replace('"type"', '"messageId": "mine", "type"')
    (record,) = ordered_records([write_lines(tmp_path / "in", call)], "segment", [], PLAN)
    assert record.value == call.encode()
    assert record.time_ms == START_MS
