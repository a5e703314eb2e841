"""The small job in Quix Streams, as its documentation would have it: a hopping window, state, a session window.

A session of cart calls ends after 60 minutes without any; by partition, so that the sessions of users who stay away end
too. Quix closes one when the partition's time is another 60 minutes further, since a late event might still extend it.
"""

import os
from datetime import timedelta

from quixstreams import Application, State
from quixstreams.dataframe.windows import Last

from tests.bench.small_job.progress import Progress
from tests.bench.small_job.states import Cart, after, with_view

progress = Progress()

app = Application(
    broker_address=os.environ["BENCH_BROKERS"],
    consumer_group=os.environ["BENCH_APP"],
    auto_offset_reset="earliest",
    state_dir=os.environ["BENCH_FOLDER"],
)
clickstream = app.topic(os.environ["BENCH_CLICKSTREAM"], key_deserializer="str", value_deserializer="json")
cart_calls = app.topic(os.environ["BENCH_CART"], key_deserializer="str", value_deserializer="json")
abandoned = app.topic(os.environ["BENCH_OUTPUT"], key_serializer="str", value_serializer="json")


def keep(call: dict[str, object], state: State) -> Cart:
    cart = after(state.get("cart"), call)
    state.set("cart", cart)
    progress.note()
    return cart


def count(call: dict[str, object], state: State) -> None:
    state.set("views", with_view(state.get("views"), call["timestamp"]))


calls = app.dataframe(clickstream).update(lambda _: progress.note())
views = calls[calls["event"] == "Product Viewed"]
if "BENCH_BY_HAND" in os.environ:
    views.update(count, stateful=True)
else:
    views.hopping_window(timedelta(days=7), timedelta(days=1)).count().current()

carts = app.dataframe(cart_calls).apply(keep, stateful=True)
sessions = carts.session_window(timedelta(minutes=60)).agg(cart=Last()).final(closing_strategy="partition")
left = sessions.filter(lambda session: bool(session["cart"]["items"]))
left.to_topic(abandoned)

if __name__ == "__main__":
    app.run()
