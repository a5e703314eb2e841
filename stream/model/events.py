"""An event: something a user did, at a time."""

from typing import Final

import msgspec

from stream.model.money import Money

Scalar = str | int | float | bool

TOPICS: Final = ("people", "clickstream", "cart", "email")
"""Input topics in order of rank: at equal time, a consent or an erasure is heard before a click."""

TOPIC_RANK: Final = {topic: rank for rank, topic in enumerate(TOPICS)}


class Event(msgspec.Struct, gc=False):
    """One accepted input event, reduced to what the tracking plan names.

    `props` holds checked values by property name: text, numbers, booleans, timestamps as epoch milliseconds, and money
    as integer minor units of the shop's currency. `amounts` keeps the original of money that came in another currency.
    `id` is the producer's message id, or one derived from the record's place in the log; only the former (`repeatable`)
    can recognise a duplicate. What is decided at or before `history_until_ms` is history played in to build profiles:
    it starts no run. `zone` names the time zone in the call's context, where that has one that is known.
    `lists` holds the elements of list properties, by the list's name: of each the checked values, under the names that
    definitions give them, `products[].price`.
    """

    user: str
    name: str
    time_ms: int
    id: str
    props: dict[str, Scalar]
    repeatable: bool = True
    history_until_ms: int = -(1 << 62)
    amounts: dict[str, Money] | None = None
    zone: str = ""
    lists: dict[str, list[dict[str, Scalar]]] | None = None
