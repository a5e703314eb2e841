"""The shipped config for the simulation, loaded once a process; for the wall clock with its times shrunk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import msgspec

from stream.decision.program import Program
from stream.definitions import load
from stream.definitions.kept import KeptJourney, present_journeys
from stream.definitions.loading import with_kept
from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.plan import Plan
from stream.testkit.files import read_config

FOLDER: Final = Path(__file__).resolve().parents[2] / "config"
_EDITED: Final = "journeys/cart_recovery.yaml"
_DURATION: Final = re.compile(r"\b(\d+)(m|h|d)\b")
_SECONDS: Final = {"h": 1, "d": 24}


@cache
def shipped() -> Definitions:
    """As it is."""
    return load(_without_tests(read_config(FOLDER)))


@cache
def shrunk() -> Definitions:
    """With seconds for hours: a cart is abandoned after a second, and its user hears again after 24."""
    files = {path: _DURATION.sub(_shorter, text) for path, text in _without_tests(read_config(FOLDER)).items()}
    return load(files)


@cache
def taught() -> Definitions:
    """As shipped, with a journey whose choices are learnt by all tasks together."""
    files = dict(shipped().files)
    files["actions.yaml"] += "".join(
        f"\n{arm}: {{channel: in_app, purpose: marketing, template: {arm}, valid_for: 12h}}\n" for arm in ("one", "two")
    )
    files["policy.yaml"] += "\nlearn_every: 8h\n"
    files["journeys/taught.yaml"] = (
        "enter: {event: product_viewed, again_after: 0d}\ngoal: {event: order_completed, within: 2d}\n"
        "steps:\n  - choose: [one, two]\n    policy: thompson\n    explore: 5%\n"
    )
    return load(files)


@cache
def edits() -> tuple[Definitions, ...]:
    """The shrunk config as it is, and with a journey edited: people stay on the older steps, are moved, or leave."""
    before = shrunk()
    text = before.files[_EDITED]
    assert "wait: 24s" in text
    sooner, later = text.replace("wait: 24s", "wait: 2s"), text.replace("wait: 24s", "wait: 5s")
    texts = (sooner, later + 'migrate: {"1": "1"}\n', sooner + 'migrate: {"1": exit}\n')
    without = {path: one for path, one in before.files.items() if path != _EDITED}
    return (before, *(load({**before.files, _EDITED: one}) for one in texts), load(without))


def older_of(definitions: Definitions, kept: Mapping[str, KeptJourney]) -> Definitions:
    """The definitions with older ones, read once a process."""
    key = (definitions.version, frozenset(kept))
    if key not in _OLDER:
        _OLDER[key] = with_kept(definitions, kept)
    return _OLDER[key]


def whole_program(version: str) -> Program:
    """The program of one of the edits, with all that the others define for older."""
    (present,) = (one for one in edits() if one.version == version)
    kept = {name: one for each in edits() for name, one in present_journeys(each).items()}
    return program_of(older_of(present, kept))


def codec_of(plan: Plan, **limits: Any) -> Codec:
    """One codec for all workers: making one takes longer than a short simulation."""
    assert limits.get("max_event_bytes", 65_536) == 65_536
    return _codec(id(plan)) if id(plan) in _PLANS else _remember(plan)


def program_of(definitions: Definitions) -> Program:
    """One compiled program for all tasks."""
    key = id(definitions)
    if key not in _PROGRAMS:
        _PROGRAMS[key] = (definitions, Program(definitions))
    return _PROGRAMS[key][1]


_OLDER: Final[dict[tuple[str, frozenset[str]], Definitions]] = {}
_PLANS: Final[dict[int, Plan]] = {}
_PROGRAMS: Final[dict[int, tuple[Definitions, Program]]] = {}


def _remember(plan: Plan) -> Codec:
    _PLANS[id(plan)] = plan
    return _codec(id(plan))


@cache
def _codec(key: int) -> Codec:
    return Codec(_PLANS[key])


def _shorter(found: re.Match[str]) -> str:
    return "1s" if found[2] == "m" else f"{int(found[1]) * _SECONDS[found[2]]}s"


def _without_tests(files: dict[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if not path.endswith((".test.yaml", "settings.yaml"))}


class NoMetrics(msgspec.Struct):
    """Counts nothing: what is decided is looked up in the log."""

    def __getattr__(self, name: str) -> Any:
        return _nothing


class _Nothing:
    """Does nothing, whatever is asked of it."""

    def __call__(self, *_: object) -> None:
        """Do nothing."""

    def __getattr__(self, name: str) -> _Nothing:
        return self


_nothing: Final = _Nothing()
