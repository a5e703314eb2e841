"""`stream schema`: the JSON Schemas of what goes in and comes out, generated from the model."""

import inspect
from pathlib import Path
from typing import Any

import click
import msgspec

from stream.cli.config import Refused
from stream.model.calls import Call
from stream.model.errors import Reason
from stream.model.outcomes import Decision, Goal, Outcome, RunChange, SegmentChange, Trigger, Withdrawal
from stream.model.products import ProductRecord
from stream.model.reference import Reference
from stream.model.snapshots import ProductNeighbours
from stream.replay.compare.shapes import Diff
from stream.replay.explaining.shapes import DecisionExplanation, Explanation, JourneyExplanation
from stream.replay.lift.shapes import Lift
from stream.replay.reading import DeadRow
from stream.replay.review.shapes import Review

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_OUTCOMES: tuple[type[Outcome], ...] = (SegmentChange, Trigger, Withdrawal, Decision, RunChange, Goal)


class DeadLetterHeaders(msgspec.Struct, rename="kebab"):
    """The headers of a record in `dead-letters`, beside those it came with; its key and value are the original ones.

    `stream-id` is its topic, partition and offset. `stream-time` is its Kafka timestamp, in epoch milliseconds.
    `stream-cut-from-bytes` is what key, headers and value came to, where that was too much to be kept whole. A record
    without `stream-reason` is no dead letter but a mark of `stream requeue`: the one in `stream-requeued` went back.
    """

    stream_id: str
    stream_reason: Reason
    stream_detail: str
    stream_time: str
    stream_cut_from_bytes: str | None = None


@click.command("schema")
@click.option("--out", type=click.Path(path_type=Path), default=Path("deploy/schemas"), show_default=True)
@click.option("--check", is_flag=True, help="Write nothing; fail where a file differs from the model.")
def command(out: Path, check: bool) -> None:
    """Write the JSON Schemas of outcomes, snapshots, dead letters, the calls that come in, and of the reports."""
    texts = schema_texts()
    if check:
        drifted = sorted(name for name in texts.keys() | _present(out) if _read(out / name) != texts.get(name))
        if drifted:
            raise Refused(f"in {out} {', '.join(drifted)} differ from the model; write them again with `stream schema`")
        click.echo(f"{len(texts)} schemas in {out} are those of the model")
        return
    out.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (out / name).write_text(text, encoding="utf-8")
    click.echo(f"{len(texts)} schemas written to {out}")


def schema_texts() -> dict[str, str]:
    """Return the schemas as JSON text, by file name: outcomes by their `type`."""
    named: dict[str, type] = {_tag(outcome): outcome for outcome in _OUTCOMES}
    named |= {
        "reference.v1": Reference,
        "neighbours.v1": ProductNeighbours,
        "review.v1": Review,
        "diff.v1": Diff,
        "lift.v1": Lift,
        "explanation.v1": Explanation,
        "explanation.journey.v1": JourneyExplanation,
        "explanation.decision.v1": DecisionExplanation,
        "call": Call,
        "product": ProductRecord,
        "dead-row": DeadRow,
        "dead-letter-headers": DeadLetterHeaders,
    }
    return {f"{name}.schema.json": _text(name, shape) for name, shape in named.items()}


def _tag(outcome: type[Outcome]) -> str:
    return str(outcome.__struct_config__.tag)


def _text(name: str, shape: type) -> str:
    schema: dict[str, Any] = {"$schema": _DIALECT, "title": name, **msgspec.json.schema(shape, schema_hook=_anything)}
    for definition in schema["$defs"].values():
        # Python keeps a docstring's indentation up to 3.12, and cuts it from 3.13 on.
        definition["description"] = inspect.cleandoc(definition["description"])
    return msgspec.json.format(msgspec.json.encode(schema), indent=2).decode() + "\n"


def _anything(shape: type) -> dict[str, object]:
    """Return the schema of a value that may be anything, such as what a payload's expressions give."""
    if shape is object:
        return {"description": "Any JSON value."}
    raise TypeError(f"no JSON Schema for {shape}")


def _present(folder: Path) -> set[str]:
    return {path.name for path in folder.glob("*.schema.json")}


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
