"""Pages made from reports. Everything that users or configs wrote is escaped."""

import re
from functools import cache
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from stream.replay.compare.shapes import Diff
from stream.replay.compare.text import segment_moved, trigger_moved
from stream.replay.pages import charts, wording
from stream.replay.review.shapes import Review

_WORDING: Final = ("compared", "count", "length", "measured", "moment", "percent", "several", "shown")
_TEMPLATES: Final = Path(__file__).parent / "templates"


def review_page(review: Review) -> str:
    """Return the page of a review."""
    return _environment().get_template("review.html.j2").render(review=review)


def diff_page(diff: Diff) -> str:
    """Return the page of a comparison."""
    return _environment().get_template("diff.html.j2").render(diff=diff)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {name: getattr(wording, name) for name in _WORDING}
    environment.globals |= {"chart": charts.chart, "spark": charts.spark, "ticked": _ticked}
    environment.tests |= {"segment_moved": segment_moved, "trigger_moved": trigger_moved}
    return environment


def _ticked(text: str) -> Markup:
    """Return text with what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped just before
