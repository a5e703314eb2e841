"""What a condition on one occurrence of an event may name: the event's properties."""

from stream.definitions.plan import Events
from stream.definitions.reading import Vocabulary
from stream.definitions.value_types import value_types


def occurrence_words(events: Events, event: str, words: Vocabulary, elements: str = "") -> Vocabulary:
    """Return what a condition on an occurrence may name, the properties of the elements of a list among it if named.

    Of the `words` it may use the currency and the calendar.
    """
    properties = events.types.get(event)
    wrong = [prop for prop, kind in (properties or {}).items() if kind is None]
    return Vocabulary(
        {**value_types(properties or {}, elements), "at": "timestamp"},
        frozenset(),
        words.currency,
        frozenset(wrong),
        properties is not None,
        event,
        seasons=words.seasons,
    )
