"""A small shop's config as text, and the story of its users told to a decider, event by event."""

from collections.abc import Mapping
from functools import cache

import msgspec

from stream.decision.decider import Decider
from stream.definitions import load
from stream.definitions.calendar import read_seasons
from stream.definitions.expressions import Expr
from stream.definitions.parsing import Scope, parse_expression
from stream.definitions.reading import Reader
from stream.definitions.shapes import Aggregate, Definitions
from stream.definitions.source import read_yaml
from stream.model.contributions import Contribution
from stream.model.events import Event, Scalar
from stream.model.money import Money
from stream.model.outcomes import AnyOutcome, Decision, Goal, RunChange, SegmentChange, Trigger, Withdrawal
from stream.model.profile import NEVER, Profile, decode_profile, encode_profile

S, M, H, D = 1_000, 60_000, 3_600_000, 86_400_000
"""Stories begin at zero, so that a time reads as the time since the beginning."""

EVENTS = """\
currency: USD
rates: {EUR: 1.25}
topics:
  clickstream:
    viewed: {product_id: string, category: string, rating: number, price: money}
    measured: {n: number, i: integer, m: money, s: string, f: boolean, g: boolean, t: timestamp}
    closed: {reason: string}
    settled: {s: string}
  cart:
    product_added: {product_id: string, sku: string, quantity: integer, cart_id: string, price: money}
    product_removed: {product_id: string, sku: string, quantity: integer, cart_id: string}
    order_completed: {order_id: string, cart_id: string, total: money, points: integer,
      products: [{product_id: string, category: string, quantity: integer, price: money}]}
    returned: {products: [{quantity: integer}]}
  email:
    email_delivered: {trigger_id: string}
    email_opened: {trigger_id: string, machine_open: boolean}
    email_link_clicked: {trigger_id: string}
    email_bounced: {bounce_type: string}
    email_marked_as_spam:
    unsubscribed:
  people:
    identify: {email: string, first_name: string, locale: string, timezone: string, phone: string, country: string,
      birthday: string, renews_at: timestamp, age: integer}
    consent_changed: {purpose: string, granted: boolean}
    erasure_requested:
"""

CALENDAR = """\
new_year: {from: 12-31, to: 01-02}
first_day: {from: 1970-01-01, to: 1970-01-01}
"""
SEASONS = read_seasons(Reader([]), read_yaml("calendar.yaml", CALENDAR, []), is_there=True).named

ACTIONS = """\
mail: {channel: email, purpose: marketing, template: hello}
ad: {channel: ads, purpose: advertising, template: banner, valid_for: 3d}
"""


def config(
    traits: str = "",
    segments: Mapping[str, str] | None = None,
    journeys: Mapping[str, str] | None = None,
    actions: str = ACTIONS,
    policy: str = "",
    tables: Mapping[str, str] | None = None,
) -> Definitions:
    """Load a config; a segment or journey is given by name, a segment just by its condition where it is one line."""
    files = {"events.yaml": EVENTS, "traits.yaml": traits, "actions.yaml": actions, "policy.yaml": policy}
    files["calendar.yaml"] = CALENDAR
    for name, text in (segments or {}).items():
        files[f"segments/{name}.yaml"] = (
            text if text.startswith(("when:", "describe:", "tiers:")) else f"when: {text}\n"
        )
    for name, text in (tables or {}).items():
        files[f"tables/{name}.yaml"] = text
    for name, text in (journeys or {}).items():
        files[f"journeys/{name}.yaml"] = text
    return _loaded(tuple((name, text) for name, text in files.items() if text))


@cache
def _loaded(files: tuple[tuple[str, str], ...]) -> Definitions:
    return load(dict(files))


def assuming(definitions: Definitions, *purposes: str) -> Definitions:
    """Return the definitions with consents assumed."""
    return msgspec.structs.replace(definitions, assumed_consents=frozenset(purposes))


def scope_of(definitions: Definitions) -> Scope:
    """Return what an expression over these definitions may name."""
    types = {t.name: t.type if isinstance(t, Aggregate) else t.value.type for t in definitions.traits.values()}
    planned = definitions.plan.events["identify"].properties
    kinds = {"string": "string", "timestamp": "timestamp", "integer": "number"}
    said = {name: kinds[its.type] for name, its in planned.items() if name not in types}
    segments = frozenset(definitions.segments)
    tiers = {name: tuple(tier.name for tier in its.tiers) for name, its in definitions.segments.items() if its.tiers}
    currency, own = definitions.plan.currency, frozenset(said)
    return Scope(said | types, segments, currency, identity=own, tiers=tiers, seasons=SEASONS)


class Story:
    """Tells events to a decider; `outcomes` and `contributions` gather all that came of them."""

    def __init__(self, definitions: Definitions, *, spread: bool = False) -> None:
        self.definitions = definitions
        self.profiles: dict[str, Profile] = {}
        self.decider = Decider(definitions, self.profiles, spread=spread)
        self.outcomes: list[AnyOutcome] = []
        self.contributions: list[Contribution] = []
        self._number = 0

    def taking_over(self, other: "Story") -> "Story":
        """Go on with the profiles and timers of another story, under this one's definitions."""
        self.profiles.update(other.profiles)
        for user, profile in other.profiles.items():
            self.decider.schedule(user, profile.due_ms)
        self._number = other._number
        return self

    def tell(self, at_ms: int, name: str, **props: Scalar) -> list[AnyOutcome]:
        """Tell one event of the user `u`; return what came of it."""
        return self.hear(self.event(at_ms, name, **props))

    def event(self, at_ms: int, name: str, user: str = "u", **props: Scalar) -> Event:
        """Return an event with an id of its own: `e1`, `e2` and so on."""
        self._number += 1
        return Event(user, name, at_ms, f"e{self._number}", props)

    def tell_abroad(self, at_ms: int, name: str, original: Money, **props: Scalar) -> list[AnyOutcome]:
        """Tell an event whose price came in another currency."""
        return self.hear(msgspec.structs.replace(self.event(at_ms, name, **props), amounts={"price": original}))

    def hear(self, event: Event, limit_ms: int = NEVER) -> list[AnyOutcome]:
        """Tell an event as it is; return what came of it."""
        self.decider.decide(event, limit_ms)
        return self._taken()

    def wait(self, until_ms: int) -> list[AnyOutcome]:
        """Let time pass; return what came of it."""
        self.decider.advance(until_ms)
        return self._taken()

    def consent(self, *purposes: str, at_ms: int = 0) -> None:
        """Let the user consent to purposes."""
        for purpose in purposes:
            self.tell(at_ms, "consent_changed", purpose=purpose, granted=True)

    def profile(self, user: str = "u") -> Profile:
        return self.profiles[user]

    def parsed(self, text: str) -> Expr:
        return parse_expression(text, scope_of(self.definitions))

    def value(self, text: str, now_ms: int) -> Scalar | None:
        """Return the value of an expression for the user `u`, leaving the profile as it is."""
        return self.reading(text, now_ms)[0]

    def reading(self, text: str, now_ms: int) -> tuple[Scalar | None, int]:
        """Return the value of an expression and when time alone may change it."""
        profile = decode_profile(encode_profile(self.profiles["u"]))
        return self.decider.program.compiled(self.parsed(text))(profile, now_ms)

    def _taken(self) -> list[AnyOutcome]:
        taken = self.decider.take()
        self.outcomes += taken.outcomes
        self.contributions += taken.contributions
        return taken.outcomes


def shown(outcomes: list[AnyOutcome]) -> list[tuple[int, str]]:
    """Return outcomes as times and short words, in their order."""
    return [(outcome.at_ms, _word(outcome)) for outcome in outcomes]


def words(outcomes: list[AnyOutcome]) -> list[str]:
    """Return outcomes as short words, in their order."""
    return [_word(outcome) for outcome in outcomes]


def _word(outcome: AnyOutcome) -> str:
    match outcome:
        case SegmentChange():
            tiers = " -> ".join(filter(None, (outcome.from_, outcome.to)))
            return f"{outcome.change} {outcome.segment}" + (f": {tiers}" if tiers else "")
        case Trigger():
            return f"trigger {outcome.action}"
        case Withdrawal():
            return f"withdrawn {outcome.action}"
        case Decision():
            return f"{outcome.verdict} {outcome.action}"
        case RunChange():
            return f"{outcome.change} {outcome.journey}: {outcome.reason}"
        case Goal():
            return f"goal {outcome.event}"
