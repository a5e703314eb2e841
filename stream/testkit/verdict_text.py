"""A failed scenario as text: expected and happened side by side, and why what happened did."""

from collections.abc import Iterable, Iterator
from typing import Final

from stream.model.outcomes import Leaf
from stream.testkit.offsets import offset_text
from stream.testkit.run_scenarios import Happened, Verdict
from stream.testkit.scenarios import DEFAULT_USER, Expected

_NOTHING: Final = "(nothing)"


def verdict_text(verdict: Verdict) -> str:
    """Return the lines that say how a scenario failed: `-` is missing, `+` unexpected, the rest as expected."""
    rows = sorted(_rows(verdict), key=lambda row: row[0])
    width = max([len(left) for _, _, left, _, _ in rows] + [len("expected")])
    lines = [f"    {'expected':<{width}}   happened"]
    for _, mark, left, right, why in rows:
        lines.append(f"  {mark} {left:<{width}}   {right}".rstrip())
        lines.extend(f"  {' ' * (width + 7)}{leaf}" for leaf in why)
    return "\n".join(lines)


def leaf_text(leaf: Leaf) -> str:
    """Return a condition's comparison as it stood: `spend_90d >= 200: no, it was 150`."""
    held = {True: "yes", False: "no", None: "unknown"}[leaf.holds]
    return f"{leaf.condition}: {held}" + ("" if leaf.value is None else f", it was {leaf.value}")


def _rows(verdict: Verdict) -> Iterator[tuple[int, str, str, str, list[str]]]:
    for expected, happened in verdict.met:
        yield happened.at_ms, " ", _expected_text(expected), _happened_text(happened), []
    for expected, leaves in verdict.missing:
        yield expected.from_ms, "-", _expected_text(expected), _NOTHING, [leaf_text(leaf) for leaf in leaves]
    for happened in verdict.unexpected:
        yield happened.at_ms, "+", _NOTHING, _happened_text(happened), _why(happened)


def _why(happened: Happened) -> list[str]:
    return [] if happened.why is None else [leaf_text(leaf) for leaf in happened.why.leaves]


def _expected_text(expected: Expected) -> str:
    at = offset_text(expected.from_ms)
    if expected.to_ms != expected.from_ms:
        at += f"..{offset_text(expected.to_ms)}"
    asked: dict[str, object] = {"from": expected.from_tier, "to": expected.to_tier}
    asked |= {"because": expected.because, "key": expected.key, "value": expected.value}
    return _line(at, expected.user, f"{expected.kind} {expected.name}", asked.items())


def _happened_text(happened: Happened) -> str:
    told: dict[str, object] = {"from": happened.from_tier, "to": happened.to_tier}
    told |= {"because": happened.because, "key": happened.key or None, "value": happened.value}
    return _line(offset_text(happened.at_ms), happened.user, f"{happened.kind} {happened.name}", told.items())


def _line(at: str, user: str, what: str, extras: Iterable[tuple[str, object]]) -> str:
    said = ", ".join(f"{name} {value}" for name, value in extras if value is not None)
    who = "" if user == DEFAULT_USER else f"{user} "
    return f"{at:<8} {who}{what}" + (f" ({said})" if said else "")
