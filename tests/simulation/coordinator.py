"""The transaction coordinator: epochs by transactional id, at most one transaction each, markers that come later."""

from __future__ import annotations

from itertools import count
from typing import Final

import msgspec

from stream.runtime.ports import TP
from stream.runtime.task_ports import Fenced, Outgoing
from tests.simulation.log import Entry, Log, Transaction
from tests.simulation.net import Network, Reply
from tests.simulation.trace import Trace


class Holder(msgspec.Struct):
    """What the coordinator knows of one transactional id."""

    epoch: int = 0
    open: Transaction | None = None
    ending: Transaction | None = None


class Coordinator:
    """Its methods run when a request arrives; False asks for it again, as Kafka's CONCURRENT_TRANSACTIONS does."""

    def __init__(self, log: Log, network: Network, trace: Trace, timeout_s: float) -> None:
        self._log: Final = log
        self._network: Final = network
        self._trace: Final = trace
        self._timeout_s: Final = timeout_s
        self._holders: Final[dict[int | str, Holder]] = {}
        self._numbers: Final = count()
        self.committed: Final[list[tuple[int | str, Transaction]]] = []

    def initialise(self, number: int | str, reply: Reply) -> bool:
        """Fence the holders before and end what they left; answer with the new epoch when its markers are written."""
        holder = self._holder(number)
        holder.epoch += 1
        self._trace("coordinator", "epoch", holder.epoch, "of task", number)
        if holder.open is not None:
            self._end(number, holder, is_commit=False)
        self._answer_when_marked(holder, holder.epoch, reply)
        return True

    def _answer_when_marked(self, holder: Holder, epoch: int, reply: Reply) -> None:
        if holder.ending is None:
            reply(epoch)
        else:
            self._network.loop.outside(0.005, self._answer_when_marked, holder, epoch, reply)

    def produce(self, place: tuple[int | str, int], tp: TP, records: list[Outgoing], reply: Reply) -> bool:
        """Append records to the transaction of a (task, epoch), which begins with the first."""
        number, epoch = place
        holder = self._holder(number)
        if holder.epoch != epoch:
            reply(Fenced(f"epoch {epoch} of task {number}, now {holder.epoch}"))
            return True
        if holder.ending is not None:
            return False
        if holder.open is None:
            holder.open = Transaction(next(self._numbers))
            self._network.loop.outside(self._timeout_s, self._time_out, number, holder.open)
        time_ms = self._network.loop.epoch_ms()
        for key, value, headers in records:
            self._log[tp].append(Entry(key, value, headers, timestamp=time_ms, transaction=holder.open))
        reply((tp, self._log[tp].end))
        return True

    def end(self, place: tuple[int | str, int], operations: list[object] | None, is_commit: bool, reply: Reply) -> bool:
        """Commit or abort; the answer goes out at once, the markers are written later."""
        number, epoch = place
        holder = self._holder(number)
        if holder.epoch != epoch:
            reply(Fenced(f"epoch {epoch} of task {number}, now {holder.epoch}"))
            return True
        if holder.ending is not None:
            return False
        if holder.open is not None:
            holder.open.operations = operations
            self._end(number, holder, is_commit=is_commit)
        reply(None)
        return True

    def _end(self, number: int | str, holder: Holder, *, is_commit: bool) -> None:
        transaction, holder.open = holder.open, None
        assert transaction is not None
        transaction.state = "committed" if is_commit else "aborted"
        self._trace("coordinator", transaction.state, "transaction", transaction.number, "of task", number)
        if is_commit:
            self.committed.append((number, transaction))
        holder.ending = transaction if transaction.partitions else None
        transaction.unmarked = set(transaction.partitions)
        weather = self._network.weather
        for tp in transaction.partitions:
            self._network.loop.outside(weather.chance.random() * weather.marker_s, self._mark, holder, transaction, tp)

    def _mark(self, holder: Holder, transaction: Transaction, tp: TP) -> None:
        self._log[tp].mark(transaction)
        transaction.unmarked.discard(tp)
        if not transaction.unmarked and holder.ending is transaction:
            holder.ending = None

    def _time_out(self, number: int | str, transaction: Transaction) -> None:
        holder = self._holder(number)
        if holder.open is transaction:
            holder.epoch += 1
            self._trace("coordinator", "timed out", transaction.number, "of task", number)
            self._end(number, holder, is_commit=False)

    def _holder(self, number: int | str) -> Holder:
        return self._holders.setdefault(number, Holder())
