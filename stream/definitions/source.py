"""YAML with the place of every node, and every scalar as the text that was written.

Nothing is resolved: `on`, `no`, `1_000` and `2024-01-01` stay text, and whoever reads a field says what type it has.
What lets one file mean two things (duplicate keys, anchors, merge keys, tags, several documents) is a problem, never a
surprise.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionStartEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
)
from ruamel.yaml.reader import ReaderError

from stream.definitions.problems import Problem, Spot
from stream.definitions.yaml_slips import syntax_problem, text_for_fields

_DEEPEST: Final = 40
_ELEMENTS: Final = re.compile(r"(?<=\w)\[\]", re.ASCII)
_ELEMENTS_HIDDEN: Final = (
    "\ue000\ue001"  # as long, so that places hold; from the area that Unicode leaves to private use
)


class YamlText(msgspec.Struct, frozen=True):
    """A scalar: the text it means, and `raw`, the characters it was written with (quotes and line breaks included)."""

    spot: Spot
    text: str
    raw: str = ""

    def at(self, offset: int) -> Spot:
        """Return the place in the file of the character at `offset` in `text`, over quotes, escapes and line breaks."""
        position = self.raw.find("\n") + 1 if self.raw[:1] in ("|", ">") else int(self.raw[:1] in ("'", '"'))
        for char in self.text[:offset]:
            if not char.isspace():
                position = max(position, self.raw.find(char, position) + 1)
        rest = self.text[offset : offset + 1].strip()
        position = max(position, self.raw.find(rest, position)) if rest else position
        before = self.raw[:position]
        if "\n" not in before:
            return self.spot.shifted(position)
        return Spot(self.spot.file, self.spot.line + before.count("\n"), position - before.rfind("\n"))


class YamlList(msgspec.Struct, frozen=True):
    """A sequence."""

    spot: Spot
    items: list["YamlNode"]


class YamlMap(msgspec.Struct, frozen=True):
    """A mapping; `key_spots` says where each key stands, `spot` where the mapping begins."""

    spot: Spot
    items: dict[str, "YamlNode"]
    key_spots: dict[str, Spot]


YamlNode = YamlText | YamlList | YamlMap


def read_yaml(file: str, text: str, problems: list[Problem]) -> YamlNode | None:
    """Read one YAML document; add what is wrong to `problems`. None where it cannot be read, or says nothing at all."""
    text = text.removeprefix("\ufeff")
    try:
        _refuse_tabs(file, text)
        return _Builder(file, text, problems).document()
    except _Unreadable as unreadable:
        problems.append(unreadable.problem)
    except ReaderError as error:
        before = text[: error.position]
        spot = Spot(file, before.count("\n") + 1, error.position - before.rfind("\n"))
        problems.append(Problem(spot, f"the character U+{ord(text[error.position]):04X} is not allowed in YAML"))
    except MarkedYAMLError as error:
        problems.append(syntax_problem(file, text, error))
    except (YAMLError, ValueError) as error:
        problems.append(Problem(Spot(file, 1, 1), f"not YAML: {error}"))
    return None


class _Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def _refuse_tabs(file: str, text: str) -> None:
    for number, line in enumerate(text.splitlines(), start=1):
        indent = line[: len(line) - len(line.lstrip())]
        if "\t" in indent and line.strip():
            raise _Unreadable(Problem(Spot(file, number, indent.index("\t") + 1), "a tab in the indent: use spaces"))


def _events(text: str) -> Iterator[Event]:
    """Yield the parser's events; `products[]` is one word to us, though in { } YAML would begin a list there."""
    for event in YAML(typ="safe", pure=True).parse(_ELEMENTS.sub(_ELEMENTS_HIDDEN, text)):
        if isinstance(event, ScalarEvent):
            event.value = str(event.value).replace(_ELEMENTS_HIDDEN, "[]")
        yield event


class _Builder:
    """Builds nodes from the parser's events; its own recursion is bounded."""

    def __init__(self, file: str, text: str, problems: list[Problem]) -> None:
        self._file = file
        self._text = text
        self._problems = problems
        self._anchored: dict[str, YamlNode] = {}
        self._events: Iterator[Event] = _events(text)

    def document(self) -> YamlNode | None:
        next(self._events)
        if not isinstance(next(self._events), DocumentStartEvent):
            return None
        root = self._node(next(self._events), 0)
        for event in self._events:
            if isinstance(event, StreamEndEvent):
                break
            if not isinstance(event, DocumentEndEvent):
                self._wrong(event, "a second document (---): one file holds one")
                break
        return root

    def _node(self, event: Event, depth: int) -> YamlNode:
        if depth > _DEEPEST:
            raise _Unreadable(Problem(self._spot(event), f"nested deeper than {_DEEPEST} levels"))
        if isinstance(event, AliasEvent):
            self._wrong(event, f"an alias (*{event.anchor}): anchors and aliases are not read, write it out")
            return self._anchored.get(str(event.anchor), YamlText(self._spot(event), *(2 * (str(event.anchor),))))
        if isinstance(event, ScalarEvent | CollectionStartEvent):
            self._refuse_properties(event)
        node: YamlNode
        if isinstance(event, MappingStartEvent):
            node = self._map(event, depth)
        elif isinstance(event, ScalarEvent):
            node = self._scalar(event)
        else:
            node = self._list(event, depth)
        if isinstance(event, NodeEvent) and event.anchor:
            self._anchored[str(event.anchor)] = node
        return node

    def _scalar(self, event: ScalarEvent) -> YamlText:
        raw = self._text[event.start_mark.index : event.end_mark.index]
        if event.tag and not event.value:
            return YamlText(self._spot(event), str(event.tag).lstrip("!"), raw)
        return YamlText(self._spot(event), str(event.value), raw)

    def _list(self, start: Event, depth: int) -> YamlList:
        items: list[YamlNode] = []
        while not isinstance(event := next(self._events), SequenceEndEvent):
            items.append(self._node(event, depth + 1))
        return YamlList(self._spot(start), items)

    def _map(self, start: MappingStartEvent, depth: int) -> YamlMap:
        built = YamlMap(self._spot(start), {}, {})
        last: ScalarEvent | None = None  # the latest key with a value: a comma may have split what belongs to it
        merged: list[YamlNode] = []
        while not isinstance(key := next(self._events), MappingEndEvent):
            value = next(self._events) if isinstance(key, ScalarEvent) else None
            if not isinstance(key, ScalarEvent) or value is None:
                self._wrong(key, "a field's name must be a text")
                self._node(key, depth + 1)
                self._node(next(self._events), depth + 1)
            elif (
                start.flow_style and value.start_mark.index == key.end_mark.index and not isinstance(value, AliasEvent)
            ):
                self._bare(built, last, key)
            elif key.value == "<<":
                self._wrong(key, "a merge key (<<): write the fields out")
                merged.append(self._node(value, depth + 1))
            else:
                last = key
                self._put(built, key, self._node(value, depth + 1))
        for node in merged:
            _merge(built, node)
        return built

    def _put(self, built: YamlMap, key: ScalarEvent, value: YamlNode) -> None:
        self._refuse_properties(key)
        name = str(key.value)
        if name in built.items:
            self._wrong(key, f"{name!r} stands twice; the first is in line {built.key_spots[name].line}")
            return
        built.items[name] = value
        built.key_spots[name] = self._spot(key)

    def _bare(self, built: YamlMap, last: ScalarEvent | None, key: ScalarEvent) -> None:
        """Join what a comma split: in `{value: default(x, 0)}` YAML sees the fields `value` and `0)`."""
        before = built.items.get(str(last.value)) if last is not None else None
        if isinstance(before, YamlText) and last is not None and not _balanced(before.raw):
            message = "a comma ends a value inside { }: quote the expression"
            if not any(problem.spot == before.spot and problem.message == message for problem in self._problems):
                self._problems.append(Problem(before.spot, message))
            start = self._text.index(before.raw, last.end_mark.index)
            whole = self._text[start : key.end_mark.index]
            built.items[str(last.value)] = YamlText(before.spot, whole, whole)
        elif (slip := text_for_fields(str(key.value))) != "":
            self._wrong(key, slip)
            name, _, value = str(key.value).replace(" ", ":", 1).partition(":")
            built.items.setdefault(name, YamlText(self._spot(key).shifted(len(name) + 1), value, value))
            built.key_spots.setdefault(name, self._spot(key))
        else:
            self._wrong(key, f"{key.value!r} has no value; where it belongs to an expression, quote the expression")

    def _refuse_properties(self, event: ScalarEvent | CollectionStartEvent) -> None:
        if event.anchor:
            self._wrong(event, f"an anchor (&{event.anchor}): anchors and aliases are not read, write it out")
        if event.tag:
            negates = isinstance(event, ScalarEvent) and not event.value and str(event.tag)[1:2].islower()
            negated = f"; to negate, write not {str(event.tag)[1:]}" if negates else ""
            self._wrong(event, f"a tag ({event.tag}): every value is read as what its field needs{negated}")

    def _spot(self, event: Event) -> Spot:
        return Spot(self._file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _wrong(self, event: Event, message: str) -> None:
        self._problems.append(Problem(self._spot(event), message))


def _merge(built: YamlMap, other: YamlNode) -> None:
    if isinstance(other, YamlMap):
        for name, node in other.items.items():
            built.items.setdefault(name, node)
            built.key_spots.setdefault(name, other.key_spots[name])


def _balanced(raw: str) -> bool:
    pairs = (("(", ")"), ("[", "]"))
    return all(raw.count(a) == raw.count(b) for a, b in pairs) and all(raw.count(quote) % 2 == 0 for quote in "'\"")
