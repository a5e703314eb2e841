"""Reading the fields of definitions: each value as what its field needs, and every mistake noted at its place.

A reader never stops: it notes the problem, answers with something harmless, and the caller goes on. A missing node
(None) is passed over in silence, since the missing field was noted when the fields were taken.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Final, TypeVar

import msgspec

from stream.definitions.cut_points import Tables
from stream.definitions.durations import duration_slip, parse_duration
from stream.definitions.expressions import Expr, ValueType
from stream.definitions.nodes import described, is_blank
from stream.definitions.parsing import (
    ExpressionError,
    identifiers,
    parse_expression,
    parse_payload,
    seasons_in,
    unknown_names,
)
from stream.definitions.picks import PICKS, Pick
from stream.definitions.problems import Problem, Spot, nearest, nearest_field
from stream.definitions.scopes import Scope
from stream.definitions.seasons import Seasons
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText
from stream.definitions.typing import FUNCTIONS
from stream.definitions.yaml_slips import text_for_fields
from stream.model.naming import event_name

T = TypeVar("T")

_WORDS: Final = ("cart", "run", "event", "and", "or", "not", "true", "false", "at", "in", "is", "if", "else")
RESERVED: Final = frozenset({*_WORDS, *FUNCTIONS, *PICKS})
"""Words that mean something in an expression already, so that no trait or segment can have them for a name."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]*", re.ASCII)
_WHOLE: Final = re.compile(r"\d{1,15}", re.ASCII)
_SHARE: Final = re.compile(r"\d{1,3}(\.\d{1,2})?%", re.ASCII)
_NUMBER: Final = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)


class Known(msgspec.Struct, frozen=True):
    """Names of one kind that may be referred to; not `complete` where the file that defines them cannot be read."""

    kind: str
    names: Collection[str]
    complete: bool = True


class Vocabulary(msgspec.Struct, frozen=True):
    """What expressions may name; with an `event`, the properties of one occurrence of it.

    Of a `doubtful` name the type is not known, since its own definition is wrong. `tiers` names those of each segment
    that has some. Within a journey, `run` has the types of its runs' context.
    """

    traits: Mapping[str, ValueType]
    segments: frozenset[str]
    currency: str
    doubtful: frozenset[str] = frozenset()
    complete: bool = True
    event: str = ""
    identity: frozenset[str] = frozenset()
    tiers: Mapping[str, tuple[str, ...]] = {}
    tables: Tables = Tables()
    elsewhere: Mapping[str, str] = {}
    seasons: Seasons = Seasons()
    run: Mapping[str, ValueType] = {}

    def doubts(self, text: str) -> bool:
        """Return whether an expression reads a name that another mistake has left without a type."""
        names = identifiers(text)
        known = self.traits.keys() | self.segments | RESERVED
        if not self.seasons.complete and seasons_in(text):
            return True
        return bool(names & self.doubtful) or (not self.complete and bool(names - known))

    def scope(self) -> Scope:
        """Return what an expression may name, all of it known."""
        return Scope(
            self.traits,
            self.segments,
            self.currency,
            self.event,
            self.identity,
            self.tiers,
            self.tables,
            self.elsewhere,
            self.seasons.named,
            self.run,
        )


class Reader:
    """Reads nodes and gathers problems."""

    def __init__(self, problems: list[Problem]) -> None:
        self._problems = problems

    @property
    def count(self) -> int:
        """How many problems were noted so far."""
        return len(self._problems)

    def wrong(self, spot: Spot, message: str, suggestion: str = "") -> None:
        """Note a problem."""
        self._problems.append(Problem(spot, message, suggestion))

    def map(self, node: YamlNode | None, of: str) -> YamlMap | None:
        """Return the node if it is a map."""
        if node is None or isinstance(node, YamlMap):
            return node
        slip = text_for_fields(node.text) if isinstance(node, YamlText) else ""
        self.wrong(node.spot, slip or f"{of} needs fields, as in `name: value`, not {described(node)}")
        return None

    def fields(
        self, node: YamlNode | None, of: str, required: Iterable[str], optional: Iterable[str] = ()
    ) -> dict[str, YamlNode]:
        """Return the fields of a map that are allowed and have a value; note those unknown, missing or blank."""
        required, optional = tuple(required), tuple(optional)
        found = self.map(node, of)
        if found is None:
            return {}
        for name in found.items.keys() - {*required, *optional}:
            self.wrong(
                found.key_spots[name], f"{of} has no field {name!r}", nearest_field(name, (*required, *optional))
            )
        for name in required:
            if name not in found.items and not self.is_misspelt(found, (name,), (*required, *optional)):
                self.wrong(found.spot, f"{of} needs the field {name!r}")
        kept = {name: item for name, item in found.items.items() if name in required or name in optional}
        return {name: item for name, item in kept.items() if not self._blank(name, item, found.key_spots[name])}

    @staticmethod
    def is_misspelt(node: YamlNode, names: Iterable[str], known: Collection[str]) -> bool:
        """Return whether an unknown field of a map is nearest to one of the names, and is noted as that."""
        fields = node.items if isinstance(node, YamlMap) else {}
        return any(nearest_field(field, known) in names for field in fields if field not in known)

    def _blank(self, name: str, node: YamlNode, spot: Spot) -> bool:
        blank = is_blank(node)
        if blank:
            self.wrong(spot, f"{name!r} has no value")
        return blank

    def text(self, node: YamlNode | None, of: str) -> str:
        """Return a text, "" where it is none."""
        if node is None:
            return ""
        if not isinstance(node, YamlText):
            self.wrong(node.spot, f"{of} must be a text, not {described(node)}")
            return ""
        if not node.text.strip():
            self.wrong(node.spot, f"{of} is empty")
        return node.text.strip()

    def items(self, node: YamlNode | None, of: str) -> list[YamlNode]:
        """Return the items of a list that has some."""
        if node is None:
            return []
        if not isinstance(node, YamlList):
            listed = f"[{node.text}]" if isinstance(node, YamlText) and node.text else ""
            self.wrong(node.spot, f"{of} must be a list, not {described(node)}", listed)
            return []
        if not node.items:
            self.wrong(node.spot, f"{of} is an empty list")
        return node.items

    def name(self, name: str, spot: Spot, of: str) -> bool:
        """Return whether a word can name a definition: lower-case letters, digits and _, and no word of expressions."""
        if _NAME.fullmatch(name) is None:
            meant = event_name(name)
            usable = meant if _NAME.fullmatch(meant) else ""
            self.wrong(spot, f"{name!r} cannot name {of}: use lower-case letters, digits and _", usable)
            return False
        if name in RESERVED:
            self.wrong(spot, f"{name!r} cannot name {of}: it has a meaning in expressions")
            return False
        return True

    def reference(self, node: YamlNode | None, known: Known) -> str:
        """Return a name that refers to something known."""
        name = self.text(node, f"the name of {known.kind}")
        if node is not None and name and known.complete and name not in known.names:
            self.wrong(node.spot, f"there is no {known.kind.split()[-1]} {name!r}", nearest(name, known.names))
        return name

    def references(self, node: YamlNode | None, of: str, known: Known) -> frozenset[str]:
        """Return the names of a list, all of them known and none twice."""
        names: set[str] = set()
        for item in self.items(node, of):
            name = self.reference(item, known)
            if name in names:
                self.wrong(item.spot, f"{name!r} stands twice in {of}")
            names.add(name)
        return frozenset(names - {""})

    def duration(self, node: YamlNode | None, of: str, *, default_ms: int = 0, least_ms: int = 1) -> int:
        """Return a duration in milliseconds, `default_ms` where there is none or it is wrong."""
        text = self.text(node, of)
        if node is None or not text:
            return default_ms
        size_ms = 0 if text == "0" and least_ms else parse_duration(text)
        if size_ms is None:
            self.wrong(node.spot, duration_slip(text))
            return default_ms
        if size_ms < least_ms:
            self.wrong(node.spot, f"{of} cannot be {text!r}: it must be longer than nothing")
        return size_ms

    def whole(self, node: YamlNode | None, of: str, least: int) -> int:
        """Return a whole number, `least` where it is wrong."""
        text = self.text(node, of)
        if node is None or not text:
            return least
        if _WHOLE.fullmatch(text) is None or int(text) < least:
            digits = re.sub(r"(?<=\d)([_,'](?=\d{3})|\s*%$)", "", text)
            meant = digits if digits != text and _WHOLE.fullmatch(digits) else ""
            self.wrong(node.spot, f"{of} must be a whole number of at least {least}, not {text!r}", meant)
            return least
        return int(text)

    def number(self, node: YamlNode | None, of: str) -> float | None:
        """Return a decimal number in plain digits."""
        text = self.text(node, of)
        if node is None or not text:
            return None
        if _NUMBER.fullmatch(text) is None:
            self.wrong(node.spot, f"{of} must be a number in plain digits, not {text!r}")
            return None
        return float(text)

    def share(self, node: YamlNode | None, of: str) -> int | None:
        """Return a percentage, `2.5%`, as a number of 10,000."""
        text = self.text(node, of)
        if node is None or not text:
            return None
        if _SHARE.fullmatch(text) is None or float(text[:-1]) > 100:
            part = float(text) if _NUMBER.fullmatch(text) else -1
            meant = f"{part * (100 if part < 1 else 1):g}%" if 0 <= part <= 100 else ""
            self.wrong(node.spot, f"{of} must be a percentage from 0% to 100%, as in 2.5%, not {text!r}", meant)
            return None
        return round(float(text[:-1]) * 100)

    def one_of(self, node: YamlNode | None, of: str, words: Sequence[str]) -> str:
        """Return one of some words, the first where there is none or it is wrong."""
        text = self.text(node, of)
        if node is not None and text and text not in words:
            self.wrong(node.spot, f"{of} can be {', '.join(words)}, not {text!r}", nearest(text, words))
        return text if text in words else words[0]

    def flag(self, node: YamlNode | None, of: str) -> bool:
        """Return a `true` or a `false`."""
        text = self.text(node, of)
        if node is not None and text and text not in ("true", "false"):
            self.wrong(node.spot, f"{of} must be true or false, not {text!r}")
        return text == "true"

    def expression(self, node: YamlNode | None, of: str, words: Vocabulary) -> Expr | None:
        """Return a checked expression; None where it is wrong, or where another mistake keeps it from being checked."""
        return self._parsed(node, of, words, parse_expression)

    def payload_value(self, node: YamlNode | None, of: str, words: Vocabulary) -> Expr | Pick | None:
        """Return a checked expression, or products that are picked; None as for `expression`."""
        return self._parsed(node, of, words, parse_payload)

    def _parsed(self, node: YamlNode | None, of: str, words: Vocabulary, parse: Callable[[str, Scope], T]) -> T | None:
        if not self.text(node, of) or not isinstance(node, YamlText):
            return None
        scope = words.scope()
        try:
            unknown = unknown_names(node.text, scope, words.doubtful)
            if words.doubts(node.text) or (unknown and words.complete):
                self._refuse(node, unknown if words.complete else ())
                return None
            return parse(node.text, scope)
        except ExpressionError as error:
            self._refuse(node, [error])
            return None

    def _refuse(self, node: YamlText, errors: Iterable[ExpressionError]) -> None:
        for error in errors:
            self.wrong(node.at(error.offset), error.message, error.suggestion)

    def condition(self, node: YamlNode | None, of: str, words: Vocabulary) -> Expr | None:
        """Return an expression that is true or false."""
        found = self.expression(node, of, words)
        if node is not None and found is not None and found.type != "boolean":
            self.wrong(node.spot, f"{of} must be true or false, but {found.text!r} is {article(found.type)}")
        return found


def article(noun: str) -> str:
    """Return the noun with its article."""
    return noun if noun in ("money", "items") else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
