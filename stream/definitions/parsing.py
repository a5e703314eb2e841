"""Text of an expression to checked nodes.

Conditions are a subset of Python's expression grammar. The text is parsed with `ast`, and each node is either on the
list below or refused; nothing is ever executed from here.
"""

import ast
import re
from typing import Final

from stream.definitions.durations import parse_duration
from stream.definitions.expressions import Expr
from stream.definitions.problems import nearest
from stream.definitions.scopes import Scope
from stream.definitions.typing import CONSTANTS, TypeMismatch, Typer

LONGEST: Final = 2_000
DEEPEST: Final = 40
_DURATION_OR_STRING: Final = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])\d+[A-Za-z]\w*""", re.ASCII)
_IN_OR_STRING: Final = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])in(?=\s*\()""", re.ASCII)
_NOT: Final = re.compile(r"(?<![\w.])not$", re.ASCII)
_CONNECTIVE: Final = re.compile(r"(?<![\w.])(and|or|not|in)$", re.ASCII)
_OPERAND: Final = re.compile(r"""[\w'")\]]$""", re.ASCII)
_OUTSIDE_STRINGS: Final = re.compile(r"""'[^']*'|"[^"]*"|([^\x00-\x7f]|#)""")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_SPELLINGS: Final = {"&&": "and", "||": "or", "AND": "and", "OR": "or", "NOT": "not", "<>": "!=", "=>": ">="}


class ExpressionError(Exception):
    """An expression is wrong at `offset` columns from its start; `suggestion` is the nearest known name, if any."""

    def __init__(self, message: str, offset: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message: Final = message
        self.offset: Final = offset
        self.suggestion: Final = suggestion


def parse_expression(text: str, scope: Scope) -> Expr:
    """Parse and type-check an expression; raises `ExpressionError` at the first thing wrong with it."""
    source = text.replace("\n", " ").rstrip()
    indent = len(source) - len(source.lstrip())
    tree, durations = _parse(source.lstrip())
    typer = Typer(source.lstrip(), durations, scope)
    try:
        return typer.typed(tree)
    except TypeMismatch as wrong:
        raise ExpressionError(wrong.message, indent + wrong.offset, wrong.suggestion) from None


def unknown_names(text: str, scope: Scope, doubtful: frozenset[str] = frozenset()) -> list[ExpressionError]:
    """Return every name of an expression that stands for nothing, each with its place and the nearest known name.

    `doubtful` names exist, though their types are not known. Raises `ExpressionError` where the text does not parse.
    """
    source = text.replace("\n", " ").rstrip()
    indent = len(source) - len(source.lstrip())
    tree, durations = _parse(source.lstrip())
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    owners = {node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    known = {*scope.traits, *scope.segments, *doubtful, *CONSTANTS}
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions | owners]
    return [
        ExpressionError(scope.no_such_name(node.id), indent + node.col_offset, nearest(node.id, known))
        for node in sorted(named, key=lambda node: node.col_offset)
        if node.id not in known and node.col_offset not in durations
    ]


def identifiers(text: str) -> frozenset[str]:
    """Return the names an expression mentions, before any typing; empty where it does not parse."""
    try:
        tree, _ = _parse(text.replace("\n", " ").strip())
    except ExpressionError:
        return frozenset()
    return frozenset(node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _parse(source: str) -> tuple[ast.expr, dict[int, int]]:
    """Parse source without leading blanks; also return the durations in it, milliseconds by column."""
    if not source:
        raise ExpressionError("the expression is empty", 0)
    if len(source) > LONGEST:
        raise ExpressionError(f"the expression is longer than {LONGEST:,} characters", 0)
    if (half := _SURROGATE.search(source)) is not None:
        raise ExpressionError("half of a character (a surrogate) is not allowed", half.start())
    for match in _OUTSIDE_STRINGS.finditer(source):
        if match[1]:
            raise ExpressionError(f"{match[1]!r} is not allowed outside quotes", match.start())
    # Columns of `ast` count UTF-8 bytes; quoted text is set to one byte a character, and read from the source again.
    plain = re.sub(r"[^\x00-\x7f]", "x", source)
    rewritten, durations = _without_durations(_without_in(plain))
    tree = _python(rewritten, source)
    _refuse_deep(tree)
    return tree, durations


def _without_in(source: str) -> str:
    """Replace `in` where it is called, as in `in(vip)`, by a name of equal length: to Python it is an operator."""

    def replaced(match: re.Match[str]) -> str:
        before = _NOT.sub("", source[: match.start()].rstrip()).rstrip()
        is_operator = match[0] != "in" or bool(_OPERAND.search(before) and not _CONNECTIVE.search(before))
        return match[0] if is_operator else "_" * len(match[0])

    return _IN_OR_STRING.sub(replaced, source)


def _without_durations(source: str) -> tuple[str, dict[int, int]]:
    """Replace each duration by a name of equal length, so that columns hold."""
    durations: dict[int, int] = {}

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        if word[0] in "'\"":
            return word
        size_ms = parse_duration(word)
        if size_ms is None:
            raise ExpressionError(
                f"{word!r} is no duration: write a number and s, m, h, d or w, as in 7d", match.start()
            )
        durations[match.start()] = size_ms
        return "_" * len(word)

    return _DURATION_OR_STRING.sub(replaced, source), durations


def _python(rewritten: str, source: str) -> ast.expr:
    try:
        return ast.parse(rewritten, mode="eval").body
    except SyntaxError as wrong:
        offset = min(max((wrong.offset or 1) - 1, 0), len(source))
        raise ExpressionError(_explained(source, wrong), offset) from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError("the expression is nested too deeply", 0) from None


def _explained(source: str, wrong: SyntaxError) -> str:
    for spelling, meant in _SPELLINGS.items():
        if re.search(rf"(?<!\w){re.escape(spelling)}(?!\w)", source):
            return f"write {meant!r} instead of {spelling!r}"
    if re.search(r"(?<![=<>!])=(?!=)", source):
        return "write '==' to compare; a single '=' has no meaning here"
    return f"this is no expression: {wrong.msg}"


def _refuse_deep(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise ExpressionError("the expression is nested too deeply", 0)
