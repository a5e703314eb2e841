"""What is wrong with a config, and where."""

import difflib
from collections.abc import Collection, Iterable, Mapping
from typing import Final

import msgspec


class Spot(msgspec.Struct, frozen=True, order=True):
    """A place in a config file; line and column count from 1."""

    file: str
    line: int
    column: int

    def shifted(self, columns: int) -> "Spot":
        """Return the spot so many columns further right."""
        return Spot(self.file, self.line, self.column + columns)


class Problem(msgspec.Struct, frozen=True, order=True):
    """One mistake: where, what is wrong, and what was probably meant."""

    spot: Spot
    message: str
    suggestion: str = ""

    def __str__(self) -> str:
        hint = f" (did you mean {self.suggestion!r}?)" if self.suggestion else ""
        return f"{self.spot.file}:{self.spot.line}:{self.spot.column}: {self.message}{hint}"


class ConfigRefused(Exception):
    """The config has problems; `problems` holds all of them, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems)
        super().__init__("\n".join(map(str, self.problems)))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the known name most like `word`, or nothing where none is near."""
    names = list(known)
    if (spelt := word.lower().replace(" ", "_").replace("-", "_")) in names and spelt != word:
        return spelt
    matches = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    return matches[0] if matches else ""


_OTHER_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "when": ("if", "condition", "rule", "filter", "where"),
    "where": ("if", "when", "condition", "filter", "having"),
    "exit": ("until", "leave", "unless"),
    "end": ("exit", "stop", "finish"),
    "enter": ("on", "start", "begin", "entry"),
    "describe": ("description", "desc", "name", "title", "comment"),
    "within": ("window", "period", "during", "timeframe", "in"),
    "for_each": ("for", "who", "whom", "audience", "users", "each"),
    "by": ("group_by", "group", "groupby", "per"),
    "branch": ("if", "switch", "case", "decide"),
    "choose": ("pick", "best_of", "bandit", "one_of"),
    "split": ("experiment", "ab_test", "abtest", "random", "test", "variants"),
    "goto": ("jump", "go_to", "repeat", "loop", "back"),
    "set": ("assign", "update", "remember", "store"),
    "wait_for": ("on", "await", "listen"),
    "weight": ("percent", "percentage", "probability", "ratio"),
    "capture": ("context", "variables", "keep", "remember"),
    "exit_on": ("cancel_on", "stop_on", "end_on", "leave_on"),
    "exit_when": ("exit_if", "stop_when", "cancel_when", "end_when"),
    "again_after": ("cooldown", "reentry", "re_entry", "every"),
    "holdout": ("control", "control_group", "hold_out"),
    "purpose": ("consent", "consents", "permission"),
    "on_cap": ("then", "else", "otherwise"),
    "then": ("on_cap", "do"),
    "between": ("from", "to", "hours", "start", "end", "starts", "ends"),
    "with": ("payload", "params", "properties", "variables"),
    "quiet_hours": ("do_not_disturb", "silence", "dnd"),
    "exclusive": ("exclusions", "mutually_exclusive", "groups"),
    "tiers": ("priorities", "priority", "ranks"),
    "tier": ("priority", "rank", "importance"),
    "wait": ("delay", "sleep", "pause", "after"),
    "trigger": ("send", "action", "do", "then"),
    "steps": ("then", "do", "actions"),
    "otherwise": ("else", "default"),
    "if_none": ("unless", "exit_on"),
    "at_most": ("max", "limit", "count", "timeout", "times"),
    "avg": ("average", "mean"),
    "distinct": ("unique", "count_distinct", "uniq"),
    "sum": ("total",),
    "valid_for": ("expires", "ttl", "valid"),
}
"""Fields, and what other tools call them."""


def nearest_field(word: str, known: Collection[str]) -> str:
    """Return the known field of the same meaning as `word`, or most like it, or nothing where none is near."""
    meant = (field for field, words in _OTHER_WORDS.items() if field in known and word.lower() in words)
    return next(meant, "") or nearest(word, known)
