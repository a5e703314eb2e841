"""Which products are alike, or go together: learnt from what is viewed, or bought, beside what.

The similarity of two products is the cosine of their vectors of users, for counts n_ab / sqrt(n_a n_b) (Linden, Smith
and York, as in `memory`), shrunk by n_ab / (n_ab + 10) where few users stand behind it (Koren, "Factorization meets the
neighborhood", KDD 2008, equation 2; there with 100, for a hundred million ratings).
"""

from collections.abc import Mapping
from heapq import nsmallest
from math import sqrt
from typing import Final

from stream.decision.items.counts import CoCounts, Count, weight
from stream.model.items import Neighbour, Neighbours

SHRUNK_BY: Final = 10.0
"""As many users as let half of a similarity stand: of 1 to 100, what foretold real shoppers' next views best."""

NEIGHBOURS: Final = 20
"""Neighbours published of a product."""

PARTNERS_KEPT: Final = 100
"""Pairs kept of a product: those with the highest similarity."""

PRODUCTS_KEPT: Final = 100_000
"""Products that are kept: the ones counted most. So counts are of at most ten million pairs."""


def publish(counts: CoCounts, at_ms: int, previous: Neighbours | None = None) -> Neighbours:
    """Return the neighbours of every product that has some, and forget the counts beyond what is kept.

    With the neighbours that were `previous`ly published of the same counts, only those are computed again that may be
    others now; the result is the same as without. Where all counts have grown older meanwhile, all may be. Similarities
    are rounded to three digits, so that most neighbours stay as they were published.
    """
    counts.age(at_ms // counts.step_ms)
    weights = {product: weight(count) for product, count in counts.alone.items()}
    changed = counts.recounted | _forget(counts, weights)
    if previous is None or counts.has_aged:
        again, neighbours = list(counts.beside), {}
    else:
        again = [p for p, row in counts.beside.items() if p in counts.moved or not changed.isdisjoint(row)]
        neighbours = {product: row for product, row in previous.items() if product in counts.beside}
    for product in again:
        neighbours.pop(product, None)
        if found := _neighbours(counts, product, weights):
            neighbours[product] = found
    counts.settle()
    return neighbours


def _neighbours(counts: CoCounts, product: str, weights: Mapping[str, float]) -> tuple[Neighbour, ...]:
    """Return the neighbours of one product, and keep no more of its pairs than are kept."""
    row, own, scored = counts.beside[product], weights.get(product, 0.0), list[tuple[float, str]]()
    for other, count in row.items():
        both = own * weights.get(other, 0.0)
        if both:  # a pair is counted later than the first of both, and so it may weigh more: no cosine is above 1
            together = weight(count)
            scored.append((-min(together / sqrt(both), 1.0) * together / (together + SHRUNK_BY), other))
    scored.sort()
    del scored[PARTNERS_KEPT:]
    if len(scored) < len(row):
        _keep(counts, product, {other: row[other] for _, other in scored})
    return tuple((other, -float(f"{score:.3g}")) for score, other in scored[:NEIGHBOURS])


def _keep(counts: CoCounts, product: str, row: dict[str, Count]) -> None:
    if row:
        counts.beside[product] = row
    else:
        del counts.beside[product]


def _forget(counts: CoCounts, weights: dict[str, float]) -> set[str]:
    """Forget the products that are counted least, beyond what is kept; return them."""
    beyond = len(weights) - PRODUCTS_KEPT
    least = nsmallest(max(beyond, 0), weights, key=lambda product: (weights[product], product))
    for product in least:
        del counts.alone[product], weights[product]
        counts.beside.pop(product, None)
    return set(least)
