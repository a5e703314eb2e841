"""Refusing a part of an expression: where it stands, and what is wrong with it."""

import ast
from collections.abc import Mapping
from typing import Final, NoReturn

from stream.definitions import expressions as x
from stream.definitions.memberships import Wrong
from stream.definitions.scopes import Scope


class TypeMismatch(Exception):
    """A part of an expression has no meaning; `offset` is its column from the start of the expression."""

    def __init__(self, message: str, offset: int, suggestion: str = "") -> None:
        super().__init__(message)
        self.message: Final = message
        self.offset: Final = offset
        self.suggestion: Final = suggestion


class Refusing:
    """The source of one expression, and what it may name; `durations` are the lengths of time in it, by column."""

    def __init__(self, source: str, durations: Mapping[int, int], scope: Scope) -> None:
        self._source, self._durations, self._scope = source, durations, scope

    def _text(self, node: ast.expr) -> str:
        return self._source[node.col_offset : node.end_col_offset]

    def _refuse(self, node: ast.expr, message: str, suggestion: str = "") -> NoReturn:
        raise TypeMismatch(message, node.col_offset, suggestion)

    def _refuse_if(self, node: ast.expr, wrong: Wrong | None) -> None:
        if wrong is not None:
            self._refuse(node, wrong.message, wrong.suggestion)

    def _right(self, node: ast.expr, found: x.Expr | Wrong | str) -> x.Expr:
        """Return what was found, unless that is that something is wrong."""
        if isinstance(found, Wrong | str):
            self._refuse(node, *((found,) if isinstance(found, str) else found))
        return found
