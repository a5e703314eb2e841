"""Random days of a few users under journeys, and ways of living them: straight on, or with everything that may come
between: restarts, repeats, several deciders, other users first, a clock that moves in small steps.
"""

from collections.abc import Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from stream.decision.decider import Decider
from stream.decision.program import Program
from stream.decision.turn import Counts
from stream.model.events import Event, Scalar
from stream.model.outcomes import AnyOutcome, Decision, Trigger
from stream.model.profile import Profile, decode_profile, encode_profile

M, H, D = 60_000, 3_600_000, 86_400_000
BEGINS_MS: Final = 1_709_935_200_000
"""8 March 2024, 22:00 UTC: two days before clocks are set forward in New York."""

USERS: Final = ("ann", "bob", "cleo", "dan")
PROFILE_BYTES_MOST: Final = 64 << 10

_GAPS: Final = (0, 0, 1, M, 10 * M, 30 * M, H - 1, H, H, 2 * H, 5 * H, D, 2 * D)
_NAMES: Final = (
    *("viewed",) * 6,
    *("measured",) * 4,
    *("product_added",) * 3,
    *("closed",) * 2,
    *("order_completed",) * 2,
    *("product_removed", "consent_changed", "consent_changed", "identify"),
)
_RARE: Final = ("unsubscribed", "email_bounced", "email_marked_as_spam", "erasure_requested")
_PRODUCTS: Final = ("p1", "p2", "p3")
_VALUES: Final[Mapping[str, Mapping[str, tuple[Scalar, ...]]]] = {
    "viewed": {"product_id": _PRODUCTS, "n": (1, 2, 3)},
    "measured": {"n": (0, 1, 2, 3, 4), "product_id": _PRODUCTS, "t": (0,)},
    "closed": {"product_id": _PRODUCTS, "n": (1, 2)},
    "product_added": {"quantity": (1, 2), "cart_id": ("c1", "c2"), "price": (500, 2_500)},
    "order_completed": {"cart_id": ("c1", "c2"), "product_id": _PRODUCTS, "total": (500, 2_500)},
    "consent_changed": {"purpose": ("marketing", "advertising", "news", "service"), "granted": (True, True, False)},
    "identify": {
        "timezone": ("Europe/Berlin", "America/New_York", "Pacific/Auckland", "nowhere"),
        "country": ("DE", "us", "UK"),
        "phone": ("1",),
    },
    "email_bounced": {"bounce_type": ("hard", "soft", "soft")},
}
_ANSWERS: Final = (
    *("email_delivered",) * 6,
    *("email_opened", "email_link_clicked", "email_bounced", "unsubscribed"),
)


def days(random: Random, *, begins_ms: int = BEGINS_MS) -> list[Event]:
    """Draw events of a few users in order of time; most consent to most at the beginning."""
    users, time_ms, events = USERS[: random.randint(1, 3)], begins_ms + random.randrange(D), list[Event]()
    for user in users:
        for purpose in ("marketing", "advertising", "news"):
            if random.randrange(5):
                events.append(Event(user, "consent_changed", time_ms, "", {"purpose": purpose, "granted": True}))
    for _ in range(random.randint(1, 30)):
        time_ms += random.choice(_GAPS)
        name = random.choice(_RARE) if random.randrange(40) == 0 else random.choice(_NAMES)
        time_ms += name == "erasure_requested"  # so that it is clear what was before
        event = Event(random.choice(users), name, time_ms, "", _drawn(random, name, time_ms))
        events.append(msgspec.structs.replace(event, zone="Asia/Tokyo") if random.randrange(60) == 0 else event)
        time_ms += name == "erasure_requested"
    return _numbered(events)


def answered(random: Random, events: Sequence[Event], outcomes: Sequence[AnyOutcome]) -> list[Event]:
    """Add what users do with what was sent to them: their time is after that of the trigger."""
    added = list(events)
    for trigger in outcomes:
        if isinstance(trigger, Trigger) and random.randrange(3):
            name, at_ms = random.choice(_ANSWERS), trigger.at_ms + random.choice((0, 1, M, H, D))
            props = {**_drawn(random, name, at_ms), "trigger_id": trigger.id}
            added.append(Event(trigger.user_id, name, at_ms, "", props))
    return _numbered(sorted(added, key=lambda event: event.time_ms))


def arriving_late(random: Random, events: Sequence[Event]) -> list[Event]:
    """Let some of the events come after later ones; what asks to be forgotten is not overtaken."""
    arriving = list(events)
    if any(event.name == "erasure_requested" for event in events):
        return arriving
    for _ in range(random.randint(0, 4)):
        place = random.randrange(len(arriving))
        event = arriving.pop(place)
        arriving.insert(min(place + random.randint(1, 6), len(arriving)), event)
    return arriving


def _drawn(random: Random, name: str, time_ms: int) -> dict[str, Scalar]:
    props = {key: random.choice(of) for key, of in _VALUES.get(name, {}).items() if random.randrange(4)}
    if name.startswith("product_"):
        props["product_id"] = random.choice(_PRODUCTS)
    if "t" in props:
        props["t"] = time_ms + random.choice((-H, H, 5 * H, D, 3 * D))
    return props


def _numbered(events: Sequence[Event]) -> list[Event]:
    return [msgspec.structs.replace(event, id=f"e{number}") for number, event in enumerate(events)]


class Living:
    """Deciders under one program, each with its users; after every turn what must always hold of profiles is looked at.

    With a `random` of its own it lives with all that may come between.
    """

    def __init__(self, program: Program, random: Random | None = None) -> None:
        self.program, self.random = program, random
        self.outcomes: list[AnyOutcome] = []
        self.wrong: list[str] = []
        self.profiles: list[dict[str, Profile]] = [{} for _ in range(random.randint(1, 3) if random else 1)]
        self.deciders = [self._decider(profiles) for profiles in self.profiles]

    def live(self, events: Sequence[Event], *, is_stepped: bool = False) -> "Living":
        """Decide the events, then let time run on until nothing is left to wait for."""
        told = self._among_others(events) if self.random is not None else list(events)
        clock_ms = 0
        for event in told:
            if is_stepped and self.random is not None and event.time_ms > clock_ms:
                between = [self.random.randint(clock_ms, event.time_ms - 1) for _ in range(self.random.randrange(3))]
                for at_ms in sorted(between):
                    self._advance(at_ms)
                clock_ms = event.time_ms
            self._decide(event)
            if self.random is not None and self.random.randrange(4) == 0:
                self._decide(msgspec.structs.replace(event))
                self._restart()
        self._advance(max(event.time_ms for event in told) + 200 * D)
        return self

    def by_user(self) -> dict[str, list[AnyOutcome]]:
        """Return each user's outcomes in their order."""
        found: dict[str, list[AnyOutcome]] = {}
        for outcome in self.outcomes:
            found.setdefault(outcome.user_id, []).append(outcome)
        return found

    def counts(self) -> dict[str, int]:
        """Return how many members and runs there are by all deciders together, where any are."""
        found: dict[str, int] = {}
        for decider in self.deciders:
            for kind, counted in (("segment", decider.counts.segments), ("run", decider.counts.runs)):
                for name, count in counted.items():
                    found[f"{kind} {name}"] = found.get(f"{kind} {name}", 0) + count
        return {name: count for name, count in found.items() if count}

    def all_profiles(self) -> dict[str, Profile]:
        return {user: profile for profiles in self.profiles for user, profile in profiles.items()}

    def _decider(self, profiles: dict[str, Profile]) -> Decider:
        return Decider(self.program.definitions, profiles, program=self.program)

    def _place(self, user: str) -> int:
        return sum(map(ord, user)) % len(self.deciders)

    def _among_others(self, events: Sequence[Event]) -> list[Event]:
        """Let users' events of one moment come in another order among each other, each user's own in theirs."""
        order = list(USERS)
        self._random().shuffle(order)
        moment: dict[str, int] = {}
        latest_ms = 0
        for event in events:
            latest_ms = max(latest_ms, event.time_ms)
            moment[event.id] = latest_ms
        return sorted(events, key=lambda event: (moment[event.id], order.index(event.user)))

    def _random(self) -> Random:
        assert self.random is not None
        return self.random

    def _decide(self, event: Event) -> None:
        place = self._place(event.user)
        self.deciders[place].decide(event)
        self._gather(self.deciders[place])
        profile = self.profiles[place].get(event.user)
        if profile is not None:
            self._look_at(profile)

    def _advance(self, clock_ms: int) -> None:
        for decider, profiles in zip(self.deciders, self.profiles, strict=True):
            decider.advance(clock_ms)
            self._gather(decider)
            for profile in profiles.values():
                self._look_at(profile)

    def _gather(self, decider: Decider) -> None:
        self.outcomes += decider.take().outcomes

    def _look_at(self, profile: Profile) -> None:
        """Note what never may be of a profile between turns."""
        encoded = encode_profile(profile)
        if decode_profile(encoded) != profile:
            self.wrong.append(f"{profile.user} is not read back as it was written")
        if profile.hand:
            self.wrong.append(f"{profile.user} has the context of a run at hand: {profile.hand}")
        if len(encoded) > PROFILE_BYTES_MOST:
            self.wrong.append(f"{profile.user} takes {len(encoded)} bytes")

    def _restart(self) -> None:
        """Let other deciders take over, from what was written of profiles and counts."""
        for place, old in enumerate(self.deciders):
            kept = {user: encode_profile(profile) for user, profile in self.profiles[place].items()}
            self.profiles[place] = {user: decode_profile(encoded) for user, encoded in kept.items()}
            self.deciders[place] = self._decider(self.profiles[place])
            self.deciders[place].restore(msgspec.json.decode(msgspec.json.encode(old.counts), type=Counts))
            for user, profile in self.profiles[place].items():
                self.deciders[place].schedule(user, profile.due_ms)


def sent_or_held_out(outcomes: Sequence[AnyOutcome]) -> list[Decision]:
    """Return the decisions that took up room."""
    return [o for o in outcomes if isinstance(o, Decision) and o.verdict in ("sent", "held_out")]
