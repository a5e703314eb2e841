"""Buckets of users by a salted hash: the same user is in the same bucket of a salt, whoever asks and whenever."""

from bisect import bisect_right
from collections.abc import Sequence
from hashlib import sha256
from itertools import accumulate
from typing import Final

BUCKETS: Final = 10_000


def hashed(salt: str, user: str) -> int:
    """Return SHA-256 of the salt, 0x1f and the user, as a number of 256 bits."""
    return int.from_bytes(sha256(f"{salt}\x1f{user}".encode()).digest())


def bucket(salt: str, user: str) -> int:
    """Return a user's bucket of a salt, 0 to 9,999."""
    return hashed(salt, user) % BUCKETS


def share_of(salt: str, user: str, weights: Sequence[int]) -> int:
    """Return which of several shares a user falls into, each in proportion to its weight."""
    return bisect_right(list(accumulate(weights)), hashed(salt, user) % sum(weights))
