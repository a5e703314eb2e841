"""Aggregates made ready to run: what feeds each, and how it is read."""

from stream.decision.conditions import Compiler
from stream.decision.feeding import conditional
from stream.decision.readers import TraitCode
from stream.decision.reading import Reader, Update
from stream.decision.rolling import rolling_trait
from stream.decision.tallies import tally_trait
from stream.decision.totals import total_trait
from stream.decision.windows import window
from stream.definitions.shapes import Aggregate


def state_key(name: str, definition_hash: str) -> str:
    """Return the key of a trait's state; a changed definition starts from nothing, not from old buckets."""
    return f"{name}#{definition_hash[:6]}"


def trait_code(trait: Aggregate) -> TraitCode:
    """Make what feeds one aggregate, and its reader."""
    key = state_key(trait.name, trait.hash)
    update, read = _operator(trait, key)
    is_falling = trait.op == "count" and trait.within_ms is not None and not trait.ending_ms
    counts_within = window(trait.within_ms or 0) if is_falling else None
    fed = trait.property if trait.property is not None and trait.property != "at" else ""
    if trait.where is None:
        return TraitCode(key, trait, read, {trait.event: (fed, update)}, {}, counts_within)
    feed = conditional(fed, Compiler({}, {}).occurrence(trait.where), update)
    return TraitCode(key, trait, read, {}, {trait.event: feed}, counts_within)


def _operator(trait: Aggregate, key: str) -> tuple[Update, Reader]:
    if trait.op in ("distinct", "top"):
        return tally_trait(trait, key)
    return total_trait(trait, key) if trait.within_ms is None else rolling_trait(trait, key)
