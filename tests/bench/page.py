"""The bench's page: the table, and beside each wanted figure how far it got; one file that needs no other."""

from functools import cache
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_WIDTH = 320
_SHARE_MAX = 4.0


class Bar(NamedTuple):
    """A figure as it is shown. `shares` are its least, median and most over what is wanted, sorted."""

    name: str
    median: str
    least: str
    most: str
    each_us: str
    wanted: str = ""
    stretch: str = ""
    verdict: str = ""
    shares: tuple[float, ...] = ()
    stretch_share: float = 0.0


def across(share: float) -> float:
    """Return how far to the right a share is drawn, in pixels; what is beyond the plot at its border."""
    return round(min(share, _SHARE_MAX) / _SHARE_MAX * _WIDTH, 1)


def page(bars: list[Bar], facts: dict[str, object], absent: dict[str, str]) -> str:
    """Return the page as HTML; all texts in it are escaped."""
    return _environment().get_template("page.html.j2").render(bars=bars, facts=facts, absent=absent)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"across": across, "width": _WIDTH}
    return environment
