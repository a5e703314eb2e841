"""`stream explain`: why a user is in a segment or a journey, or was sent what they were, from a replay of history."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NoReturn

import click
import msgspec

from stream.adapters.formats import FORMATS, adapter_for
from stream.adapters.rows import InputRefused
from stream.cli.config import Refused, load_config, not_there
from stream.cli.explain_text import decision_text, journey_text, segments_text
from stream.cli.history import assuming
from stream.cli.times import time_given
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.reference import Reference
from stream.model.times import shown_time
from stream.replay.explaining.decisions import explain_decision, users_by_decision
from stream.replay.explaining.journeys import explain_journey
from stream.replay.explaining.segments import explain
from stream.replay.explaining.snapshots import snapshots_learnt, snapshots_written
from stream.replay.memory import quiet_collector
from stream.replay.reading import Place, Reading


@click.command("explain")
@click.argument("user", required=False)
@click.option(
    "--data", "files", multiple=True, required=True, type=click.Path(path_type=Path), help="History; repeatable."
)
@click.option(
    "--format", "form", default="segment", show_default=True, metavar="|".join(FORMATS), help="What the rows are."
)
@click.option("--config", "folder", type=click.Path(path_type=Path), default=Path("config"), show_default=True)
@click.option("--at", metavar="TIME", help="As of when; the last event of the files otherwise.")
@click.option("--segment", "segments", multiple=True, metavar="NAME", help="Only this segment; repeatable.")
@click.option("--journey", metavar="NAME", help="How USER stands to this journey, and why.")
@click.option(
    *("--trigger", "--decision", "decision"),
    metavar="ID",
    help="Why this trigger, or whatever stands in `decisions` with this id; with USER it is found faster.",
)
@click.option("--assume-consent", metavar="PURPOSE,...|all", help="Count these purposes as consented by every user.")
@click.option("--map", "mapping", multiple=True, metavar="KEY=COLUMN,...", help="Of csv files: which column is what.")
@click.option(
    "--references",
    type=click.Path(path_type=Path),
    help="What was known of everyone, as `stream replay` wrote it; learnt again from the history otherwise.",
)
@click.option("--json", "as_json", is_flag=True, help="For machines: one JSON object.")
def command(**options: object) -> None:
    """Say why USER is in each segment, or out of it: each condition with the value found and the events behind it.

    Replays the history up to a time, without Kafka, and decides as the worker would have. Of a member of a segment
    that has an `exit`, that is the condition shown; of tiers, that of the tier and of those before it.

    With --journey it says where USER is in a journey and what that waits for, or why not in it: what was decided of
    each run, what was against another, and how the condition of the way in stands.

    With --trigger it says why one was sent, held out, refused, put off or withdrawn: the conditions, each gate of the
    policy, the rivals, and the run it belongs to. Timers run up to --at, so that is to be no earlier than the trigger.
    """
    asked = msgspec.convert(options, _Asked)
    definitions = assuming(load_config(asked.folder), asked.assume_consent)
    _check(asked, definitions)
    events = _history(asked, definitions)
    given_ms = time_given("--at", asked.at)
    last_ms = events[-1][0].time_ms if events else 0
    at_ms = last_ms if given_ms is None else given_ms
    answer = _of_journey if asked.journey else _of_decision if asked.decision else _of_segments
    own = _own(asked, definitions, events, at_ms)
    found, text = answer(asked, definitions, _Past(own, at_ms, _snapshots(asked, definitions, events, at_ms)))
    click.echo(msgspec.json.encode(found).decode() if asked.as_json else text)


class _Asked(msgspec.Struct):
    """The command's arguments and options."""

    user: str | None
    files: tuple[Path, ...]
    form: str
    folder: Path
    at: str | None
    segments: tuple[str, ...]
    journey: str | None
    decision: str | None
    assume_consent: str | None
    mapping: tuple[str, ...]
    references: Path | None
    as_json: bool


class _Past(msgspec.Struct):
    """What a user did, up to when it is looked at, and what was known of everyone meanwhile."""

    own: Sequence[Event]
    at_ms: int
    snapshots: Iterable[Reference]


_Placed = tuple[Place, Event]
_Answer = tuple[msgspec.Struct, str]
"""The same for machines and for people."""

_QUESTIONS: Final = {"--segment": "segments", "--journey": "journey", "--trigger": "decision"}
_HINT: Final = "; was it decided later (--at), by another config, or with consents that were assumed?"


def _check(asked: _Asked, definitions: Definitions) -> None:
    """Refuse what cannot be answered, before the history is read."""
    questions = [name for name, field in _QUESTIONS.items() if getattr(asked, field)]
    if len(questions) > 1:
        raise Refused(f"{' and '.join(questions)} are different questions; ask one at a time")
    if asked.user is None and asked.decision is None:
        raise Refused("say of which USER, or give the id of a decision with --trigger")
    for name in asked.segments:
        if name not in definitions.segments:
            raise not_there(f"there is no segment {name}", name, definitions.segments)
    if asked.journey is not None and asked.journey not in definitions.journeys:
        raise not_there(f"there is no journey {asked.journey}", asked.journey, definitions.journeys)


def _history(asked: _Asked, definitions: Definitions) -> Sequence[_Placed]:
    """Return everyone's events in total order."""
    try:
        reading = Reading(asked.files, adapter_for(asked.form, asked.mapping, definitions.plan), definitions.plan)
        with quiet_collector():
            return reading.events()
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal


def _of_segments(asked: _Asked, definitions: Definitions, past: _Past) -> _Answer:
    found = explain(definitions, past.own, past.at_ms, asked.segments, past.snapshots)
    return (found, segments_text(found)) if found is not None else _unknown(past)


def _of_journey(asked: _Asked, definitions: Definitions, past: _Past) -> _Answer:
    found = explain_journey(definitions, past.own, past.at_ms, asked.journey or "", past.snapshots)
    return (found, journey_text(found)) if found is not None else _unknown(past)


def _of_decision(asked: _Asked, definitions: Definitions, past: _Past) -> _Answer:
    found = explain_decision(definitions, past.own, past.at_ms, asked.decision or "", past.snapshots)
    if found is None:
        raise Refused(f"no decision {asked.decision} about {past.own[0].user} up to {shown_time(past.at_ms)}{_HINT}")
    return found, decision_text(found)


def _unknown(past: _Past) -> NoReturn:
    raise Refused(f"nothing is known of {past.own[0].user} at {shown_time(past.at_ms)}")


def _snapshots(asked: _Asked, definitions: Definitions, events: Sequence[_Placed], at_ms: int) -> Iterator[Reference]:
    """Yield what was known of everyone, as it was written or as it is learnt again from the same history."""
    if asked.references is None:
        yield from snapshots_learnt(definitions, events, at_ms)
        return
    try:
        yield from snapshots_written(asked.references)
    except InputRefused as refusal:
        raise Refused(str(refusal)) from refusal


def _own(asked: _Asked, definitions: Definitions, events: Sequence[_Placed], at_ms: int) -> list[Event]:
    """Return the events of the user asked for, or of the one whom the decision is about."""
    user = asked.user
    if user is None:
        users = users_by_decision(definitions, events, at_ms)
        user = users.get(asked.decision or "")
        if user is None:
            said = f"no decision {asked.decision} up to {shown_time(at_ms)}"
            raise not_there(said, asked.decision or "", users, _HINT)
    own = [event for _, event in events if event.user == user]
    if not own:
        raise not_there(f"there is no event of {user}", user, {event.user for _, event in events})
    return own
