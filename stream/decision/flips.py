"""When a comparison with the time since or until a moment flips."""

from collections.abc import Mapping
from typing import Final

ELAPSED: Final[Mapping[tuple[int, str], tuple[str, str]]] = {
    (1, ">="): ("ceil({m} + {k})", ">="),
    (1, ">"): ("floor({m} + {k}) + 1", ">="),
    (1, "<"): ("ceil({m} + {k})", "<"),
    (1, "<="): ("floor({m} + {k}) + 1", "<"),
    (-1, ">="): ("floor({m} - {k}) + 1", "<"),
    (-1, ">"): ("ceil({m} - {k})", "<"),
    (-1, "<"): ("floor({m} - {k}) + 1", ">="),
    (-1, "<="): ("ceil({m} - {k})", ">="),
}
"""By direction and comparator: the moment the comparison flips, and how now compares with it while it holds."""
