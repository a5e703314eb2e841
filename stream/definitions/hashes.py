"""Hashes of definitions: they say whether two definitions decide alike, whatever the order of their fields."""

import hashlib
from collections.abc import Mapping
from typing import Final

import msgspec

from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText

_LENGTH: Final = 16

Plain = str | list["Plain"] | dict[str, "Plain"]


def definition_hash(kind: str, name: str, node: YamlNode) -> str:
    """Return 16 hex digits over a definition's kind, name and fields; `describe` does not count.

    Nor does the order of fields, but that of `tiers` does.
    """
    return _digest([kind, name, _decisive(node)])


def version_of(files: Mapping[str, YamlNode]) -> str:
    """Return 16 hex digits over all files of a config, by path; `describe` does not count."""
    return _digest({file: _decisive(node) for file, node in files.items()})


def _decisive(node: YamlNode) -> Plain:
    plain = _plain(node)
    if isinstance(plain, dict) and isinstance(plain.get("describe"), str):
        del plain["describe"]
    if isinstance(plain, dict) and isinstance(tiers := plain.get("tiers"), dict):
        plain["tiers"] = [[name, test] for name, test in tiers.items()]
    return plain


def _plain(node: YamlNode) -> Plain:
    match node:
        case YamlText():
            return node.text.strip()
        case YamlList():
            return [_plain(item) for item in node.items]
        case YamlMap():
            return {name: _plain(item) for name, item in node.items.items()}


def _digest(plain: Plain) -> str:
    return hashlib.sha256(msgspec.json.encode(plain, order="sorted")).hexdigest()[:_LENGTH]
