"""Text of an expression to checked nodes.

Conditions are a subset of Python's expression grammar. The text is parsed with `ast`, and each node is either on the
list below or refused; nothing is ever executed from here.
"""

import ast
import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from stream.definitions.durations import meant_duration, parse_duration
from stream.definitions.expressions import Expr
from stream.definitions.pick_typing import PayloadTyper
from stream.definitions.picks import Pick
from stream.definitions.problems import nearest
from stream.definitions.refusing import TypeMismatch
from stream.definitions.scopes import Scope
from stream.definitions.slips import character_slip, name_slip, syntax_slip
from stream.definitions.typing import CONSTANTS, Typer

T = TypeVar("T")

LONGEST: Final = 2_000
DEEPEST: Final = 40
_ELEMENT: Final = "[]."
_DURATION_OR_STRING: Final = re.compile(
    r"""'[^']*'|"[^"]*"|(?<![\w.])\d+[A-Za-z]\w*|[A-Za-z_]\w*\[\]\.[A-Za-z_]\w*""", re.ASCII
)
_IN_OR_STRING: Final = re.compile(r"""'[^']*'|"[^"]*"|(?<![\w.])in(?=\s*\()""", re.ASCII)
_NOT: Final = re.compile(r"(?<![\w.])not$", re.ASCII)
_CONNECTIVE: Final = re.compile(r"(?<![\w.])(and|or|not|in)$", re.ASCII)
_OPERAND: Final = re.compile(r"""[\w'")\]]$""", re.ASCII)
_OUTSIDE_STRINGS: Final = re.compile(r"""'[^']*'|"[^"]*"|([^\x00-\x7f]|#)""")
_OTHER_DIGITS: Final = re.compile(r"\d+[eE]\d+|0[xXbBoO]\w+", re.ASCII)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


class ExpressionError(Exception):
    """An expression is wrong at `offset` columns from its start; `suggestion` is the nearest known name, if any."""

    def __init__(self, message: str, offset: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message: Final = message
        self.offset: Final = offset
        self.suggestion: Final = suggestion


def parse_expression(text: str, scope: Scope) -> Expr:
    """Parse and type-check an expression; raises `ExpressionError` at the first thing wrong with it."""
    return _typed(text, lambda source, durations, tree: Typer(source, durations, scope).typed(tree))


def parse_payload(text: str, scope: Scope) -> Expr | Pick:
    """Parse and type-check the value of a field of a payload, as `parse_expression` does."""
    return _typed(text, lambda source, durations, tree: PayloadTyper(source, durations, scope).value(tree))


def _typed(text: str, typing: Callable[[str, dict[int, int], ast.expr], T]) -> T:
    source = text.replace("\n", " ").rstrip()
    indent = len(source) - len(source.lstrip())
    tree, durations = _parse(source.lstrip())
    try:
        return typing(source.lstrip(), durations, tree)
    except TypeMismatch as wrong:
        raise ExpressionError(wrong.message, indent + wrong.offset, wrong.suggestion) from None


def unknown_names(text: str, scope: Scope, doubtful: frozenset[str] = frozenset()) -> list[ExpressionError]:
    """Return every name of an expression that stands for nothing, each with its place and the nearest known name.

    `doubtful` names exist, though their types are not known. Raises `ExpressionError` where the text does not parse.
    """
    source = text.replace("\n", " ").rstrip()
    indent = len(source) - len(source.lstrip())
    tree, durations = _parse(source.lstrip())
    functions = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)} | {*_seasons(tree)}
    owners = {node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    known = {*scope.traits, *scope.segments, *doubtful, *CONSTANTS}
    texts = set(_beside_texts(tree, scope))
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in functions | owners]
    errors = []
    for node in sorted(named, key=lambda node: node.col_offset):
        name = _written(node, source.lstrip())
        if name not in known and node.col_offset not in durations:
            near = nearest(name, known)
            quotes = f"; a text needs quotes: '{name}'" if node in texts and not near else ""
            if node is tree and not (near or name.islower()):
                quotes = f"; a fixed text needs quotes of its own: \"'{name}'\""
            message = name_slip(name) or scope.no_such_name(name) + quotes
            errors.append(ExpressionError(message, indent + node.col_offset, near))
    return errors


def _beside_texts(tree: ast.expr, scope: Scope) -> Iterator[ast.expr]:
    """Give the parts that stand where a text would: compared with a string, or asked for in what is kept by key."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and len(node.ops) == 1:
            sides = (node.left, node.comparators[0]) if isinstance(node.ops[0], ast.Eq | ast.NotEq | ast.In) else ()
            for one, other in zip(sides, sides[::-1], strict=True):
                if isinstance(other, ast.Name) and scope.traits.get(other.id) in ("string", "set"):
                    yield one
        elif isinstance(node, ast.Subscript):
            yield node.slice


def _written(node: ast.Name, source: str) -> str:
    """Return a name as it was written; in the tree, that of an element's property is another."""
    return source[node.col_offset : node.end_col_offset] if node.id.startswith("_") else node.id


def identifiers(text: str) -> frozenset[str]:
    """Return the names an expression mentions, before any typing; empty where it does not parse."""
    source = text.replace("\n", " ").strip()
    try:
        tree, durations = _parse(source)
    except ExpressionError:
        return frozenset()
    seasons = _seasons(tree)
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node not in seasons]
    return frozenset(_written(node, source) for node in named if node.col_offset not in durations)


def seasons_in(text: str) -> frozenset[str]:
    """Return the seasons an expression mentions; empty where it does not parse."""
    try:
        tree, _ = _parse(text.replace("\n", " ").strip())
    except ExpressionError:
        return frozenset()
    return frozenset(node.id for node in _seasons(tree))


def _seasons(tree: ast.expr) -> list[ast.Name]:
    """Return where `during(at, SEASON)` names a season, which no trait or segment is."""
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) > 1]
    named = [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "during"]
    return [node for node in named if isinstance(node, ast.Name)]


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
            raise ExpressionError(character_slip(match[1]), match.start())
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
    """Replace each duration, and each name of an element's property, by a name of equal length: so columns hold."""
    durations: dict[int, int] = {}

    def replaced(match: re.Match[str]) -> str:
        word = match[0]
        if word[0] in "'\"":
            return word
        if _ELEMENT in word:
            return "_" * len(word)
        size_ms = parse_duration(word)
        if size_ms is None:
            raise ExpressionError(_no_duration(word), match.start())
        durations[match.start()] = size_ms
        return "_" * len(word)

    return _DURATION_OR_STRING.sub(replaced, source), durations


def _python(rewritten: str, source: str) -> ast.expr:
    try:
        return ast.parse(rewritten, mode="eval").body
    except SyntaxError as wrong:
        offset = min(max((wrong.offset or 1) - 1, 0), len(source))
        slip = syntax_slip(source, wrong.msg, offset)
        raise ExpressionError(slip.message, slip.offset) from None
    except (RecursionError, MemoryError, ValueError):
        raise ExpressionError("the expression is nested too deeply", 0) from None


def _no_duration(word: str) -> str:
    if _OTHER_DIGITS.fullmatch(word) is not None:
        return f"write {word!r} in plain digits"
    meant = meant_duration(word) or "a number and s, m, h, d or w, as in 7d"
    return f"{word!r} is no duration: write {meant}"


def _refuse_deep(tree: ast.expr) -> None:
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return
    raise ExpressionError("the expression is nested too deeply", 0)
