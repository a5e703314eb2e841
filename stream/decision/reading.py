"""Shapes shared by all that reads a profile: a value, and until when it holds if nothing comes in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from stream.model.events import Scalar
from stream.model.profile import Profile

Reading = tuple[Scalar | None, int]
"""A value (None: unknown) and the time at which time alone may change it (`NEVER`: nothing but an event will)."""


class Occurrence(Protocol):
    """One occurrence of an event, as traits are fed it: the user's own, or one that a decision made."""

    @property
    def props(self) -> Mapping[str, Scalar]:
        """Its properties by name."""

    @property
    def time_ms(self) -> int:
        """When it happened."""

    @property
    def lists(self) -> Mapping[str, Sequence[Mapping[str, Scalar]]] | None:
        """The elements of its lists, by the list's name."""

    @property
    def id(self) -> str:
        """The id of the event behind it."""


Update = Callable[[Profile, Scalar, int, str], None]
"""(profile, value, time_ms, event id): take one occurrence into a trait."""

Feed = Callable[[Profile, Occurrence], bool]
"""Let a trait take from an occurrence what it counts of it, if anything; answer whether it can say otherwise now."""

Test = Callable[[Mapping[str, Scalar], int, Profile], Reading]
"""(properties, time_ms, whose) -> what a condition on an occurrence says of it; time changes nothing about that."""

KeyedUpdate = Callable[[Profile, Scalar, Scalar, int, str], None]
"""(profile, key, value, time_ms, event id): take one occurrence into what a trait holds of a key."""

KeyedCounter = Callable[[Profile, Scalar, int, str], int]
"""(profile, key, number of the bucket, event id): count a key once more; answer how often it is counted then."""

KeyedReader = Callable[[Profile, int, Scalar | None], Reading]
"""(profile, now_ms, key) -> reading of what a trait holds of a key."""

Reader = Callable[[Profile, int], Reading]
"""(profile, now_ms) -> reading."""
