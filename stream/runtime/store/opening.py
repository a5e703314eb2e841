"""Opening a task's store at its take-over, and bringing it up to the changelog's end; or building it anew."""

from __future__ import annotations

import logging
from typing import Final

from stream.model.errors import StreamStop
from stream.runtime.kept import TaskState
from stream.runtime.kept_journeys import KeptJourneys, taken_out
from stream.runtime.ports import TP
from stream.runtime.position import POSITION_KEY, Position, decode_position
from stream.runtime.recovery import Recovered
from stream.runtime.restoring import Programs, decider_for
from stream.runtime.settings_fields import Settings
from stream.runtime.store.contents import Contents, Identity
from stream.runtime.store.doubts import believed_ms, doubt
from stream.runtime.store.ports import Disk, Unreadable
from stream.runtime.store.profiles import StoredProfiles
from stream.runtime.store.writer import StoringWriter
from stream.runtime.task_ports import TaskPorts, Writer
from stream.runtime.topics import changelog_topic

logger = logging.getLogger(__name__)


class Stores:
    """The stores of one worker's tasks."""

    def __init__(self, settings: Settings, ports: TaskPorts, disk: Disk) -> None:
        self._settings: Final = settings
        self._topic: Final = changelog_topic(settings)
        self._ports: Final = ports
        self._disk: Final = disk
        self._open: Final[dict[int, Contents]] = {}

    async def restored(self, number: int, writer: Writer, programs: Programs) -> TaskState:
        """Return a task's state from its store, brought up to date; its writer must be open, so nobody else writes."""
        if number in self._open:
            # Of a task that was let go of: its state is no longer anybody's.
            self._open.pop(number).close()
        contents = self._open[number] = await self._up_to_date(number)
        try:
            found = _read(contents)
            profiles = StoredProfiles(contents, self._settings.hot_profiles)
            decider = await decider_for(profiles, found, programs, contents.encoded_profiles())
            decider.timers.begin(profiles.timers, found.position.clock_ms)
        except BaseException:
            contents.close()
            raise
        storing = StoringWriter(writer, profiles, TP(self._topic, number), self._ports.clock)
        return TaskState(decider, profiles, storing, found.position, KeptJourneys(found.journeys, programs.present))

    async def _up_to_date(self, number: int) -> Contents:
        """Read on in the changelog where the store ends, or from its start where the store may not be believed."""
        now_ms, (start, end) = self._ports.clock.now_ms(), await self._ports.changelog.bounds(number)
        ids = await self._ports.transactions.topic_ids([self._topic])
        identity = Identity(self._settings.app, self._topic, number, ids.get(self._topic, ""))
        contents, why = self._opened(number, identity, (start, end), now_ms)
        if contents is None or why:
            if contents is not None:
                contents.close()
            contents = self._begun(number, identity, why)
        try:
            if why:
                async for batch in self._ports.changelog.read(number):
                    contents.add(batch)
            elif contents.next_offset < end:
                logger.info("task %s: its store lacks %s offsets", number, f"{end - contents.next_offset:,}")
                async for batch in self._ports.changelog.read(number, contents.next_offset):
                    contents.add_further(batch)
            contents.complete([], end, now_ms)
        except BaseException:
            contents.close()
            raise
        return contents

    def _opened(
        self, number: int, identity: Identity, bounds: tuple[int, int], now_ms: int
    ) -> tuple[Contents | None, str]:
        """Open what there is, and say why it may not be believed, if it may not."""
        try:
            contents = Contents(self._disk.open(number), identity, self._settings.hot_profiles)
        except Unreadable as error:
            return None, f"it cannot be read: {error}"
        try:
            why = doubt(contents.completeness(), identity, bounds, now_ms, believed_ms(self._settings))
            return contents, why or _unclean(contents)
        except BaseException:
            contents.close()
            raise

    def _begun(self, number: int, identity: Identity, why: str) -> Contents:
        """Remove what there is and begin with nothing."""
        logger.info("task %s: its store is built anew from the changelog: %s", number, why)
        self._disk.wipe(number)
        try:
            return Contents(self._disk.open(number), identity, self._settings.hot_profiles)
        except Unreadable as error:
            raise StreamStop(
                f"state_dir: the store of task {number} cannot be read though it is new: {error}"
            ) from error


def _read(contents: Contents) -> Recovered:
    """Return what the store has besides profiles; raises StreamStop as reading the changelog itself would."""
    special = contents.special()
    encoded = special.pop(POSITION_KEY, None)
    journeys = taken_out(special)
    if encoded is None and contents.profiles:
        raise StreamStop("the changelog has profiles but no position record: it is not ours, or part of it was deleted")
    return Recovered({}, Position() if encoded is None else decode_position(encoded), journeys)


def _unclean(contents: Contents) -> str:
    """Return why what is in it cannot be; the changelog will tell whether that is just the same."""
    try:
        _read(contents)
    except StreamStop as error:
        return f"what is in it cannot be: {error}"
    return ""
