"""Times on the command line."""

import click

from stream.model.times import parse_time


def time_ms(_ctx: click.Context, _param: click.Parameter, value: str | None) -> int | None:
    """Return an option's time in epoch milliseconds, None where it is not given."""
    if value is None:
        return None
    found_ms = parse_time(int(value) if value.isdecimal() else value)
    if found_ms is None:
        raise click.BadParameter(f"{value!r} is not a time such as 2024-05-01T12:00:00Z")
    return found_ms
