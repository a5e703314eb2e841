"""Anyone's CSV by a mapping."""

import pytest

from stream.adapters.formats import adapter_for
from stream.adapters.mapping import Mapping, parse_mapping
from stream.adapters.rows import InputRefused, Row
from stream.adapters.written import written_boolean, written_number, written_time
from stream.model.calls import Call
from stream.model.errors import Rejected
from stream.model.plan import Plan, PlannedEvent, Property

PLAN = Plan(
    currency="USD",
    rates={},
    events={
        "product_added": PlannedEvent(
            "product_added",
            "cart",
            {
                "product_id": Property("product_id", "string"),
                "price": Property("price", "money", currency="currency"),
                "quantity": Property("quantity", "integer"),
                "gift": Property("gift", "boolean"),
            },
        ),
        "order_completed": PlannedEvent(
            "order_completed",
            "cart",
            {
                "total": Property("total", "number"),
                "products": Property("products", "list", of={"quantity": Property("products[].quantity", "integer")}),
            },
        ),
    },
)
MAP = ["user=who,time=when,event=what,event.buy=order_completed", "product_id=sku,quantity=n,price=cost,total=cost"]


def rows(text: str, mapping: list[str] | None = None) -> list[Row]:
    return list(
        adapter_for("csv", mapping or MAP, PLAN)(text.encode("utf-8", "surrogateescape").splitlines(True), "mine")
    )


def calls(text: str, mapping: list[str] | None = None) -> list[Call]:
    return [row.content for row in rows(text, mapping) if isinstance(row.content, Call)]


def test_a_row_becomes_a_call_with_the_properties_of_its_event_in_their_types() -> None:
    added, bought = calls(
        "who,when,what,sku,n,cost\nu1,2020-01-01T00:00:00Z,Product Added,007,2,9.50\nu1,2020-01-02,buy,,,9.50\n"
    )
    assert added == Call(
        type="track",
        user_id="u1",
        event="Product Added",
        timestamp=1_577_836_800_000,
        properties={"product_id": "007", "price": "9.50", "quantity": 2},
        message_id="mine-2",
    )
    assert (bought.event, bought.timestamp, bought.properties) == ("order_completed", 1_577_923_200_000, {"total": 9.5})


def test_a_constant_stands_for_a_column_and_an_id_column_for_message_ids() -> None:
    mapping = ["user=who,time=when,event=const:Product Added,price=cost,currency=const:USD,id=key"]
    (call,) = calls("who;when;cost;key\nu1;0;5;k-1\n", mapping)
    assert (call.event, call.message_id, call.timestamp) == ("product_added", "k-1", 0)
    assert call.properties == {"price": "5", "currency": "USD"}


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(delimiter: str) -> None:
    text = "\n".join(delimiter.join(cells) for cells in (["who", "when", "what"], ["u1", "0", "product_added"]))
    assert calls(text, ["user=who,time=when,event=what"])[0].user_id == "u1"


def test_quotes_byte_order_marks_line_ends_in_cells_and_blank_lines() -> None:
    text = '\ufeffwho,when,what,sku,n,cost\r\n\r\n"u,1",0,product_added,"a\nb",1,1\r\nu2,0,product_added,c,1,1\r\n'
    found = rows(text)
    assert [(row.number, row.original) for row in found] == [
        (3, b'"u,1",0,product_added,"a\nb",1,1'),
        (5, b"u2,0,product_added,c,1,1"),
    ]
    first = found[0].content
    assert isinstance(first, Call)
    assert (first.user_id, first.properties) == ("u,1", {"product_id": "a\nb", "quantity": 1, "price": "1"})


def test_a_row_of_another_length_and_a_quote_left_open_are_rejected_and_the_rest_is_read() -> None:
    open_quote = '"' + "x" * 140_000
    found = rows(f"who,when,what,sku,n,cost\nu1,0\n{open_quote}\nu2,0,product_added,c,1,1\n")
    assert [type(row.content) for row in found] == [Rejected, Rejected, Call]
    assert found[0].original == b"u1,0"
    assert found[1].original == open_quote.encode()


def test_cells_that_do_not_fit_their_type_are_left_for_the_codec_to_reject() -> None:
    (call,) = calls("who,when,what,sku,n,cost\n,never,product_added,a,two,1\n")
    assert (call.user_id, call.timestamp) == (None, "never")
    assert call.properties == {"product_id": "a", "quantity": "two", "price": "1"}


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ([], "needs a mapping"),
        (["user=who,time=when"], "no event"),
        (["user=who,time=when,event=what,prize=cost"], "prize is no property of the plan; did you mean price"),
        (["user=who,tme=when,event=what"], "tme is no property of the plan; did you mean time"),
        (["user=who,user=when,event=what"], "user twice"),
        (["user=who,time,event=what"], "'time' is no mapping"),
        (["user=,time=when,event=what"], "'user=' is no mapping"),
        (["user=who,time=when,event=const:product_addde"], "did you mean product_added"),
        (["user=who,time=when,event=what,event.buy=order_complete"], "did you mean order_completed"),
        (["user=whom,time=when,event=what"], "whom is no column of the file .*; did you mean who"),
    ],
)
def test_a_mapping_that_does_not_fit_is_refused_with_what_was_meant(mapping: list[str], message: str) -> None:
    with pytest.raises(InputRefused, match=message):
        list(adapter_for("csv", mapping, PLAN)([b"who,when,what,cost\n"], "mine"))


def test_a_file_without_a_header_is_refused() -> None:
    with pytest.raises(InputRefused, match="no header"):
        rows("")


def test_an_unknown_format_is_refused_with_the_nearest_known_and_only_csv_takes_a_mapping() -> None:
    with pytest.raises(InputRefused, match="did you mean segment"):
        adapter_for("segmnet", [], PLAN)
    with pytest.raises(InputRefused, match="only the csv format"):
        adapter_for("taobao", ["user=who"], PLAN)


def test_spaces_around_a_mapping_do_not_matter() -> None:
    assert parse_mapping([" user = who , time=when,event=what, "], PLAN) == Mapping(
        {"user": "who", "time": "when", "event": "what"}, {}, {}
    )


@pytest.mark.parametrize(
    ("cell", "time_ms"),
    [
        ("2017-11-25T01:21:10Z", 1_511_572_870_000),
        ("2017-11-25T09:21:10+08:00", 1_511_572_870_000),
        ("2017-11-25 01:21:10", 1_511_572_870_000),
        ("2017-11-25 01:21:10 UTC", 1_511_572_870_000),
        ("2017-11-25T01:21:10", 1_511_572_870_000),
        ("2017-11-25 01:21:10.250", 1_511_572_870_250),
        ("1511572870", 1_511_572_870_000),
        ("1511572870.5", 1_511_572_870_500),
        ("1511572870000", 1_511_572_870_000),
        ("2017-11-25", 1_511_568_000_000),
        ("20171125", 1_511_568_000_000),
        ("0", 0),
    ],
)
def test_times_as_files_write_them(cell: str, time_ms: int) -> None:
    assert written_time(cell) == time_ms


@pytest.mark.parametrize("cell", ["", "soon", "2017-13-45", "25.11.2017", "2017-11-25T01:21"])
def test_what_is_no_time_stays_as_it_is(cell: str) -> None:
    assert written_time(cell) == cell


def test_numbers_and_booleans_as_files_write_them() -> None:
    assert [written_number(cell) for cell in ("1", "-2", "1.50", "1e5", "")] == [1, -2, 1.5, "1e5", ""]
    assert [written_boolean(cell) for cell in ("TRUE", "0", "yes", "maybe")] == [True, False, True, "maybe"]


def test_a_row_is_one_element_of_a_list() -> None:
    mapping = ["user=who,time=when,event=const:Order Completed,products[].quantity=n"]
    first, second = calls("who,when,n\nu1,0,3\nu1,1,\n", mapping)
    assert (first.properties, second.properties) == ({"products": [{"quantity": 3}]}, {})
    with pytest.raises(InputRefused, match=r"products\[\].quantity"):
        calls("who,when,n\n", ["user=who,time=when,event=const:Order Completed,products[].quantiy=n"])
