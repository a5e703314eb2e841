"""The six comparators: what each asks, and what it is mirrored or denied."""

import operator
from collections.abc import Callable, Mapping
from typing import Any, Final

from stream.definitions.expressions import Comparator

HOLDS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

MIRRORED: Final[Mapping[Comparator, Comparator]] = {
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "==": "==",
    "!=": "!=",
}
"""Comparators by what they are with the sides exchanged."""

OPPOSITE: Final[Mapping[Comparator, Comparator]] = {
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "==": "!=",
    "!=": "==",
}
"""Comparators by what holds where they do not."""
