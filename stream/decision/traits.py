"""Aggregates made ready to run: what feeds each, and how it is read."""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from stream.decision.by_session import session_trait
from stream.decision.conditions import Compiler
from stream.decision.distinct import distinct_trait
from stream.decision.fading import (
    fading_keyed_reader,
    fading_keyed_update,
    fading_rate_reader,
    fading_top_reader,
    fading_trait,
    held_of_all,
    held_of_key,
)
from stream.decision.feeding import by_key, conditional, constant, elements, negative, plainly
from stream.decision.keyed import keyed_count_reader, keyed_count_update, keyed_counter, keyed_reader, keyed_sum_update
from stream.decision.leading import among_most, amounts_in_buckets, amounts_left, counts_kept
from stream.decision.local_time import ZoneOf
from stream.decision.moments import gap_trait, nth_trait, open_trait
from stream.decision.periods import (
    Periods,
    at_key_in_periods,
    contained_in_periods,
    held_in,
    keyed_in_periods,
    period_trait,
    top_in_periods,
)
from stream.decision.rates import rate_reader
from stream.decision.readers import TraitCode, TraitKind
from stream.decision.reading import Feed, KeyedCounter, KeyedReader, Reader, Test, Update
from stream.decision.rolling import rolling_trait
from stream.decision.sequences import UNLIMITED, SequenceRule, sequence_feeds
from stream.decision.standings import most_held
from stream.decision.streaks import streak_trait
from stream.decision.tallies import contained_reader, leader_reader, tally_trait, top_reader
from stream.decision.totals import total_trait
from stream.decision.windows import Window, window
from stream.definitions.expressions import FADING, Expr
from stream.definitions.expressions import names as expression_names
from stream.definitions.shapes import Aggregate, Fed


def state_key(name: str, definition_hash: str) -> str:
    """Return the key of a trait's state; a changed definition starts from nothing, not from old buckets."""
    return f"{name}#{definition_hash[:6]}"


def trait_code(trait: Aggregate, zone_of: ZoneOf) -> TraitCode:
    """Make what feeds one aggregate, and its reader; `zone_of` says where days begin and end."""
    key = state_key(trait.name, trait.hash)
    if trait.op == "open":
        return _open(trait, key, zone_of)
    if trait.op == "rate":
        return _rate(trait, key, zone_of)
    if trait.steps:
        return _sequence(trait, key, zone_of)
    if trait.by is not None:
        return _keyed(trait, key, zone_of)
    update, read = _operator(trait, key, zone_of)
    fed = [(Fed(trait.event, trait.property, trait.where), update)]
    if trait.minus is not None and trait.op == "count":
        fed = [(fed[0][0], constant(update, 1)), (trait.minus, constant(update, -1))]
    elif trait.minus is not None:
        fed.append((trait.minus, negative(update)))
    plain = tuple((by.event, fed_property(by), update) for by, update in fed if _is_plain(by))
    feeds = tuple((by.event, _feed(by, update, zone_of)) for by, update in fed if not _is_plain(by))
    contained = _contained(trait, key, zone_of) if trait.op == "set" else None
    held = held_of_all(key) if trait.type in FADING else None
    code = TraitCode(key, trait, read, plain, feeds, _falls_within(trait), contained, held=held)
    return code if trait.minus is not None else _written_out(code, update, zone_of)


_KINDS: Final[Mapping[tuple[str, bool], TraitKind]] = {
    ("count", False): "count",
    ("count", True): "count in a window",
    ("last", False): "last",
    ("last", True): "last",
    ("first", False): "first",
}
"""The kinds of traits that are fed most often, by operator and whether they have a window."""


def _written_out(code: TraitCode, update: Update, zone_of: ZoneOf) -> TraitCode:
    """Say of a trait of the kinds that are fed most often which it is."""
    trait = code.trait
    is_in_all = trait.half_life_ms is None and trait.sessions is None and trait.calendar is None
    kind = _KINDS.get((trait.op, trait.within_ms is not None), "")
    if not kind or not is_in_all or "[]" in (trait.property or ""):
        return code
    is_count = trait.op == "count"
    return msgspec.structs.replace(
        code,
        kept_as=kind,
        fed="" if is_count else fed_property(Fed(trait.event, trait.property, None)),
        test=_test(trait.where, zone_of),
        kept_by=update,
        width_ms=window(trait.within_ms, trait.ending_ms).width_ms if is_count and trait.within_ms is not None else 0,
    )


def _contained(trait: Aggregate, key: str, zone_of: ZoneOf) -> KeyedReader:
    if trait.calendar is not None:
        return contained_in_periods(key, Periods(trait.calendar, zone_of))
    return contained_reader(key, trait.within_ms)


def _open(trait: Aggregate, key: str, zone_of: ZoneOf) -> TraitCode:
    opened, closed, read = open_trait(key)
    by, closing = trait.by or "", trait.other.event if trait.other is not None else ""
    test = _test(trait.where, zone_of)
    feeds = ((trait.event, by_key("", by, test, opened)), (closing, by_key("", by, None, closed)))
    return TraitCode(key, trait, read, (), feeds)


def _rate(trait: Aggregate, key: str, zone_of: ZoneOf) -> TraitCode:
    half_life_ms = trait.half_life_ms
    further_key, per = f"{key}/per", trait.other.event if trait.other is not None else ""
    counted = msgspec.structs.replace(trait, op="count")
    (hit, hits), (other, others) = (_operator(counted, of, zone_of) for of in (key, further_key))
    plain, feeds = [(per, "", other)], []
    if trait.where is None:
        plain.append((trait.event, "", hit))
    else:
        feeds.append((trait.event, _conditional(trait.where, "", hit, zone_of)))
    read = rate_reader(hits, others, trait.n)
    if half_life_ms is not None:
        read = fading_rate_reader(held_of_all(key), held_of_all(further_key), half_life_ms, trait.n)
    return TraitCode(key, trait, read, tuple(plain), tuple(feeds), further_keys=(further_key,))


def _sequence(trait: Aggregate, key: str, zone_of: ZoneOf) -> TraitCode:
    counted, per, partials = msgspec.structs.replace(trait, op="count"), f"{key}/per", f"{key}/steps"
    done, read = _operator(counted, key, zone_of)
    begun: Update | None = None
    further_keys: tuple[str, ...] = (partials,)
    if trait.op == "sequence_rate":
        (begun, others), further_keys = _operator(counted, per, zone_of), (partials, per)
        read = rate_reader(read, others, trait.n)
        if trait.half_life_ms is not None:
            read = fading_rate_reader(held_of_all(key), held_of_all(per), trait.half_life_ms, trait.n)
    rule = SequenceRule(partials, len(trait.steps), trait.span_ms or UNLIMITED, trait.by, done, begun)
    feeds = sequence_feeds(rule, _tested(trait.steps, zone_of), _tested(trait.without, zone_of))
    falls_within = _falls_within(counted) if trait.op == "sequence" else None
    held = held_of_all(key) if trait.type in FADING else None
    return TraitCode(key, trait, read, (), feeds, falls_within, further_keys=further_keys, held=held)


def _test(where: Expr | None, zone_of: ZoneOf) -> Test | None:
    """Compile a condition on an occurrence, if there is one."""
    return None if where is None else _occurrence(where, zone_of)


def _occurrence(where: Expr, zone_of: ZoneOf) -> Test:
    return Compiler({}, {}, zone_of).occurrence(where)


def _tested(steps: Sequence[Fed], zone_of: ZoneOf) -> list[tuple[str, Test | None]]:
    return [(by.event, _test(by.where, zone_of)) for by in steps]


def _keyed(trait: Aggregate, key: str, zone_of: ZoneOf) -> TraitCode:
    span = window(trait.within_ms, trait.ending_ms) if trait.within_ms is not None else None
    test = _test(trait.where, zone_of)
    by, source = trait.by or "", Fed(trait.event, trait.property, trait.where)
    fed = fed_property(source)

    def each(feed: Feed) -> Feed:
        return _of_elements(source, feed, frozenset({by}))

    if trait.half_life_ms is not None:
        return _fading_by_key(trait, key, each(by_key(fed, by, test, fading_keyed_update(key, trait.half_life_ms))))
    if trait.calendar is not None:
        periods = Periods(trait.calendar, zone_of)
        feed = each(by_key(fed, by, test, keyed_in_periods(key, periods)))
        read, at_key = top_in_periods(key, periods), at_key_in_periods(key, periods)
        among = among_most(held_in(key, periods))
        return TraitCode(key, trait, read, (), ((trait.event, feed),), at_key=at_key, among=among)
    is_count = trait.op == "count"
    update = keyed_count_update(key, span) if is_count else keyed_sum_update(key, span)
    feeds = ((trait.event, each(by_key(fed, by, test, update))),)
    if is_count and not trait.ending_ms:
        code = _counted_by_key(trait, key, span, feeds)
        is_plain = trait.property is None and "[]" not in by
        return _tallied(code, by, test, keyed_counter(key, span)) if is_plain else code
    # What waits to be taken in, or has fractions, is added up when it is asked for.
    read, among = top_reader(key, span), among_most(amounts_in_buckets(key, span))
    return TraitCode(key, trait, read, (), feeds, at_key=keyed_reader(key, span), among=among)


def _tallied(code: TraitCode, by: str, test: Test | None, count: KeyedCounter) -> TraitCode:
    """Say of a count by key that it is of a kind that is fed most often."""
    within_ms = code.trait.within_ms
    width_ms = window(within_ms).width_ms if within_ms is not None else 0
    return msgspec.structs.replace(code, kept_as="count by key", fed=by, test=test, kept_by=count, width_ms=width_ms)


def _counted_by_key(trait: Aggregate, key: str, span: Window | None, feeds: tuple[tuple[str, Feed], ...]) -> TraitCode:
    return TraitCode(
        key,
        trait,
        leader_reader(key, span),
        (),
        feeds,
        at_key=keyed_count_reader(key, span),
        most_held=most_held(key),
        among=among_most(counts_kept(key, span), only_falls=True),
    )


def _fading_by_key(trait: Aggregate, key: str, feed: Feed) -> TraitCode:
    half_life_ms, held = trait.half_life_ms or 1, held_of_key(key)
    read, at_key = fading_top_reader(key, half_life_ms), fading_keyed_reader(held, half_life_ms)
    among = among_most(amounts_left(key, half_life_ms))
    return TraitCode(key, trait, read, (), ((trait.event, feed),), at_key=at_key, held=held, among=among)


def fed_property(by: Fed) -> str:
    """Return the property that is fed, nothing where it is the event's time or an element as a whole."""
    is_whole = by.property is None or by.property == "at" or by.property.endswith("[]")
    return "" if is_whole else by.property or ""


def _is_plain(by: Fed) -> bool:
    return by.where is None and "[]" not in (by.property or "")


def _feed(by: Fed, update: Update, zone_of: ZoneOf) -> Feed:
    fed = fed_property(by)
    if by.where is None:
        return _of_elements(by, plainly(fed, update))
    return _of_elements(by, _conditional(by.where, fed, update, zone_of))


def _of_elements(by: Fed, feed: Feed, names: frozenset[str] = frozenset()) -> Feed:
    """Let a feed take elements where elements are fed; it gets the event's properties too if it reads any."""
    of, is_elements, _ = (by.property or "").partition("[]")
    if not is_elements:
        return feed
    read = names | (expression_names(by.where) if by.where is not None else frozenset())
    return elements(of, feed, with_event=any("[]" not in name for name in read))


def _conditional(where: Expr, fed: str, update: Update, zone_of: ZoneOf) -> Feed:
    return conditional(fed, _occurrence(where, zone_of), update)


def _falls_within(trait: Aggregate) -> Window | None:
    """Return the window of a rolling count that only falls with time."""
    if trait.op != "count" or trait.within_ms is None or trait.ending_ms or trait.minus is not None:
        return None
    return window(trait.within_ms)


def _operator(trait: Aggregate, key: str, zone_of: ZoneOf) -> tuple[Update, Reader]:
    if trait.half_life_ms is not None:
        return fading_trait(trait, key, trait.half_life_ms)
    if trait.op == "count" and trait.minus is not None:
        # What can be taken off is summed, and as exactly as money.
        return _operator(msgspec.structs.replace(trait, op="sum", type="money", minus=None), key, zone_of)
    if trait.sessions is not None:
        return session_trait(trait, key)
    if trait.calendar is not None:
        return period_trait(trait, key, Periods(trait.calendar, zone_of))
    if trait.op == "nth":
        return nth_trait(key, trait.n)
    if trait.op == "streak":
        return streak_trait(key, trait.every, zone_of)
    if trait.op == "gap":
        return gap_trait(key, trait.n)
    if trait.op == "distinct":
        return distinct_trait(key, trait.within_ms)
    if trait.op in ("set", "top"):
        return tally_trait(trait, key)
    return total_trait(trait, key) if trait.within_ms is None else rolling_trait(trait, key)
