"""Older definitions of journeys, kept as texts for the runs that started by them, and read by what is defined now."""

from collections.abc import Mapping

import msgspec

from stream.definitions.journey_shapes import Journey
from stream.definitions.journeys import JourneyWords, read_journey
from stream.definitions.problems import Problem
from stream.definitions.reading import Reader
from stream.definitions.shapes import Definitions
from stream.definitions.source import read_yaml


class KeptJourney(msgspec.Struct, frozen=True, array_like=True):
    """What `journeys/NAME.yaml` said."""

    name: str
    text: str


class Reread(msgspec.Struct, frozen=True):
    """Kept definitions by hash: those that can be read, and of the others the first mistake."""

    journeys: dict[str, Journey]
    unreadable: dict[str, str]


def file_of(name: str) -> str:
    """Return where a journey of this name is defined."""
    return f"journeys/{name}.yaml"


def present_journeys(definitions: Definitions) -> dict[str, KeptJourney]:
    """Return what is to be kept of the definitions as they are now, by hash."""
    journeys = definitions.journeys.values()
    return {one.hash: KeptJourney(one.name, definitions.files[file_of(one.name)]) for one in journeys}


def read_kept(kept: Mapping[str, KeptJourney], words: JourneyWords) -> Reread:
    """Read kept texts. What one names and is defined no longer makes it unreadable, as any mistake does.

    Each stays what its runs know it by, even should hashes be made in another way by now.
    """
    found = Reread({}, {})
    for hash_, one in sorted(kept.items()):
        problems: list[Problem] = []
        node = read_yaml(file_of(one.name), one.text, problems)
        if node is not None:
            journey = read_journey(Reader(problems), one.name, node, words)
            found.journeys[hash_] = msgspec.structs.replace(journey, hash=hash_)
        if problems or node is None:
            found.journeys.pop(hash_, None)
            found.unreadable[hash_] = str(min(problems)) if problems else "it says nothing"
    return found
