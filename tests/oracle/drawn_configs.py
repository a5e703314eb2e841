"""Random configs as people write them: traits, then segments over them; loaded as every config is."""

from collections.abc import Mapping, Sequence
from typing import Final

from hypothesis import strategies as st

from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from stream.definitions.shapes import Aggregate, Definitions
from tests.oracle.drawn_traits import CALENDAR, EVENTS, trait_lines

Files = dict[str, str]
_DURATIONS: Final = ("5s", "1m", "10m", "30m", "1h", "1d", "3d", "7d")
_ORDERED: Final = (">=", ">", "<", "<=", "==", "!=")
_SAID: Final = (
    "plan == 'a'",
    "plan in ('b', 'c')",
    "known(age)",
    "age >= 2",
    "days_to(birthday) <= 3",
    "days_to(birthday) == 0",
    "until(renews_at) <= 3d",
    "since(renews_at) > 1h",
    "cart.quantity > 0",
    "cart.total >= 2",
    "since(cart.changed_at) >= 10m",
    "since(cart.changed_at) >= 1h",
    "cart.dearest_item == 'a'",
    "known(cart.id)",
)
_UNEVEN: Final = st.sampled_from(("0.3", "0.7", "1.3", "2.9"))
"""Limits that no sum of halves, quarters and so on ever meets exactly."""


class _Names:
    """What conditions may name so far, by type."""

    def __init__(self, types: Mapping[str, str]) -> None:
        self.types = types
        self.segments: list[str] = []
        self.tiers: dict[str, list[str]] = {}

    def of(self, kind: str) -> list[str]:
        """Return the traits of a type that are no sums of fractions, which are the same only to the rounding."""
        return [name for name, its in self.types.items() if its == kind and name[0] not in "ef"]


@st.composite
def atoms(draw: st.DrawFn, names: _Names) -> str:
    """Draw one comparison, or one question of another segment."""
    if (names.segments or names.tiers) and draw(st.integers(0, 3)) == 0:
        return draw(_memberships(names))
    if draw(st.integers(0, 7)) == 0:
        return draw(st.sampled_from(_SAID))
    name = draw(st.sampled_from(sorted(names.types)))
    if draw(st.integers(0, 5)) == 0:
        return f"{draw(st.sampled_from(('c0', 'c1')))} {draw(st.sampled_from(_ORDERED[:4]))} {draw(st.integers(1, 4))}"
    return draw(_about(name, names))


@st.composite
def _about(draw: st.DrawFn, name: str, names: _Names) -> str:
    kind = names.types[name]
    if name[0] == "f":
        return _fading(draw, name, kind)
    if kind in ("number", "money", "timestamp", "duration"):
        return _ordered(draw, name, names)
    limit = draw(st.sampled_from(("1m", "10m") if kind.startswith("duration") else ("1", "2", "3")))
    order, of_key = draw(st.sampled_from(_ORDERED)), draw(st.sampled_from(("['a']", "['c']", f"[top({name})]")))
    asked = {
        "string": (f"{name} == 'a'", f"{name} != 'b'", f"{name} in ('a', 'c')", f"known({name})"),
        "boolean": (name, f"not {name}", f"default({name}, false)"),
        "set": (f"'a' in {name}", f"'b' not in {name}"),
    }
    by_key = (f"{name}{of_key} {order} {limit}", f"{name}{of_key} {order} {limit}", f"top({name}) == 'a'")
    return draw(st.sampled_from(asked.get(kind, by_key)))


def _ordered(draw: st.DrawFn, name: str, names: _Names) -> str:
    """Draw a comparison of a number, money, a time or a length of time."""
    kind, order, size = names.types[name], draw(st.sampled_from(_ORDERED)), draw(st.sampled_from(_DURATIONS))
    is_of_two, other = draw(st.integers(0, 4)) == 0, draw(st.sampled_from([name, *names.of(kind)]))
    if kind == "duration":
        return f"{name} {order} {size}"
    if kind == "timestamp" and is_of_two:
        return f"{name} {order} {other} + {size}"
    if kind == "timestamp":
        passed, order = draw(st.sampled_from(("since", "since", "until"))), draw(st.sampled_from(_ORDERED[:4]))
        lengths = [*(f"{length} * 2" for length in names.of("duration")), size, size]
        return f"{passed}({name}) {order} {draw(st.sampled_from(lengths))}"
    if is_of_two:
        worked = ("{0} + {1} {2} 3", "{0} / {1} {2} 0.5", "{0} {2} {1}", "{0} - {1} {2} 1")
        return draw(st.sampled_from(worked)).format(name, other, order)
    known = draw(st.sampled_from(("{}", "{}", "{}", "default({}, 1)")))
    return f"{known.format(name)} {order} {draw(st.sampled_from(('0', '1', '2', '3', '0.5', '1.5')))}"


def _fading(draw: st.DrawFn, name: str, kind: str) -> str:
    """Draw a comparison of what fades with a limit."""
    order = draw(st.sampled_from(_ORDERED[:4]))
    if kind == "duration":
        return f"{name} {order} {draw(st.sampled_from(_DURATIONS))}"
    if "duration" in kind:
        return (
            f"{name} {order} {draw(st.sampled_from(('7s', '13m')))}"
            if kind == "fading duration"
            else f"top({name}) == 'a'"
        )
    of_key = draw(st.sampled_from(("['a']", f"[top({name})]"))) if kind.endswith("by key") else ""
    return f"{name}{of_key} {order} {draw(_UNEVEN)}"


@st.composite
def _memberships(draw: st.DrawFn, names: _Names) -> str:
    places = [*names.segments, *(f"{name}.{tier}" for name, its in names.tiers.items() for tier in its)]
    place = draw(st.sampled_from(places))
    ways = ("{0}", "not {0}", "in({0})", "was({0}, {1})", "not was({0}, {1})")
    return draw(st.sampled_from(ways)).format(place, draw(st.sampled_from(_DURATIONS)))


@st.composite
def conditions(draw: st.DrawFn, names: _Names) -> str:
    """Draw a condition of one to three comparisons."""
    parts = draw(st.lists(atoms(names), min_size=1, max_size=3))
    parts = [f"not ({part})" if draw(st.integers(0, 7)) == 0 else part for part in parts]
    if len(parts) == 3 and draw(st.booleans()):
        return f"({parts[0]} {draw(_CONNECTIVES)} {parts[1]}) {draw(_CONNECTIVES)} {parts[2]}"
    return f" {draw(_CONNECTIVES)} ".join(parts) if len(parts) == 2 else f" {draw(_CONNECTIVES)} ".join(parts[:2])


_CONNECTIVES: Final = st.sampled_from(("and", "and", "or"))


@st.composite
def segment_texts(draw: st.DrawFn, names: _Names) -> tuple[str, tuple[str, ...]]:
    """Draw one segment; also the names of its tiers."""
    stay = f"\nstay_at_least: {draw(st.sampled_from(_DURATIONS))}" if draw(st.integers(0, 3)) == 0 else ""
    if draw(st.integers(0, 3)) == 0:
        tests = draw(st.lists(conditions(names), min_size=1, max_size=3))
        tiers = {f"g{number}": test for number, test in enumerate(tests)}
        lines = [f'  {name}: "{test}"' for name, test in tiers.items()]
        return "\n".join(["tiers:", *lines, "  rest: otherwise"]) + stay, (*tiers, "rest")
    leave = f'\nexit: "{draw(conditions(names))}"' if draw(st.integers(0, 2)) == 0 else ""
    return f'when: "{draw(conditions(names))}"{leave}{stay}', ()


@st.composite
def configs(draw: st.DrawFn) -> Files:
    """Draw a whole config, as text by file."""
    lines = draw(trait_lines())
    files = {"events.yaml": EVENTS, "calendar.yaml": CALENDAR, "traits.yaml": _traits(lines)}
    types = types_of(load(files))
    for number, text in enumerate(draw(derived(_Names(types)))):
        lines[f"d{number}"], types[f"d{number}"] = f'{{value: "{text}"}}', "duration" if number else "number"
    files["traits.yaml"] = _traits(lines)
    names = _Names({name: kind for name, kind in types.items() if name[0] != "e"})
    for number in range(draw(st.integers(3, 8))):
        text, tiers = draw(segment_texts(names))
        files[f"segments/s{number}.yaml"] = text + "\n"
        if tiers:
            names.tiers[f"s{number}"] = list(tiers)
        else:
            names.segments.append(f"s{number}")
        names.types = types
    return accepted(files)


def accepted(files: Files) -> Files:
    """Return a config without the segments that are refused (nobody could enter, a tier is never reached)."""
    while True:
        try:
            load(files)
        except ConfigRefused as refused:
            wrong = {problem.spot.file for problem in refused.problems}
            if not all(name.startswith("segments/") for name in wrong):
                raise
            files = {name: text for name, text in files.items() if name not in wrong}
        else:
            return files


@st.composite
def derived(draw: st.DrawFn, names: _Names) -> Sequence[str]:
    """Draw traits that are computed from others: a number, and a time between two."""
    numbers, moments = names.of("number"), names.of("timestamp")
    if not numbers or not moments or draw(st.booleans()):
        return ()
    (one, other), (first, last) = ([draw(st.sampled_from(its)) for _ in range(2)] for its in (numbers, moments))
    return f"{one} {draw(st.sampled_from('+-*/'))} {other}", f"{last} - {first}"


def types_of(definitions: Definitions) -> dict[str, str]:
    """Return the types of all traits."""
    its = definitions.traits.values()
    return {trait.name: trait.type if isinstance(trait, Aggregate) else trait.value.type for trait in its}


def _traits(lines: Mapping[str, str]) -> str:
    return "".join(f"{name}: {line}\n" for name, line in lines.items())
