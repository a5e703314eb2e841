"""Conditions that definitions ask: true or false, and able to change."""

from stream.definitions.expressions import Constant, Expr
from stream.definitions.reading import Reader, Vocabulary
from stream.definitions.source import YamlNode


def read_asked(reader: Reader, node: YamlNode | None, of: str, words: Vocabulary, instead: str = "") -> Expr | None:
    """Return a condition; one that never changes is noted, with what to write `instead` if there is something."""
    found = reader.condition(node, of, words)
    if node is not None and isinstance(found, Constant) and found.type == "boolean":
        reader.wrong(node.spot, f"this condition never changes{': ' if instead else ''}{instead}")
    return found
