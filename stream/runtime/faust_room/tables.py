"""Faust's table manager and recovery, without tables: the profile table is ours, recovered by the tasks."""

from typing import TYPE_CHECKING, cast

from faust.tables.manager import TableManager
from faust.tables.recovery import Recovery

from stream.runtime.faust_room.consumer import FAUST_LOGGER

if TYPE_CHECKING:
    from stream.runtime.faust_room.app import StreamApp


class TaskTables(TableManager):
    """Reports our changelog as Faust's would be reported, and recovers through the tasks.

    Faust keeps its co-partitioning assignor only for apps with changelogs (fault o).
    """

    logger = FAUST_LOGGER

    @property
    def changelog_topics(self) -> set[str]:
        """Return the name of the profiles' changelog."""
        return {cast("StreamApp", self.app).room.host.changelog_topic}

    @property
    def recovery(self) -> Recovery:
        """Return the recovery that waits for the tasks."""
        if self._recovery is None:
            self._recovery = TaskRecovery(self.app, self, beacon=self.beacon, loop=self.loop)
        return self._recovery

    async def on_start(self) -> None:
        """Start at once; Faust waits a second for tables to be declared."""
        await self._update_channels()
        await self.recovery.start()


class TaskRecovery(Recovery):
    """Resumes the streams only when the tasks are taken over."""

    logger = FAUST_LOGGER

    async def _resume_streams(self, generation_id: int = 0) -> None:
        """Take the tasks over, then seek and resume as Faust does, unless another rebalance came meanwhile."""
        app = cast("StreamApp", self.app)
        if await app.room.take_over() and generation_id == app.consumer_generation_id:
            await super()._resume_streams(generation_id)
