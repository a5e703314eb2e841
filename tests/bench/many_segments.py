"""Two configs: segments that the input touches, ten at each event; and those among a great many that it does not."""

from pathlib import Path

from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.testkit.files import read_config

TOUCHED_BY_AN_EVENT = 10
SEGMENTS = 300

_TOUCHING = ("product_viewed", "product_added", "product_added_to_wishlist", "order_completed")
_OTHERS = ("page_viewed", "feature_used", "email_opened", "email_delivered", "products_searched")
_CONDITIONS = (
    "{e}_7d >= 5",
    "{e}_7d >= 50",
    "{e}_30d >= 20",
    "{e}_30d >= 2 and {e}_30d < 8",
    "{e}_7d >= 1 and since({e}_at) >= 1d",
    "since({e}_at) >= 3d",
    "{e}_ever >= 100",
    "{e}_ever == 1",
    "{e}_30d >= 30 and {e}_7d == 0",
    "{e}_7d >= 3 and {e}_ever < 10",
)


def few_and_many(config: Path) -> tuple[Definitions, Definitions]:
    """Return both, over the tracking plan of a config; in both an event of the input touches as many segments."""
    texts = {"events.yaml": read_config(config)["events.yaml"]}
    texts["traits.yaml"] = "".join(map(_traits, (*_TOUCHING, *_OTHERS)))
    touched = {f"segments/{e}_{at}.yaml": _segment(e, text) for e in _TOUCHING for at, text in enumerate(_CONDITIONS)}
    others = {
        f"segments/other_{at}.yaml": _segment(_OTHERS[at % len(_OTHERS)], _CONDITIONS[at % len(_CONDITIONS)], at)
        for at in range(SEGMENTS - len(touched))
    }
    return load({**texts, **touched}), load({**texts, **touched, **others})


def _traits(event: str) -> str:
    return (
        f"{event}_7d: {{count: {event}, within: 7d}}\n{event}_30d: {{count: {event}, within: 30d}}\n"
        f"{event}_ever: {{count: {event}}}\n{event}_at: {{last: {event}.at}}\n"
    )


def _segment(event: str, condition: str, different: int = 0) -> str:
    more = f" and {event}_ever >= {different}" if different else ""
    return f"when: {condition.format(e=event)}{more}\n"
