"""What an event can do to a condition: found out at start, so that most conditions need not be asked at most events.

A condition was decided before, with the time until which it stays as it is if nothing comes. So after an event it is
enough to ask it again where the event may have made it true (of whoever is outside), or untrue (of whoever is inside),
now or before that time. Where nothing is known of what an event does to a trait, the answer is: it may.

The answers are conditions in Python's text, over names of the reaction they stand in: `at` is the event's time, `now`
the time decided at, `m` the membership.
"""

from collections.abc import Callable, Mapping
from math import ceil, floor
from typing import Final

import msgspec

from stream.definitions import expressions as x

ALWAYS: Final = "True"
NEVER_SO: Final = "False"


class Touched(msgspec.Struct, frozen=True):
    """What a reaction knows of a trait that an event has just fed, each in Python's text, "" where it does not.

    `most` is a count, which neither now nor later is more, if nothing comes; `is_settled`: it is that count, and time
    changes nothing about it. `is_moment`: the value is a time no earlier than the event's. `changed`: whether the event
    changed the trait at all.
    """

    most: str = ""
    is_settled: bool = False
    is_moment: bool = False
    changed: str = ""


def any_of(*parts: str) -> str:
    """Return the text of a disjunction."""
    doubtful = [part for part in dict.fromkeys(parts) if part != NEVER_SO]
    if ALWAYS in doubtful:
        return ALWAYS
    return f"({' or '.join(doubtful)})" if len(doubtful) > 1 else "".join(doubtful) or NEVER_SO


def all_of(*parts: str) -> str:
    """Return the text of a conjunction."""
    doubtful = [part for part in dict.fromkeys(parts) if part != ALWAYS]
    if NEVER_SO in doubtful:
        return NEVER_SO
    return f"({' and '.join(doubtful)})" if len(doubtful) > 1 else "".join(doubtful) or ALWAYS


class Guards:
    """What one event can do to conditions.

    `touched` names all that it may change; `settled` says of counts that neither it nor time changes how they are read;
    `given` hands a constant in.
    """

    def __init__(
        self, touched: Mapping[str, Touched], settled: Mapping[str, Touched], given: Callable[[object], str]
    ) -> None:
        self._touched, self._given = touched, given
        self._known = {**settled, **touched}

    def enters(self, node: x.Expr) -> str:
        """Return when a condition that was not true may be true, now or before it would change by time."""
        return all_of(self._changed(node), self._enters(node))

    def fails(self, node: x.Expr) -> str:
        """Return when a condition that was true may not be so, now or before it would change by time."""
        return all_of(self._changed(node), self._fails(node))

    def holds(self, node: x.Expr) -> str:
        """Return when a condition may be true, now or before it would change by time, whatever it was before."""
        match node:
            case x.Logic(op="and"):
                return all_of(*map(self.holds, node.parts))
            case x.Logic(op="or"):
                return any_of(*map(self.holds, node.parts))
            case x.Compare():
                return self._compared(node)
            case _:
                return ALWAYS

    def only_rises(self, node: x.Expr) -> bool:
        """Return whether the event can do nothing but make a condition true, for all time if nothing else comes."""
        if isinstance(node, x.Logic):
            return all(map(self.only_rises, node.parts))
        return not self._reads(node) or self._direction(node) > 0

    def _enters(self, node: x.Expr) -> str:
        match node:
            case _ if not self._reads(node):
                return NEVER_SO
            case x.Logic(op="and"):
                rising, hold = [*map(self._enters, node.parts)], all_of(*map(self.holds, node.parts))
                is_said = any(
                    one != NEVER_SO and one == self.holds(part) for one, part in zip(rising, node.parts, strict=True)
                )
                return hold if is_said else all_of(any_of(*rising), hold)
            case x.Logic(op="or"):
                return any_of(*map(self._enters, node.parts))
            case x.Compare():
                return NEVER_SO if self._direction(node) < 0 else self._compared(node)
            case _:
                return ALWAYS

    def _fails(self, node: x.Expr) -> str:
        match node:
            case _ if not self._reads(node) or self.only_rises(node):
                return NEVER_SO
            case x.Logic(op="and"):
                return any_of(*map(self._fails, node.parts))
            case x.Compare():
                return self._fails_to_compare(node)
            case _:
                return ALWAYS

    def _reads(self, node: x.Expr) -> bool:
        return not self._touched.keys().isdisjoint(x.names(node))

    def _changed(self, node: x.Expr) -> str:
        """Return when any trait that a condition reads was changed."""
        return any_of(*(self._touched[name].changed or ALWAYS for name in sorted(x.names(node) & self._touched.keys())))

    def _counted(self, node: x.Compare) -> tuple[Touched, float] | None:
        """Return what is known of a count that is compared with a number."""
        if not (isinstance(node.left, x.Name) and node.left.kind == "trait" and isinstance(node.right, x.Constant)):
            return None
        touched, limit = self._known.get(node.left.name), node.right.value
        if touched is None or not touched.most or isinstance(limit, str | bool):
            return None
        return touched, limit

    def _direction(self, node: x.Expr) -> int:
        """Return whether the event can only make a comparison true (1) or only untrue (-1); 0: it may do either."""
        if not isinstance(node, x.Compare) or self._counted(node) is None:
            return 0
        return {">=": 1, ">": 1, "<": -1, "<=": -1}.get(node.op, 0)

    def _compared(self, node: x.Compare) -> str:
        """Return when a comparison may be true, now or later if nothing comes."""
        counted = self._counted(node)
        if counted is None:
            return self._elapsed(node)
        touched, limit = counted
        if touched.is_settled:
            return f"{touched.most} {node.op} {self._given(limit)}"
        return f"{touched.most} >= {_edge(node.op, limit)}" if node.op in (">=", ">") else ALWAYS

    def _fails_to_compare(self, node: x.Compare) -> str:
        """Return when a comparison that was true may not be so, now or later if nothing comes."""
        counted = self._counted(node)
        if counted is None:
            is_recent = self._moment(node) is not None and node.op in ("<", "<=")
            return NEVER_SO if is_recent else ALWAYS  # a moment that was recent is so for longer
        touched, limit = counted
        if touched.is_settled:
            return f"not {touched.most} {node.op} {self._given(limit)}"
        return f"{touched.most} >= {_edge(node.op, limit)}" if node.op in ("<", "<=") else ALWAYS

    def _elapsed(self, node: x.Compare) -> str:
        """Return when enough time may have passed since a moment, before the membership is to be asked again anyway."""
        span_ms = self._moment(node)
        if span_ms is None or span_ms <= 0 or node.op not in (">=", ">"):
            return ALWAYS
        return f"(m is None or m.next_ms > at + {span_ms} or now >= at + {span_ms})"

    def _moment(self, node: x.Compare) -> int | None:
        """Return the span that the time since a moment of the event's is compared with."""
        since, span = node.left, node.right
        if not (isinstance(since, x.Since) and since.direction == 1 and isinstance(span, x.Constant)):
            return None
        moment, limit = since.moment, span.value
        if not isinstance(moment, x.Name) or isinstance(limit, str | bool):
            return None
        touched = self._touched.get(moment.name) if moment.kind == "trait" else None
        return floor(limit) if touched is not None and touched.is_moment else None


def _edge(op: str, limit: float) -> int:
    """Return the least whole number that `>=` or `>` a limit, which is the first that is not `<` or `<=` it."""
    return ceil(limit) if op in (">=", "<") else floor(limit) + 1
