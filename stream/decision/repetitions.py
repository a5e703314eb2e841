"""Events that come more than once: recognised by the ids that their senders gave them."""

from typing import Final

from xxhash import xxh3_64_digest

from stream.model.profile import Profile

IDS_REMEMBERED: Final = 64
"""Message ids remembered of each user: a repetition within the user's last so many events is recognised."""

DIGEST_BYTES: Final = 8
"""What each id takes: its hash. So many in a row are searched nearly as quickly as a table, in a tenth of its room."""

_BYTES_REMEMBERED: Final = IDS_REMEMBERED * DIGEST_BYTES


def is_repetition(profile: Profile, message_id: str) -> bool:
    """Say whether a message id was seen among the latest, and remember it."""
    seen, digest = profile.seen, xxh3_64_digest(message_id.encode())
    if digest in seen and _is_whole(seen, digest):
        return True
    profile.seen = (seen if len(seen) < _BYTES_REMEMBERED else seen[DIGEST_BYTES:]) + digest
    return False


def _is_whole(seen: bytes, digest: bytes) -> bool:
    """Say whether a digest is one of those in a row, not the end of one and the beginning of the next."""
    at = seen.find(digest)
    while at % DIGEST_BYTES and at >= 0:
        at = seen.find(digest, at + 1)
    return at >= 0
