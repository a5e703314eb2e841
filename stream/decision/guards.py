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

from stream.decision.flips import ELAPSED
from stream.decision.settled import Settled
from stream.definitions import expressions as x
from stream.model.events import Scalar

ALWAYS: Final = "True"
NEVER_SO: Final = "False"

_ORDERED: Final = frozenset({"<", "<=", ">", ">="})


class Touched(msgspec.Struct, frozen=True):
    """What a reaction knows of a trait that an event has just fed, each in Python's text, "" where it does not.

    `most` is a count, which neither now nor later is more, if nothing comes. `is_moment`: the value is a time no
    earlier than the event's. `fed`: the value was this, or is now between this and what it would be without the event,
    now and later. `changed`: whether the event changed the trait at all. `most_held`: of counts by key, what the top
    holds; the event can make that less, since another key may need its room. `fed_held`: what the key holds that was
    fed, and no other holds more than before. `held_of`: makes the text that tells what a key holds.
    """

    most: str = ""
    is_moment: bool = False
    fed: str = ""
    changed: str = ""
    most_held: str = ""
    fed_held: str = ""
    held_of: Callable[[Scalar], str] | None = None


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

    `touched` names all that it may change; `settled` tells of what time changes nothing about; `given` hands a constant
    in.
    """

    def __init__(self, touched: Mapping[str, Touched], settled: Settled, given: Callable[[object], str]) -> None:
        self._touched, self._settled, self._given = touched, settled, given
        self._elapsing: dict[int, tuple[x.Expr, tuple[str, str]]] = {}
        self._rising: dict[int, str] = {}

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
                return self._settled.condition(node) or ALWAYS

    def lapses(self, node: x.Expr) -> str:
        """Return when a condition may not be true, now or before it would change by time, whatever it was before."""
        if isinstance(node, x.Logic):
            return (any_of if node.op == "and" else all_of)(*map(self.lapses, node.parts))
        settled = self._settled.condition(node)
        return f"not {settled}" if settled is not None else ALWAYS

    def waits_until(self, node: x.Expr) -> str:
        """Return the name of the moment before which a condition cannot be true, "" where none is known.

        Where `enters` or `holds` is true of the condition, it is assigned.
        """
        parts = node.parts if isinstance(node, x.Logic) and node.op == "and" else (node,)
        return next((self._rising[id(part)] for part in parts if id(part) in self._rising), "")

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
                rising = [*map(self._enters, node.parts)]
                hold = all_of(*sorted(map(self.holds, node.parts), key=_calls))
                is_said = any(
                    one != NEVER_SO and one == self.holds(part) for one, part in zip(rising, node.parts, strict=True)
                )
                return hold if is_said else all_of(any_of(*rising), hold)
            case x.Logic(op="or"):
                return any_of(*map(self._enters, node.parts))
            case x.Compare():
                return NEVER_SO if self._direction(node) < 0 else self._comes_to_hold(node)
            case _:
                return self._settled.condition(node) or ALWAYS

    def _fails(self, node: x.Expr) -> str:
        match node:
            case _ if not self._reads(node) or self.only_rises(node):
                return NEVER_SO
            case x.Logic(op="and"):
                return any_of(*map(self._fails, node.parts))
            case x.Compare():
                return self._fails_to_compare(node)
            case _:
                return self.lapses(node)

    def _reads(self, node: x.Expr) -> bool:
        return not self._touched.keys().isdisjoint(x.names(node))

    def _changed(self, node: x.Expr) -> str:
        """Return when any trait that a condition reads was changed."""
        return any_of(*(self._touched[name].changed or ALWAYS for name in sorted(x.names(node) & self._touched.keys())))

    def _fed_to(self, node: x.Compare) -> Touched | None:
        """Return what is known of a touched trait that is compared with a number."""
        if not (isinstance(node.left, x.Name) and node.left.kind == "trait" and isinstance(node.right, x.Constant)):
            return None
        return None if isinstance(node.right.value, str | bool) else self._touched.get(node.left.name)

    def _most_held(self, node: x.Compare) -> tuple[Touched, int] | None:
        """Return what is known of a touched trait by key whose top is compared, and the edge it is compared with."""
        held, limit = node.left, node.right.value if isinstance(node.right, x.Constant) else ""
        if not (isinstance(held, x.AtKey) and isinstance(held.key, x.Top) and held.key.trait == held.trait):
            return None
        touched = self._touched.get(held.trait, Touched())
        if not touched.most_held or isinstance(limit, str | bool) or node.op not in _ORDERED:
            return None
        return touched, _edge(node.op, limit)

    def _held_of(self, node: x.Compare) -> str:
        """Return when a count of a key that is named may be so great, now or later; "" where that is not asked."""
        held, limit = node.left, node.right.value if isinstance(node.right, x.Constant) else ""
        if not (isinstance(held, x.AtKey) and isinstance(held.key, x.Constant) and node.op in (">=", ">")):
            return ""
        held_of = self._touched.get(held.trait, Touched()).held_of
        if held_of is None or isinstance(limit, str | bool):
            return ""
        return f"{held_of(held.key.value)} >= {_edge(node.op, limit)}"

    def _edge(self, node: x.Compare) -> int | None:
        """Return the least whole number that `>=` or `>` the limit of a count, the first that is not `<` or `<=` it."""
        touched, limit = self._fed_to(node), node.right.value if isinstance(node.right, x.Constant) else ""
        if touched is None or not touched.most or isinstance(limit, str | bool) or node.op not in _ORDERED:
            return None
        return _edge(node.op, limit)

    def _direction(self, node: x.Expr) -> int:
        """Return whether the event can only make a comparison true (1) or only untrue (-1); 0: it may do either."""
        if not isinstance(node, x.Compare) or self._edge(node) is None:
            return 0
        return 1 if node.op in (">=", ">") else -1

    def _comes_to_hold(self, node: x.Compare) -> str:
        """Return when a comparison that was not true may be true, now or later if nothing comes."""
        touched = self._fed_to(node)
        if (held := self._most_held(node)) is not None and held[0].fed_held and node.op in (">=", ">"):
            return f"{held[0].fed_held} >= {held[1]}"
        if touched is None or not touched.fed or node.op not in _ORDERED:
            return self._compared(node)
        return f"({touched.fed} is not None and {touched.fed} {node.op} {self._settled.value(node.right)})"

    def _compared(self, node: x.Compare) -> str:
        """Return when a comparison may be true, now or later if nothing comes."""
        settled, touched, edge = self._settled.condition(node), self._fed_to(node), self._edge(node)
        if settled is not None:
            return settled
        if (held := self._most_held(node)) is not None:
            return f"{held[0].most_held} >= {held[1]}" if node.op in (">=", ">") else ALWAYS
        if touched is None or edge is None:
            return self._held_of(node) or self._elapsed(node)[0]
        return f"{touched.most} >= {edge}" if node.op in (">=", ">") else ALWAYS

    def _fails_to_compare(self, node: x.Compare) -> str:
        """Return when a comparison that was true may not be so, now or later if nothing comes."""
        settled, touched, edge = self._settled.condition(node), self._fed_to(node), self._edge(node)
        if settled is not None:
            return f"not {settled}"
        if (held := self._most_held(node)) is not None:  # what comes late may leave early
            most = held[0].most_held
            return f"({most} < {held[1]} or at < now)" if node.op in (">=", ">") else f"{most} >= {held[1]}"
        if touched is not None and touched.fed and node.op in _ORDERED:
            return f"({touched.fed} is not None and not {touched.fed} {node.op} {self._settled.value(node.right)})"
        if touched is None or edge is None:
            return self._elapsed(node)[1]
        return f"{touched.most} >= {edge}" if node.op in ("<", "<=") else ALWAYS

    def _elapsed(self, node: x.Compare) -> tuple[str, str]:
        """Return when the time since or until a moment may compare so, or may not, before it is to be asked anyway."""
        known = self._elapsing.get(id(node))
        if known is None:
            known = self._elapsing[id(node)] = (node, self._flips(node))
        return known[1]

    def _flips(self, node: x.Compare) -> tuple[str, str]:
        since, span = node.left, node.right.value if isinstance(node.right, x.Constant) else ""
        if not isinstance(since, x.Since) or isinstance(span, str | bool) or (since.direction, node.op) not in ELAPSED:
            return ALWAYS, ALWAYS
        moment = self._settled.value(since.moment)
        flip, holds = ELAPSED[since.direction, node.op]
        if moment is None:
            return self._flips_later(since, holds, floor(span))
        m, f = self._settled.fresh(), self._settled.fresh()
        exact = flip.replace("ceil(", "(").replace("floor(", "(") if float(span).is_integer() else flip
        flips = f"({f} := {exact.format(m=m, k=self._given(int(span) if float(span).is_integer() else span))})"
        known = f"({m} := {moment}) is not None"
        if holds == ">=":
            self._rising[id(node)] = f
            return (
                f"({known} and (now >= {flips} or m is None or m.next_ms > {f}))",
                f"not ({known} and now >= {flips})",
            )
        return f"({known} and now < {flips})", f"not ({known} and now < {flips} and m.next_ms <= {f})"

    def _flips_later(self, since: x.Since, holds: str, span_ms: int) -> tuple[str, str]:
        """The same, of a moment that is known to be no earlier than the event."""
        touched = self._touched.get(since.moment.name) if isinstance(since.moment, x.Name) else None
        if touched is None or not touched.is_moment or since.direction < 0:
            return ALWAYS, ALWAYS
        if holds == "<":
            return ALWAYS, NEVER_SO  # a moment that was recent is so for longer
        return f"(m is None or m.next_ms > at + {span_ms} or now >= at + {span_ms})", ALWAYS


def _calls(text: str) -> bool:
    """Return whether a condition's text calls for what takes longer to tell than to compare."""
    return "(profile" in text


def _edge(op: str, limit: float) -> int:
    """Return the least whole number that `>=` or `>` a limit, which is the first that is not `<` or `<=` it."""
    return ceil(limit) if op in (">=", "<") else floor(limit) + 1
