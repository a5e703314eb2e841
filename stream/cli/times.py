"""Times on the command line."""

import click

from stream.cli.config import Refused
from stream.model.times import parse_time


def time_ms(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return an option's time in epoch milliseconds, None where it is not given."""
    if value is None:
        return None
    found_ms = parse_time(int(value) if value.isdecimal() else value)
    if found_ms is None:
        raise click.BadParameter(f"{value!r} is not a time such as 2024-05-01T12:00:00Z")
    return found_ms


def time_given(option: str, text: str | None) -> int | None:
    """Return the time given with an option over a history, in epoch milliseconds; a day is its first moment."""
    from stream.adapters.written import written_time

    found_ms = written_time(text.strip()) if text is not None else None
    if isinstance(found_ms, str):
        raise Refused(f"{option} {text} is no time; write it like 2017-12-03T00:00:00Z or 2017-12-03")
    return found_ms
