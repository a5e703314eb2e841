"""`sessions:` in `events.yaml`, and windows that are sessions: `within: session`, `last_session`, `last_5_sessions`."""

import re
from collections.abc import Mapping
from typing import Final

from stream.definitions.durations import parse_duration
from stream.definitions.problems import nearest
from stream.definitions.reading import Reader
from stream.definitions.source import YamlNode, YamlText
from stream.model.plan import PlannedEvent, SessionRules

STARTED: Final = "session_started"
ENDED: Final = "session_ended"
LEFT: Final = "page_left"

SESSIONS_MOST: Final = 20
"""How many finished sessions a trait can go by: so many are kept."""

TOPICS: Final = frozenset({"clickstream", "cart"})
"""What users do themselves: each event of these topics is activity, unless it is excepted."""

_PAGE: Final = "page_viewed.path"
_WINDOW: Final = re.compile(r"last_(\d{1,4})_sessions", re.ASCII)


def read_sessions(reader: Reader, node: YamlNode | None, events: Mapping[str, PlannedEvent]) -> SessionRules:
    """Read when a session ends (`gap`), which event is a page view and what names the page, and what is no activity."""
    fields = reader.fields(node, "sessions", (), ("gap", "page", "except"))
    active = frozenset(name for name, planned in events.items() if planned.topic in TOPICS)
    excepted = set()
    for item in reader.items(fields.get("except"), "except"):
        name = reader.text(item, "an event")
        if name and name not in active:
            wrong = f"{name!r} is no event of the topics {' and '.join(sorted(TOPICS))}, so it is no activity anyway"
            reader.wrong(item.spot, wrong, nearest(name, active))
        excepted.add(name)
    event, prop = _page(reader, fields.get("page"), events)
    gap_ms = reader.duration(fields.get("gap"), "gap", default_ms=SessionRules().gap_ms)
    return SessionRules(gap_ms, active - excepted, event, prop)


def _page(reader: Reader, node: YamlNode | None, events: Mapping[str, PlannedEvent]) -> tuple[str, str]:
    """Return the event that is a page view and its property that names the page; of what is not planned, neither."""
    text = reader.text(node, "page") if node is not None else _PAGE
    event, _, prop = text.partition(".")
    planned = events.get(event)
    if planned is not None and prop in planned.properties and planned.properties[prop].type == "string":
        return event, prop
    if node is not None and planned is None:
        reader.wrong(node.spot, f"there is no event {event!r}", nearest(event, events))
    elif node is not None and planned is not None:
        wrong = f"a page is named by a property of {event} that is a string, as in {_PAGE}"
        texts = [name for name, its in planned.properties.items() if its.type == "string"]
        reader.wrong(node.spot, wrong, nearest(prop, texts))
    return ("page_viewed", "") if "page_viewed" in events else ("", "")


def session_window(reader: Reader, node: YamlNode | None) -> int | None:
    """Return 0 for the session under way, how many of the last finished ones, or None where no sessions are meant."""
    if not isinstance(node, YamlText) or parse_duration(node.text.strip()) is not None:
        return None
    text = node.text.strip()
    if text == "session":
        return 0
    match = _WINDOW.fullmatch(text)
    if match is None and text != "last_session" and (near := nearest(text, ("session", "last_session"))):
        reader.wrong(node.spot, f"{text!r} is no duration: write a number and a unit, as in 7d", near)
        return 0
    count = 1 if text == "last_session" else int(match[1]) if match else None
    if count is not None and not 1 <= count <= SESSIONS_MOST:
        reader.wrong(node.spot, f"at least 1 and at most {SESSIONS_MOST} sessions: so many are kept")
        return 1
    return count
