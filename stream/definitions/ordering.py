"""Definitions in an order in which each comes after those it reads."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter


def in_order(reads: Mapping[str, Iterable[str]]) -> tuple[list[str], list[list[str]]]:
    """Return the names after those they read, and the cycles that stand in the way.

    A cycle lists names, each of which reads the next, and the last the first; it begins with the one defined first. The
    order is a function of `reads` alone, its own order included; where there are cycles it ignores their links.
    """
    links = {name: [read for read in dict.fromkeys(reads[name]) if read in reads] for name in reads}
    cycles: list[list[str]] = []
    while True:
        try:
            return list(TopologicalSorter(links).static_order()), cycles
        except CycleError as error:
            # graphlib lists each node before the one that reads it, and the first one again at the end.
            cycle = list(reversed(error.args[1]))[:-1]
            for name, read in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
                links[name].remove(read)
            first = min(range(len(cycle)), key=lambda place: list(reads).index(cycle[place]))
            cycles.append(cycle[first:] + cycle[:first])


def cycle_text(cycle: list[str]) -> str:
    """Write a cycle as a sentence."""
    if len(cycle) == 1:
        return f"{cycle[0]!r} reads itself"
    steps = [f"{name!r} reads {read!r}" for name, read in zip(cycle, [*cycle[1:], cycle[0]], strict=True)]
    return f"a circle: {', '.join(steps)}"
