"""`stream replay`: the core over files, without Kafka."""

from pathlib import Path

import click
import msgspec

from stream.adapters.formats import FORMATS, adapter_for
from stream.adapters.rows import InputRefused
from stream.cli.config import Refused, load_config
from stream.cli.history import assuming, progress
from stream.cli.times import time_given
from stream.replay.catalogue import read_catalogue
from stream.replay.driving import Stop
from stream.replay.reading import Reading
from stream.replay.replaying import replay


@click.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--format", "form", required=True, metavar="|".join(FORMATS), help="What the rows are.")
@click.option("--config", "folder", type=click.Path(path_type=Path), default=Path("config"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the outcomes, made if missing.")
@click.option("--until", metavar="TIME", help="Stop the clock here, and leave out later events.")
@click.option("--drain", is_flag=True, help="Let the clock run on until no timer is left (at most ten years).")
@click.option("--assume-consent", metavar="PURPOSE,...|all", help="Count these purposes as consented by every user.")
@click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="Of csv files: which column is what.")
@click.option("--catalogue", type=click.Path(path_type=Path), metavar="FILE", help="What the products are, and when.")
def command(**options: object) -> None:
    """Decide over files, without Kafka, and say what this history would have done.

    FILE... are plain or gzipped, in any order of time. The clock stops at the last event unless told otherwise. Writes
    segment-changes, triggers, decisions, dead-letters and references as *.jsonl; the same input gives the same bytes.
    References are the snapshots of what everyone's decisions taught, by their versions.

    A csv file is mapped by --map user=COLUMN,time=COLUMN,event=COLUMN,PROPERTY=COLUMN; const:VALUE stands for a column
    of that value, event.VALUE=NAME renames an event, id=COLUMN gives message ids.

    A catalogue has one JSON object a line, as in the topic, with the product's id; it is so from its updated_at on.
    """
    asked = msgspec.convert(options, _Asked)
    definitions = assuming(load_config(asked.folder), asked.assume_consent)
    stop = _stop(asked.until, asked.drain)
    try:
        adapter = adapter_for(asked.form, asked.mapping, definitions.plan)
        with progress(asked.files) as ticks:
            reading = Reading(asked.files, adapter, definitions.plan, ticks.read)
            if asked.catalogue is not None:
                reading.products = read_catalogue(asked.catalogue, definitions.plan)
            summary = replay(definitions, reading, asked.out, stop, ticks)
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal
    except OSError as error:
        raise Refused(f"cannot write to {asked.out}: {error}") from error
    click.echo(summary.text())
    click.echo(f"\nwritten to {asked.out}")


class _Asked(msgspec.Struct):
    """The command's arguments and options."""

    files: tuple[Path, ...]
    form: str
    folder: Path
    out: Path
    until: str | None
    drain: bool
    assume_consent: str | None
    mapping: tuple[str, ...]
    catalogue: Path | None


def _stop(until: str | None, drain: bool) -> Stop:
    stop_ms = time_given("--until", until)
    if stop_ms is None:
        return "drained" if drain else "last"
    if drain:
        raise Refused("--until and --drain exclude each other")
    return stop_ms
