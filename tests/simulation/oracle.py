"""The oracle of event mode: the pure core over the same events in total order."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import Any

from stream.decision.decider import Decider
from stream.decision.turn import Use
from stream.model.profile import Profile, encode_profile
from tests.simulation.cluster import Cluster
from tests.simulation.findings import (
    count_differences,
    input_of,
    placed,
    profile_differences,
    seen_letters,
    seen_outcomes,
    state_of,
)


def differences(cluster: Cluster, final_ms: int) -> list[str]:
    """Compare what the workers left with what is right; empty is right."""
    log = cluster.log
    said: list[str] = []
    outcomes: Counter[Any] = Counter()
    letters: Counter[Any] = Counter()
    for number in range(cluster.tasks):
        read = input_of(cluster, number)
        letters.update(read.letters)
        profiles: dict[str, Profile] = {}
        decider = Decider(cluster.definitions, profiles, key=cluster.settings.app.encode())
        for event, _, _, _ in sorted(read.events, key=lambda found: (found[0].time_ms, *found[1:])):
            decider.decide(event)
        decider.advance(final_ms)
        outcomes += placed(decider.take().outcomes, log)
        found, position = state_of(log, number)
        right = {user: encode_profile(profile) for user, profile in profiles.items()}
        said += profile_differences(number, found, right)
        if position is None:
            said.append(f"task {number} has no position")
            continue
        places = {
            "next offsets": (position.next_offsets, read.next_offsets),
            "decided beyond": (position.decided_beyond, {}),
            "clock": (position.clock_ms, final_ms),
            "members": (_counted(position.segments), _counted(decider.counts.segments)),
            "runs": (_counted(position.runs), _counted(decider.counts.runs)),
            "uses": (_inside(position.uses), _inside(decider.counts.uses)),
        }
        said += [f"task {number}: {what} {one}, right: {two}" for what, (one, two) in places.items() if one != two]
    said += count_differences("outcome", seen_outcomes(log), outcomes)
    return said + count_differences("dead letter", seen_letters(log), letters)


def _inside(uses: dict[str, Use] | None) -> dict[str, int]:
    return _counted({name: use.runs for name, use in (uses or {}).items()})


def _counted(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in sorted(counts.items(), key=itemgetter(0)) if count}
