import datetime
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from ruamel.yaml import YAML

from stream.cli.reference import command, reference_texts
from stream.cli.settings_schema import field_descriptions, settings_schema
from stream.definitions.loading import _MAY_SAY_NOTHING, _SINGLE
from stream.definitions.manual.entries import EXAMPLE_ACTIONS, EXAMPLE_PLAN
from stream.definitions.manual.schemas import config_schemas
from stream.definitions.manual.sections import entries_with_examples
from stream.runtime.settings import Settings
from stream.testkit.files import read_config
from tests.definitions.config_text import SMALL

ROOT = Path(__file__).parents[2]
CONFIGS: Mapping[str, Mapping[str, str]] = {
    "config": read_config(ROOT / "config"),
    "language": read_config(ROOT / "tests" / "language"),
    "small": SMALL,
    **{
        f"example of {name}": {"events.yaml": EXAMPLE_PLAN, "actions.yaml": EXAMPLE_ACTIONS, **entry.example.files}
        for name, entry in entries_with_examples().items()
        if entry.example is not None
    },
}
FILES = {(config, file): text for config, files in CONFIGS.items() for file, text in files.items()}


def schema_of(file: str) -> str:
    """Return the name of the schema for a file of a config."""
    folder, _, name = file.rpartition("/")
    if name.endswith(".test.yaml"):
        return "test"
    return folder.removesuffix("s") if folder else name.removesuffix(".yaml")


@cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    schemas = {**config_schemas(), "settings": settings_schema()}
    jsonschema.Draft202012Validator.check_schema(schemas[name])
    return jsonschema.Draft202012Validator(schemas[name])


def loaded(text: str) -> Any:
    """Read YAML as an editor does: by the core of 1.2, in which a date is a text."""
    return without_dates(YAML(typ="safe", pure=True).load(text))


def without_dates(node: Any) -> Any:
    if isinstance(node, dict):
        return {key: without_dates(value) for key, value in node.items()}
    if isinstance(node, list):
        return [without_dates(value) for value in node]
    return node.isoformat() if isinstance(node, datetime.date) else node


@pytest.mark.parametrize(("config", "file"), FILES)
def test_every_file_of_a_config_fits_its_schema(config: str, file: str) -> None:
    errors = [
        f"{error.json_path}: {error.message}"
        for error in validator(schema_of(file)).iter_errors(loaded(FILES[config, file]))
    ]
    assert errors == []


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("traits.yaml", "x: {cuont: product_viewed}"),
        ("traits.yaml", "x: {count: product_viewed, within: 7 days}"),
        ("traits.yaml", "x: {count: product_viewed, within: 7}"),
        ("traits.yaml", "x: {count: product_viewed.price}"),
        ("traits.yaml", "x: {sum: order_completed}"),
        ("traits.yaml", "x: {count: product_viewed, sum: order_completed.total}"),
        ("traits.yaml", "x: {within: 7d}"),
        ("traits.yaml", "x: {nth: order_completed.at}"),
        ("traits.yaml", "x: {nth: order_completed.at, n: 2, within: 7d}"),
        ("traits.yaml", "x: {streak: feature_used, every: dai}"),
        ("traits.yaml", "X: {count: product_viewed}"),
        ("traits.yaml", "x: product_viewed"),
        ("segments/x.yaml", "wehn: orders > 1"),
        ("segments/x.yaml", "describe: Nobody."),
        ("segments/x.yaml", "when: [orders]"),
        ("segments/x.yaml", "when: true"),
        ("journeys/x.yaml", "enter: {segment: vip}"),
        ("journeys/x.yaml", "enter: {segment: vip, event: e}\nsteps: [{trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{wiat: 1d}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{wait: 1}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{wait: 1d, trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{branch: [{trigger: t}]}]"),
        ("journeys/x.yaml", "enter: {event: e}\nexit_on: order_completed\nsteps: [{trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e, max_concurrent: 2}\nsteps: [{trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e, same_key: replace}\nsteps: [{trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e}\nexit_on: [{where: a > 1}]\nsteps: [{trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e}\nholdout: 10\nsteps: [{trigger: t}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{trigger: t, at: 09:00}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{wait_until: 9am}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{wait_until: {weekday: fri}}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{wait_for: order_completed}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{split: [{weight: 0, trigger: t}]}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{split: [{weight: 1, goto: t}]}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{choose: [a, b], policy: best}]"),
        ("journeys/x.yaml", "enter: {event: e}\nsteps: [{name: a, goto: a}]"),
        ("policy.yaml", "caps: [{channel: email, at_most: 1, within: 16h, per: day}]"),
        ("policy.yaml", "caps: [{channel: email, tag: promo, at_most: 1, per: day}]"),
        ("policy.yaml", "quiet_hours: [{channels: [sms], between: 9pm-8am}]"),
        ("policy.yaml", "exclusive: {one: {of: [promo], within: 1d}}"),
        ("policy.yaml", "holdout: {everything: 5}"),
        ("actions.yaml", "x: {channel: email, purpose: marketing, template: t, counts: true}"),
        ("actions.yaml", "x: {channel: email, purpose: marketing}"),
        ("actions.yaml", "x: {channel: email, purpose: marketing, template: t, valid_for: 2}"),
        ("policy.yaml", "caps: [{channel: email, at_most: 0, within: 16h}]"),
        ("policy.yaml", "caps: [{channel: email, at_most: many, within: 16h}]"),
        ("policy.yaml", "cap: []"),
        ("events.yaml", "topics: {}"),
        ("events.yaml", "currency: usd\ntopics: {}"),
        ("events.yaml", "currency: USD\ntopics: {clickstreem: {}}"),
        ("events.yaml", "currency: USD\ntopics: {cart: {bought: {total: amount}}}"),
        ("events.yaml", "currency: USD\ntopics: {cart: {bought: {total: {type: money, requird: true}}}}"),
        ("events.yaml", "currency: USD\nrates: {EUR: -1}\ntopics: {}"),
        ("settings.yaml", "partitons: 4"),
        ("settings.yaml", "partitions: 0"),
        ("settings.yaml", "lateness: 2"),
        ("settings.yaml", "clock: walll"),
        ("segments/x.test.yaml", "name: alone"),
        ("segments/x.test.yaml", "- {name: a, given: [{at: 1 day, event: e}], expect: []}"),
        ("segments/x.test.yaml", "- {name: a, given: [{at: 1d}], expect: []}"),
        ("segments/x.test.yaml", "- {name: a, given: [], expect: [{at: 1d, entered: x, exited: y}]}"),
        ("segments/x.test.yaml", "- {name: a, given: [], expect: [], watch: some}"),
    ],
)
def test_what_is_wrong_does_not_fit(file: str, text: str) -> None:
    assert list(validator(schema_of(file)).iter_errors(loaded(text)))


def test_every_kind_of_file_has_a_schema() -> None:
    kinds = {file.removesuffix(".yaml") for file in (*_SINGLE, *_MAY_SAY_NOTHING, "settings.yaml")}
    assert kinds | {"segment", "journey", "table", "test"} == {*config_schemas(), "settings"}


def test_every_field_of_a_schema_says_what_it_is() -> None:
    assert set(field_descriptions()) == set(Settings.__struct_fields__)
    for name, schema in {**config_schemas(), "settings": settings_schema()}.items():
        for path, properties in property_maps(schema):
            bare = [field for field, its in properties.items() if not described(its)]
            assert (name, path, bare) == (name, path, [] if path != ".topics" else bare)


def described(schema: Mapping[str, Any]) -> bool:
    ways = schema.get("anyOf", [])
    return bool(schema.get("description")) or (bool(ways) and all(map(described, ways)))


def property_maps(schema: Any, path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """Return the properties of all maps within a schema."""
    found: list[tuple[str, dict[str, Any]]] = []
    for key, value in schema.items() if isinstance(schema, dict) else ():
        if key == "properties":
            found.append((path, value))
            found += [each for name, its in value.items() for each in property_maps(its, f"{path}.{name}")]
        elif isinstance(value, dict):
            found += property_maps(value, path)
    return found


def test_the_committed_schemas_and_the_page_are_those_of_the_code() -> None:
    arguments = [
        "--check",
        "--schemas",
        str(ROOT / "config" / "schemas"),
        "--page",
        str(ROOT / "docs" / "reference.md"),
    ]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.stderr


def test_what_is_missing_changed_or_foreign_is_told(tmp_path: Path) -> None:
    arguments = ["--schemas", str(tmp_path / "schemas"), "--page", str(tmp_path / "page.md")]
    assert CliRunner().invoke(command, arguments).exit_code == 0
    assert CliRunner().invoke(command, ["--check", *arguments]).exit_code == 0
    (tmp_path / "page.md").unlink()
    (tmp_path / "schemas" / "test.schema.json").write_text("{}")
    (tmp_path / "schemas" / "tset.schema.json").write_text("{}")
    told = CliRunner().invoke(command, ["--check", *arguments])
    assert told.exit_code == 2
    assert all(name in told.stderr for name in ("page.md", "test.schema.json", "tset.schema.json"))
    assert "events.schema.json" not in told.stderr


def test_every_schema_is_json_with_its_name() -> None:
    for path, text in reference_texts(Path("s"), Path("page.md")).items():
        if path.suffix == ".json":
            assert f"{json.loads(text)['title']}.schema.json" == path.name


@pytest.mark.parametrize("file", [file for config, file in FILES if config == "config"])
def test_a_shipped_file_tells_editors_its_schema(file: str) -> None:
    first = CONFIGS["config"][file].splitlines()[0]
    up = "../" * file.count("/")
    assert first == f"# yaml-language-server: $schema={up}schemas/{schema_of(file)}.schema.json"
    assert (ROOT / "config" / file).parent.joinpath(first.partition("=")[2]).is_file()
