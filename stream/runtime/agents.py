"""The Faust agents, one a kind of event: clickstream, cart, email and people."""

from faust.types import StreamT

from stream.runtime.faust_room.app import StreamApp
from stream.runtime.faust_room.input_log import Batch
from stream.runtime.faust_room.schema import BatchSchema


def define_agents(app: StreamApp) -> None:
    """Define the agent of every input topic.

    An agent hands over and does nothing else: order, time and decisions are the tasks', which see all topics of a user.
    """

    async def hand_over(batches: StreamT[Batch]) -> None:
        async for batch in batches:
            app.room.offer(batch)

    prefix = app.settings.topic_prefix
    for topic in app.room.host.input_topics:
        # Nothing is acknowledged: Faust would remember every offset to commit it later (faults a, b).
        channel = app.topic(topic, schema=BatchSchema(), acks=False)
        app.agent(channel, name=topic.removeprefix(prefix))(hand_over)
