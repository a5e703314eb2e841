"""Events as journeys listen to them: of a name, where a condition on the occurrence is true, matching a run's key."""

from collections.abc import Callable
from typing import Final

import msgspec

from stream.decision.items.index import is_concerned
from stream.decision.reading import Occurrence, Test
from stream.definitions.expressions import Expr
from stream.definitions.journey_shapes import ForEach, Heard
from stream.model.profile import NEVER, Profile
from stream.model.text import kept_text

PRODUCT: Final = "product_id"
"""The property of an event of a product that names it."""


class HeardCode(msgspec.Struct, frozen=True):
    """One event to listen to, ready to be asked of occurrences of that name."""

    event: str
    test: Test | None
    match: str | None
    for_each: ForEach | None = None

    def concerns(self, profile: Profile, fact: Occurrence, key: str) -> bool:
        """Return whether an occurrence is meant, for a run of this key; without the property it concerns every run."""
        if self.match is not None:
            value = fact.props.get(self.match)
            if value is not None and kept_text(str(value)) != key:
                return False
        if self.for_each is not None and not concerns(self.for_each, profile, fact):
            return False
        return self.test is None or self.test(fact.props, fact.time_ms, profile)[0] is True


def heard_code(heard: Heard, occurrence: Callable[[Expr], Test]) -> HeardCode:
    """Make an event to listen to ready."""
    test = occurrence(heard.where) if heard.where is not None else None
    return HeardCode(heard.event, test, heard.match, heard.for_each)


def concerns(for_each: ForEach, profile: Profile, fact: Occurrence) -> bool:
    """Return whether an event of a product is for this user."""
    since_ms = -NEVER if for_each.within_ms is None else fact.time_ms - for_each.within_ms
    return is_concerned(profile, str(fact.props[PRODUCT]), for_each.whom, since_ms)


def any_concerns(codes: tuple[HeardCode, ...], name: str, profile: Profile, fact: Occurrence, key: str) -> bool:
    """Return whether an occurrence of a name is one of those listened to."""
    return any(code.event == name and code.concerns(profile, fact, key) for code in codes)
