"""How each name of an expression is read from a profile."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, Literal

import msgspec

from stream.decision.cart import current_cart, dearest_item, total_minor
from stream.decision.fading import Held
from stream.decision.reading import Feed, KeyedCounter, KeyedReader, Reader, Reading, Test, Update
from stream.decision.windows import Window
from stream.definitions.shapes import Aggregate
from stream.model.events import Scalar
from stream.model.profile import NEVER, Cart, Profile

TraitKind = Literal["", "count", "count in a window", "count by key", "last", "first"]


class TraitCode(msgspec.Struct, frozen=True):
    """One aggregate, ready to run.

    `key` is where its state stands in a profile; `counts_within` is its window where it is a rolling count. Of the
    event they go with, `updates` are fed a property (or, named "", the time); `feeds` take what they need themselves.
    Where the trait is kept by key, `at_key` reads what it holds of one, `read` which key it holds most of, and
    `among(n)` makes what reads whether a key is one of the n that it holds most of.
    What else it keeps stands under `further_keys`. Of what fades, `held` reads how much there was and when.
    `most_held` tells of counts by key what the top holds.

    A trait of a kind that is fed most often says which (`kept_as`), so that its feeding can be written out: `fed` and
    `test` are the property and the condition on the occurrence, `kept_by` what keeps a value, in buckets of `width_ms`
    (0: all in one).
    """

    key: str
    trait: Aggregate
    read: Reader
    updates: tuple[tuple[str, str, Update], ...]
    feeds: tuple[tuple[str, Feed], ...]
    counts_within: Window | None = None
    at_key: KeyedReader | None = None
    further_keys: tuple[str, ...] = ()
    held: Held | None = None
    most_held: Callable[[Profile], int] | None = None
    among: Callable[[int], KeyedReader] | None = None
    kept_as: TraitKind = ""
    fed: str = ""
    test: Test | None = None
    kept_by: Update | KeyedCounter | None = None
    width_ms: int = 0

    @property
    def is_a_cell(self) -> bool:
        """Whether the trait's value is that of its state, a cell, and nothing (zero for what is added up) without."""
        trait = self.trait
        lasts = not self.has_window and trait.half_life_ms is None
        return lasts and trait.by is None and trait.op in ("count", "sum", "min", "max", "first", "last")

    @property
    def only_fed(self) -> bool:
        """Whether nothing but what is fed, and time, changes the value: no new session, nor another time zone."""
        return self.trait.sessions is None and self.trait.calendar is None and self.trait.op != "streak"

    @property
    def lies_between(self) -> bool:
        """Whether what is fed moves the value, if at all, towards itself or to itself."""
        lasts = self.trait.half_life_ms is None and self.trait.by is None
        return lasts and self.only_fed and self.trait.op in ("avg", "min", "max", "first", "last")

    @property
    def empty(self) -> int | None:
        """The value of a cell before anything was fed."""
        return 0 if self.trait.op in ("count", "sum") else None

    @property
    def has_window(self) -> bool:
        """Whether what counts leaves again: out of a rolling window, or with a period of the calendar or a session."""
        trait = self.trait
        return trait.within_ms is not None or trait.calendar is not None or trait.sessions is not None

    def hears(self, event: str) -> bool:
        """Return whether an event feeds this trait."""
        return any(name == event for name in self.events())

    def events(self) -> Iterator[str]:
        """Return the events that feed this trait."""
        yield from (event for event, _, _ in self.updates)
        yield from (event for event, _ in self.feeds)


def segment_reader(name: str) -> Reader:
    """Read whether a profile is in a segment."""

    def read(profile: Profile, _now_ms: int) -> Reading:
        membership = profile.memberships.get(name)
        return (membership is not None and membership.inside), NEVER

    return read


def tier_reader(name: str) -> Reader:
    """Read which tier of a segment a profile is in; unknown before its first event is decided."""

    def read(profile: Profile, _now_ms: int) -> Reading:
        membership = profile.memberships.get(name)
        return (membership.tier if membership is not None and membership.tier else None), NEVER

    return read


def was_reader(segment: str, tier: str, within_ms: int) -> Reader:
    """Read whether a profile was in a segment, or in a tier of it, within the last while: inside, or left since then.

    What is remembered is when a profile left last, of each tier. So it was until just before that moment and the length
    of time together, and then no longer.
    """

    def read(profile: Profile, now_ms: int) -> Reading:
        membership = profile.memberships.get(segment)
        if membership is None:
            return False, NEVER
        if membership.inside and tier in ("", membership.tier):
            return True, NEVER
        until_ms = membership.left(tier) + within_ms
        return (True, until_ms) if now_ms < until_ms else (False, NEVER)

    return read


def _cart_reader(of: Callable[[Cart], Scalar | None], empty: Scalar | None) -> Reader:
    nothing: Reading = (empty, NEVER)

    def read(profile: Profile, _now_ms: int) -> Reading:
        cart = current_cart(profile)
        return (of(cart), NEVER) if cart is not None else nothing

    return read


CART_READERS: Final[Mapping[str, Reader]] = {
    "quantity": _cart_reader(lambda cart: cart.quantity, 0),
    "total": _cart_reader(total_minor, 0),
    "items": _cart_reader(lambda cart: len(cart.items), 0),
    "changed_at": _cart_reader(lambda cart: cart.changed_ms, None),
    "dearest_item": _cart_reader(dearest_item, None),
    "id": _cart_reader(lambda cart: cart.id, None),
}
