"""Expressions compiled to functions: (profile, now) -> (value, when time alone may change it).

The functions are made as Python source from checked nodes only. Every name in it is ours and every constant is handed
in by reference, so nothing a config says ever becomes code.

When a value may change: a comparison knows its moment. A false part decides an `and` until it may change itself, and a
true part an `or`; otherwise the earliest change of any part counts. Parts that time cannot change are asked first.
"""

from collections.abc import Mapping
from math import ceil, floor
from typing import Final, assert_never

from stream.decision import local_time
from stream.decision.anniversaries import days_compare, days_to
from stream.decision.emitting import Emitter, earlier
from stream.decision.fading import fading_comparison
from stream.decision.flips import ELAPSED
from stream.decision.lifetimes import lifetime_comparison, lifetime_reader
from stream.decision.local_time import ZoneOf
from stream.decision.movement import movement
from stream.decision.ranks import rank, rank_by_age, rank_comparison
from stream.decision.readers import TraitCode, was_reader
from stream.decision.reading import Reader, Test
from stream.decision.rolling import falls_below_ms
from stream.decision.standings import empty_from
from stream.decision.windows import Window, drop_old, window
from stream.definitions import expressions as x
from stream.definitions.comparators import MIRRORED
from stream.model.profile import NEVER

LARGEST: Final = 1e18
"""A result of arithmetic beyond this is unknown, as is one that is not a number."""


class Compiler(Emitter):
    """Makes functions of expressions over the given readers (by name; the cart's as `cart.total`)."""

    def __init__(self, readers: Mapping[str, Reader], traits: Mapping[str, TraitCode], zone_of: ZoneOf) -> None:
        super().__init__()
        self._readers, self._traits, self._zone_of = readers, traits, zone_of
        self._whose = "p"

    def function(self, expression: x.Expr) -> Reader:
        """Return the compiled expression."""
        return self._compiled(expression, "p, now", "p")

    def occurrence(self, expression: x.Expr) -> Test:
        """Return the compiled condition on an occurrence: its properties are read in place of a profile."""
        return self._compiled(expression, "p, now, user", "user")  # type: ignore[return-value]  # it takes other things

    def _compiled(self, expression: x.Expr, parameters: str, whose: str) -> Reader:
        self._names = {"NEVER": NEVER, "LARGEST": LARGEST, "ceil": ceil, "floor": floor}
        self._names.update(drop_old=drop_old, falls_below=falls_below_ms, zone_of=self._zone_of)
        self._lines, self._indent, self._whose = [f"def compiled({parameters}):"], 1, whose
        value, until = self._emit(expression)
        self._line(f"return {value}, {until}")
        code = compile("\n".join(self._lines), f"<{expression.text}>", "exec")
        exec(code, self._names)  # noqa: S102 - made from checked nodes only, see the module's docstring
        return self._names["compiled"]  # type: ignore[return-value]  # what `exec` defines has no static type

    def _emit(self, node: x.Expr) -> tuple[str, str]:
        """Write the lines that compute a node; return the names of its value and of its next change."""
        match node:
            case x.Constant():
                return self._given(node.value), "NEVER"
            case x.Name():
                return self._read(node)
            case x.Compare():
                return self._compare(node)
            case x.Logic():
                return self._logic(node)
            case x.Not() | x.Known() | x.Since() | x.OneOf():
                return self._unary(node)
            case x.Default():
                return self._default(node)
            case x.Arithmetic():
                return self._arithmetic(node)
            case x.AtKey() | x.Top() | x.Was():
                return self._keyed(node)
            case x.DaysTo() | x.LocalTime() | x.During() | x.Rank() | x.Lifetime():
                return self._told(node) if isinstance(node, x.Rank | x.Lifetime) else self._local(node)
            case _:
                assert_never(node)

    def _unary(self, node: x.Not | x.Known | x.Since | x.OneOf) -> tuple[str, str]:
        if isinstance(node, x.Since):
            moment, _ = self._emit(node.moment)
            return self._assigned(f"None if {moment} is None else (now - {moment}) * {node.direction}", "now + 1")
        value, until = self._emit(node.part)
        if isinstance(node, x.Known):
            return self._assigned(f"{value} is not None", until)
        if isinstance(node, x.OneOf):
            values = self._given(frozenset(constant.value for constant in node.values))
            return self._assigned(f"None if {value} is None else {value} in {values}", until)
        return self._assigned(f"None if {value} is None else not {value}", until)

    def _read(self, node: x.Name) -> tuple[str, str]:
        if node.kind == "property":
            return self._assigned("now" if node.name == "at" else f"p.get({self._given(node.name)})", "NEVER")
        code = self._traits.get(node.name) if node.kind == "trait" else None
        if code is not None and code.is_a_cell:
            v, _ = self._fresh()
            self._line(f"{v} = p.traits.get({self._given(code.key)}); {v} = {code.empty} if {v} is None else {v}.value")
            return v, "NEVER"
        if node.kind == "run":
            return self._assigned(f"p.hand.get({self._given(node.name)}) if p.hand else None", "NEVER")
        if node.kind == "identity":
            return self._assigned(f"p.identity.get({self._given(node.name)})", "NEVER")
        return self._called(
            f"{self._given(self._readers[f'cart.{node.name}' if node.kind == 'cart' else node.name])}(p, now)"
        )

    def _days(self, node: x.DaysTo, answers: object, *further: object) -> tuple[str, str]:
        date, date_until = self._emit(node.date)
        v, n = self._called(
            f"{self._given(answers)}({', '.join(['zone_of(p), now', date, *map(self._given, further)])})"
        )
        return v, self._assigned("None", earlier(n, date_until))[1]

    def _told(self, node: x.Rank | x.Lifetime) -> tuple[str, str]:
        if isinstance(node, x.Lifetime):
            return self._called(f"{self._given(lifetime_reader(node, self._readers))}(p, now)")
        value, until = self._emit(node.part)
        if node.cuts is None:
            return self._assigned("None", "NEVER")
        given = f"{value}, {self._given(node.cuts)}, {node.least}"
        if node.part.type != "timestamp":
            return self._assigned(f"{self._given(rank)}({given})", until)
        v, n = self._called(f"{self._given(rank_by_age)}(now, {given})")
        return v, self._assigned("None", earlier(n, until))[1]

    def _local(self, node: x.DaysTo | x.LocalTime | x.During) -> tuple[str, str]:
        if isinstance(node, x.DaysTo):
            return self._days(node, days_to)
        moment, until = self._emit(node.moment)
        asked = f"{moment}, zone_of({self._whose})"
        season = f", {self._given(node.season)}" if isinstance(node, x.During) else ""
        answer = local_time.is_during if isinstance(node, x.During) else local_time.PARTS[node.part]
        call = f"{self._given(answer)}({asked}{season})"
        return self._assigned(f"None if {moment} is None else {call}", until)

    def _keyed(self, node: x.AtKey | x.Top | x.Was) -> tuple[str, str]:
        if isinstance(node, x.Was):
            return self._called(f"{self._given(was_reader(node.segment, node.tier, node.within_ms))}(p, now)")
        if isinstance(node, x.Top):
            return self._called(f"{self._given(self._readers[node.trait])}(p, now)")
        key, key_until = self._emit(node.key)
        code = self._traits[node.trait]
        read = code.among(node.among) if node.among and code.among is not None else code.at_key
        v, n = self._called(f"{self._given(read)}(p, now, {key})")
        return v, self._assigned("None", earlier(n, key_until))[1]

    def _default(self, node: x.Default) -> tuple[str, str]:
        (part, part_until), (otherwise, other_until) = self._emit(node.part), self._emit(node.otherwise)
        return self._assigned(f"{otherwise} if {part} is None else {part}", earlier(part_until, other_until))

    def _arithmetic(self, node: x.Arithmetic) -> tuple[str, str]:
        (left, left_until), (right, right_until) = self._emit(node.left), self._emit(node.right)
        unknown = f"{left} is None or {right} is None" + (f" or {right} == 0" if node.op == "/" else "")
        value, until = f"None if {unknown} else {left} {node.op} {right}", earlier(left_until, right_until)
        v, n = self._assigned(value, until)
        self._line(f"if {v} is not None and not -LARGEST < {v} < LARGEST: {v} = None")
        return v, n

    def _compare(self, node: x.Compare) -> tuple[str, str]:
        if isinstance(node.left, x.Since):
            return self._elapsed(node.left, node.op, node.right)
        if isinstance(node.right, x.Since):
            return self._elapsed(node.right, MIRRORED[node.op], node.left)
        if isinstance(node.left, x.DaysTo) and isinstance(node.right, x.Constant):
            return self._days(node.left, days_compare, node.op, node.right.value)
        if node.left.type in x.FADING:
            return self._fading(node.left, node.op, node.right)
        if node.right.type in x.FADING:
            return self._fading(node.right, MIRRORED[node.op], node.left)
        ranked = rank_comparison(node)
        if ranked is not None:
            return self._emit(ranked)
        lifetime = lifetime_comparison(node, self._readers)
        if lifetime is not None:
            return self._called(f"{self._given(lifetime)}(p, now)")
        falling = self._falling(node)
        if falling is not None:
            return falling
        (left, left_until), (right, right_until) = self._emit(node.left), self._emit(node.right)
        unknown = " or ".join(f"{side} is None" for side in (left, right) if side[0] != "g")
        compared = f"{left} {node.op} {right}"
        return self._assigned(
            f"None if {unknown} else {compared}" if unknown else compared, earlier(left_until, right_until)
        )

    def _elapsed(self, since: x.Since, op: str, other: x.Expr) -> tuple[str, str]:
        (moment, moment_until), (size, size_until) = self._emit(since.moment), self._emit(other)
        flip, holds = ELAPSED[since.direction, op]
        v, n = self._fresh()
        self._line(f"if {moment} is None or {size} is None: {v} = None; {n} = NEVER")
        self._line("else:")
        self._line(f"    {n} = {flip.format(m=moment, k=size)}; {v} = now {holds} {n}")
        self._line(f"    if now >= {n}: {n} = NEVER")
        return v, self._assigned("None", earlier(earlier(n, moment_until), size_until))[1]

    def _fading(self, fading: x.Expr, op: str, other: x.Expr) -> tuple[str, str]:
        code = self._traits[fading.trait if isinstance(fading, x.AtKey) else fading.text]
        compare = self._given(fading_comparison(code.held, code.trait.half_life_ms or 1, op)) if code.held else "None"
        key, key_until = self._emit(fading.key) if isinstance(fading, x.AtKey) else ("None", "NEVER")
        limit, limit_until = self._emit(other)
        v, n = self._called(f"{compare}(p, now, {key}, {limit})")
        return v, self._assigned("None", earlier(earlier(n, key_until), limit_until))[1]

    def _falling(self, node: x.Compare) -> tuple[str, str] | None:
        """Compare what only falls with time with a number, since it is known when; None where it is nothing of that."""
        if isinstance(node.left, x.AtKey) and isinstance(node.right, x.Constant) and node.op not in ("==", "!="):
            return self._keyed_count(node.left, node.op, node.right)
        code = self._traits.get(node.left.text) if isinstance(node.left, x.Name) and node.left.kind == "trait" else None
        if code is None or not isinstance(node.right, x.Constant) or node.op in ("==", "!="):
            return None
        if code.counts_within is not None:
            return self._rolling_count(code.key, code.counts_within, node.op, node.right)
        return self._streak(node.left, node.op, node.right) if code.trait.op == "streak" else None

    def _keyed_count(self, node: x.AtKey, op: str, limit: x.Constant) -> tuple[str, str] | None:
        """A count of a key only falls with time: one that is below a limit stays so, as long as the key does.

        The top is a key until nothing is left; then it is unknown, and so is the comparison.
        """
        trait = self._traits[node.trait].trait
        if trait.op != "count" or trait.ending_ms or trait.half_life_ms is not None or trait.calendar is not None:
            return None
        key, key_until = self._emit(node.key)
        count, until = self._called(f"{self._given(self._traits[node.trait].at_key)}(p, now, {key})")
        reaches = ">=" if op in (">=", "<") else ">"
        v, n = self._assigned(f"None if {count} is None else {count} {reaches} {self._given(limit.value)}", until)
        is_greatest = isinstance(node.key, x.Top) and node.key.trait == node.trait
        is_left = is_greatest and trait.within_ms is not None
        empty_ms = f"{self._given(empty_from(self._traits[node.trait].key, window(trait.within_ms or 1)))}(p)"
        self._line(f"if not {v}: {n} = {empty_ms if is_left else 'NEVER'}")
        if is_greatest:  # no key of a trait is counted more often than its top, now or once that has fallen
            self._line(f"elif {key_until} < {n}: {n} = {key_until}")
        if op in ("<", "<="):
            self._line(f"if {v} is not None: {v} = not {v}")
        return v, n if is_greatest else self._assigned("None", earlier(n, key_until))[1]

    def _streak(self, node: x.Expr, op: str, limit: x.Constant) -> tuple[str, str]:
        """A streak only ends with time: one that is below a limit stays so."""
        days, until = self._emit(node)
        reaches = ">=" if op in (">=", "<") else ">"
        v, n = self._assigned(f"{days} {reaches} {self._given(limit.value)}", "NEVER")
        self._line(f"if {v}: {n} = {until}")
        if op in ("<", "<="):
            self._line(f"{v} = not {v}")
        return v, n

    def _rolling_count(self, key: str, window: Window, op: str, limit: x.Constant) -> tuple[str, str]:
        """A rolling count only falls with time, so that the moment it falls below a limit is known to the bucket."""
        edge = ceil(float(limit.value)) if op in (">=", "<") else floor(float(limit.value)) + 1
        v, n = self._fresh()
        self._line(f"{n} = p.traits.get({self._given(key)}); {v} = {edge <= 0}")
        self._line(f"if {n} is not None:")
        self._line(f"    old = (now - {window.kept_ms} + p.spread) // {window.width_ms}")
        self._line(f"    if {n}.numbers and {n}.numbers[0] < old: drop_old({n}, old)")
        self._line(f"    {v} = {n}.total >= {edge}")
        window_name = self._given(window)
        self._line(f"{n} = falls_below({n}, p.spread, {window_name}, {edge}) if {v} and {n} is not None else NEVER")
        if op in ("<", "<="):
            self._line(f"{v} = not {v}")
        return v, n

    def _logic(self, node: x.Logic) -> tuple[str, str]:
        decides = node.op == "or"
        v, n = self._fresh()
        self._line(f"{v} = {not decides}; {n} = NEVER")
        for part in sorted(node.parts, key=lambda part: movement(part, self._traits)):
            self._line(f"if {v} is not {decides}:")
            self._indent += 1
            value, until = self._emit(part)
            self._line(f"if {value} is {decides}: {v} = {decides}; {n} = {until}")
            self._line("else:")
            self._line(f"    if {value} is None: {v} = None")
            if until != "NEVER":
                self._line(f"    if {until} < {n}: {n} = {until}")
            self._indent -= 1
        return v, n
