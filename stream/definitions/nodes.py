"""What a YAML node is, in words."""

from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText


def is_blank(node: YamlNode) -> bool:
    """Return whether nothing at all was written for a value, not even quotes."""
    return isinstance(node, YamlText) and not node.raw


def described(node: YamlNode) -> str:
    """Return what stands there."""
    match node:
        case YamlText():
            return f"the text {node.text!r}" if node.text else "nothing"
        case YamlList():
            return "a list"
        case YamlMap():
            return "fields"
