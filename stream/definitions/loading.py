"""A whole config: every file read and checked, and either definitions or all that is wrong with them."""

from collections.abc import Container, Iterable, Mapping
from typing import Final

import msgspec

from stream.definitions.actions import known_actions, read_actions
from stream.definitions.calendar import FILE as CALENDAR_FILE
from stream.definitions.calendar import read_seasons
from stream.definitions.expressions import ValueType
from stream.definitions.hashes import version_of
from stream.definitions.journeys import JourneyWords, read_journey
from stream.definitions.kept import KeptJourney, read_kept
from stream.definitions.plan import FILE as PLAN_FILE
from stream.definitions.plan import read_plan
from stream.definitions.policy import policy_words, read_policy, read_tiers
from stream.definitions.problems import ConfigRefused, Problem, Spot, nearest
from stream.definitions.purchase_model import NAME as MODEL
from stream.definitions.purchase_model import check_model
from stream.definitions.reading import Known, Reader, Vocabulary
from stream.definitions.segments import read_segments
from stream.definitions.shapes import Definitions
from stream.definitions.source import YamlMap, YamlNode, read_yaml
from stream.definitions.tables import FOLDER as TABLES
from stream.definitions.tables import check_tables, read_tables
from stream.definitions.tiers import tier_names
from stream.definitions.traits import Traits, read_traits
from stream.definitions.value_types import doubtful_identity, identity_types

_SINGLE: Final = (PLAN_FILE, "traits.yaml", "actions.yaml", "policy.yaml", CALENDAR_FILE)
_MAY_SAY_NOTHING: Final = ("traits.yaml", "actions.yaml", "policy.yaml", CALENDAR_FILE)
_FOLDERS: Final = ("segments", "journeys", TABLES)
_OTHERS: Final = "settings.yaml"


def load(
    files: Mapping[str, str], *, fitting: bool = False, kept: Mapping[str, KeptJourney] | None = None
) -> Definitions:
    """Return the definitions of a config, given as texts by path.

    Raises `ConfigRefused` with all problems of all files. Settings and `*.test.yaml` are left to those who read them.
    While tables are being `fitting`, those missing are no problem, and what reads them is unknown. Older definitions of
    journeys that are `kept`, by hash, and cannot be read any more are no problem either.
    """
    problems: list[Problem] = []
    ours = {file: files[file] for file in sorted(files) if _is_ours(file)}
    loading = _Loading(Reader(problems), _read_all(ours, problems), fitting)
    definitions, words = loading.definitions()
    if problems:
        raise ConfigRefused(set(problems))
    older = {hash_: one for hash_, one in (kept or {}).items() if hash_ not in _hashes(definitions)}
    reread = read_kept(older, words)
    return msgspec.structs.replace(definitions, files=ours, pinned=reread.journeys, unreadable=reread.unreadable)


def with_kept(definitions: Definitions, kept: Mapping[str, KeptJourney]) -> Definitions:
    """Return the definitions with the older ones of journeys that are kept, by hash, in place of those they had."""
    again = load(definitions.files, kept=kept)
    return msgspec.structs.replace(definitions, pinned=again.pinned, unreadable=again.unreadable)


def _hashes(definitions: Definitions) -> frozenset[str]:
    return frozenset(journey.hash for journey in definitions.journeys.values())


def _is_ours(file: str) -> bool:
    return file != _OTHERS and not file.endswith(".test.yaml")


def _read_all(files: Mapping[str, str], problems: list[Problem]) -> dict[str, YamlNode | None]:
    """Return the content of every file that stands where definitions do; None for what cannot be read."""
    nodes: dict[str, YamlNode | None] = {}
    for file, text in files.items():
        folder, stem = _place(file)
        if file not in _SINGLE and not (file.endswith(".yaml") and folder in _FOLDERS):
            problems.append(
                Problem(Spot(file, 1, 1), "no definitions are read from here", _nearest_place(folder, stem))
            )
            continue
        before = len(problems)
        nodes[file] = read_yaml(file, text, problems)
        if nodes[file] is None and len(problems) == before:
            if file in _MAY_SAY_NOTHING:
                del nodes[file]
            else:
                problems.append(Problem(Spot(file, 1, 1), "this file says nothing"))
    return nodes


def _place(file: str) -> tuple[str, str]:
    """Return the folder of a file (empty at the top), and its name without the ending."""
    folder, _, name = file.rpartition("/")
    return folder, name.rpartition(".")[0] or name


def _nearest_place(within: str, stem: str) -> str:
    """Return where such a file was probably meant to stand."""
    folder = nearest(within.partition("/")[0], _FOLDERS) if within else ""
    return f"{folder}/{stem}.yaml" if folder else nearest(f"{stem}.yaml", (*_SINGLE, _OTHERS))


class _Loading(msgspec.Struct, frozen=True):
    """One load; `nodes` holds the content of each file there is, None where it cannot be read."""

    reader: Reader
    nodes: Mapping[str, YamlNode | None]
    fitting: bool

    def definitions(self) -> tuple[Definitions, JourneyWords]:
        """Return what was understood, complete where no problem was noted, and what journeys may refer to."""
        if PLAN_FILE not in self.nodes:
            self.reader.wrong(Spot(PLAN_FILE, 1, 1), "this file is missing: it says which events there are")
        plan, events = read_plan(self.reader, self.nodes.get(PLAN_FILE))
        segments = self._named("segments", "a segment")
        known = known_actions(self.nodes.get("actions.yaml"), complete=self._is_readable("actions.yaml"))
        said = identity_types(events)
        named = self._named(TABLES, "a table")
        tables = read_tables(self.reader, named, plan.currency, fitting=self.fitting)
        words = msgspec.structs.replace(self._words(segments, said, plan.currency), tables=tables)
        traits = read_traits(self.reader, self.nodes.get("traits.yaml"), events, words)
        self._check_names(segments, traits, said)
        words = msgspec.structs.replace(
            words,
            traits={**said, **traits.types},
            doubtful=traits.doubtful | doubtful_identity(events),
            complete=self._is_readable("traits.yaml") and self._is_readable(PLAN_FILE),
            elsewhere=dict.fromkeys(known.names, "an action") | dict.fromkeys(events.types, "an event"),
        )
        check_tables(self.reader, words)
        check_model(self.reader, named.get(MODEL), words, traits.traits)
        policy = self.nodes.get("policy.yaml")
        tiers = read_tiers(self.reader, policy)
        actions = read_actions(self.reader, self.nodes.get("actions.yaml"), words, tiers)
        ways = self._named("journeys", "a journey")
        disposing = policy_words(actions, Known("a journey", ways), events, complete=self._is_readable("actions.yaml"))
        journeys = JourneyWords(events, known, words, {name: each.fallback for name, each in actions.items()})
        definitions = Definitions(
            plan=plan,
            traits=traits.traits,
            segments=read_segments(self.reader, _readable(segments), words),
            journeys={name: read_journey(self.reader, name, node, journeys) for name, node in _readable(ways).items()},
            actions=actions,
            policy=read_policy(self.reader, policy, disposing, tiers),
            version=version_of(_readable(self.nodes)),
        )
        return definitions, journeys

    def _check_names(self, segments: Iterable[str], traits: Traits, said: Container[str]) -> None:
        """Note the segments that have the name of a trait or of what users say of themselves."""
        for name in segments:
            spot = Spot(f"segments/{name}.yaml", 1, 1)
            if name in traits.types or name in traits.doubtful:
                self.reader.wrong(spot, f"a trait is named {name!r} already")
            elif name in said:
                self.reader.wrong(spot, f"identify has a property {name!r} already")

    def _words(
        self, segments: Mapping[str, YamlNode | None], said: Mapping[str, ValueType], currency: str
    ) -> Vocabulary:
        """Return what expressions may name before there are traits."""
        calendar = self.nodes.get(CALENDAR_FILE)
        return Vocabulary(
            said,
            frozenset(segments),
            currency,
            identity=frozenset(said),
            tiers={name: found for name, node in segments.items() if (found := tier_names(node))},
            seasons=read_seasons(self.reader, calendar, is_there=CALENDAR_FILE in self.nodes),
        )

    def _named(self, folder: str, of: str) -> dict[str, YamlNode | None]:
        """Return the content of each file of a folder, by the name it gives to its definition."""
        found: dict[str, YamlNode | None] = {}
        for file, node in self.nodes.items():
            place, stem = _place(file)
            if place == folder:
                if stem != MODEL or folder != TABLES:
                    self.reader.name(stem, Spot(file, 1, 1), of)
                found[stem] = node
        return found

    def _is_readable(self, file: str) -> bool:
        """Return whether all names of a file are known; a file that is not there defines none."""
        return file not in self.nodes or isinstance(self.nodes[file], YamlMap)


def _readable(nodes: Mapping[str, YamlNode | None]) -> dict[str, YamlNode]:
    return {name: node for name, node in nodes.items() if node is not None}
