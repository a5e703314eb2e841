"""Random histories of one user, and the config they are decided under."""

import os
from typing import Final

from hypothesis import settings
from hypothesis import strategies as st

from stream.definitions.shapes import Definitions
from stream.model.events import Event
from tests.decision.story import config

modest: Final = settings(
    max_examples=int(os.environ.get("EXAMPLES", "45")), derandomize=True, deadline=None, database=None
)
"""The same few examples each time, so that a red run is red again; `EXAMPLES` asks for more of them."""

WITHIN_MS: Final = 10_000
SPANS_MS: Final = (0, 1_000, 2_000, 5_000, WITHIN_MS, 2 * WITHIN_MS, 60_000)

_AGGREGATES: Final = """\
count{w}: {{count: measured{within}}}
sum_i{w}: {{sum: measured.i{within}}}
sum_n{w}: {{sum: measured.n{within}}}
sum_m{w}: {{sum: measured.m{within}}}
avg_n{w}: {{avg: measured.n{within}}}
avg_m{w}: {{avg: measured.m{within}}}
min_n{w}: {{min: measured.n{within}}}
min_t{w}: {{min: measured.t{within}}}
max_m{w}: {{max: measured.m{within}}}
max_i{w}: {{max: measured.i{within}}}
first_s{w}: {{first: measured.s{within}}}
first_at{w}: {{first: viewed.at{within}}}
last_f{w}: {{last: measured.f{within}}}
last_m{w}: {{last: measured.m{within}}}
last_at{w}: {{last: measured.at{within}}}
distinct_s{w}: {{distinct: measured.s{within}}}
top_s{w}: {{top: measured.s{within}}}
some{w}: {{count: measured, where: n >= 1 or not f{within}}}
rate{w}: {{rate: measured, per: viewed, where: not f, min: 2{within}}}
count_by_s{w}: {{count: measured, by: s, where: not f or i > 0{within}}}
sum_by_s{w}: {{sum: measured.m, by: s{within}}}
net{w}: {{count: measured, minus: viewed{within}}}
net_m{w}: {{sum: measured.m, minus: order_completed.total{within}}}
net_same{w}: {{sum: measured.n, minus: measured.i, where: f or i > 0{within}}}
some_m{w}: {{sum: measured.m, where: "s == 'a' and known(i)"{within}}}
"""
_ENDED: Final = "".join(
    f"{op}_{of or 'all'}_ended: {{{op}: measured{of and '.' + of}, within: 10s, ending: 10s}}\n"
    for op, of in (("count", ""), ("sum", "n"), ("avg", "m"), ("min", "t"), ("max", "m"), ("first", "s"), ("top", "s"))
)
_ENDED += "sum_by_s_ended: {sum: measured.n, by: s, within: 10s, ending: 10s}\n"
_ENDED += "net_ended: {sum: measured.n, minus: measured.i, within: 10s, ending: 10s}\n"
_DERIVED: Final = """\
set_s: {set: measured.s, where: known(n) or known(f), within: 10s}
second_m: {nth: measured.m, n: 2}
second_at: {nth: viewed.at, n: 2}
gap: {gap: measured, last: 3, where: known(i)}
days: {streak: measured}
weeks: {streak: measured, every: week, where: not f}
months: {streak: measured, every: month}
on_thursday: {count: measured, where: "weekday(at) in ('thursday', 'friday') or hour(t) >= 20"}
today: {count: measured, this: day}
quarter: {sum: measured.m, this: quarter}
yesterday_n: {avg: measured.n, previous: 2 days, where: not f}
top_s_today: {top: measured.s, this: day}
by_s_today: {count: measured, by: s, this: week}
festive: {count: viewed, where: "during(at, first_day)"}
open: {open: measured, until: settled, by: s}
ratio: {value: sum_n / count}
is_busy: {value: "count_w >= 2 or default(last_f, false)"}
paid: {value: sum_m_w + last_m}
"""
TRAITS: Final = (
    _AGGREGATES.format(w="", within="") + _AGGREGATES.format(w="_w", within=", within: 10s") + _ENDED + _DERIVED
)
SEGMENTS: Final = {
    "active": "count_w >= 2",
    "idle": "since(last_at) >= 5s",
    "quiet": "idle and not active",
    "rich": "sum_m >= 10 or since(last_at_w) < 2s",
    "stage": "tiers:\n  gone: since(last_at) >= 5s\n  busy: count_w >= 2\n  fresh: otherwise\n",
}


def wide_config() -> Definitions:
    """Return a config with every kind of trait, and segments that time alone enters and leaves."""
    return config(TRAITS, SEGMENTS)


_GAPS: Final = st.sampled_from(
    (0, 1, 58, 59, 60, 250, 500, 999, 1_000, 1_001, 2_000, 4_999, 5_000, 9_999, 10_060, 30_000)
)
_CART_IDS: Final = st.sampled_from((None, None, "c1", "c2"))
_PROPS: Final = {
    "n": st.sampled_from((0, 1, -2.5, 3, 0.5, 8)),
    "i": st.integers(-3, 5),
    "m": st.integers(0, 1_500),
    "s": st.sampled_from(("a", "b", "shoe")),
    "f": st.booleans(),
    "t": st.integers(0, 40_000),
}
_SAID: Final = {
    "country": st.sampled_from(("a", "b")),
    "age": st.integers(0, 3),
    "birthday": st.sampled_from(("1990-01-01", "1992-02-29", "1990-01-02", "1990-12-31", "some day")),
    "timezone": st.sampled_from(("Europe/Berlin", "Pacific/Auckland", "America/New_York")),
    "renews_at": st.integers(0, 40_000),
}
_ITEM: Final = {"product_id": st.sampled_from(("p1", "p2", "p3"))}
_LINE: Final = {"quantity": st.integers(1, 3), "price": st.integers(0, 900)}
_SHAPES: Final = st.one_of(
    st.tuples(st.just("measured"), st.fixed_dictionaries({}, optional=_PROPS)),
    st.tuples(st.just("measured"), st.fixed_dictionaries(_PROPS)),
    st.tuples(st.just("viewed"), st.just({})),
    st.tuples(st.just("identify"), st.fixed_dictionaries({}, optional=_SAID)),
    st.tuples(st.just("settled"), st.fixed_dictionaries({}, optional={"s": _PROPS["s"]})),
    st.tuples(st.just("product_added"), st.fixed_dictionaries(_ITEM, optional=_LINE)),
    st.tuples(st.just("product_removed"), st.fixed_dictionaries(_ITEM, optional={"quantity": st.integers(1, 2)})),
    st.tuples(st.just("order_completed"), st.fixed_dictionaries({}, optional={"total": st.integers(0, 900)})),
)


@st.composite
def histories(draw: st.DrawFn, longest: int = 12) -> list[Event]:
    """Draw events of the user `u` in order of time."""
    time_ms, events = 0, []
    for number in range(draw(st.integers(1, longest))):
        time_ms += draw(_GAPS)
        name, props = draw(_SHAPES)
        cart_id = draw(_CART_IDS) if name.startswith(("product", "order")) else None
        props = props | ({"cart_id": cart_id} if cart_id else {})
        events.append(Event("u", name, time_ms, f"e{number}", props))
    return events


def instants(events: list[Event], spread: int, since_ms: int, until_ms: int) -> list[int]:
    """Return the times between two at which something could happen by time alone, each with its neighbours."""
    width_ms = WITHIN_MS // 168
    found = set()
    for event in events:
        moments = [event.time_ms, ((event.time_ms + spread) // width_ms + 1) * width_ms - spread]
        moments += [told_ms for told_ms in [event.props.get("t")] if isinstance(told_ms, int)]
        found |= {moment + span + near for moment in moments for span in SPANS_MS for near in (-1, 0, 1)}
    return sorted(moment for moment in found if since_ms < moment < until_ms)
