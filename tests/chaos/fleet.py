"""A supervised fleet of workers: each slot's worker is started again when it ends, as Kubernetes would."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec

from stream.runtime.settings import Settings
from tests.chaos.row import NotInTime
from tests.kafka.broker import free_ports
from tests.kafka.workers import ROOT, STOP_TIMEOUT_S, Metrics, WorkerProcess, variables

RESTART_AFTER_S = 0.2
RESTART_AFTER_MAX_S = 5.0
READY_TIMEOUT_S = 90.0

Command = Callable[[Path], list[str]]
"""Gives the command line of a worker, up to and without `worker`, for the file its last metrics go to."""


def usual(last: Path) -> list[str]:
    return [sys.executable, "-m", "tests.chaos.member", str(last)]


@dataclass(frozen=True)
class Exit:
    """How one worker ended. `asked` where we killed or stopped it; `code` is -9 for a kill; `said` ends its log."""

    slot: int
    code: int
    asked: bool
    lived_s: float
    said: str


class Member(WorkerProcess):
    """A worker that may be frozen, and whose end may be looked at."""

    command: Command = staticmethod(usual)
    started_at = 0.0
    frozen = False
    asked_to_end = False
    is_end_noted = False
    _runs = 0

    def start(self) -> None:
        (self._port,) = free_ports(1)
        self._runs += 1
        self.asked_to_end = self.is_end_noted = self.frozen = False
        command = [*self.command(self.last_metrics), "worker", "--config", str(self.config)]
        env = variables(msgspec.structs.replace(self.settings, http_port=self._port))
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=out, stderr=out)
        self.started_at = time.monotonic()

    @property
    def last_metrics(self) -> Path:
        """The file that this run's metrics are written to at its end."""
        return self.log.with_suffix(f".{self._runs}.prom")

    @property
    def pid(self) -> int | None:
        """The process id, None where it does not run."""
        return self._process.pid if self._process is not None and self._process.poll() is None else None

    @property
    def exit_code(self) -> int | None:
        """None while it runs, and before its first start."""
        return None if self._process is None else self._process.poll()

    def send(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)


class Fleet:
    """Slots 0..size-1 with a worker each, all of one group. Use it as a context: no worker outlives it.

    A worker that ends, by itself or killed, is started again a moment later; longer after a short life. Whatever ended
    stands in `exits`, and what workers that ended orderly had counted stands in `counted`.
    """

    def __init__(self, config: Path, settings: Settings, folder: Path, size: int, command: Command = usual) -> None:
        self.config, self.settings, self.folder = config, settings, folder
        self.command = command
        self.exits: list[Exit] = []
        self.restarts = 0
        self._size = size
        self._slots: dict[int, Member] = {}
        self._wanted: set[int] = set()
        self._pauses: dict[int, float] = {}
        self._restart_at: dict[int, float] = {}
        self._ended: list[Metrics] = []
        self._supervisor: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Fleet:
        for slot in range(self._size):
            self.start(slot)
        self._supervisor = asyncio.create_task(self._supervise())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
        for member in self._slots.values():
            member.kill()

    # ---------------------------------------------------------------------------------------------- what is done to it

    @property
    def slots(self) -> list[int]:
        """The slots that have, or will have again in a moment, a worker."""
        return sorted(self._wanted)

    def member(self, slot: int) -> Member:
        return self._slots[slot]

    def start(self, slot: int, command: Command | None = None) -> None:
        """Begin a worker in a slot, without waiting for it to be ready; `command` is another one than the fleet's."""
        member = self._slots.get(slot)
        if member is None:
            member = self._slots[slot] = Member(self.config, self.settings, self.folder / f"worker-{slot}.log")
        member.command = command or self.command
        self._wanted.add(slot)
        self._restart_at.pop(slot, None)
        member.start()

    async def kill(self, slot: int, *, restart: bool = True) -> None:
        """End a slot's worker as a power cut would; the supervisor starts another one. Harmless where it is down."""
        member = self._slots[slot]
        if not restart:
            self._wanted.discard(slot)
            self._restart_at.pop(slot, None)
        if member.pid is None:
            return
        member.asked_to_end = True
        member.send(signal.SIGKILL)
        # The supervisor may have noted the end before we do, and not yet begun another worker.
        await asyncio.to_thread(_wait, member)
        self._note_end(slot)

    async def stop_gracefully(self, slot: int) -> int:
        """End a slot's worker with SIGTERM, for good, and return its exit code.

        One that is still on its way to listen to signals is ended by the signal itself, and has nothing to commit: 0.
        So it is with one that is down already, since it ended by itself: that is among the `unasked`.
        """
        member = self._slots[slot]
        self._wanted.discard(slot)
        self._restart_at.pop(slot, None)
        if member.pid is None:
            self._note_end(slot)
            return 0
        member.asked_to_end = True
        member.send(signal.SIGTERM)
        try:
            await asyncio.to_thread(_wait, member)
        except subprocess.TimeoutExpired as timeout:
            raise NotInTime(f"worker {slot} did not end on SIGTERM; {member.said()}") from timeout
        self._note_end(slot)
        return 0 if member.exit_code == -signal.SIGTERM else member.exit_code or 0

    async def resize(self, size: int) -> list[int]:
        """Grow or shrink to so many workers, the last slots going first; return the exit codes of those that went."""
        for slot in range(size):
            if slot not in self._wanted:
                self.start(slot)
        return list(await asyncio.gather(*(self.stop_gracefully(slot) for slot in self.slots if slot >= size)))

    def freeze(self, slot: int) -> None:
        """Stop it in its tracks (SIGSTOP): it neither works nor notices that time passes."""
        self._slots[slot].send(signal.SIGSTOP)
        self._slots[slot].frozen = True

    def thaw(self, slot: int) -> None:
        self._slots[slot].send(signal.SIGCONT)
        self._slots[slot].frozen = False

    # -------------------------------------------------------------------------------------------------- how it stands

    async def looks(self) -> list[Metrics]:
        """Return one look at each running worker's metrics; frozen ones are left out, since they don't answer."""
        awake = [member for member in self._running() if not member.frozen]
        return list(await asyncio.gather(*(member.metrics() for member in awake)))

    async def is_ready(self) -> bool:
        """Whether every wanted worker is ready and all tasks are recovered, each once."""
        members = self._running()
        if len(members) < len(self._wanted):
            return False
        pages = await asyncio.gather(*(member.page("/ready") for member in members))
        if any(status != 200 for status, _ in pages):
            return False
        return sum([look.sum("stream_recovered") for look in await self.looks()]) == self.settings.partitions

    async def ready(self, timeout_s: float = READY_TIMEOUT_S) -> float:
        """Wait until all workers are ready and share all tasks; return the seconds that took."""
        begun = time.monotonic()
        while not await self.is_ready():
            if time.monotonic() - begun > timeout_s:
                raise NotInTime(f"the workers were not ready within {timeout_s:.0f} s; {self.said()}")
            await asyncio.sleep(0.1)
        return time.monotonic() - begun

    async def counted(self, name: str, **labels: str) -> float:
        """Return a counter's sum over the workers that run and those that ended orderly; kills take theirs along."""
        return sum([look.sum(name, **labels) for look in [*self._ended, *await self.looks()]])

    @property
    def unasked(self) -> list[Exit]:
        """The ends that nobody asked for."""
        return [end for end in self.exits if not end.asked]

    def said_by(self, slot: int) -> str:
        """Return the end of one worker's log."""
        return self._slots[slot].said()

    def said(self) -> str:
        """Return the ends of all logs, for failures."""
        return "\n".join(member.said() for member in self._slots.values())

    # ------------------------------------------------------------------------------------------------- supervision

    def _running(self) -> list[Member]:
        return [self._slots[slot] for slot in self.slots if self._slots[slot].pid is not None]

    async def _supervise(self) -> None:
        while True:
            for slot in self.slots:
                member = self._slots[slot]
                if slot in self._restart_at:
                    if time.monotonic() >= self._restart_at[slot]:
                        del self._restart_at[slot]
                        self.restarts += 1
                        member.start()
                elif member.exit_code is not None:
                    self._note_end(slot)
            await asyncio.sleep(0.05)

    def _note_end(self, slot: int) -> None:
        """Write down how it ended, once, and when it is to be started again."""
        member, now = self._slots[slot], time.monotonic()
        if member.exit_code is None or member.is_end_noted:
            return
        member.is_end_noted, member.frozen = True, False
        lived_s, asked = now - member.started_at, member.asked_to_end
        self.exits.append(Exit(slot, member.exit_code, asked, lived_s, "" if asked else member.said()))
        if member.last_metrics.exists():
            self._ended.append(Metrics(member.last_metrics.read_text()))
        if slot in self._wanted:
            # A worker that ends at once, over and over, must not take the machine; one that lived is not to blame.
            former = self._pauses.get(slot, 0.0)
            short = lived_s < 10.0 and not asked
            pause = min(max(2 * former, 2 * RESTART_AFTER_S), RESTART_AFTER_MAX_S) if short else RESTART_AFTER_S
            self._pauses[slot] = pause
            self._restart_at[slot] = now + pause


def _wait(member: Member) -> None:
    """Block until it has ended; raises subprocess.TimeoutExpired."""
    assert member._process is not None
    member._process.wait(STOP_TIMEOUT_S)
