"""The text of a function in the making: its lines, and the objects that are handed in by reference."""


def earlier(one: str, other: str) -> str:
    """Return the text of the earlier of two moments; `NEVER` is later than all."""
    if other in (one, "NEVER"):
        return one
    return other if one == "NEVER" else f"({one} if {one} < {other} else {other})"


class Emitter:
    """Writes lines; each result is a pair of names, of a value and of when time alone may change it."""

    def __init__(self) -> None:
        self._names: dict[str, object] = {}
        self._lines: list[str] = []
        self._indent = 1

    def _line(self, text: str) -> None:
        self._lines.append("    " * self._indent + text)

    def _given(self, thing: object) -> str:
        """Hand an object in by reference; return its name in the function."""
        name = f"g{len(self._names)}"
        self._names[name] = thing
        return name

    def _fresh(self) -> tuple[str, str]:
        number = len(self._lines)
        return f"v{number}", f"n{number}"

    def _called(self, call: str) -> tuple[str, str]:
        """Write a call that answers with a reading."""
        v, n = self._fresh()
        self._line(f"{v}, {n} = {call}")
        return v, n

    def _assigned(self, value: str, until: str) -> tuple[str, str]:
        v, n = self._fresh()
        self._line(f"{v} = {value}; {n} = {until}")
        return v, n
