"""`score(x)` and `percentile(x)`: where a trait's value stands among the cut points of its frozen table."""

from collections.abc import Mapping
from typing import Final, NamedTuple

from stream.definitions import expressions as x
from stream.definitions.cut_points import PERCENTILES, RANKED_TYPES, SCORES, as_kept
from stream.definitions.scopes import Scope


class _Ranking(NamedTuple):
    """The lowest rank, and how many cut points there are."""

    least: int
    cuts: int

    @property
    def most(self) -> int:
        return self.least + self.cuts


_RANKINGS: Final[Mapping[str, _Ranking]] = {
    "score": _Ranking(1, SCORES),
    "percentile": _Ranking(0, PERCENTILES),
}
RANKINGS: Final = tuple(_RANKINGS)


def ranked(function: str, text: str, part: x.Expr, scope: Scope) -> x.Rank | str:
    """Return the rank of a trait's value, or what is wrong with asking for it."""
    ranking = _RANKINGS[function]
    if not isinstance(part, x.Name) or part.kind not in ("trait", "identity"):
        return f"{function}(...) takes the name of a trait, whose table it reads, not {part.text!r}"
    if part.type not in RANKED_TYPES:
        return f"{function}(...) ranks numbers, money, durations and times; {part.text} is a {part.type}"
    table = scope.tables.cuts.get(part.name)
    if table is None:
        if scope.tables.complete and part.name not in scope.tables.doubtful:
            return f"there is no table of {part.name}: `stream fit cuts {part.name}` writes tables/{part.name}.yaml"
        return x.Rank(type="number", text=text, part=part, cuts=None, least=ranking.least)
    points = table.scores if function == "score" else table.percentiles
    if not points:
        field = "scores" if function == "score" else "percentiles"
        return f"tables/{part.name}.yaml has no {field!r}: `stream fit cuts {part.name}` writes them"
    return x.Rank(type="number", text=text, part=part, cuts=as_kept(points, table.unit), least=ranking.least)


def beyond_rank(left: x.Expr, right: x.Expr) -> str:
    """Return what is wrong with comparing a rank with a number that none is near, or nothing."""
    rank, other = (left, right) if isinstance(left, x.Rank) else (right, left)
    if not isinstance(rank, x.Rank) or not isinstance(other, x.Constant) or not isinstance(other.value, int | float):
        return ""
    name = rank.text.partition("(")[0]
    ranking = _RANKINGS[name]
    if name == "percentile" and 0 < other.value < 1:
        return f"percentile(...) goes from 0 to {ranking.most}: write {100 * other.value:g} for {other.text}"
    if not ranking.least <= other.value <= ranking.most:
        return f"{name}(...) goes from {ranking.least} to {ranking.most}, and never to {other.text}"
    return ""
