"""Tables as text: what `stream fit` writes into `config/tables/`, for the loader and for people."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

import msgspec

from stream.fitting.cut_points import Fit
from stream.model.times import shown_time

_WIDTH = 110
_MEANING: Final = (
    "score({trait}) is 1 up to the first of `scores`, 5 above the last; percentile counts the `percentiles` below.",
    "How long ago {trait} was: score({trait}) is 5 up to the first of `scores`, 1 above the last; percentile likewise.",
)


class Origin(msgspec.Struct, frozen=True):
    """How a table came about: the command, the files, the event time at which users were looked at (if it is known)."""

    command: str
    files: tuple[str, ...]
    until_ms: int | None


def cut_points_text(fit: Fit, origin: Origin) -> str:
    """Return the table of one trait."""
    trait, cuts = fit.trait, fit.cuts
    lines = [
        f"# {_MEANING[fit.is_age].format(trait=trait)}",
        "# What equals a cut point belongs below it, so that users who are equal rank alike.",
        f"fitted: {origin_text(origin, fit.users)}",
    ]
    if cuts.unit:
        lines.append(f"unit: {cuts.unit}")
    lines.append(f"scores: [{', '.join(map(plain, cuts.scores))}]")
    lines += ["percentiles:", *_wrapped(map(plain, cuts.percentiles))]
    return "\n".join(lines) + "\n"


def model_text(
    reads: Mapping[str, str], purchases: Mapping[str, float], value: Mapping[str, float], currency: str, origin: str
) -> str:
    """Return the table of what customers are worth; without the parameters of `value` it says nothing of money."""
    lines = [
        "# What is expected of customers: p_alive(), expected_purchases(30d), expected_order_value(), clv(365d).",
        "# BG/NBD (Fader, Hardie and Lee 2005), alpha in days, and Gamma-Gamma (Fader and Hardie 2013), v in the unit.",
        f"fitted: {origin}",
        f"reads: {{{', '.join(f'{word}: {name}' for word, name in reads.items())}}}",
        f"purchases: {_parameters(purchases)}",
    ]
    if value:
        lines += [f"order_value: {_parameters(value)}", f"unit: {currency}"]
    return "\n".join(lines) + "\n"


def _parameters(fields: Mapping[str, float]) -> str:
    """Return numbers by name as a flow map, seven digits each."""
    digits = {name: plain(Decimal(f"{number:.7g}")) for name, number in fields.items()}
    return f"{{{', '.join(f'{name}: {text}' for name, text in digits.items())}}}"


def origin_text(origin: Origin, users: int) -> str:
    """Return where a table is from, as a flow map."""
    files = ", ".join(origin.files).replace("'", "''")
    until = "" if origin.until_ms is None else f"until: '{shown_time(origin.until_ms)}', "
    return f"{{by: {origin.command}, from: '{files}', {until}users: {users}}}"


def plain(number: Decimal) -> str:
    """Return a number in plain digits, without zeros at the end."""
    text = f"{number:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _wrapped(numbers: Iterable[str]) -> list[str]:
    """Return a flow list over several lines."""
    lines, line = [], "  ["
    for number in numbers:
        if len(line) + len(number) > _WIDTH:
            lines.append(line.rstrip())
            line = "   "
        line += f"{number}, "
    return [*lines, f"{line.removesuffix(', ')}]"]
