"""What happened to one user, as a plain list that only grows, with the sessions it falls into."""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from stream.model.events import Event, Scalar
from stream.model.plan import SessionRules
from tests.properties.cart_oracle import carts_of


class Fact(NamedTuple):
    """One occurrence, with what was known when it came: where the user was, and the number of its session (or 0)."""

    name: str
    time_ms: int
    props: Mapping[str, Scalar]
    lists: Mapping[str, Sequence[Mapping[str, Scalar]]]
    zone: str
    session: int


class Visit:
    """One session; `is_told` once it was told that it has ended."""

    def __init__(self, started_ms: int) -> None:
        self.started_ms = self.last_ms = started_ms
        self.is_told = False
        self.events = 0
        self.last_event = ""
        self.pages: list[tuple[int, str]] = []
        self.looked_at: tuple[int, str] | None = None


Told = tuple[str, int, dict[str, Scalar]]
"""An event that decisions make: name, time, properties."""


class Facts:
    """All facts of one user, in the order in which they came; the latest of the times is `now_ms`."""

    def __init__(self, rules: SessionRules, zone: str) -> None:
        self.rules, self._zone = rules, zone
        self.all: list[Fact] = []
        self.said: dict[str, Scalar] = {}
        self.context_zone = ""
        self.visits: list[Visit] = []
        self.of_carts: list[Event] = []
        self.now_ms = -(1 << 62)

    @property
    def zone(self) -> str:
        """Where the user is: as they said, else as their last call said, else as is set for all."""
        return str(self.said.get("timezone") or self.context_zone or self._zone)

    def add(self, name: str, time_ms: int, props: Mapping[str, Scalar], lists: Mapping | None = None) -> Fact:
        """Append a fact."""
        fact = Fact(name, time_ms, props, lists or {}, self.zone, self.number_at(time_ms))
        self.all.append(fact)
        return fact

    def number_at(self, time_ms: int) -> int:
        """Return the number of the session that a time lies in, of the latest two."""
        for number in range(len(self.visits), max(0, len(self.visits) - 2), -1):
            visit = self.visits[number - 1]
            if visit.started_ms <= time_ms <= visit.last_ms + self.rules.gap_ms:
                return number
        return 0

    def is_over(self, now_ms: int) -> bool:
        """Tell whether the latest session has ended."""
        return not self.visits or self.visits[-1].is_told or now_ms >= self.visits[-1].last_ms + self.rules.gap_ms

    def visit(self, event: Event) -> Iterator[Told]:
        """Let an activity go on with the session or start one; give what is told of that, as name, time, properties."""
        time_ms, latest = event.time_ms, self.visits[-1] if self.visits else None
        if latest is None or time_ms > latest.last_ms + self.rules.gap_ms:
            latest = Visit(time_ms)
            self.visits.append(latest)
            yield "session_started", time_ms, {}
        elif self.now_ms > latest.last_ms + self.rules.gap_ms or time_ms < latest.started_ms:
            return
        latest.events += 1
        if time_ms >= latest.last_ms:
            latest.last_ms, latest.last_event = time_ms, event.name
        if event.name == self.rules.page_event:
            page = str(event.props.get(self.rules.page_property, ""))
            latest.pages.append((time_ms, page))
            if latest.looked_at is None or time_ms >= latest.looked_at[0]:
                if latest.looked_at is not None:
                    yield "page_left", time_ms, _left(latest.looked_at, time_ms)
                latest.looked_at = (time_ms, page)

    def change_cart(self, event: Event) -> Iterator[Told]:
        """Let an event change a cart; give what is told of that."""
        before = carts_of(self.of_carts)
        self.of_carts.append(event)
        after, name = carts_of(self.of_carts), str(event.props.get("cart_id") or "")
        changed = [cart for cart in before if before[cart].quantity and cart not in after]
        if event.name == "product_added":
            changed = [[*after][-1]]
        elif event.name == "product_removed":
            orders = sum(one.name == "order_completed" and "cart_id" not in one.props for one in self.of_carts)
            cart = before.get(name or str(orders + 1))
            changed = [cart.name] if cart is not None and event.props["product_id"] in cart.quantity else []
        for cart in changed:
            yield "cart_changed", self.now_ms, {"cart_id": cart}
            if cart not in after or not after[cart].quantity:
                yield "cart_emptied", self.now_ms, {"cart_id": cart}

    def end_visit(self) -> Iterator[Told]:
        """End the session whose gap is over; give what is told of that."""
        if not self.visits or self.visits[-1].is_told or not self.is_over(self.now_ms):
            return
        visit = self.visits[-1]
        visit.is_told = True
        ended_ms, seen = visit.last_ms + self.rules.gap_ms, visit.looked_at
        if seen is not None and visit.last_ms > seen[0]:
            yield "page_left", ended_ms, _left(seen, visit.last_ms)
        entry, left = visit.pages[0][1] if visit.pages else "", seen[1] if seen is not None else ""
        told = {"pages": len(visit.pages), "events": visit.events, "duration": visit.last_ms - visit.started_ms}
        pages = {name: page for name, page in (("entry_page", entry), ("exit_page", left)) if page}
        yield "session_ended", ended_ms, {**told, "last_event": visit.last_event, **pages}


def _left(seen: tuple[int, str], left_ms: int) -> dict[str, Scalar]:
    return {"dwell": left_ms - seen[0], **({"page": seen[1]} if seen[1] else {})}
