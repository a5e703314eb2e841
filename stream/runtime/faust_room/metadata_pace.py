"""A pause after each search for brokers that found none: aiokafka's senders and fetchers begin the next one at once.

While no broker answers, each producer with something to send would try to connect some hundred times a second, on the
very machine that may be starting the broker.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import aiokafka
from aiokafka.client import AIOKafkaClient

PAUSE_S: Final = 0.1
"""What aiokafka itself waits between two attempts elsewhere (`retry_backoff_ms`)."""


def pace_metadata_updates() -> None:
    """Let all of aiokafka's clients in this process pause after a search in vain; may be called again.

    Raises RuntimeError where aiokafka has changed, and no longer searches by the method that is replaced.
    """
    search = getattr(AIOKafkaClient, "_metadata_update", None)
    if not asyncio.iscoroutinefunction(search):
        raise RuntimeError(f"aiokafka {aiokafka.__version__} looks for brokers in another way: it may do so in a spin")
    if not hasattr(search, "paced"):
        AIOKafkaClient._metadata_update = _paced(search)


def _paced(search: Callable[..., Awaitable[bool]]) -> Callable[..., Awaitable[bool]]:
    async def paced(*asked: Any) -> bool:
        found = await search(*asked)
        if not found:
            await asyncio.sleep(PAUSE_S)
        return found

    paced.paced = True  # type: ignore[attr-defined]  # functions take attributes
    return paced
