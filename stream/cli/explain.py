"""`stream explain`: why a user is in a segment or out of it, from a replay of their history."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import click
import msgspec

from stream.adapters.formats import FORMATS, adapter_for
from stream.adapters.rows import InputRefused
from stream.cli.config import Refused, load_config, not_there
from stream.cli.times import time_given
from stream.definitions.shapes import Definitions
from stream.model.events import Event, Scalar
from stream.model.times import shown_time
from stream.replay.explaining import Explanation, Mover, Reason, Standing, explain
from stream.replay.memory import quiet_collector
from stream.replay.reading import Reading

_HELD: Final = {True: "yes", False: "no", None: "unknown"}
_LITERAL: Final = re.compile(r"""([<>=]|, )\s*("[^"]*"|'[^']*'|-?\d[\d.]*[smhdw]?)\)?$""", re.ASCII)
"""A condition that says itself what it compares with."""

_COMPARED: Final = re.compile("[<>=]")
_DURATION: Final = re.compile(r"-?\d+(?:ms|[dhms])", re.ASCII)
_DURATIONS: Final = re.compile(rf"(?:{_DURATION.pattern})+", re.ASCII)


@click.command("explain")
@click.argument("user")
@click.option(
    "--data", "files", multiple=True, required=True, type=click.Path(path_type=Path), help="History; repeatable."
)
@click.option(
    "--format", "form", default="segment", show_default=True, metavar="|".join(FORMATS), help="What the rows are."
)
@click.option("--config", "folder", type=click.Path(path_type=Path), default=Path("config"), show_default=True)
@click.option("--at", metavar="TIME", help="As of when; the last event of the files otherwise.")
@click.option("--segment", "segments", multiple=True, metavar="NAME", help="Only this segment; repeatable.")
@click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="Of csv files: which column is what.")
@click.option("--json", "as_json", is_flag=True, help="For machines: one JSON object.")
def command(**options: object) -> None:
    """Say why USER is in each segment, or out of it: each condition with the value found and the events behind it.

    Replays the history up to a time, without Kafka, and decides as the worker would have. Of a member of a segment
    that has an `exit`, that is the condition shown; of tiers, that of the tier and of those before it.
    """
    asked = msgspec.convert(options, _Asked)
    definitions = load_config(asked.folder)
    for name in asked.segments:
        if name not in definitions.segments:
            raise not_there(f"there is no segment {name}", name, definitions.segments)
    events, last_ms = _history(asked, definitions)
    given_ms = time_given("--at", asked.at)
    at_ms = last_ms if given_ms is None else given_ms
    found = explain(definitions, events, at_ms, asked.segments)
    if found is None:
        raise Refused(f"nothing is known of {asked.user} at {shown_time(at_ms)}")
    click.echo(msgspec.json.encode(found).decode() if asked.as_json else "\n".join(_lines(found)))


class _Asked(msgspec.Struct):
    """The command's arguments and options."""

    user: str
    files: tuple[Path, ...]
    form: str
    folder: Path
    at: str | None
    segments: tuple[str, ...]
    mapping: tuple[str, ...]
    as_json: bool


def _history(asked: _Asked, definitions: Definitions) -> tuple[Sequence[Event], int]:
    """Return the user's events in total order, and the time of the last event of anyone."""
    try:
        reading = Reading(asked.files, adapter_for(asked.form, asked.mapping, definitions.plan), definitions.plan)
        with quiet_collector():
            events = [event for _, event in reading.events()]
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal
    own = [event for event in events if event.user == asked.user]
    if not own:
        raise not_there(f"there is no event of {asked.user}", asked.user, {event.user for event in events})
    return own, events[-1].time_ms


def _lines(found: Explanation) -> Iterator[str]:
    plural = "" if found.events == 1 else "s"
    yield f"{found.user} at {found.at}, after {found.events:,} event{plural}"
    for standing in found.segments:
        yield ""
        yield _head(standing)
        width = max((len(reason.condition) for reason in standing.reasons), default=0)
        yield from (f"    {_reason(reason, width)}".rstrip() for reason in standing.reasons)


def _head(standing: Standing) -> str:
    by = f", {_mover(standing.cause)}" if standing.cause is not None else ""
    name = f"{standing.segment}.{standing.tier}" if standing.tier else standing.segment
    if standing.inside:
        stays = f"; stays at least until {standing.stays_until}" if standing.stays_until else ""
        asked = "; leaves when" if standing.asked == "exit" else ""
        return f"in   {name} since {standing.since}{by}{stays}{asked}"
    return f"out  {name} since {standing.since}{by}" if standing.since else f"out  {name}, never in it"


def _reason(reason: Reason, width: int) -> str:
    """Return one comparison: `spend_90d >= 200  yes  it is 212.50 USD   order_completed at 2024-...`."""
    value = "" if reason.value is None else f"it is {_shown(reason.value)}"
    if reason.threshold is not None and _COMPARED.search(reason.condition) and not _LITERAL.search(reason.condition):
        value = f"{value}, against {_shown(reason.threshold)}".removeprefix(", ")
    moved = ", ".join(map(_mover, reason.events))
    return f"{reason.condition:<{width}}  {_HELD[reason.holds]:<7}  {value:<24}  {moved}"


def _shown(value: Scalar) -> str:
    """Return a value for reading: a number to six digits, a duration to its two greatest units."""
    if isinstance(value, float):
        return f"{value:.6g}"
    parts = _DURATION.findall(value) if isinstance(value, str) and _DURATIONS.fullmatch(value) else []
    return "".join(parts[:2]) or str(value)


def _mover(mover: Mover) -> str:
    if not mover.event:
        return f"by {mover.id}"
    return f"by {mover.event} at {mover.at} ({mover.id})"
