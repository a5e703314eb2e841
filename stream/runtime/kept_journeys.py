"""Definitions of journeys in a task's changelog: each stays there as long as somebody may go by it.

A text is written in the transaction of the first checkpoint in which a run goes by it, and taken out some time after
the last of them has ended, once it is no longer the present one. So there are no more of them than edits in that time.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from stream.decision.turn import Use
from stream.definitions.kept import KeptJourney
from stream.definitions.shapes import Definitions
from stream.model.errors import StreamStop
from stream.runtime.task_ports import Outgoing

logger = logging.getLogger(__name__)

JOURNEY_KEY: Final = b"\xffjourney:"
"""What its key in the changelog begins with, before the hash: no user id, since 0xff never occurs in UTF-8."""

KEPT_FOR_LATE_MS: Final = 7 * 86_400_000
"""How much longer than needed a definition is kept: events may come late."""

_NOT_OURS: Final = b"\xff"
_encoder: Final = msgspec.msgpack.Encoder()
_decoder: Final = msgspec.msgpack.Decoder(KeptJourney)


class Older(msgspec.Struct, frozen=True):
    """Runs that go by an older definition of a journey, and what becomes of them."""

    journey: str
    definition: str
    runs: int
    fate: str
    is_lost: bool


class KeptJourneys:
    """The definitions kept in one task's changelog, as of its last checkpoint; `present` are those of now, by hash."""

    def __init__(self, kept: Mapping[str, KeptJourney], present: Mapping[str, KeptJourney]) -> None:
        self._kept: Final = dict(kept)
        self._present: Final = present

    def changes(self, uses: dict[str, Use], clock_ms: int) -> list[Outgoing]:
        """Return what the next checkpoint has to write, as if it had; forget the uses of what nobody needs any more."""
        for hash_ in [name for name, use in uses.items() if _is_over(use, clock_ms)]:
            del uses[hash_]
        new = [name for name in uses if name in self._present and name not in self._kept]
        old = [name for name in self._kept if name not in self._present and name not in uses]
        written = [Outgoing(_key(name), _encoder.encode(self._present[name])) for name in new]
        self._kept.update((name, self._present[name]) for name in new)
        for name in old:
            del self._kept[name]
        return written + [Outgoing(_key(name), None) for name in old]

    def older_runs(self, uses: Mapping[str, Use]) -> dict[tuple[str, str], int]:
        """Return how many runs go by definitions other than the present ones, by journey and hash."""
        older = {name: use for name, use in uses.items() if name not in self._present and use.runs > 0}
        return {(use.journey, name): use.runs for name, use in older.items()}

    def older(self, uses: Mapping[str, Use], definitions: Definitions) -> list[Older]:
        """Return who goes by older definitions, and what becomes of them under these."""
        return [
            Older(journey, hash_, runs, *_fate(journey, hash_, definitions))
            for (journey, hash_), runs in self.older_runs(uses).items()
        ]


def taken_out(latest: dict[bytes, bytes | None]) -> dict[str, KeptJourney]:
    """Take the kept definitions out of a changelog's latest records by key, and return them by hash.

    Raises StreamStop at what this version does not know or cannot read.
    """
    found: dict[str, KeptJourney] = {}
    for key in [key for key in latest if key.startswith(_NOT_OURS)]:
        value = latest.pop(key)
        if not key.startswith(JOURNEY_KEY):
            raise StreamStop(f"the changelog has a record {key!r}, which a later version must have written")
        if value is None:
            continue
        try:
            found[key.removeprefix(JOURNEY_KEY).decode()] = _decoder.decode(value)
        except msgspec.DecodeError as error:
            raise StreamStop(f"the changelog's record {key!r} cannot be read by this version: {error}") from error
    return found


def tell_older(older: Iterable[Older]) -> None:
    """Log how many runs go by each older definition, and what becomes of them."""
    counts: Counter[tuple[str, str, str, bool]] = Counter()
    for one in older:
        counts[one.journey, one.definition, one.fate, one.is_lost] += one.runs
    for (journey, hash_, fate, is_lost), runs in sorted(counts.items()):
        level = logging.WARNING if is_lost else logging.INFO
        logger.log(level, "journey %s: %s runs go by an older definition, %s: %s", journey, f"{runs:,}", hash_, fate)


def _key(hash_: str) -> bytes:
    return JOURNEY_KEY + hash_.encode()


def _is_over(use: Use, clock_ms: int) -> bool:
    return use.runs <= 0 and use.until_ms + KEPT_FOR_LATE_MS < clock_ms


def _fate(journey: str, hash_: str, definitions: Definitions) -> tuple[str, bool]:
    """Say what becomes of runs, and whether they are lost on their way."""
    present = definitions.journeys.get(journey)
    if present is None:
        return "the journey is gone, so they leave it when their users are looked at next", True
    moved = f", but for those at {', '.join(present.migrate)}: `migrate` moves them" if present.migrate else ""
    if hash_ in definitions.pinned:
        return f"they stay on its steps{moved}", False
    why = definitions.unreadable.get(hash_, "its text is not kept")
    return f"they end where they would go on ({why}){moved}", True
