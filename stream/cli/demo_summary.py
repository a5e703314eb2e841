"""What the demo says in the end, and what to try next."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import msgspec

from stream.cli.demo_tally import Tally, counts_text


class Played(msgspec.Struct, frozen=True):
    """What was played, and how long it took."""

    config: str
    shoppers: int
    days: int
    events: int
    seconds: float
    currency: str
    dead_letters: int = 0


def summary(tally: Tally, played: Played) -> str:
    """Return the closing lines."""
    return "\n".join([*_came_of_it(tally, played), "", *_next_steps(played.config)])


def _came_of_it(tally: Tally, played: Played) -> Iterator[str]:
    yield (
        f"{played.days} days of {played.shoppers} shoppers: {played.events:,} events through Kafka and a Faust worker "
        f"in {played.seconds:.0f} s"
    )
    yield f"  in segments now   {counts_text(tally.members)}"
    yield f"  runs under way    {counts_text(tally.runs)}"
    yield f"  triggers sent     {counts_text(tally.triggers)}"
    yield f"  not sent          {counts_text(tally.refusals)}"
    if tally.withdrawn:
        yield f"  withdrawn         {tally.withdrawn}, overtaken by what the user did next"
    if played.dead_letters:
        yield f"  dead letters      {played.dead_letters}, records that the tracking plan refuses"
    worth = f", worth {tally.goal_value:,.2f} {played.currency}" if tally.goal_value else ""
    yield f"  goals reached     {tally.goals}{worth}"


def _next_steps(config: str) -> Iterator[str]:
    program = _program()
    yield "Try next:"
    yield f"  edit a threshold in {config}/segments/, say `1h` in cart_abandoner.yaml to `10m`, and run this again"
    yield f"  {program} test {config}    runs the tests beside the definitions; that of the edited one now fails"
    yield f"  {program} check {config}   says what is wrong with a definition, at its line"


def _program() -> str:
    """Return how this command line is called from here."""
    called = os.path.relpath(sys.argv[0])
    return called if Path(called).name == "stream" and shutil.which("stream") is None else "stream"
