"""A simulated shop whose visitors go through a journey of the real engine, and order hours later or not at all."""

from collections import defaultdict
from functools import cache
from typing import NamedTuple

from stream.decision.decider import Decider
from stream.decision.knowledge.knowledge import Knowledge
from stream.decision.knowledge.learning import Learning
from stream.decision.learning.estimates import Logged
from stream.definitions import load
from stream.definitions.shapes import Definitions
from stream.model.events import Event
from stream.model.outcomes import AnyOutcome, Decision, Goal
from tests.decision.learning.simulated_shop import uniform

RATES = {"reminder": 0.05, "discount": 0.10, "free_shipping": 0.15}
EXPLORE = 0.1
LATEST_H = 12
"""Orders come within so many hours, most of them soon."""

_H = 3_600_000
_FILES = {
    "events.yaml": "currency: USD\ntopics: {clickstream: {visited: }, cart: {order_completed: }}\n",
    "actions.yaml": "".join(f"{arm}: {{channel: email, purpose: service, template: {arm}}}\n" for arm in RATES),
    "policy.yaml": "without_consent: [service]\n",
    "journeys/win_back.yaml": f"""\
enter: {{event: visited}}
goal: {{event: order_completed, within: 1d}}
steps:
  - choose: [{", ".join(RATES)}]
    policy: thompson
    explore: {EXPLORE:.0%}
""",
}


class Log(NamedTuple):
    """What a shop's records say: of each choice its arm, the chance it had, and whether the run reached its goal."""

    choices: list[Logged]
    regret: list[float]


@cache
def definitions() -> Definitions:
    return load(_FILES)


def log_of(seed: int, hours: int, visits_an_hour: int) -> Log:
    """Let so many visitors come an hour, each once; return the log when all orders are in."""
    orders = defaultdict[int, list[Event]](list)
    learning = Learning(Decider(definitions(), {}), Knowledge(definitions().policy.learn_every_ms))
    records: list[AnyOutcome] = []
    for hour in range(hours + 25):
        visits = [_event(seed, "visited", hour, number) for number in range(visits_an_hour)] if hour < hours else []
        events = sorted([*visits, *orders.pop(hour, [])], key=lambda event: event.time_ms)
        decided = [each for taken in learning.decide((hour + 1) * _H - 1, events) for each in taken.outcomes]
        records += decided
        for each in decided:
            if isinstance(each, Decision) and each.verdict == "sent" and uniform(each.user_id) < RATES[each.arm]:
                at_ms = each.at_ms + int(_H + (LATEST_H - 2) * _H * uniform(f"{each.user_id} later") ** 2)
                orders[at_ms // _H].append(Event(each.user_id, "order_completed", at_ms, f"{each.user_id} order", {}))
    return _joined(records)


def _event(seed: int, name: str, hour: int, number: int) -> Event:
    user = f"{seed}/{hour}/{number}"
    return Event(user, name, int(hour * _H + _H * uniform(f"{user} at")), f"{user} visit", {})


def _joined(records: list[AnyOutcome]) -> Log:
    """Join choices with goals by their runs."""
    reached = {each.run_id for each in records if isinstance(each, Goal)}
    sent = [each for each in records if isinstance(each, Decision) and each.verdict == "sent"]
    choices = [Logged(each.arm, each.propensity or 0.0, float(each.run_id in reached)) for each in sent]
    return Log(choices, [max(RATES.values()) - RATES[each.arm] for each in sent])
