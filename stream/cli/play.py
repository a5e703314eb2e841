"""`stream play`: feed a file to Kafka."""

import asyncio
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from stream.adapters.formats import FORMATS
from stream.cli.config import Refused, load_config
from stream.cli.settings import read_settings
from stream.cli.times import time_ms
from stream.definitions.durations import parse_duration
from stream.model.times import shown_time

if TYPE_CHECKING:
    from stream.replay.reading import OutRecord
    from stream.runtime.play import Played, PlayOptions
    from stream.runtime.settings import Settings


def _speed(_ctx: click.Context, _param: click.Parameter, value: str) -> float | None:
    """Return the factor, None for `max`."""
    if value == "max":
        return None
    try:
        factor = float(value)
    except ValueError:
        factor = -1.0
    if not 0 < factor < float("inf"):
        raise click.BadParameter(f"{value!r} is neither max nor a number above 0, such as 3600 for an hour a second")
    return factor


def _duration_ms(_ctx: click.Context, _param: click.Parameter, value: str) -> int:
    size_ms = parse_duration(value)
    if not size_ms:
        raise click.BadParameter(f"{value!r} is not a duration such as 30m, 1h or 1d")
    return size_ms


@click.command("play", short_help="Feed a file to Kafka, as fast as it goes or at a speed.")
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "form", required=True, type=click.Choice(list(FORMATS)), help="How the files are written.")
@click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="For csv: which column is what.")
@click.option("--config", type=click.Path(exists=True, file_okay=False, path_type=Path), default="config")
@click.option("--brokers", metavar="HOST:PORT,...", help="Brokers to ask first, instead of the settings'.")
@click.option(
    "--speed", callback=_speed, default="max", metavar="FACTOR", help="3600: an hour a second. max: as fast as it goes."
)
@click.option("--backfill", is_flag=True, help="Mark all as history: it builds profiles and starts no journey.")
@click.option("--until", "until_ms", callback=time_ms, metavar="TIME", help="Stop there, and promise that time.")
@click.option(
    "--heartbeat", "heartbeat_ms", callback=_duration_ms, default="1h", help="Event time between two heartbeats."
)
def command(files: tuple[Path, ...], config: Path, brokers: str | None, **given: Any) -> None:
    """Send the events of FILES (plain or .gz) to the input topics, in order of time, with heartbeats.

    Users land on the partition that Java's default partitioner gives them. What the tracking plan does not name is left
    out. A worker with `clock: event` moves by the heartbeats, so it decides just what `stream replay` would.
    """
    from aiokafka.errors import KafkaError

    from stream.adapters.rows import InputRefused
    from stream.replay.reading import DeadRow, ordered_records
    from stream.runtime.play_lanes import PlayFailed, PlayRefused
    from stream.runtime.refusals import described

    # What aiokafka meets on the way and overcomes is its own affair; what it does not is told below, in one line.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = load_config(config).plan
    settings = read_settings(config, brokers=brokers)
    dead: list[DeadRow] = []
    try:
        records = list(ordered_records(files, given["form"], given["mapping"], plan, dead.append))
        played = asyncio.run(_play(records, settings, _options(records, given)))
    except (InputRefused, PlayRefused, PlayFailed) as refusal:
        raise Refused(str(refusal)) from refusal
    except (KafkaError, OSError) as error:
        reason = asyncio.run(described(error, settings)) or f"the brokers at {settings.brokers}: {error!r}"
        raise Refused(reason) from error
    click.echo(_summary(played, len(dead)))


def _options(records: "list[OutRecord]", given: dict[str, Any]) -> "PlayOptions":
    from stream.runtime.play import PlayOptions

    until_ms: int | None = given["until_ms"]
    last_ms = records[-1].time_ms if records else None
    return PlayOptions(
        speed=given["speed"],
        history_until_ms=(until_ms or last_ms) if given["backfill"] else None,
        until_ms=until_ms,
        heartbeat_ms=given["heartbeat_ms"],
    )


async def _play(records: "list[OutRecord]", settings: "Settings", options: "PlayOptions") -> "Played":
    from stream.runtime.play import Player
    from stream.runtime.play_lanes import open_lanes

    async with open_lanes(settings) as lanes:
        with _progress(len(records)) as report:
            return await Player(lanes, options, report=report).play(records)


@contextmanager
def _progress(total: int) -> "Iterator[Callable[[Played], None]]":
    """Yield what moves a progress bar on a terminal, and does nothing in a pipe."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        bar = progress.add_task("playing", total=total)

        def report(played: "Played") -> None:
            reached = "playing" if played.last_ms is None else shown_time(played.last_ms)
            progress.update(bar, completed=played.records, description=reached)

        yield report


def _summary(played: "Played", dead: int) -> str:
    left_out = f"; {dead:,} malformed rows left out (`stream replay` lists them)" if dead else ""
    if played.first_ms is None or played.last_ms is None:
        return f"nothing to play{left_out}"
    times = f"{shown_time(played.first_ms)} to {shown_time(played.last_ms)}"
    return f"played {played.records:,} events of {times}, with {played.heartbeats:,} heartbeats{left_out}"
