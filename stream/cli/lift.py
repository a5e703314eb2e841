"""`stream lift`: what triggers brought, against those who were held out."""

from pathlib import Path
from typing import Final

import click
import msgspec

from stream.cli.config import Refused, load_config, not_there
from stream.replay.lift.shapes import Runs

_PERCENT: Final = 100


@click.command("lift")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--journey", metavar="NAME", help="Only this journey; otherwise each, and all together.")
@click.option(
    "--config",
    "folder",
    type=click.Path(path_type=Path),
    help="Whose policy and journeys say what shares are held out.",
)
@click.option(
    "--holdout",
    "holdouts",
    multiple=True,
    metavar="[NAME=]SHARE",
    help="The share held out, such as 10%, of every journey or one, in place of the config's.",
)
@click.option(
    "--runs",
    type=click.Choice(["first", "all"]),
    default="first",
    show_default=True,
    help="A user's first run alone, or the goals of all runs: how many there are is itself an effect of triggers.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines: one JSON object.")
def command(**options: object) -> None:
    """Measure what triggers brought: who reached a journey's goal, of those sent them and of those held out.

    FILE... are outcomes as `stream replay` writes them (decisions.jsonl), plain or gzipped. A user is counted once, in
    the arm of their first trigger, sent or held out; what they did is what the goal of that run says.
    """
    from stream.adapters.rows import InputRefused
    from stream.cli.history import progress
    from stream.replay.lift.folding import Fold
    from stream.replay.lift.measuring import measure, shares_of
    from stream.replay.lift.reading import outcomes_of
    from stream.replay.lift.text import lift_text

    asked = msgspec.convert(options, _Asked)
    try:
        with progress(asked.files) as ticks:
            fold = Fold(outcomes_of(asked.files, ticks.read))
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal
    known = fold.journeys()
    if not known:
        raise Refused("there is no decision of a journey in what was read; it is in decisions.jsonl")
    if asked.journey is not None and asked.journey not in known:
        raise not_there(f"there is no journey {asked.journey}", asked.journey, known)
    shares = shares_of(load_config(asked.folder)) if asked.folder is not None else {}
    found = measure(fold, shares | _given(asked.holdouts, known), asked.runs, asked.journey)
    click.echo(msgspec.json.encode(found).decode() if asked.as_json else lift_text(found))


class _Asked(msgspec.Struct):
    """The command's arguments and options."""

    files: tuple[Path, ...]
    journey: str | None
    folder: Path | None
    holdouts: tuple[str, ...]
    runs: Runs
    as_json: bool


def _given(holdouts: tuple[str, ...], known: list[str]) -> dict[str, float]:
    """Return the shares by journey; one without a name is that of all which have none of their own."""
    of_all: dict[str, float] = {}
    of_one: dict[str, float] = {}
    for holdout in holdouts:
        name, named, text = holdout.rpartition("=")
        share = _share(text)
        if share is None:
            raise Refused(f"--holdout {holdout}: write the share like 10% or 0.1, above 0 and below all")
        if not named:
            of_all = dict.fromkeys(known, share)
        elif name in known:
            of_one[name] = share
        else:
            raise not_there(f"--holdout {holdout}: there is no journey {name}", name, known)
    return of_all | of_one


def _share(text: str) -> float | None:
    is_percent = text.endswith("%")
    try:
        share = float(text.removesuffix("%")) / (_PERCENT if is_percent else 1)
    except ValueError:
        return None
    return share if 0 < share < 1 else None
