"""Tables as text: what `stream fit` writes into `config/tables/`, for the loader and for people."""

from collections.abc import Iterable
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
    """How a table came about: the command, the files, the event time at which users were looked at."""

    command: str
    files: tuple[str, ...]
    until_ms: int


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


def origin_text(origin: Origin, users: int) -> str:
    """Return where a table is from, as a flow map."""
    files = ", ".join(origin.files).replace("'", "''")
    return f"{{by: {origin.command}, from: '{files}', until: '{shown_time(origin.until_ms)}', users: {users}}}"


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
