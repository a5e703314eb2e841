"""Random traits, as lines of `traits.yaml`, over a small tracking plan."""

from collections.abc import Mapping
from typing import Final

from hypothesis import strategies as st

EVENTS: Final = """\
currency: USD
timezone: Europe/Berlin
sessions: {gap: 30m, page: viewed.page}
topics:
  clickstream:
    viewed: {page: string, kind: string, rating: number, pieces: integer, price: money, is_new: boolean,
      ends: timestamp}
    used: {kind: string, amount: number, price: money}
  cart:
    product_added: {product_id: {type: string, required: true}, kind: string, quantity: integer, price: money,
      cart_id: string}
    product_removed: {product_id: {type: string, required: true}, quantity: integer, cart_id: string}
    order_completed: {kind: string, coupon: string, total: money, cart_id: string,
      products: [{kind: string, pieces: integer, price: money, is_new: boolean}]}
    order_refunded: {kind: string, total: money, pieces: integer}
  email:
    delivered: {kind: string}
    opened: {kind: string, is_new: boolean}
    asked: {ticket: string, kind: string}
    answered: {ticket: string}
  people:
    identify: {plan: string, birthday: string, timezone: string, renews_at: timestamp, age: integer}
"""
CALENDAR: Final = """\
leap: {from: 2024-02-28, to: 2024-03-01}
new_year: {from: 12-31, to: 01-02}
spring: [{from: 03-09, to: 03-31}, {from: 2024-10-26, to: 2024-10-28}]
"""
PROPERTIES: Final[Mapping[str, Mapping[str, str]]] = {
    "viewed": {
        "page": "string",
        "kind": "string",
        "rating": "number",
        "pieces": "number",
        "price": "money",
        "is_new": "boolean",
        "ends": "timestamp",
    },
    "used": {"kind": "string", "amount": "number", "price": "money"},
    "order_completed": {"kind": "string", "coupon": "string", "total": "money"},
    "order_refunded": {"kind": "string", "total": "money", "pieces": "number"},
    "delivered": {"kind": "string"},
    "opened": {"kind": "string", "is_new": "boolean"},
    "asked": {"ticket": "string", "kind": "string"},
    "answered": {"ticket": "string"},
    "product_added": {"kind": "string", "quantity": "number", "price": "money"},
    "cart_changed": {"cart_id": "string"},
    "cart_emptied": {},
    "session_started": {},
    "session_ended": {"pages": "number", "events": "number", "duration": "duration", "exit_page": "string"},
    "page_left": {"page": "string", "dwell": "duration"},
}
ELEMENTS: Final = {"products[].kind": "string", "products[].pieces": "number", "products[].price": "money"}
WINDOWS: Final = ("5s", "1m", "10m", "1h", "1d", "7d", "30d")
HALF_LIVES: Final = ("10m", "1h", "1d", "7d")
_PERIODS: Final = ("day", "week", "month", "quarter", "year")
_ADDED: Final = {
    "sum": ("number", "money", "duration"),
    "avg": ("number", "money", "duration"),
    "min": ("number", "money", "timestamp", "duration"),
    "max": ("number", "money", "timestamp", "duration"),
    "first": ("number", "money", "timestamp", "string", "boolean"),
    "last": ("number", "money", "timestamp", "string", "boolean"),
    "nth": ("number", "money", "timestamp", "string"),
    "distinct": ("string", "number"),
    "set": ("string",),
    "top": ("string",),
}
_CALENDARS: Final = ("this: day", "this: week", "this: month", "previous: day", "previous: 2 weeks", "previous: month")
_WINDOWED: Final = frozenset("count sum avg min max first last top distinct set rate".split())
_SESSIONS: Final = ("session", "last_session", "last_3_sessions")
_BY_SESSION: Final = frozenset("count sum avg min max first last rate".split())
_ENDED: Final = frozenset("count sum avg min max first top".split())
_NO_CALENDAR: Final = frozenset({"last", "nth"})
_FADES: Final = frozenset("count sum avg rate".split())
_FEDS: Final = tuple(name for name in PROPERTIES if name != "answered")


@st.composite
def wheres(draw: st.DrawFn, event: str, *, elements: bool = False) -> str:
    """Draw a condition on an occurrence."""
    part = draw(_parts(event, elements=elements))
    match draw(st.integers(0, 4)):
        case 0:
            return f"{part} and {draw(_parts(event, elements=elements))}"
        case 1:
            return f"{part} or not ({draw(_parts(event, elements=elements))})"
        case _:
            return part


@st.composite
def _parts(draw: st.DrawFn, event: str, *, elements: bool) -> str:
    kinds = {**PROPERTIES[event], **(ELEMENTS if elements else {}), "at": "timestamp"}
    prop = draw(st.sampled_from(sorted(kinds)))
    match kinds[prop]:
        case "number" | "money":
            return f"{prop} {draw(st.sampled_from(('>=', '<', '!=', '==')))} {draw(st.sampled_from(('1', '2', '2.5')))}"
        case "string":
            return draw(
                st.sampled_from((f"{prop} == 'a'", f"{prop} != 'b'", f"known({prop})", f"{prop} in ('a', 'c')"))
            )
        case "boolean":
            return draw(st.sampled_from((prop, f"not {prop}", f"default({prop}, true)")))
        case "duration":
            return f"{prop} >= {draw(st.sampled_from(('1s', '1m', '10m')))}"
        case _:
            asked = (
                "weekday({}) in ('saturday', 'sunday')",
                "hour({}) >= 12",
                "during({}, leap)",
                "month({}) == 'march'",
            )
            return draw(st.sampled_from(asked)).format(prop)


@st.composite
def spans(draw: st.DrawFn, op: str, *, by: bool = False, fades: bool = True) -> tuple[str, ...]:
    """Draw the window of a trait."""
    kinds = ["all", "within", "within", "within"] if op in _WINDOWED else ["all"]
    kinds += ["ending"] * (op in _ENDED) + ["session"] * (op in _BY_SESSION and not by)
    kinds += ["calendar"] * (op in _WINDOWED - _NO_CALENDAR) + ["half_life"] * (op in _FADES and fades)
    within = draw(st.sampled_from(WINDOWS))
    match draw(st.sampled_from(kinds)):
        case "all":
            return ()
        case "within":
            return (f"within: {within}",)
        case "ending":
            return (f"within: {within}", f"ending: {draw(st.sampled_from((within, '1m', '10s')))}")
        case "session":
            return (f"within: {draw(st.sampled_from(_SESSIONS))}",)
        case "calendar":
            return (draw(st.sampled_from(_CALENDARS)),)
        case _:
            return (f"half_life: {draw(st.sampled_from(HALF_LIVES))}",)


@st.composite
def counts(draw: st.DrawFn) -> str:
    event = draw(st.sampled_from(_FEDS))
    elements = event == "order_completed" and draw(st.booleans())
    fields = [f"count: {event}" + (".products[]" if elements else "")]
    keyed = "kind" in PROPERTIES[event] and draw(st.integers(0, 2)) == 0
    if keyed:
        fields.append(f"by: {'products[].kind' if elements and draw(st.booleans()) else 'kind'}")
    elif not elements and event in ("viewed", "order_completed") and draw(st.integers(0, 3)) == 0:
        fields.append(f"minus: {'order_refunded' if event == 'order_completed' else 'used'}")
        return _line(fields, draw(spans("count")))
    return _line(_with_where(draw, fields, event, elements), draw(spans("count", by=keyed)))


@st.composite
def valued(draw: st.DrawFn) -> str:
    op = draw(st.sampled_from(sorted(_ADDED)))
    fed = [
        (event, prop)
        for event, props in PROPERTIES.items()
        for prop, kind in (*props.items(), ("at", "timestamp"))
        if kind in _ADDED[op] and not (prop == "at" and op in ("distinct", "set"))
    ]
    event, prop = draw(st.sampled_from(fed))
    of_elements = [prop for prop, kind in ELEMENTS.items() if kind in _ADDED[op]]
    elements = bool(of_elements) and draw(st.integers(0, 5)) == 0
    if elements:
        event, prop = "order_completed", draw(st.sampled_from(of_elements))
    fields, keyed = [f"{op}: {event}.{prop}"], False
    if op == "sum" and "kind" in PROPERTIES[event] and draw(st.integers(0, 2)) == 0:
        keyed = True
        fields.append(f"by: {'products[].kind' if elements and draw(st.booleans()) else 'kind'}")
    elif op == "sum" and (event, prop) in _LESS and draw(st.booleans()):
        fields.append(f"minus: {_LESS[event, prop]}")
        return _line(fields, draw(spans(op)))
    elif op == "nth":
        fields.append(f"n: {draw(st.integers(1, 4))}")
    return _line(_with_where(draw, fields, event, elements), draw(spans(op, by=keyed)))


_LESS: Final = {
    ("order_completed", "total"): "order_refunded.total",
    ("viewed", "pieces"): "order_refunded.pieces",
    ("used", "amount"): "viewed.rating",
}


@st.composite
def others(draw: st.DrawFn) -> str:
    """Draw a gap, what is open, a rate or a streak."""
    event = draw(st.sampled_from(("viewed", "used", "order_completed", "opened", "session_started")))
    match draw(st.sampled_from(("gap", "open", "rate", "rate", "streak"))):
        case "gap":
            return _line(_with_where(draw, [f"gap: {event}", f"last: {draw(st.integers(2, 5))}"], event), ())
        case "open":
            return _line(_with_where(draw, ["open: asked", "until: answered", "by: ticket"], "asked"), ())
        case "rate":
            per = draw(st.sampled_from(("delivered", "viewed", "session_started", event)))
            fields = _with_where(draw, [f"rate: {event}", f"per: {per}"], event)
            return _line([*fields, *draw(st.sampled_from(((), ("min: 2",))))], draw(spans("rate")))
        case _:
            every = draw(st.sampled_from(((), ("every: week",), ("every: month",))))
            return _line(_with_where(draw, [f"streak: {event}"], event), every)


@st.composite
def sequences(draw: st.DrawFn) -> str:
    events = st.sampled_from(("viewed", "used", "order_completed", "opened", "session_ended"))
    names = draw(st.lists(events, min_size=2, max_size=3))
    steps = [draw(wheres(name)) if PROPERTIES[name] and draw(st.integers(0, 2)) == 0 else "" for name in names]
    texts = [
        f'{{event: {name}, where: "{where}"}}' if where else name for name, where in zip(names, steps, strict=True)
    ]
    op = draw(st.sampled_from(("sequence", "sequence", "sequence_rate")))
    fields = [f"{op}: [{', '.join(texts)}]", *draw(st.sampled_from(((), (), ("span: 10m",), ("span: 1d",))))]
    if "session_ended" not in names and draw(st.integers(0, 2)) == 0:
        fields.append("by: kind")
    if draw(st.integers(0, 3)) == 0:
        fields.append("without: order_refunded")
    windows = ["within: 1d", "within: 10m", "half_life: 1h", ""]
    windows += ["within: last_session"] if "by: kind" not in fields else []
    windows += ["within: 10m, ending: 10m", "within: 1d, ending: 1m"] if op == "sequence" else []
    window = draw(st.sampled_from(windows))
    return _line(fields, (window,) if window else ())


def _with_where(draw: st.DrawFn, fields: list[str], event: str, elements: bool = False) -> list[str]:
    if draw(st.integers(0, 2)) == 0:
        return [*fields, f'where: "{draw(wheres(event, elements=elements))}"']
    return fields


def _line(fields: list[str], window: tuple[str, ...]) -> str:
    fields = [
        field if "[]" not in field or field.startswith(("where", "sequence")) else _quoted(field) for field in fields
    ]
    return f"{{{', '.join((*fields, *window))}}}"


def _quoted(field: str) -> str:
    name, _, text = field.partition(": ")
    return f'{name}: "{text}"'


TRAITS: Final = st.one_of(counts(), counts(), valued(), valued(), valued(), others(), others(), sequences())


OF_FIRST: Final = (
    "{count: segment_entered, where: segment == 's0'}",
    "{count: segment_entered, where: segment == 's0', within: 1d}",
    "{count: segment_exited, where: segment == 's0', within: 1h}",
    "{last: segment_entered.at, where: segment == 's0'}",
)
"""What is counted of the first segment, which reads none of it: else it would feed on its own changes."""


@st.composite
def trait_lines(draw: st.DrawFn) -> dict[str, str]:
    """Draw some traits, by name; the names of those that fade begin with an f, of those of the first segment with e."""
    lines = draw(st.lists(TRAITS, min_size=5, max_size=14))
    named = {f"{'f' if 'half_life' in line else 't'}{number}": line for number, line in enumerate(lines)}
    for number, event in enumerate(("viewed", "used")):  # what most conditions of most shops are about
        named[f"c{number}"] = f"{{count: {event}, within: {draw(st.sampled_from(WINDOWS))}}}"
    if draw(st.integers(0, 2)) == 0:
        named["e0"] = draw(st.sampled_from(OF_FIRST))
    return named
