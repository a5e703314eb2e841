"""What outlives an erasure: that a user must not be written to, and how often they were here before.

It is kept under a keyed hash (HMAC-SHA-256) of the user's id, as a profile with nothing else in it: whoever has the
state but not the key cannot tell whose it is. So who unsubscribed stays so when they come back after an erasure, and
what is decided of them then gets ids that were not given before. The hash of the last message id, which is that of the
erasure, is kept as well: one that is told twice is no second erasure.
"""

import hmac
from typing import Final

from stream.decision.repetitions import DIGEST_BYTES
from stream.model.profile import NEVER, Profile

_MARK: Final = "\x00remains:"
"""Beside users' ids; a user who was named so would have to guess the hash."""


def place_of(user: str, key: bytes) -> str:
    """Return where what remains of a user is kept."""
    return f"{_MARK}{hmac.digest(key, user.encode(), 'sha256').hex()}"


def remains_of(profile: Profile, place: str) -> Profile:
    """Return what is kept of a user who is erased."""
    kept = Profile(NEVER, place, 0, memberships_due_ms=NEVER)
    kept.suppressions, kept.births = profile.suppressions, profile.births + 1
    kept.seen = profile.seen[-DIGEST_BYTES:]
    return kept


def come_back(profile: Profile, remains: Profile) -> None:
    """Let a new profile know what remains of its user."""
    profile.births = remains.births
    profile.suppressions = dict(remains.suppressions)
    profile.seen = remains.seen
