import json
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner

from stream.adapters.formats import adapter_for
from stream.cli.schema import DeadLetterHeaders, command, schema_texts
from stream.model.calls import Call, encode_call
from stream.model.errors import DeadLetter
from stream.model.plan import Plan
from stream.model.products import Product, ProductCodec, ProductRecord, encode_product
from stream.replay.reading import Reading
from stream.replay.replaying import replay
from stream.runtime.delivery import Delivery
from tests.replay.tiny import line, read_lines, tiny_definitions, write_lines

COMMITTED = Path(__file__).parents[2] / "deploy" / "schemas"


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(schema_texts()[f"{name}.schema.json"])
    return loaded


def test_the_committed_schemas_are_those_of_the_model() -> None:
    result = CliRunner().invoke(command, ["--check", "--out", str(COMMITTED)])
    assert result.exit_code == 0, result.stderr


def test_a_changed_a_missing_and_a_foreign_schema_are_told(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(command, ["--out", str(tmp_path)]).exit_code == 0
    assert run(command, ["--check", "--out", str(tmp_path)]).exit_code == 0
    (tmp_path / "goal.v1.schema.json").write_text("{}")
    (tmp_path / "call.schema.json").unlink()
    (tmp_path / "gaol.v1.schema.json").write_text("{}")
    result = run(command, ["--check", "--out", str(tmp_path)])
    assert result.exit_code == 2
    assert "call.schema.json, gaol.v1.schema.json, goal.v1.schema.json differ" in result.stderr


@pytest.mark.parametrize("name", sorted(schema_texts()))
def test_each_is_a_valid_schema_with_a_name(name: str) -> None:
    loaded = json.loads(schema_texts()[name])
    jsonschema.Draft202012Validator.check_schema(loaded)
    assert f"{loaded['title']}.schema.json" == name


def test_what_replay_writes_fits_the_schema_of_its_type(tmp_path: Path) -> None:
    definitions = msgspec.structs.replace(tiny_definitions(), assumed_consents=frozenset({"marketing"}))
    history = [line(0, "a", "Product Added", product_id="p", price=10), "oops", line(2, "a", "Order Completed")]
    path = write_lines(tmp_path / "in.jsonl", *history)
    reading = Reading([path], adapter_for("segment", [], definitions.plan), definitions.plan)
    replay(definitions, reading, tmp_path / "out", "drained")
    seen = set()
    for topic in ("segment-changes", "triggers", "decisions", "dead-letters"):
        for one in read_lines(tmp_path / "out" / f"{topic}.jsonl"):
            name = str(one.get("type", "dead-row"))
            jsonschema.validate(one, schema(name))
            seen.add(name)
    assert {"segment-change.v1", "trigger.v1", "decision.v1", "run.v1", "dead-row"} <= seen


def test_a_call_fits_its_schema() -> None:
    call = Call("track", "u", "Product Added", 5, {"a": [1]}, message_id="m", context={})
    jsonschema.validate(json.loads(encode_call(call)), schema("call"))


def test_a_product_fits_its_schema_and_comes_in_as_it_was_written() -> None:
    record = ProductRecord(name="Hat", price="9.90", currency="USD", rating=4.5, stock=3, url="u")
    jsonschema.validate(json.loads(encode_product(record)), schema("product"))
    _, product = ProductCodec(Plan("USD", {}, {})).decode(b"p1", encode_product(record))
    assert product == Product(id="p1", name="Hat", price_minor=9_90, rating=4.5, stock=3, url="u")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"rating": 5.1}, schema("product"))


def test_a_dead_letter_in_kafka_has_the_headers_of_its_schema() -> None:
    letter = DeadLetter("cart", 3, 17, b"k", b"x" * 2_000_000, [("own", b"1")], 5, "too_large", "")
    ((sent,),) = Delivery("stream", "", {"dead-letters": 4}).records([], [letter]).values()
    headers = {name: value.decode() for name, value in sent.headers if name != "own"}
    jsonschema.validate(headers, schema("dead-letter-headers"))
    assert set(headers) == {field.encode_name for field in msgspec.structs.fields(DeadLetterHeaders)}
