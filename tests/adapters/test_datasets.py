"""Public data sets as calls."""

import pytest

from stream.adapters.cdnow import read_cdnow
from stream.adapters.rees46 import read_rees46
from stream.adapters.rows import InputRefused, Row
from stream.adapters.segment import read_segment
from stream.adapters.taobao import read_taobao
from stream.model.calls import Call
from stream.model.errors import Rejected

REES46_HEADER = b"event_time,event_type,product_id,category_id,category_code,brand,price,user_id,user_session\n"


def taobao(line: bytes) -> Call | bytes | Rejected:
    return next(iter(read_taobao([line], "sample"))).content


def rees46(line: bytes) -> Call | bytes | Rejected:
    return next(iter(read_rees46([REES46_HEADER, line], "oct"))).content


@pytest.mark.parametrize(
    ("behaviour", "event", "extra"),
    [
        ("pv", "Product Viewed", {}),
        ("cart", "Product Added", {"quantity": 1}),
        ("fav", "Product Added to Wishlist", {}),
        ("buy", "Order Completed", {"products": [{"product_id": "22", "category": "333", "quantity": 1}]}),
    ],
)
def test_a_taobao_row_is_a_call(behaviour: str, event: str, extra: dict[str, object]) -> None:
    assert taobao(f"1,22,333,{behaviour},1511544070\n".encode()) == Call(
        type="track",
        user_id="1",
        event=event,
        timestamp=1_511_544_070_000,
        properties={"product_id": "22", "category": "333", **extra},
        message_id="sample-1",
    )


def test_message_ids_and_row_numbers_are_line_numbers_and_blank_lines_count() -> None:
    rows = list(read_taobao([b"1,2,3,pv,10\r\n", b"\n", b"1,2,3,pv,11"], "sample"))
    assert [(row.number, row.original) for row in rows] == [(1, b"1,2,3,pv,10"), (3, b"1,2,3,pv,11")]
    assert [row.content.message_id for row in rows if isinstance(row.content, Call)] == ["sample-1", "sample-3"]


@pytest.mark.parametrize("line", [b"1,2,3,pv", b"1,2,3,pv,10,11", b"hello"])
def test_a_taobao_row_of_other_columns_is_rejected(line: bytes) -> None:
    assert isinstance(taobao(line), Rejected)


def test_what_a_taobao_row_lacks_is_left_for_the_codec_to_reject() -> None:
    row = taobao(b",2,3,stare,soon")
    assert isinstance(row, Call)
    assert (row.user_id, row.event, row.timestamp) == (None, None, "soon")


def test_bytes_that_are_no_text_do_not_stop_the_reading() -> None:
    rows = list(read_taobao([b"\xff,2,3,pv,10\n", b"1,2,3,pv,10\n"], "sample"))
    assert [row.number for row in rows] == [1, 2]
    assert rows[0].original == b"\xff,2,3,pv,10"


def test_a_rees46_view_keeps_price_brand_category_and_session() -> None:
    line = b"2019-10-01 00:00:00 UTC,view,446,21038,furniture.sofa,shiseido,35.79,5413,72d7\n"
    assert rees46(line) == Call(
        type="track",
        user_id="5413",
        event="Product Viewed",
        timestamp=1_569_888_000_000,
        properties={
            "product_id": "446",
            "category": "furniture.sofa",
            "brand": "shiseido",
            "session_id": "72d7",
            "price": "35.79",
            "currency": "USD",
        },
        message_id="oct-2",
    )


def test_rees46_leaves_out_what_is_empty() -> None:
    row = rees46(b"2019-10-01 00:00:00 UTC,cart,446,21038,,,35.79,5413,\n")
    assert isinstance(row, Call)
    assert row.event == "Product Added"
    assert row.properties == {"product_id": "446", "price": "35.79", "currency": "USD", "quantity": 1}


def test_a_rees46_purchase_is_an_order_of_one_piece() -> None:
    row = rees46(b"2019-10-01 00:00:00 UTC,purchase,446,21038,,,35.79,5413,s\n")
    assert isinstance(row, Call)
    assert row.event == "Order Completed"
    assert row.properties is not None
    assert row.properties["total"] == "35.79"


def test_rees46_finds_its_columns_by_their_names() -> None:
    lines = [
        b"price,user_id,product_id,event_type,event_time\n",
        b"1.50,7,446,remove_from_cart,2019-10-01 00:00:00 UTC\n",
    ]
    (row,) = read_rees46(lines, "oct")
    assert isinstance(row.content, Call)
    assert (row.content.user_id, row.content.event) == ("7", "Product Removed")


def test_a_file_without_rees46_columns_is_refused() -> None:
    with pytest.raises(InputRefused, match="user_id"):
        list(read_rees46([b"event_time,event_type,product_id,price\n"], "oct"))


@pytest.mark.parametrize("line", [b" 00004 0001 19970118  2   29.33\n", b"00004 19970118 2 29.33\n"])
def test_a_cdnow_row_of_sample_or_master_file_is_an_order_at_midnight(line: bytes) -> None:
    assert list(read_cdnow([line], "cdnow")) == [
        Row(
            1,
            line.strip(),
            Call(
                type="track",
                user_id="00004",
                event="Order Completed",
                timestamp=853_545_600_000,
                properties={"total": "29.33", "currency": "USD", "products": [{"quantity": 2}]},
                message_id="cdnow-1",
            ),
        )
    ]


def test_a_cdnow_row_of_other_columns_is_rejected() -> None:
    (row,) = read_cdnow([b"00004 19970118 2"], "cdnow")
    assert isinstance(row.content, Rejected)


def test_segment_lines_are_left_as_they_are_and_blank_ones_left_out() -> None:
    rows = list(read_segment([b'{"a": 1}\n', b"  \n", b"not json"], "export"))
    assert rows == [Row(1, b'{"a": 1}', b'{"a": 1}'), Row(3, b"not json", b"not json")]
