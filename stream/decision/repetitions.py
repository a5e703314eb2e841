"""Events that come more than once: recognised by the ids that their senders gave them."""

from typing import Final

from xxhash import xxh3_64_intdigest

from stream.model.profile import Profile

IDS_REMEMBERED: Final = 64
"""Message ids remembered of each user: a repetition within the user's last so many events is recognised."""


def is_repetition(profile: Profile, message_id: str) -> bool:
    """Say whether a message id was seen among the latest, and remember it."""
    seen, digest = profile.seen, xxh3_64_intdigest(message_id.encode())
    if digest in seen:
        return True
    seen[digest] = 0
    if len(seen) > IDS_REMEMBERED:
        del seen[next(iter(seen))]
    return False
