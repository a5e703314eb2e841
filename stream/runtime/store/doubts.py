"""Whether a store may be believed: what it says of itself, against what the log and the clock say now."""

from __future__ import annotations

from typing import Final

from stream.runtime.settings_fields import Settings
from stream.runtime.store.contents import FORMAT, Completeness, Identity

CLOCKS_APART_MS: Final = 60_000
"""So far ahead of this clock may the one be that a store was last written by."""


def believed_ms(settings: Settings) -> int:
    """Return how old a store may be; none is believed where that is not above 0.

    The changelog keeps a tombstone for `delete_retention` after the cleaner came by; a store that has not heard of it
    by then would keep who was erased for ever. A tenth less allows for clocks that differ, and all that a recovery may
    take is less too, since what it reads last may be gone by then.
    """
    return settings.delete_retention_ms * 9 // 10 - settings.recovery_timeout_s * 1_000


def doubt(found: Completeness | None, wanted: Identity, bounds: tuple[int, int], now_ms: int, oldest_ms: int) -> str:
    """Return why a store is not to be believed, nothing if it is.

    `bounds` are the changelog's first and end offset; `oldest_ms` is how old a store may be at most.
    """
    start, end = bounds
    if found is None:
        return "it was never complete"
    if found.format != FORMAT:
        return f"its format is {found.format}, this version writes {FORMAT}"
    if found.identity != wanted:
        return f"it is a copy of {_said(found.identity)}, not of {_said(wanted)}"
    if not wanted.topic_id:
        return "the brokers tell no topic ids, so nobody knows which changelog it is a copy of"
    if found.next_offset > end:
        return f"it goes up to offset {found.next_offset}, and the changelog only to {end}"
    if found.next_offset < start:
        return f"it goes up to offset {found.next_offset}, and the changelog begins at {start}"
    if not -CLOCKS_APART_MS <= now_ms - found.at_ms < oldest_ms:
        hours = (now_ms - found.at_ms) / 3_600_000
        return f"it is {hours:.1f} hours old, so it may have missed who was erased (delete_retention)"
    return ""


def _said(identity: Identity) -> str:
    return f"{identity.app}/{identity.topic}/{identity.partition} ({identity.topic_id or 'no topic id'})"
