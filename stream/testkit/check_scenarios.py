"""Checking scenarios against the definitions: unknown names, and events that the tracking plan would refuse."""

from collections.abc import Iterable, Mapping
from pathlib import PurePosixPath
from typing import Final

import msgspec

from stream.definitions.problems import Problem, nearest
from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.events import TOPIC_RANK, Event
from stream.model.products import Product
from stream.testkit.offsets import START_MS
from stream.testkit.products import products_of
from stream.testkit.properties import event_of
from stream.testkit.scenarios import ALL, SEGMENT_KINDS, Expected, Given, Kind, Scenario, parse_scenarios

SUFFIX: Final = ".test.yaml"


class Watch(msgspec.Struct, frozen=True):
    """Whose outcomes a scenario lists completely: one segment's, one journey's or, with neither, everyone's."""

    segment: str | None = None
    journey: str | None = None


class Checked(msgspec.Struct, frozen=True):
    """A scenario ready to run: its events accepted by the codec, in the order they come in, each with its arrival.

    `products` are what products are, each from its time on, in order of time.
    """

    file: str
    scenario: Scenario
    watch: Watch
    arrivals: tuple[tuple[int, Event], ...]
    products: tuple[tuple[int, str, Product], ...] = ()


def check_scenarios(files: Mapping[str, str], definitions: Definitions) -> list[Problem]:
    """Return all that is wrong with the scenario files of a config."""
    return read_scenarios(files, definitions)[1]


def read_scenarios(files: Mapping[str, str], definitions: Definitions) -> tuple[list[Checked], list[Problem]]:
    """Return the scenarios that can run, in order of file and place, and all problems of those that cannot."""
    checked: list[Checked] = []
    problems: list[Problem] = []
    codec = Codec(definitions.plan)
    for file in sorted(file for file in files if file.endswith(SUFFIX)):
        for scenario in parse_scenarios(file, files[file], problems):
            before = len(problems)
            watch = _watch(file, scenario, definitions, problems)
            _check_names(scenario, watch, definitions, problems)
            arrivals = _arrivals(scenario, definitions, codec, problems)
            products = products_of(scenario.products, definitions.plan, problems)
            if len(problems) == before:
                checked.append(Checked(file, scenario, watch, arrivals, products))
    return checked, problems


def _watch(file: str, scenario: Scenario, definitions: Definitions, problems: list[Problem]) -> Watch:
    folder, name = PurePosixPath(file).parent.name, PurePosixPath(file).name.removesuffix(SUFFIX)
    known: Iterable[str]
    match folder:
        case "segments":
            watch, known, what = Watch(segment=name), definitions.segments, "segment"
        case "journeys":
            watch, known, what = Watch(journey=name), definitions.journeys, "journey"
        case _:
            return Watch()
    if scenario.watch_all:
        return Watch()
    if name not in known:
        problem = Problem(
            scenario.spot, f"this file tests the {what} {name!r}, which there is not", nearest(name, known)
        )
        problems.append(problem)
    return watch


def _check_names(scenario: Scenario, watch: Watch, definitions: Definitions, problems: list[Problem]) -> None:
    purposes = {purpose for action in definitions.actions.values() for purpose in action.purposes}
    for purpose in scenario.consents:
        if purpose not in purposes | {ALL}:
            message = f"no action has the purpose {purpose!r}"
            problems.append(Problem(scenario.spot, message, nearest(purpose, purposes)))
    for expected in scenario.expect:
        problem = _name_problem(expected, definitions) or _scope_problem(expected, watch)
        problem = problem or _tier_problem(expected, definitions)
        problems.extend([problem] if problem is not None else [])


def _name_problem(expected: Expected, definitions: Definitions) -> Problem | None:
    what, known = _known(expected.kind, definitions)
    if expected.name in known:
        return None
    return Problem(expected.spot, f"there is no {what} {expected.name!r}", nearest(expected.name, known))


def _tier_problem(expected: Expected, definitions: Definitions) -> Problem | None:
    """Return what is wrong with the tiers that an expectation names."""
    segment = definitions.segments.get(expected.name) if expected.kind in SEGMENT_KINDS else None
    tiers = [tier.name for tier in segment.tiers] if segment is not None else []
    if tiers and expected.kind == "exited":
        return Problem(expected.spot, f"nobody leaves {expected.name!r}: they move between its tiers")
    for named in (expected.from_tier, expected.to_tier):
        if named is not None and named not in tiers:
            has = f"{expected.name!r} has no tier {named!r}" if tiers else f"{expected.name!r} has no tiers"
            return Problem(expected.spot, has, nearest(named, tiers))
    if expected.kind == "moved" and not tiers:
        return Problem(expected.spot, f"{expected.name!r} has no tiers: say `entered` or `exited`")
    return None


def _known(kind: Kind, definitions: Definitions) -> tuple[str, Iterable[str]]:
    match kind:
        case "entered" | "exited" | "moved":
            return "segment", definitions.segments
        case "ended":
            return "journey", definitions.journeys
        case "goal":
            return "event", definitions.plan.events
        case "triggered" | "withdrawn" | "refused":
            return "action", definitions.actions


def _scope_problem(expected: Expected, watch: Watch) -> Problem | None:
    hint = f"; say `watch: {ALL}` to expect others too"
    is_change = expected.kind in SEGMENT_KINDS
    if watch.segment is not None and not (is_change and expected.name == watch.segment):
        return Problem(expected.spot, f"this file lists only what enters and leaves {watch.segment!r}{hint}")
    if watch.journey is not None and is_change:
        return Problem(expected.spot, f"this file lists only the outcomes of {watch.journey!r}{hint}")
    return None


def _arrivals(
    scenario: Scenario, definitions: Definitions, codec: Codec, problems: list[Problem]
) -> tuple[tuple[int, Event], ...]:
    """Return the accepted events in total order: (time of arrival, rank of the topic, row)."""
    accepted: list[tuple[int, int, int, Event]] = []
    for row, given in enumerate(scenario.given):
        planned = definitions.plan.events.get(given.event)
        if planned is None:
            problems.append(_unplanned(given, definitions))
            continue
        event = event_of(given, planned, codec, problems)
        if event is not None:
            accepted.append((START_MS + given.arrives_ms, TOPIC_RANK[planned.topic], row, event))
    return tuple((arrival_ms, event) for arrival_ms, *_, event in sorted(accepted, key=lambda each: each[:3]))


def _unplanned(given: Given, definitions: Definitions) -> Problem:
    message = f"events.yaml names no event {given.event!r}"
    return Problem(given.event_spot, message, nearest(given.event, definitions.plan.events))
