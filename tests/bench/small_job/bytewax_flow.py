"""The small job in Bytewax, as its documentation would have it: a sliding window, state, a session window.

In a history the time of events has nothing to do with the machine's. So this stands still (`now_getter`), else events
would be late for having waited; and no window waits for it (`to_system_utc`): one closes at its user's next event, or
at the end of the input.
"""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from bytewax import operators as op
from bytewax.connectors.kafka import KafkaSinkMessage, KafkaSourceMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.operators import windowing as win
from bytewax.outputs import DynamicSink, StatelessSinkPartition

from tests.bench.small_job.progress import Progress
from tests.bench.small_job.states import Cart, after, with_view

BROKERS = [os.environ["BENCH_BROKERS"]]
BATCH = 5_000
"""What the page on performance has for throughput; 1,000 unless told."""
START = datetime(2017, 1, 1, tzinfo=UTC)

progress = Progress()


def by_user(message: KafkaSourceMessage) -> tuple[str, dict[str, Any]]:
    call = orjson.loads(message.value)
    progress.note()
    return call["userId"], call


def keep(cart: Cart | None, call: dict[str, Any]) -> tuple[Cart, Cart]:
    cart = after(cart, call)
    return cart, cart


def count(views: dict[str, int] | None, call: dict[str, Any]) -> tuple[dict[str, int], int]:
    views = with_view(views, call["timestamp"])
    return views, sum(views.values())


def clock(at: Callable[[Any], datetime]) -> win.EventClock[Any]:
    return win.EventClock(at, timedelta(0), now_getter=lambda: START, to_system_utc=lambda _: None)


def called_at(call: dict[str, Any]) -> datetime:
    return datetime.fromtimestamp(call["timestamp"] / 1_000, UTC)


def changed_at(cart: Cart) -> datetime:
    return datetime.fromtimestamp(cart["changed_at"] / 1_000, UTC)


def written(user_session: tuple[str, tuple[int, Cart]]) -> KafkaSinkMessage:
    user, (_, cart) = user_session
    return KafkaSinkMessage(user.encode(), orjson.dumps({"user": user, **cart}))


class Nowhere(StatelessSinkPartition[Any], DynamicSink[Any]):
    """What closed windows count goes nowhere; but a step without an output may be left undone at the end."""

    def build(self, _step_id: str, _worker_index: int, _worker_count: int) -> "Nowhere":
        return self

    def write_batch(self, items: list[Any]) -> None:
        pass


flow = Dataflow("small_job")
clicks = kop.input(
    "clickstream", flow, brokers=BROKERS, topics=[os.environ["BENCH_CLICKSTREAM"]], tail=False, batch_size=BATCH
)
calls = op.map("calls", clicks.oks, by_user)
views = op.filter("views", calls, lambda user_call: user_call[1]["event"] == "Product Viewed")
if "BENCH_BY_HAND" in os.environ:
    counts = op.stateful_map("views_7d", views, count)
else:
    counts = win.count_window(
        "views_7d",
        views,
        clock(lambda user_call: called_at(user_call[1])),
        win.SlidingWindower(timedelta(days=7), timedelta(days=1), START),
        key=lambda user_call: user_call[0],
    ).down
op.output("counts", counts, Nowhere())

CART = [os.environ["BENCH_CART"]]
cart_messages = kop.input("cart", flow, brokers=BROKERS, topics=CART, tail=False, batch_size=BATCH)
carts = op.stateful_map("carts", op.map("cart_calls", cart_messages.oks, by_user), keep)
sessions = win.fold_window(
    "sessions",
    carts,
    clock(changed_at),
    win.SessionWindower(timedelta(minutes=60)),
    dict,
    lambda _, cart: cart,
    lambda _, later: later,
)
left = op.filter("left", sessions.down, lambda user_session: bool(user_session[1][1]["items"]))
kop.output("abandoned", op.map("written", left, written), brokers=BROKERS, topic=os.environ["BENCH_OUTPUT"])
