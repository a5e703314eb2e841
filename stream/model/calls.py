"""The canonical wire format: one call of the Segment Spec in JSON, which most shops' code speaks already."""

from typing import Annotated

import msgspec

UserId = Annotated[str, msgspec.Meta(min_length=1, max_length=256, description="At most 256 bytes in UTF-8.")]


class Call(msgspec.Struct, rename="camel", omit_defaults=True):
    """One call: `track` with an `event`, or `identify`, `page`, `screen`, which need none.

    `timestamp` is RFC 3339 text with an offset, or epoch milliseconds. On the wire the names may also be in snake_case
    (`user_id`). A call needs one of `userId` and `anonymousId`; without a `messageId` a repeat cannot be recognised.
    """

    type: str
    user_id: UserId | None = None
    event: str | None = None
    timestamp: str | int | float | None = None
    properties: dict[str, object] | None = None
    traits: dict[str, object] | None = None
    anonymous_id: UserId | None = None
    message_id: str | None = None
    context: dict[str, object] | None = None


def encode_call(call: Call) -> bytes:
    """Return the call as JSON; the codec reads from it the same event it accepts from the call itself."""
    return _encoder.encode(call)


_encoder = msgspec.json.Encoder()
