"""Whole configs and whole histories against the oracle: what traits are worth, who is where, and since when.

The oracle (facts, feeding, worth, judging, instants, following) keeps plain lists of all that happened, and reads the
definitions once more for every question. `EXAMPLES=500 SEED=7` asks for more configs, and for others.
"""

import os
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from stream.decision.program import Program
from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from stream.model.events import Event
from tests.oracle.comparing import first_wrong
from tests.oracle.drawn_configs import Files, configs
from tests.oracle.drawn_histories import history

USERS_OF_EACH = 20

EXAMPLES = int(os.environ.get("EXAMPLES", "50"))
CHOSEN = settings(
    max_examples=EXAMPLES,
    derandomize="SEED" not in os.environ,
    deadline=None,
    database=None,
    phases=(Phase.generate,),  # what is wrong is made smaller here, events first
    suppress_health_check=list(HealthCheck),
)
OTHERS = seed(int(os.environ["SEED"])) if "SEED" in os.environ else lambda test: test


@pytest.mark.timeout(20 * (EXAMPLES + 30))
@OTHERS
@CHOSEN
@given(configs(), st.integers(0, 1 << 32))
def test_users_are_worth_and_are_where_the_oracle_says(files: Files, number: int) -> None:
    program = Program(load(files))
    for user in range(USERS_OF_EACH):
        spread, events = bool(user % 2), history(Random(f"{number}/{user}"))
        if first_wrong(program, events, spread=spread):
            files, events = fewest(files, events, spread=spread)
            raise AssertionError(shown(files, events, spread=spread))


def fewest(files: Files, events: list[Event], *, spread: bool) -> tuple[Files, list[Event]]:
    """Leave out what the fault does not need: events, segments and traits."""

    def is_wrong(files: Files, events: list[Event]) -> bool:
        try:
            return bool(events) and bool(first_wrong(Program(load(files)), events, spread=spread))
        except ConfigRefused:
            return False

    for _ in range(2):
        for event in list(events):
            without = [other for other in events if other is not event]
            events = without if is_wrong(files, without) else events
        for name in [name for name in files if name.startswith("segments/")]:
            others = {other: text for other, text in files.items() if other != name}
            files = others if is_wrong(others, events) else files
        for line in files["traits.yaml"].splitlines(keepends=True):
            others = {**files, "traits.yaml": files["traits.yaml"].replace(line, "")}
            files = others if is_wrong(others, events) else files
    return files, events


def shown(files: Files, events: list[Event], *, spread: bool) -> str:
    """Say what is wrong, of which config, with which events."""
    texts = [f"# {name}\n{text}" for name, text in files.items() if name.startswith(("traits", "segments"))]
    told = [f"{e.time_ms} {e.name} {e.id} {e.props} {e.lists or ''} {e.zone}" for e in events]
    return "\n".join((first_wrong(Program(load(files)), events, spread=spread), f"spread: {spread}", *texts, *told))
