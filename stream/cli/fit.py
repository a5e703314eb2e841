"""`stream fit`: frozen tables from history, written into the config."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click
import msgspec

from stream.adapters.formats import FORMATS
from stream.cli.config import Refused, not_there
from stream.cli.fit_clv import SUMMARY, UNIT_DAYS, fit_clv
from stream.cli.fit_history import Asked
from stream.definitions.cut_points import RANKED_TYPES
from stream.definitions.expressions import ValueType
from stream.definitions.shapes import Aggregate, Definitions
from stream.definitions.tables import file_of
from stream.fitting.cut_points import Fit, fit_cut_points
from stream.fitting.writing import Origin, cut_points_text


@click.group("fit")
def command() -> None:
    """Learn frozen tables from history, and write them into the config.

    The history is replayed, and users are looked at as they stand at its end (or at --until). Conditions rank them by
    these tables until the next fit: score(x), percentile(x).
    """


_HISTORY = (
    click.option("--data", "files", required=True, multiple=True, type=click.Path(path_type=Path), metavar="FILE"),
    click.option("--format", "form", required=True, metavar="|".join((*FORMATS, SUMMARY)), help="What the rows are."),
    click.option("--config", "folder", type=click.Path(path_type=Path), default=Path("config"), show_default=True),
    click.option("--until", metavar="TIME", help="Look at users as of then, not of the last event."),
    click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="As `stream replay` takes it."),
)


def _of_a_history(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which history it learns from."""
    for option in reversed(_HISTORY):
        function = option(function)
    return function


@command.command("rfm")
@click.option(
    "--recency", default="last_order_at", show_default=True, metavar="TRAIT", help="The time of the last one."
)
@click.option("--frequency", default="orders", show_default=True, metavar="TRAIT", help="How many there were.")
@click.option("--monetary", default="spend", show_default=True, metavar="TRAIT", help="What they came to.")
@_of_a_history
def rfm(recency: str, frequency: str, monetary: str, **history: object) -> None:
    """Fit the cut points of recency, frequency and monetary value on all customers.

    Customers are the users of whom all three traits are known. score(x) is 1 to 5 by fifths of them, and 5 the latest,
    the most frequent, the greatest spenders; percentile(x) is 0 to 99. Who is equal is ranked alike: where most have
    ordered once, some scores are nobody's.
    """
    _fit_cut_points("rfm", (recency, frequency, monetary), msgspec.convert(history, Asked))


@command.command("cuts")
@click.argument("traits", nargs=-1, required=True, metavar="TRAIT...")
@_of_a_history
def cuts(traits: tuple[str, ...], **history: object) -> None:
    """Fit the cut points of any traits, each on the users of whom it is known."""
    _fit_cut_points("cuts", traits, msgspec.convert(history, Asked))


@command.command("clv")
@click.option("--count", default="orders", show_default=True, metavar="TRAIT", help="How many orders there were.")
@click.option("--first", default="first_order_at", show_default=True, metavar="TRAIT", help="The time of the first.")
@click.option("--last", default="last_order_at", show_default=True, metavar="TRAIT", help="The time of the last.")
@click.option("--sum", "total", default="spend", show_default=True, metavar="TRAIT", help="What they came to, or ''.")
@click.option("--unit", type=click.Choice([*UNIT_DAYS]), default="weeks", show_default=True, help="A summary's unit.")
@_of_a_history
def clv(count: str, first: str, last: str, total: str, unit: str, **history: object) -> None:
    """Fit what customers are worth: BG/NBD for their orders, Gamma-Gamma for what these come to.

    Conditions then ask for p_alive(), expected_purchases(30d), expected_order_value() and clv(365d), which is the two
    before multiplied: revenue, not discounted. --format summary reads a CSV with the columns x, t_x, T, zbar in place
    of events: repeat orders, when the last came, age, and their mean value. Needs numpy and scipy (stream[fit]).
    """
    reads = {"count": count, "first": first, "last": last, **({"sum": total} if total else {})}
    fit_clv(msgspec.convert(history, Asked), reads, unit)


def _fit_cut_points(name: str, traits: tuple[str, ...], asked: Asked) -> None:
    """Fit tables and write them; those of RFM on the same users."""
    definitions = asked.definitions(traits)
    types = _types(definitions, traits)
    history = asked.history(definitions)
    origin = Origin(f"stream fit {name}", asked.names, history.at_ms)
    groups = [traits] if name == "rfm" else [(trait,) for trait in traits]
    for group in groups:
        fits = fit_cut_points(history, group, types, definitions.plan.currency)
        if not fits:
            raise Refused(f"there is no user of whom {' and '.join(group)} {'is' if len(group) == 1 else 'are'} known")
        for fit in fits:
            asked.write(file_of(fit.trait), cut_points_text(fit, origin))
            click.echo(f"{asked.folder / file_of(fit.trait)}: {_sizes(fit)}")


def _types(definitions: Definitions, traits: Iterable[str]) -> dict[str, ValueType]:
    """Return the types of traits that can be ranked; others are refused."""
    known = definitions.traits
    types: dict[str, ValueType] = {}
    for name in traits:
        if name not in known:
            raise not_there(f"there is no trait {name}", name, known)
        trait = known[name]
        types[name] = trait.type if isinstance(trait, Aggregate) else trait.value.type
        if types[name] not in RANKED_TYPES:
            raise Refused(f"{name} is a {types[name]}; numbers, money, durations and times can be ranked")
    return types


def _sizes(fit: Fit) -> str:
    scores = ", ".join(f"{score} has {size:,}" for score, size in enumerate(fit.sizes, 1))
    return f"{fit.users:,} users; of the scores {scores}"
