"""The small job in stock Faust, as its documentation would have it: agents, tables, a hopping window, a timer.

Faust has windows in the time of events and timers in that of the clock, and none for a key that stays away: a cart's
idle hour is seen at its user's next event, and by looking through all carts each minute.
"""

import os
from datetime import timedelta

import faust

from tests.bench.small_job.progress import Progress
from tests.bench.small_job.states import Cart, after, is_idle, with_view

app = faust.App(
    os.environ["BENCH_APP"],
    broker=f"kafka://{os.environ['BENCH_BROKERS']}",
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    datadir=os.environ["BENCH_FOLDER"],
    cython_optimizations=True,
)
clickstream = app.topic(os.environ["BENCH_CLICKSTREAM"], key_type=str, value_serializer="json")
cart_calls = app.topic(os.environ["BENCH_CART"], key_type=str, value_serializer="json")
looked_at = app.topic(f"{os.environ['BENCH_APP']}-looked-at", key_type=str, value_serializer="json")
abandoned = app.topic(os.environ["BENCH_OUTPUT"], key_type=str, value_serializer="json")

by_hand = "BENCH_BY_HAND" in os.environ
views = app.Table("views", default=int).hopping(timedelta(days=7), timedelta(days=1), expires=timedelta(days=7))
views_by_day = app.Table("views_by_day")
carts = app.Table("carts")

progress = Progress()
latest_ms = 0


@app.agent(clickstream)
async def count_views(calls: faust.StreamT[dict[str, object]]) -> None:
    async for call in calls:
        user = call["userId"]
        if call["event"] == "Product Viewed" and by_hand:
            views_by_day[user] = with_view(views_by_day.get(user), call["timestamp"])
        elif call["event"] == "Product Viewed":
            views[user] += 1
        progress.note()


@app.agent(cart_calls)
async def keep_carts(calls: faust.StreamT[dict[str, object]]) -> None:
    global latest_ms  # noqa: PLW0603  # an agent is a plain function, as in the documentation
    async for call in calls:
        user, at_ms = call["userId"], call["timestamp"]
        latest_ms = max(latest_ms, at_ms)
        cart = carts.get(user)
        if is_idle(cart, at_ms):
            await tell(user, cart)
        carts[user] = after(cart, call)
        progress.note()


@app.timer(interval=60.0)
async def look_for_idle_carts() -> None:
    for user, cart in list(carts.items()):
        if is_idle(cart, latest_ms):
            await looked_at.send(key=user, value={"userId": user, "timestamp": latest_ms})


@app.agent(looked_at)
async def see_to_idle_carts(looks: faust.StreamT[dict[str, object]]) -> None:
    async for look in looks:
        user = look["userId"]
        cart = carts.get(user)
        if is_idle(cart, look["timestamp"]):
            await tell(user, cart)
            carts[user] = cart | {"told": True}


async def tell(user: str, cart: Cart) -> None:
    await abandoned.send(key=user, value={"user": user, "items": cart["items"], "changed_at": cart["changed_at"]})


if __name__ == "__main__":
    app.main()
