"""Options and steps that commands over a history share."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from stream.cli.config import Refused, not_there

if TYPE_CHECKING:
    from stream.definitions.shapes import Definitions
    from stream.replay.replaying import Ticks

Command = Callable[..., Any]


class Given(msgspec.Struct):
    """The options about a history, as given."""

    form: str | None = None
    mapping: tuple[str, ...] = ()
    until: str | None = None
    assume_consent: str | None = None
    report: Path | None = None
    json_file: Path | None = None
    no_examples: bool = False


def history_options(command: Command) -> Command:
    """Add the options that say what history to read, how, and where the report goes."""
    options = [
        click.option(
            "--format", "form", metavar="FORMAT", help="What its rows are; told by its first line where not given."
        ),
        click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="Of csv: which column is what."),
        click.option("--until", metavar="TIME", help="Stop the clock here, and leave out later events."),
        click.option(
            "--assume-consent", metavar="PURPOSE,...|all", help="Count these purposes as consented by every user."
        ),
        click.option(
            "--report", type=click.Path(path_type=Path), metavar="DIR|FILE.html", help="Write a page to look at."
        ),
        click.option(
            "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write it all as JSON."
        ),
        click.option("--no-examples", is_flag=True, help="Leave user ids out of the report."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def assuming(definitions: "Definitions", purposes: str | None, *others: "Definitions") -> "Definitions":
    """Return the definitions with the consents to assume; a purpose no action has, of theirs or others, is refused."""
    if not purposes:
        return definitions
    known = sorted(
        {purpose for each in (definitions, *others) for action in each.actions.values() for purpose in action.purposes}
    )
    assumed = known if purposes == "all" else [purpose.strip() for purpose in purposes.split(",") if purpose.strip()]
    for purpose in assumed:
        if purpose not in known:
            said = f"no action has the purpose {purpose}"
            raise not_there(said, purpose, known, f" (there are: {', '.join(known) or 'none'})")
    return msgspec.structs.replace(definitions, assumed_consents=frozenset(assumed))


def form_given(given: Given, files: Sequence[Path]) -> str:
    """Return the format of the files: as given, csv where columns are mapped, or told by the first line."""
    from stream.replay.forms import form_of

    return given.form or ("csv" if given.mapping else form_of(files))


@contextmanager
def progress(files: Sequence[Path]) -> "Iterator[Ticks]":
    """Show a progress bar on a terminal, and nothing in a pipe."""
    from stream.replay.replaying import Ticks

    if not sys.stderr.isatty():
        yield Ticks()
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        size = sum(path.stat().st_size for path in files if path.is_file())
        reading = shown.add_task("reading", total=size)
        deciding = shown.add_task("deciding", total=None)
        yield Ticks(
            read=lambda count: shown.advance(reading, count),
            total=lambda count: shown.update(deciding, total=count),
            decided=lambda count: shown.advance(deciding, count),
        )


def write_report(found: msgspec.Struct, page: Callable[[], str], report: Path | None, json_file: Path | None) -> None:
    """Write a page to a file, or with its JSON into a folder, and JSON where asked for; say where they are."""
    json, written = msgspec.json.format(msgspec.json.encode(found), indent=1), []
    if report is not None and report.suffix in (".html", ".htm"):
        written.append((report, page().encode()))
    elif report is not None:
        written += [(report / "index.html", page().encode()), (report / "report.json", json)]
    if json_file is not None:
        written.append((json_file, json))
    for path, content in written:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        except OSError as error:
            raise Refused(f"cannot write {path}: {error.strerror}") from error
    if written:
        click.echo(f"\nwritten to {', '.join(str(path) for path, _ in written)}")
