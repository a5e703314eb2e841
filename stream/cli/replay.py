"""`stream replay`: the core over files, without Kafka."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
import msgspec

from stream.adapters.formats import FORMATS, adapter_for
from stream.adapters.rows import InputRefused
from stream.adapters.written import written_time
from stream.cli.config import Refused, load_config
from stream.definitions.problems import nearest
from stream.definitions.shapes import Definitions
from stream.replay.driving import Stop
from stream.replay.reading import Reading
from stream.replay.replaying import Ticks, replay


@click.command("replay")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--format", "form", required=True, metavar="|".join(FORMATS), help="What the rows are.")
@click.option("--config", "folder", type=click.Path(path_type=Path), default=Path("config"), show_default=True)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder for the outcomes, made if missing.")
@click.option("--until", metavar="TIME", help="Stop the clock here, and leave out later events.")
@click.option("--drain", is_flag=True, help="Let the clock run on until no timer is left (at most ten years).")
@click.option("--assume-consent", metavar="PURPOSE,...|all", help="Count these purposes as consented by every user.")
@click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="Of csv files: which column is what.")
def command(**options: object) -> None:
    """Decide over files, without Kafka, and say what this history would have done.

    FILE... are plain or gzipped, in any order of time. The clock stops at the last event unless told otherwise. Writes
    segment-changes, triggers, decisions and dead-letters as *.jsonl; the same input gives the same bytes.

    A csv file is mapped by --map user=COLUMN,time=COLUMN,event=COLUMN,PROPERTY=COLUMN; const:VALUE stands for a column
    of that value, event.VALUE=NAME renames an event, id=COLUMN gives message ids.
    """
    asked = msgspec.convert(options, _Asked)
    definitions = _assuming(load_config(asked.folder), asked.assume_consent)
    stop = _stop(asked.until, asked.drain)
    try:
        adapter = adapter_for(asked.form, asked.mapping, definitions.plan)
        with _progress(asked.files) as ticks:
            reading = Reading(asked.files, adapter, definitions.plan, ticks.read)
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


def _assuming(definitions: Definitions, purposes: str | None) -> Definitions:
    """Return the definitions with the consents to assume; a purpose no action has is refused."""
    if not purposes:
        return definitions
    known = sorted({action.purpose for action in definitions.actions.values()})
    assumed = known if purposes == "all" else [purpose.strip() for purpose in purposes.split(",") if purpose.strip()]
    for purpose in assumed:
        if purpose not in known:
            near = nearest(purpose, known)
            hint = f"; did you mean {near}?" if near else f" (there are: {', '.join(known) or 'none'})"
            raise Refused(f"no action has the purpose {purpose}{hint}")
    return msgspec.structs.replace(definitions, assumed_consents=frozenset(assumed))


def _stop(until: str | None, drain: bool) -> Stop:
    if until is None:
        return "drained" if drain else "last"
    if drain:
        raise Refused("--until and --drain exclude each other")
    until_ms = written_time(until.strip())
    if isinstance(until_ms, str):
        raise Refused(f"--until {until} is no time; write it like 2017-12-03T00:00:00Z or 2017-12-03")
    return until_ms


@contextmanager
def _progress(files: Sequence[Path]) -> Iterator[Ticks]:
    """Show a progress bar on a terminal, and nothing in a pipe."""
    if not sys.stderr.isatty():
        yield Ticks()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as progress:
        size = sum(path.stat().st_size for path in files if path.is_file())
        reading = progress.add_task("reading", total=size)
        deciding = progress.add_task("deciding", total=None)
        yield Ticks(
            read=lambda count: progress.advance(reading, count),
            total=lambda count: progress.update(deciding, total=count),
            decided=lambda count: progress.advance(deciding, count),
        )
