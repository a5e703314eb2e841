"""What of an occurrence reaches a trait that is fed more than one property of it."""

from collections.abc import Mapping

import msgspec

from stream.decision.reading import Feed, KeyedUpdate, Occurrence, Test, Update
from stream.model.events import Scalar
from stream.model.profile import Profile


class Element(msgspec.Struct, gc=False):
    """One element of a list, as an occurrence of its own."""

    props: Mapping[str, Scalar]
    time_ms: int
    id: str
    lists: dict[str, list[dict[str, Scalar]]] | None = None


def elements(of: str, feed: Feed, *, with_event: bool) -> Feed:
    """Feed each element of a list; `with_event`, together with what its event brought."""

    def each(profile: Profile, occurrence: Occurrence) -> bool:
        lists, props, is_fed = occurrence.lists, occurrence.props, False
        for element in lists.get(of, ()) if lists is not None else ():
            own = {**props, **element} if with_event else element
            is_fed = feed(profile, Element(own, occurrence.time_ms, occurrence.id)) or is_fed
        return is_fed

    return each


def plainly(fed: str, update: Update) -> Feed:
    """Feed a property (named "", the time) of all occurrences."""

    def feed(profile: Profile, occurrence: Occurrence) -> bool:
        value = occurrence.props.get(fed) if fed else occurrence.time_ms
        if value is None:
            return False
        update(profile, value, occurrence.time_ms, occurrence.id)
        return True

    return feed


def conditional(fed: str, test: Test, update: Update) -> Feed:
    """Feed a property (named "", the time) of the occurrences that meet a condition; unknown is not true."""

    def feed(profile: Profile, occurrence: Occurrence) -> bool:
        props, time_ms = occurrence.props, occurrence.time_ms
        value = props.get(fed) if fed else time_ms
        if value is None or test(props, time_ms, profile)[0] is not True:
            return False
        update(profile, value, time_ms, occurrence.id)
        return True

    return feed


def by_key(fed: str, by: str, test: Test | None, update: KeyedUpdate) -> Feed:
    """Feed a property (named "", the number 1) together with the one that holds the key."""

    def feed(profile: Profile, occurrence: Occurrence) -> bool:
        props, time_ms = occurrence.props, occurrence.time_ms
        value, key = props.get(fed) if fed else 1, props.get(by)
        if value is None or key is None or (test is not None and test(props, time_ms, profile)[0] is not True):
            return False
        update(profile, key, value, time_ms, occurrence.id)
        return True

    return feed


def constant(update: Update, value: int) -> Update:
    """Feed the same value for whatever comes."""

    def fed(profile: Profile, _value: Scalar, time_ms: int, event: str) -> None:
        update(profile, value, time_ms, event)

    return fed


def negative(update: Update) -> Update:
    """Feed the negative of each number."""

    def fed(profile: Profile, value: Scalar, time_ms: int, event: str) -> None:
        update(profile, -value, time_ms, event)  # type: ignore[operator]  # only numbers are taken off

    return fed
