"""Random days of a few shoppers, and the configs they are decided under: the shipped one, and a small dense one."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from hypothesis import strategies as st

from stream.decision.decider import Decider
from stream.decision.runs import is_under_way
from stream.decision.turn import Counts
from stream.definitions import load
from stream.model.events import Event, Scalar
from stream.model.outcomes import AnyOutcome
from stream.model.profile import Profile

M, H, D = 60_000, 3_600_000, 86_400_000
PURPOSES: Final = ("marketing", "advertising")
_SHIPPED: Final = Path(__file__).resolve().parents[2] / "config"

_DENSE: Final = {
    "traits.yaml": """\
views: {count: product_viewed, within: 1h}
seen_at: {last: product_viewed.at}
spend: {sum: order_completed.total, within: 1d}
triggers: {count: trigger_sent, within: 1d}
""",
    "actions.yaml": """\
mail: {channel: email, purpose: marketing, template: t, valid_for: 6h, payload: {items: cart.items, total: cart.total}}
ad: {channel: ads, purpose: advertising, template: t}
""",
    "policy.yaml": """\
caps:
  - {channel: email, at_most: 1, within: 2h}
  - {channel: email, at_most: 3, within: 1d}
  - {channel: ads, at_most: 1, within: 6h}
max_trigger_age: 1h
""",
    "segments/keen.yaml": "when: views >= 2\n",
    "segments/gone.yaml": "when: since(seen_at) >= 30m\n",
    "segments/holder.yaml": "when: cart.quantity >= 2\nexit: cart.quantity == 0 or since(cart.changed_at) >= 3h\n",
    "segments/both.yaml": "when: (keen or gone) and holder\n",
    "segments/told.yaml": "when: triggers >= 1 and spend < 50\n",
    "journeys/come_back.yaml": """\
enter: {segment: gone, again_after: 1h}
exit_on: [order_completed]
goal: {event: order_completed, within: 1d, value: total}
steps:
  - trigger: mail
  - wait: 1h
    if_none: [product_viewed]
  - branch:
      - {when: holder, trigger: ad}
      - when: spend >= 10
        end: has bought
  - wait: 1d
  - trigger: mail
""",
    "journeys/save_cart.yaml": """\
enter: {event: product_added, key: cart.id, again_after: 0s}
exit_on: [cart_emptied, order_completed]
steps:
  - wait: 30m
    if_none: [cart_changed]
  - trigger: mail
  - wait: 5h
  - trigger: ad
""",
    "journeys/greet.yaml": "enter: {segment: both, again_after: 2h}\nsteps: [{trigger: ad}, {trigger: mail}]\n",
}


def _texts() -> dict[str, str]:
    return {path.relative_to(_SHIPPED).as_posix(): path.read_text("utf-8") for path in sorted(_SHIPPED.rglob("*.yaml"))}


SHIPPED: Final = load(_texts())
DENSE: Final = load({"events.yaml": _texts()["events.yaml"], **_DENSE})
CONFIGS: Final = {
    f"{name}{', all consented' if purposes else ''}": msgspec.structs.replace(one, assumed_consents=frozenset(purposes))
    for name, one in (("shipped", SHIPPED), ("dense", DENSE))
    for purposes in ((), PURPOSES)
}
any_config: Final = st.sampled_from([*reversed(CONFIGS), "dense, all consented"])

_GAPS: Final = st.sampled_from((1, M, 5 * M, 20 * M, 30 * M, 59 * M, H, H + 1, 2 * H, 5 * H, 16 * H, D, 7 * D))
_PRODUCTS: Final = st.sampled_from(("p1", "p2", "p3"))
_CART_IDS: Final = st.sampled_from((None, None, "c1", "c2"))


def _told(name: str, **props: st.SearchStrategy[Scalar | None]) -> st.SearchStrategy[tuple[str, dict[str, Scalar]]]:
    """Return a strategy of one event's name and properties; a property that is None is left out."""
    return st.fixed_dictionaries(props).map(lambda drawn: (name, {k: v for k, v in drawn.items() if v is not None}))


_VIEW: Final = _told("product_viewed", category=st.sampled_from(("a", "b")))
_ADDITION: Final = _told(
    "product_added",
    product_id=_PRODUCTS,
    cart_id=_CART_IDS,
    quantity=st.sampled_from((None, 1, 3)),
    price=st.sampled_from((None, 0, 20_00, 75_00)),
)
_SHAPES: Final = st.one_of(
    *[_VIEW] * 4,
    *[_ADDITION] * 3,
    _told("product_removed", product_id=_PRODUCTS, cart_id=_CART_IDS),
    _told("order_completed", total=st.integers(0, 30_000), cart_id=_CART_IDS),
    _told("consent_changed", purpose=st.sampled_from(PURPOSES), granted=st.sampled_from((True, True, False))),
    st.sampled_from(("email_opened", "email_link_clicked", "page_viewed", "unsubscribed")).flatmap(_told),
    _told("email_bounced", bounce_type=st.sampled_from(("soft", "soft", "hard"))),
)


@st.composite
def days(
    draw: st.DrawFn, longest: int = 25, shapes: st.SearchStrategy[tuple[str, dict[str, Scalar]]] = _SHAPES
) -> list[Event]:
    """Draw events of a few users, in order of time, no two at the same time."""
    users = st.sampled_from(draw(st.sampled_from((("ann",), ("ann", "bob"), ("ann", "bob", "cleo")))))
    time_ms, events = 0, []
    for number in range(draw(st.one_of(st.integers(1, 6), st.just(longest)))):
        time_ms += draw(_GAPS)
        name, props = draw(shapes)
        events.append(Event(draw(users), name, time_ms, f"e{number}", props))
    return events


@st.composite
def late_days(draw: st.DrawFn) -> list[Event]:
    """Draw the same, as they arrive: some of them late."""
    arriving = draw(days())
    for place, later in draw(st.lists(st.tuples(st.integers(0, 24), st.integers(1, 6)), max_size=6)):
        arriving.insert(min(place + later, len(arriving)), arriving.pop(place % len(arriving)))
    return arriving


eager_days: Final = days(longest=40, shapes=st.one_of(_VIEW, _VIEW, _ADDITION))
"""Days on which nobody buys, minds or bounces, so that triggers come as thick as the caps allow."""


@st.composite
def late_purchases(draw: st.DrawFn) -> list[Event]:
    """Draw eager days, with orders that are heard of only some events after they were made."""
    arriving = draw(eager_days)
    for number, later in enumerate(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))):
        place = draw(st.integers(0, len(arriving) - 1))
        made = arriving[place]
        order = Event(made.user, "order_completed", made.time_ms + draw(_GAPS), f"order {number}", {"total": 5_00})
        arriving.insert(place + 1 + later, order)
    return arriving


class Shop:
    """A decider with its profiles and all outcomes so far."""

    def __init__(self, config: str, profiles: dict[str, Profile] | None = None) -> None:
        self.profiles = {} if profiles is None else profiles
        self.decider = Decider(CONFIGS[config], self.profiles)
        self.outcomes: list[AnyOutcome] = []

    def live(self, events: Sequence[Event], until_ms: int | None = None) -> "Shop":
        """Decide the events, and let time run on to the end."""
        for event in events:
            self.decider.decide(event)
        if until_ms is not None:
            self.decider.advance(until_ms)
        return self.kept()

    def kept(self) -> "Shop":
        """Gather what has come of it so far."""
        self.outcomes += self.decider.take().outcomes
        return self

    def by_user(self) -> dict[str, list[AnyOutcome]]:
        """Return each user's outcomes in their order; between users there is none."""
        found: dict[str, list[AnyOutcome]] = {}
        for outcome in self.outcomes:
            found.setdefault(outcome.user_id, []).append(outcome)
        return found

    def recounted(self) -> Counts:
        """Count members and runs under way from the profiles."""
        counts = Counts({}, {})
        for profile in self.profiles.values():
            for name, membership in profile.memberships.items():
                place = membership.place(name)
                counts.segments[place] = counts.segments.get(place, 0) + membership.inside
            for run in profile.runs:
                counts.runs[run.journey] = counts.runs.get(run.journey, 0) + is_under_way(run)
        return counts


def end_of(events: Sequence[Event]) -> int:
    """Return a time by which all timers of these events have fired."""
    return max(event.time_ms for event in events) + 120 * D
