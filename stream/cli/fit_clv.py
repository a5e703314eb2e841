"""`stream fit clv`: what customers are worth, learnt from history."""

from collections.abc import Mapping

import click

from stream.adapters.rows import InputRefused
from stream.cli.config import Refused, not_there
from stream.cli.fit_history import Asked
from stream.definitions.purchase_model import NAME, READS
from stream.definitions.shapes import Aggregate, Definitions
from stream.definitions.tables import file_of
from stream.fitting.customers import Customers, customers_of, published
from stream.fitting.writing import Origin, model_text, origin_text
from stream.model.money import exponent
from stream.replay.files import lines_of

SUMMARY = "summary"
UNIT_DAYS = {"days": 1.0, "weeks": 7.0}
_COMMAND = "stream fit clv"


def fit_clv(asked: Asked, reads: Mapping[str, str], unit: str) -> None:
    """Fit both models and write their table."""
    definitions = asked.definitions((NAME,))
    _check(definitions, reads)
    if asked.form == SUMMARY:
        customers, origin = _of_a_summary(asked, unit), Origin(_COMMAND, asked.names, None)
    else:
        history = asked.history(definitions)
        customers = customers_of(history, reads, 10 ** exponent(definitions.plan.currency))
        origin = Origin(_COMMAND, asked.names, history.at_ms)
    purchases, value = _fitted(customers, with_value="sum" in reads)
    users = len(customers.repeats)
    file, currency = file_of(NAME), definitions.plan.currency
    asked.write(file, model_text(reads, purchases, value, currency, origin_text(origin, users)))
    repeating = sum(repeats > 0 for repeats in customers.repeats)
    click.echo(f"{asked.folder / file}: {users:,} customers, {repeating:,} with repeat orders")
    click.echo(f"  BG/NBD {_listed(purchases)} (alpha in days)")
    if value:
        click.echo(f"  Gamma-Gamma {_listed(value)} (v in {currency})")


def _check(definitions: Definitions, reads: Mapping[str, str]) -> None:
    """Refuse traits that are not what a customer's history is made of."""
    for word, name in reads.items():
        trait = definitions.traits.get(name)
        if trait is None:
            raise not_there(f"there is no trait {name}", name, definitions.traits)
        if not isinstance(trait, Aggregate) or trait.type != READS[word]:
            raise Refused(f"--{word} {name}: that must be a trait fed by events, of the type {READS[word]}")


def _of_a_summary(asked: Asked, unit: str) -> Customers:
    try:
        lines = [line.decode("utf-8-sig") for path in asked.files for line in lines_of(path, lambda _: None)]
        return published(lines, UNIT_DAYS[unit])
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal
    except UnicodeDecodeError as error:
        raise Refused(f"the summary is not UTF-8: {error}") from error


def _fitted(customers: Customers, *, with_value: bool) -> tuple[dict[str, float], dict[str, float]]:
    try:
        from stream.fitting.likelihoods import NotFitted, fit_order_value, fit_purchases
    except ImportError as missing:
        raise Refused(f"this needs {missing.name}: pip install 'stream[fit]'") from missing
    try:
        return fit_purchases(customers), fit_order_value(customers) if with_value else {}
    except NotFitted as failure:
        raise Refused(str(failure)) from failure


def _listed(parameters: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:.4g}" for name, value in parameters.items())
