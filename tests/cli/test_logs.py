"""What of a library's log reaches stderr."""

from __future__ import annotations

import logging

from stream.cli.logs import Seldom


def record(name: str, line: int, broker: int) -> logging.LogRecord:
    return logging.LogRecord(name, logging.ERROR, "conn.py", line, "cannot reach %s", (broker,), None)


def test_a_line_of_aiokafkas_passes_once_in_ten_seconds_and_says_how_many_were_left_out() -> None:
    now_s = 0.0
    seldom = Seldom(lambda: now_s)
    assert seldom(record("aiokafka.conn", 1, broker=7))
    assert not seldom(record("aiokafka.conn", 1, broker=8))
    now_s = 9.9
    assert not seldom(record("aiokafka.conn", 1, broker=8))
    now_s = 10.0
    again = record("aiokafka.conn", 1, broker=9)
    assert seldom(again)
    assert again.getMessage() == "cannot reach 9 (2 more like it since the last)"


def test_another_line_of_aiokafkas_passes_and_ours_always() -> None:
    seldom = Seldom(lambda: 0.0)
    assert seldom(record("aiokafka.conn", 1, broker=7))
    assert seldom(record("aiokafka.conn", 2, broker=7))
    assert seldom(record("stream.runtime.tasks", 1, broker=7))
    assert seldom(record("stream.runtime.tasks", 1, broker=7))
