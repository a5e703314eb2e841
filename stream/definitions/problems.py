"""What is wrong with a config, and where."""

import difflib
from collections.abc import Iterable

import msgspec


class Spot(msgspec.Struct, frozen=True, order=True):
    """A place in a config file; line and column count from 1."""

    file: str
    line: int
    column: int

    def shifted(self, columns: int) -> "Spot":
        """Return the spot so many columns further right."""
        return Spot(self.file, self.line, self.column + columns)


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake: where, what is wrong, and what was probably meant."""

    spot: Spot
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return f"{self.spot.file}:{self.spot.line}:{self.spot.column}: {self.message}{hint}"


class ConfigRefused(Exception):
    """The config has problems; `problems` holds all of them, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name most like `word`, or nothing where none is near."""
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return matches[0] if matches else ""
