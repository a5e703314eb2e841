"""A profile: everything remembered of one user.

The structs refer to no one that refers back, so Python's collector of cycles need not walk them (`gc=False`): there
may be millions.
"""

import struct
from typing import Final

import msgspec
import xxhash

from stream.model.earlier import bring_up_to_date
from stream.model.events import Scalar
from stream.model.habits import Habits
from stream.model.items import ProductMemory
from stream.model.money import Money
from stream.model.packing import packed, unpacked
from stream.model.sharing import share_in
from stream.model.states import TraitState

NEVER: Final = 1 << 62
"""A time that does not come, in epoch milliseconds."""


class Item(msgspec.Struct, array_like=True, gc=False):
    """One line of a cart. `price_minor`: one piece, in minor units of the shop's currency, None where not told."""

    product: str
    quantity: int
    price_minor: int | None
    at_ms: int
    original: Money | None = None


class Cart(msgspec.Struct, array_like=True, gc=False):
    """A cart, when it last changed and by which event; `quantity` is the sum over its items.

    `emptied_ms` is the latest time an order emptied it: an addition from before that, arriving late, no longer counts.
    """

    id: str
    items: dict[str, Item]
    changed_ms: int
    quantity: int = 0
    emptied_ms: int = -NEVER
    event: str = ""


class Membership(msgspec.Struct, array_like=True, gc=False):
    """Inside a segment or out, since when, how often entered, and when time alone may change that.

    Of a segment with tiers: inside which of them, since when; each move between two counts as an entry, and `left_ms`
    has the latest time at which each tier was left.
    """

    inside: bool
    since_ms: int
    entries: int
    next_ms: int = NEVER
    tier: str = ""
    left_ms: dict[str, int] | None = None

    def left(self, tier: str) -> int:
        """Return when the segment was left last, or with a name that tier of it; long before all time if never."""
        if tier:
            return self.left_ms.get(tier, -NEVER) if self.left_ms else -NEVER
        return self.since_ms if self.entries and not self.inside else -NEVER

    def place(self, segment: str) -> str:
        """Return under which name members are counted: the segment's, or `stage.retention` for a tier."""
        return f"{segment}.{self.tier}" if self.tier else segment


class SentTrigger(msgspec.Struct, array_like=True, gc=False):
    """A trigger a run has sent, or would have if its user were not held out (`is_ghost`)."""

    id: str
    action: str
    step: str
    at_ms: int
    valid_until_ms: int
    is_ghost: bool = False


class Chosen(msgspec.Struct, array_like=True, gc=False):
    """A choice that a run made: by which key it is learnt from, what was chosen, how likely, and by what.

    `at_ms` is when its trigger was sent, `-NEVER` while it was not.
    """

    key: str
    arm: str
    propensity: float
    context: list[float]
    trigger_id: str
    at_ms: int = -NEVER


class Run(msgspec.Struct, array_like=True, gc=False):
    """One way of a user through a journey.

    `pc` is the instruction to go on with (-1: the run has ended and only its goal is awaited); `wait_ms` is when it
    goes on; `definition` is the hash of the journey's definition at entry. `step` is the name, or the place, of the
    step it stands at, `visits` how often each step was done that may be again, `left` why it ended, while its `on_exit`
    is still to do. `exit_check_ms` is when time alone may make its `exit_when` true. `waits_since_ms` is when it began
    to wait, `asked_ms` since when a proposal of it waits, of `asked` where that is not the step's own action, and
    `deferrals` how often that was put off. `chosen` are its choices that are learnt from, until its goal is reached, at
    `goal_at_ms`. `moves` is how often it was moved to another definition of its journey, whose hash is `definition`
    from then on.
    """

    journey: str
    definition: str
    id: str
    key: str
    ordinal: int
    entered_ms: int
    pc: int
    wait_ms: int
    goal_until_ms: int
    sent: list[SentTrigger]
    context: dict[str, Scalar]
    step: str = ""
    visits: dict[str, int] | None = None
    left: str = ""
    exit_check_ms: int = NEVER
    waits_since_ms: int = -NEVER
    asked_ms: int = -NEVER
    asked: str = ""
    deferrals: int = 0
    chosen: tuple[Chosen, ...] = ()
    goal_at_ms: int = NEVER
    moves: int = 0

    def visited(self, step: str) -> int:
        """Return how often a step was done, of one that may be again."""
        return self.visits.get(step, 0) if self.visits else 0


class JourneyMemory(msgspec.Struct, array_like=True, gc=False):
    """How often a journey was entered, when a run of it last ended, and when one last started."""

    entries: int = 0
    ended_ms: int = -NEVER
    entered_ms: int = -NEVER


class Consent(msgspec.Struct, array_like=True, gc=False):
    """The latest word on one purpose."""

    granted: bool
    at_ms: int


class Suppression(msgspec.Struct, array_like=True, gc=False):
    """Why a channel must not be used for this user, and since when."""

    reason: str
    at_ms: int


class Session(msgspec.Struct, array_like=True, gc=False):
    """The session under way, or the latest where `is_over`; `number` counts a user's sessions from 1.

    `event` is the id of the latest activity, `last_event` its name. `page` is the one looked at since `page_ms`; "" has
    no name. `check_ms` is when to look whether it is over. Of the session before it only the borders are kept.
    """

    number: int
    started_ms: int
    last_ms: int
    event: str
    events: int = 0
    last_event: str = ""
    pages: int = 0
    entry_page: str = ""
    page: str = ""
    page_ms: int = -NEVER
    is_over: bool = False
    check_ms: int = NEVER
    before_started_ms: int = -NEVER
    before_last_ms: int = -NEVER


class Profile(msgspec.Struct, array_like=True, gc=False):
    """All of one user. `due_ms` is when its earliest timer falls due; `now_ms` the latest time anything was decided at.

    `memberships_due_ms` is when the first membership is to be looked at again, or earlier, and `runs_due_ms` when the
    first run is: of a profile that was kept without them, at once.

    `spread` shifts this user's bucket edges against other users'; `carts` is by cart id, the last changed one last;
    `ordered_ms` is the latest order that emptied all carts; `sent_ms` by what caps and exclusions count; `seen`
    holds 64-bit hashes of the latest message ids, eight bytes each, oldest first (`earlier_seen` is where earlier
    versions kept them: nothing but decoding meets it); `identity_event` is the id of the latest event that
    told of the user; `version` is that of the definitions that all its memberships were last decided by; `zone`
    names the time zone that a call's context brought last; `habits` are kept only where a journey asks for the best
    time or channel, `products` only where something picks products by them. `hand` is the context of the run that
    is being decided, None between turns. `undelivered` has the triggers of which a delivery is counted once it is
    told, each with where. `births` is how often the user was erased before. `heard` says of each partition of the
    catalogue from which offset on the user has not been told of changes, where that was noted; a catalogue has few.
    What few users have is None where there is none of it: there may be millions of users.
    """

    due_ms: int
    user: str
    spread: int
    now_ms: int = -NEVER
    traits: dict[str, TraitState] = {}
    carts: dict[str, Cart] = {}
    cart_ordinal: int = 1
    ordered_ms: int = -NEVER
    history_until_ms: int = -NEVER
    memberships: dict[str, Membership] = {}
    runs: list[Run] = []
    journeys: dict[str, JourneyMemory] = {}
    identity: dict[str, Scalar] = {}
    consents: dict[str, Consent] = {}
    suppressions: dict[str, Suppression] = {}
    sent_ms: dict[str, list[int]] = {}
    earlier_seen: dict[int, int] | None = None
    identity_event: str = ""
    version: str = ""
    session: Session | None = None
    zone: str = ""
    memberships_due_ms: int = -NEVER
    habits: Habits | None = None
    products: ProductMemory | None = None
    hand: dict[str, Scalar] | None = None
    undelivered: dict[str, list[str]] | None = None
    births: int = 0
    runs_due_ms: int = -NEVER
    heard: dict[int, int] | None = None
    seen: bytes = b""

    @property
    def lifetime(self) -> str:
        """The user, and which of their lifetimes it is if they were erased before: what ids are made from."""
        return f"{self.user}\x1e{self.births}" if self.births else self.user


_HEAD: Final = struct.Struct(">cq")
_COMPRESSED: Final = b"\xc1"
"""What an encoded profile begins with, before its `due_ms`: a byte that begins no MessagePack."""

_FAR_MS: Final = {NEVER: NEVER, -NEVER: -NEVER}
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Profile)
_fields_decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])
_products_decoder = msgspec.msgpack.Decoder(ProductMemory | None)
_user_decoder = msgspec.msgpack.Decoder(str)
_USER: Final = Profile.__struct_fields__.index("user")
_PRODUCTS: Final = Profile.__struct_fields__.index("products")


def new_profile(user: str, *, spread: bool = True) -> Profile:
    """Return an empty profile; without `spread` bucket edges fall on whole multiples of the width (scenario tests)."""
    spread_ms = xxhash.xxh32_intdigest(user.encode()) if spread else 0
    return Profile(NEVER, user, spread_ms, memberships_due_ms=NEVER)


def encode_profile(profile: Profile) -> bytes:
    """Return the profile as kept: `due_ms`, readable without the rest, and MessagePack compressed by Zstandard."""
    return _HEAD.pack(_COMPRESSED, profile.due_ms) + packed(_encoder.encode(profile))


def decode_profile(encoded: bytes) -> Profile:
    """Read a profile back; raises `msgspec.DecodeError` on bytes this version cannot read."""
    profile = _decoder.decode(_message(encoded))
    bring_up_to_date(profile)
    share_in(profile, _FAR_MS.copy())
    return profile


def due_ms_of(encoded: bytes) -> int:
    """Return `due_ms` of an encoded profile, without a look at the rest of it."""
    if encoded[:1] != _COMPRESSED:
        return decode_profile(encoded).due_ms
    due_ms: int = _HEAD.unpack_from(encoded)[1]
    return due_ms


def decode_products(encoded: bytes) -> tuple[str, ProductMemory | None]:
    """Read only whose a profile is, and the products it remembers; the rest is passed over."""
    fields = _fields_decoder.decode(_message(encoded))
    user = _user_decoder.decode(fields[_USER])
    return user, _products_decoder.decode(fields[_PRODUCTS]) if len(fields) > _PRODUCTS else None


def _message(encoded: bytes) -> bytes:
    """Return the MessagePack of an encoded profile: an earlier version kept that as it is."""
    if encoded[:1] != _COMPRESSED:
        return encoded
    return unpacked(encoded[_HEAD.size :])
