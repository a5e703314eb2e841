"""What a history holds beside what the tracking plan names, as it is written to JSON."""

import msgspec


class PropertyFill(msgspec.Struct, frozen=True, kw_only=True):
    """One property of an event: how many of the event's rows have a value for it.

    `planned` is its type in the tracking plan, None where the plan does not name it; `seen_as` the type it looks like,
    None where it was never seen.
    """

    name: str
    planned: str | None
    seen_as: str | None
    rows: int
    share: float


class EventFill(msgspec.Struct, frozen=True, kw_only=True):
    """One event: how many rows of it there are, its topic in the tracking plan (None: not named), its properties."""

    name: str
    topic: str | None
    rows: int
    properties: list[PropertyFill]
