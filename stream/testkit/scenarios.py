"""Scenarios as they stand in a `*.test.yaml`, read and checked for form; names are checked in `check_scenarios`."""

from collections.abc import Sequence
from typing import Final, Literal, get_args

import msgspec

from stream.definitions.problems import Problem, Spot
from stream.definitions.source import YamlList, YamlMap, YamlNode, read_yaml
from stream.testkit.fields import Fields
from stream.testkit.offsets import parse_offset, parse_offsets

Kind = Literal["entered", "exited", "moved", "triggered", "withdrawn", "refused", "goal", "ended"]

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

SEGMENT_KINDS: Final[tuple[Kind, ...]] = ("entered", "exited", "moved")

DEFAULT_USER: Final = "u1"

ALL: Final = "all"

_SCENARIO_FIELDS: Final = ("name", "assume_consent", "assume_holdout", "watch", "given", "until", "expect")
_GIVEN_FIELDS: Final = ("at", "arrives", "user", "id", "event", "identify", "product", "with", "timezone")
_OF_EVENTS: Final = ("arrives", "user", "id", "timezone")
_EXPECT_FIELDS: Final = ("at", "user", *KINDS, "from", "to", "because", "key", "value")


class Given(msgspec.Struct, frozen=True):
    """One event that happens `at_ms` after the start, and comes in at `arrives_ms`, later where it is a late one.

    `properties` are YAML until the tracking plan says their types. `timezone` is that of the call's context.
    """

    spot: Spot
    at_ms: int
    arrives_ms: int
    user: str
    event: str
    event_spot: Spot
    properties: YamlMap | None
    id: str
    timezone: str | None = None


class GivenProduct(msgspec.Struct, frozen=True):
    """What the catalogue tells of a product `at_ms` after the start; `fields` are YAML until they are checked."""

    spot: Spot
    at_ms: int
    product: str
    fields: YamlMap | None


class Expected(msgspec.Struct, frozen=True):
    """One outcome that must come, between two offsets, both included; a field that is None matches anything."""

    spot: Spot
    kind: Kind
    name: str
    user: str
    from_ms: int
    to_ms: int
    because: str | None = None
    key: str | None = None
    value: float | None = None
    from_tier: str | None = None
    to_tier: str | None = None


class Scenario(msgspec.Struct, frozen=True):
    """One test: what comes in, how long to wait, and the complete list of what must come out.

    Nobody in it is held out, whatever their hash says, unless `held_out`: then all are.
    """

    spot: Spot
    name: str
    consents: tuple[str, ...]
    watch_all: bool
    given: tuple[Given, ...]
    until_ms: int
    expect: tuple[Expected, ...]
    held_out: bool = False
    products: tuple[GivenProduct, ...] = ()


def parse_scenarios(file: str, text: str, problems: list[Problem]) -> list[Scenario]:
    """Read a scenario file; what is wrong with its form is added to `problems`, and the scenario left out."""
    root = read_yaml(file, text, problems)
    if root is None:
        return []
    if not isinstance(root, YamlList):
        problems.append(Problem(root.spot, "a scenario file is a list: each scenario begins with `- name:`"))
        return []
    scenarios = [scenario for node in root.items if (scenario := _scenario(node, problems)) is not None]
    seen: set[str] = set()
    for scenario in scenarios:
        if scenario.name in seen:
            problems.append(Problem(scenario.spot, f"a second scenario named {scenario.name!r}"))
        seen.add(scenario.name)
    return scenarios


def _scenario(node: YamlNode, problems: list[Problem]) -> Scenario | None:
    before = len(problems)
    fields = Fields.of(node, "a scenario", _SCENARIO_FIELDS, problems)
    if fields is None:
        return None
    name = fields.text("name", required=True)
    given = [_given(each, problems, row) for row, each in enumerate(fields.entries("given", required=True))]
    expect = [_expected(each, problems) for each in fields.entries("expect", required=True)]
    widened = {key: _is_all(fields, key) for key in ("watch", "assume_holdout")}
    consents = fields.texts("assume_consent")
    events = tuple(each for each in given if isinstance(each, Given))
    products = tuple(each for each in given if isinstance(each, GivenProduct))
    outcomes = tuple(each for each in expect if each is not None)
    until_ms = _offset(fields, "until")
    if until_ms is None:
        times = [each.arrives_ms for each in events] + [each.at_ms for each in products]
        until_ms = max(times + [each.to_ms for each in outcomes], default=0)
    _check_times([*events, *products], outcomes, until_ms, problems)
    if len(problems) > before or name is None:
        return None
    held_out = widened["assume_holdout"]
    return Scenario(node.spot, name, consents, widened["watch"], events, until_ms, outcomes, held_out, products)


def _is_all(fields: Fields, key: str) -> bool:
    """Return whether a field that can only be `all` is there."""
    text = fields.text(key)
    if text not in (None, ALL):
        fields.problem(key, f"`{key}` can only be `{ALL}`")
    return text == ALL


def _check_times(
    given: Sequence[Given | GivenProduct], expect: tuple[Expected, ...], until_ms: int, problems: list[Problem]
) -> None:
    for each in given:
        if (each.arrives_ms if isinstance(each, Given) else each.at_ms) > until_ms:
            problems.append(Problem(each.spot, "this event comes after `until`"))
    for outcome in expect:
        if outcome.to_ms > until_ms:
            problems.append(Problem(outcome.spot, "this is expected after `until`, where the scenario has ended"))


def _given(node: YamlNode, problems: list[Problem], row: int) -> Given | GivenProduct | None:
    fields = Fields.of(node, "an event", _GIVEN_FIELDS, problems)
    if fields is None:
        return None
    at_ms, arrives_ms = _offset(fields, "at", required=True), _offset(fields, "arrives")
    traits, event = fields.mapping("identify"), fields.text("event")
    if sum(way in fields for way in ("event", "identify", "product")) != 1:
        problems.append(Problem(node.spot, "an event needs either `event` or `identify`, or a `product` that changes"))
        return None
    if "product" in fields:
        return _given_product(node, fields, at_ms)
    if traits is not None and "with" in fields:
        fields.problem("with", "`identify` holds its traits itself; `with` belongs to `event`")
    if at_ms is None or (traits is None and event is None):
        return None
    if arrives_ms is not None and arrives_ms < at_ms:
        fields.problem("arrives", "an event cannot arrive before it happens")
    return Given(
        spot=node.spot,
        at_ms=at_ms,
        arrives_ms=at_ms if arrives_ms is None else arrives_ms,
        user=fields.text("user") or DEFAULT_USER,
        event=event or "identify",
        event_spot=fields.spot("event" if event else "identify"),
        properties=traits if event is None else fields.mapping("with"),
        id=fields.text("id") or f"given-{row + 1}",
        timezone=fields.text("timezone"),
    )


def _given_product(node: YamlNode, fields: Fields, at_ms: int | None) -> GivenProduct | None:
    for field in _OF_EVENTS:
        if field in fields:
            fields.problem(field, f"a product is the same for everyone: {field!r} belongs to an event")
    name, told = fields.text("product"), fields.mapping("with")
    return None if at_ms is None or name is None else GivenProduct(node.spot, at_ms, name, told)


def _expected(node: YamlNode, problems: list[Problem]) -> Expected | None:
    fields = Fields.of(node, "an expectation", _EXPECT_FIELDS, problems)
    if fields is None:
        return None
    at = fields.text("at", required=True)
    times = None if at is None else parse_offsets(at)
    if at is not None and times is None:
        fields.problem("at", f"{_no_offset(at)}; a range is `7d..7d1h`")
    kinds = [kind for kind in KINDS if kind in fields]
    if len(kinds) != 1:
        problems.append(Problem(node.spot, f"an expectation needs exactly one of {', '.join(KINDS)}"))
        return None
    name = fields.text(kinds[0])
    value = fields.number("value")
    if times is None or name is None:
        return None
    return Expected(
        spot=fields.spot(kinds[0]),
        kind=kinds[0],
        name=name,
        user=fields.text("user") or DEFAULT_USER,
        from_ms=times[0],
        to_ms=times[1],
        because=fields.text("because"),
        key=fields.text("key"),
        value=value,
        from_tier=fields.text("from"),
        to_tier=fields.text("to"),
    )


def _offset(fields: Fields, key: str, *, required: bool = False) -> int | None:
    text = fields.text(key, required=required)
    offset_ms = None if text is None else parse_offset(text)
    if text is not None and offset_ms is None:
        fields.problem(key, _no_offset(text))
    return offset_ms


def _no_offset(text: str) -> str:
    return f"{text!r} is no time from the start: write `0m`, `90m`, `1d2h`"
