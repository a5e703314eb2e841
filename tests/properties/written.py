"""Random expressions as people could write them, of a given type, over the names of a config."""

from collections.abc import Callable, Sequence
from typing import Final

from hypothesis import strategies as st

from stream.definitions.parsing import Scope

Text = st.SearchStrategy[str]

LITERALS: Final = {
    "number": ("0", "1", "2", "3", "0.5", "7", "-1", "12.25"),
    "duration": ("0s", "1s", "2s", "5s", "10s", "1m"),
    "string": ("'a'", "'b'", '"shoe"', "'p1'", "'1'"),
    "boolean": ("true", "false"),
}
_COMPARATORS: Final = ("<", "<=", ">", ">=", "==", "!=")
_CART: Final = {
    "number": ("cart.quantity",),
    "money": ("cart.total",),
    "timestamp": ("cart.changed_at",),
    "string": ("cart.id", "cart.dearest_item"),
}


def conditions(scope: Scope, depth: int = 3) -> Text:
    """Return a strategy of conditions, as text."""
    return _Writer(scope).of("boolean", depth)


def values(scope: Scope, depth: int = 2) -> Text:
    """Return a strategy of expressions of any type but duration."""
    writer = _Writer(scope)
    return st.one_of([writer.of(kind, depth) for kind in ("number", "money", "timestamp", "string", "boolean")])


class _Writer:
    def __init__(self, scope: Scope) -> None:
        self._scope = scope

    def of(self, kind: str, depth: int) -> Text:
        """Return a strategy for one type; a composite always stands in brackets."""
        plain = self._plain(kind)
        if depth == 0:
            return plain
        composite: dict[str, Callable[[int], Sequence[Text]]] = {
            "number": self._numbers,
            "money": self._money,
            "timestamp": self._timestamps,
            "duration": self._durations,
            "string": self._strings,
            "boolean": self._booleans,
        }
        return st.one_of(plain, self._default(kind, depth - 1), *composite[kind](depth - 1))

    def _strings(self, depth: int) -> Sequence[Text]:
        kept = [name for name, its in self._scope.traits.items() if its.endswith("by key")]
        return (_filled("top({})", st.sampled_from(kept)),) if kept else ()

    def _among_most(self, string: Text) -> Sequence[Text]:
        kept = [name for name, its in self._scope.traits.items() if its.endswith("by key")]
        return (_filled("({} in top({}, {}))", string, st.sampled_from(kept), st.sampled_from("123")),) if kept else ()

    def _of_keys(self, kind: str) -> Sequence[Text]:
        kept = [name for name, its in self._scope.traits.items() if its == f"{kind} by key"]
        return (_filled("{}[{}]", st.sampled_from(kept), self._plain("string")),) if kept else ()

    def _plain(self, kind: str) -> Text:
        names = [name for name, its in self._scope.traits.items() if its == kind]
        segments = self._segments() if kind == "boolean" else []
        return st.sampled_from([*names, *segments, *_CART.get(kind, ()), *LITERALS.get(kind, ())])

    def _segments(self) -> list[str]:
        tiers = self._scope.tiers
        named = [f"{name}.{tier}" for name, its in tiers.items() for tier in its]
        return [
            *sorted(self._scope.segments - tiers.keys()),
            *named,
            *(f"({name} != '{its[0]}')" for name, its in tiers.items()),
        ]

    def _named(self, kind: str) -> Text:
        return st.sampled_from([name for name, its in self._scope.traits.items() if its == kind])

    def _default(self, kind: str, depth: int) -> Text:
        return _filled("default({}, {})", self.of(kind, depth), self._plain(kind))

    def _numbers(self, depth: int) -> Sequence[Text]:
        number, money, duration = self.of("number", depth), self.of("money", depth), self.of("duration", depth)
        return (
            _filled("({} {} {})", number, st.sampled_from("+-*/"), number),
            _filled("({} / {})", money, money),
            _filled("({} / {})", duration, duration),
            *self._of_keys("number"),
            _filled("hour({})", self._plain("timestamp")),
            _filled("days_to({})", st.one_of(st.just("birthday"), self._plain("timestamp"))),
        )

    def _money(self, depth: int) -> Sequence[Text]:
        money, number = self.of("money", depth), self.of("number", depth)
        return (
            _filled("({} {} {})", money, st.sampled_from("+-"), st.one_of(money, st.sampled_from(("5", "0.75")))),
            _filled("({} {} {})", money, st.sampled_from("*/"), number),
            _filled("({} * {})", number, money),
            *self._of_keys("money"),
        )

    def _timestamps(self, depth: int) -> Sequence[Text]:
        return (_filled("({} {} {})", self.of("timestamp", depth), st.sampled_from("+-"), self.of("duration", depth)),)

    def _durations(self, depth: int) -> Sequence[Text]:
        moment, duration = self.of("timestamp", depth), self.of("duration", depth)
        return (
            _filled("({} - {})", moment, moment),
            _filled("({} {} {})", duration, st.sampled_from("+-"), duration),
            _filled("({} * {})", duration, st.sampled_from(("2", "0.5", "count_w"))),
        )

    def _booleans(self, depth: int) -> Sequence[Text]:
        order, same = st.sampled_from(_COMPARATORS), st.sampled_from(("==", "!="))
        ordered = st.sampled_from(_COMPARATORS[:4])
        number, money, moment = self.of("number", depth), self.of("money", depth), self.of("timestamp", depth)
        duration, string, boolean = self.of("duration", depth), self.of("string", depth), self.of("boolean", depth)
        passed = _filled("{}({})", st.sampled_from(("since", "until")), moment)
        return (
            *self._among_most(string),
            _filled("({} {} {})", number, order, number),
            _filled("({} < {} <= {})", number, number, number),
            _filled("({} {} {})", money, order, st.one_of(money, st.sampled_from(("10", "2.50")))),
            _filled("({} {} {})", moment, order, moment),
            _filled("({} {} {})", duration, order, duration),
            _filled("({} {} {})", passed, ordered, duration),
            _filled("({} {} {})", duration, ordered, passed),
            _filled("({} {} {})", string, same, string),
            _filled("(({}) {} ({}))", boolean, same, boolean),
            _filled("({} {} {})", boolean, st.sampled_from(("and", "or")), boolean),
            _filled("({} or {} or {})", boolean, boolean, boolean),
            _filled("(not {})", boolean),
            _filled("({} in ({}, 'b'))", self._named("string"), st.sampled_from(("'a'", "'p1'"))),
            _filled("({} not in (0, {}))", self._named("number"), st.sampled_from(("1", "7"))),
            _filled("(weekday({}) {} 'thursday')", moment, same),
            _filled("(month({}) in ('december', 'march'))", moment),
            _filled("during({}, {})", moment, st.sampled_from(sorted(self._scope.seasons))),
            *(
                _filled("({} {} {})", self._plain("string"), st.sampled_from(("in", "not in")), st.just(name))
                for name, its in self._scope.traits.items()
                if its == "set"
            ),
            _filled("known({})", st.one_of(number, money, moment, string, boolean)),
        )


def _filled(pattern: str, *parts: Text) -> Text:
    return st.tuples(*parts).map(lambda found: pattern.format(*found))
