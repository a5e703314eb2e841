"""A Faust schema that decodes nothing: the batch reaches the agent as the consumer made it."""

from collections.abc import Awaitable, Callable
from typing import Any

import faust
from faust.types import AppT, EventT, Message

from stream.runtime.faust_room.input_log import Batch


class BatchSchema(faust.Schema[Any, Batch]):
    """Lets a record list pass. Stock Faust decodes record by record, and loses the event that it cannot decode."""

    def compile(self, app: AppT, **_hooks: Any) -> Callable[..., Awaitable[EventT[Any]]]:
        """Return Faust's decode function for a message that holds a Batch."""

        async def decode(message: Message, *, propagate: bool = False) -> EventT[Any]:
            del propagate
            return app.create_event(None, message.value, message.headers, message)

        return decode
