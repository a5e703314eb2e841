"""A Faust app as Faust's documentation would have it; run by the row `faust_counter`, told by the environment."""

import json
import os
import time
from pathlib import Path

import faust

EVENTS = int(os.environ["BENCH_EVENTS"])

app = faust.App(
    os.environ["BENCH_APP"],
    broker=f"kafka://{os.environ['BENCH_BROKERS']}",
    topic_partitions=int(os.environ["BENCH_PARTITIONS"]),
    datadir=os.environ["BENCH_FOLDER"],
)
events_topic = app.topic(os.environ["BENCH_TOPIC"], value_serializer="json")
events_by_user = app.Table("events_by_user", default=int)

seen = 0
began = (0.0, 0.0)


@app.agent(events_topic)
async def count(events: faust.StreamT[dict[str, object]]) -> None:
    async for event in events:
        events_by_user[event["userId"]] += 1
        note()


def note() -> None:
    """Write down the seconds, of the wall and of the CPU, between 10 % and 90 % of the events."""
    global seen, began  # noqa: PLW0603  # an agent is a plain function, as in the documentation
    seen += 1
    if seen == EVENTS // 10:
        began = (time.perf_counter(), time.process_time())
    elif seen == EVENTS - EVENTS // 10:
        wall_s, cpu_s = time.perf_counter() - began[0], time.process_time() - began[1]
        result = Path(os.environ["BENCH_RESULT"])
        result.with_suffix(".part").write_text(json.dumps([wall_s, cpu_s]))
        result.with_suffix(".part").rename(result)


if __name__ == "__main__":
    app.main()
