"""What is wrong with a text that is no YAML, in the words of whoever wrote it."""

import re
from typing import Final

from ruamel.yaml.error import MarkedYAMLError, StreamMark

from stream.definitions.problems import Problem, Spot

_READABLE: Final = (
    ("mapping values are not allowed", "a colon here ends the name of a field: quote the text, or check the indent"),
    ("unknown escape", "a backslash in double quotes begins an escape: use single quotes"),
    ("quoted scalar", "this quote is never closed"),
    ("scanning a block scalar", "'>' and '|' begin a text of several lines: quote an expression that holds one here"),
    ("flow mapping", "this '{' is not closed, or a comma is missing in it"),
    ("flow sequence", "this '[' is not closed, or a comma is missing in it"),
    ("could not find expected ':'", "no colon after the name of a field"),
    ("but found ']'", "this ']' closes nothing"),
    ("but found '}'", "this '}' closes nothing"),
    ("block", "the indent does not fit the lines above"),
    ("document start", "the indent does not fit the lines above"),
)
"""What ruamel says (in the problem or its context), and what helps whoever wrote the file; the first that fits."""

_FIELD: Final = re.compile(r"(\s*(?:- +)*)([\w-]+)\s*$")
_NO_COLON: Final = re.compile(r"(\s*(?:- +)*)([a-z_]+) +[^:]*$")


def syntax_problem(file: str, text: str, error: MarkedYAMLError) -> Problem:
    """Return the problem that a parser's error stands for, at the place that is probably wrong."""
    problem, context = str(error.problem or ""), str(error.context or "")
    lines = [*text.splitlines(), ""]
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Problem(Spot(file, 1, 1), _readable(problem, context))
    spot, line = _spot(file, mark), lines[min(mark.line, len(lines) - 1)]
    if "mapping values" in problem:
        return _second_colon(spot, lines)
    if "but found '<scalar>'" in problem or "but got '<scalar>'" in problem:
        before = line[: mark.column].rstrip()
        if before[-1:] in ("'", '"', "]", "}"):
            return Problem(
                spot, f"a text cannot go on after {before[-1:]!r}: put all of it in quotes of the other kind"
            )
    if "but got ':'" in problem and error.context_mark is not None and error.context_mark.line == mark.line:
        word = _FIELD.search(line[: mark.column])
        if word is not None:
            return Problem(Spot(file, mark.line + 1, word.start(2) + 1), f"a comma is missing before {word[2]!r}")
    if "simple key" in context and error.context_mark is not None:
        return _no_colon(_spot(file, error.context_mark), lines)
    ended = "end of stream" in problem or "stream end" in problem or "flow" in context
    if ended and error.context_mark is not None:
        spot = _spot(file, error.context_mark)
    return Problem(spot, _readable(problem, context))


def text_for_fields(text: str) -> str:
    """Say why a text stands where fields are needed: a colon, or the blank behind it, was forgotten; "" if neither."""
    if (joined := re.match(r"([a-z_]+):(?=\S)", text)) is not None:
        return f"a blank is missing after the colon: {joined[1]}: {text[joined.end() :].lstrip()}"
    if (apart := re.match(r"([a-z_]+) +[\w'\"\[{]", text)) is not None:
        return f"a colon is missing: {apart[1]}: {text[apart.end() - 1 :]}"
    return ""


def _second_colon(spot: Spot, lines: list[str]) -> Problem:
    """A colon where no field can begin: a text that holds one, or a line that went on with the one above."""
    own, above = lines[spot.line - 1][: spot.column - 1], lines[spot.line - 2] if spot.line > 1 else ""
    field, forgotten = _FIELD.fullmatch(own), _NO_COLON.fullmatch(above)
    if field is None:
        return Problem(spot, _READABLE[0][1])
    if forgotten is not None:
        place = Spot(spot.file, spot.line - 1, forgotten.start(2) + 1)
        return Problem(place, f"a colon is missing after {forgotten[2]!r}")
    place = Spot(spot.file, spot.line, field.start(2) + 1)
    return Problem(place, f"{field[2]!r} stands too far right: the field above has a value already")


def _no_colon(spot: Spot, lines: list[str]) -> Problem:
    line = lines[spot.line - 1][spot.column - 1 :]
    return Problem(spot, text_for_fields(line) or "no colon after the name of a field")


def _spot(file: str, mark: StreamMark) -> Spot:
    return Spot(file, mark.line + 1, mark.column + 1)


def _readable(problem: str, context: str) -> str:
    if "cannot start any token" in problem:
        character = problem.split("'")[1]
        if character == "\\t":
            return "a tab: use blanks"
        return f"a text may not begin with {character!r}: quote it"
    said = f"{context} {problem}".strip()
    return next((message for needle, message in _READABLE if needle in said), f"not YAML: {said}")
