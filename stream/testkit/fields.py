"""The fields of one YAML map, asked for by name; what is missing, unknown or of the wrong kind becomes a problem."""

from collections.abc import Sequence

from stream.definitions.problems import Problem, Spot, nearest
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText


class Fields:
    """A map with known field names. Each question answers None (or nothing) where there is a problem, and notes it."""

    def __init__(self, node: YamlMap, problems: list[Problem]) -> None:
        self._node = node
        self._problems = problems

    @classmethod
    def of(cls, node: YamlNode, what: str, known: Sequence[str], problems: list[Problem]) -> "Fields | None":
        """Return the fields of a map, noting every field that `what` doesn't have; None where the node is no map."""
        if not isinstance(node, YamlMap):
            problems.append(Problem(node.spot, f"{what} is a map of {', '.join(known)}"))
            return None
        for key in node.items:
            if key not in known:
                problems.append(Problem(node.key_spots[key], f"{what} has no field {key!r}", nearest(key, known)))
        return cls(node, problems)

    def __contains__(self, key: str) -> bool:
        return key in self._node.items

    def spot(self, key: str) -> Spot:
        """Return where a field's value stands, or the map itself where the field is not there."""
        node = self._node.items.get(key)
        return self._node.spot if node is None else node.spot

    def problem(self, key: str, message: str) -> None:
        """Note what is wrong with a field."""
        self._problems.append(Problem(self.spot(key), message))

    def text(self, key: str, *, required: bool = False) -> str | None:
        """Return a field's text."""
        node = self._take(key, required)
        if node is None or isinstance(node, YamlText):
            return None if node is None else node.text
        self.problem(key, f"{key!r} is a plain word or text")
        return None

    def number(self, key: str) -> float | None:
        """Return a field's number."""
        text = self.text(key)
        try:
            return None if text is None else float(text)
        except ValueError:
            self.problem(key, f"{key!r} is a number, not {text!r}")
            return None

    def mapping(self, key: str) -> YamlMap | None:
        """Return a field's map."""
        node = self._take(key, required=False)
        if node is None or isinstance(node, YamlMap):
            return node
        self.problem(key, f"{key!r} is a map: {{name: value, ...}}")
        return None

    def entries(self, key: str, *, required: bool = False) -> Sequence[YamlNode]:
        """Return the entries of a field's list."""
        node = self._take(key, required)
        if node is None or isinstance(node, YamlList):
            return () if node is None else node.items
        self.problem(key, f"{key!r} is a list; write `[]` for none")
        return ()

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a field's list of words; a single word stands for a list of one."""
        node = self._take(key, required=False)
        nodes = node.items if isinstance(node, YamlList) else [] if node is None else [node]
        words = tuple(each.text for each in nodes if isinstance(each, YamlText))
        if len(words) < len(nodes):
            self.problem(key, f"{key!r} is a list of words")
        return words

    def _take(self, key: str, required: bool) -> YamlNode | None:
        node = self._node.items.get(key)
        if node is None and required:
            self._problems.append(Problem(self._node.spot, f"{key!r} is missing"))
        return node
