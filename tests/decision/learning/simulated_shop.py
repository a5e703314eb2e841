"""A shop whose actions bring orders at known rates, chosen among by what earlier choices taught."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from stream.decision.learning.choosing import choose
from stream.decision.learning.posteriors import Learnt, gathered, merged, snapshot
from stream.definitions.choosing import ChooseRule
from stream.model.reference import Posterior, Reward

KEY = "cart_recovery/2/shop"


def uniform(name: str) -> float:
    """Return a number from 0 to 1 that only depends on the name."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8]) / 2**64


class Visit(NamedTuple):
    arm: str
    propensity: float
    value: float
    regret: float


class Shop(NamedTuple):
    """Visitors come one by one; what they did is told `each` at a time, as a snapshot that the next ones see."""

    rule: ChooseRule
    rates: Callable[[Sequence[float]], Mapping[str, float]]
    each: int
    context: Callable[[str], tuple[float, ...]] = lambda _: ()

    def visited(self, seed: int, count: int) -> list[Visit]:
        learnt, posteriors, untold, visits = Learnt(), dict[str, Posterior](), list[Reward](), list[Visit]()
        for number in range(count):
            visit, reward = self._visit(f"{seed}/{number}", posteriors)
            visits.append(visit)
            untold.append(reward)
            if len(untold) == self.each:
                learnt = merged([learnt, gathered(untold)])
                posteriors, untold = snapshot(learnt)[KEY], []
        return visits

    def _visit(self, name: str, posteriors: Mapping[str, Posterior]) -> tuple[Visit, Reward]:
        context = self.context(f"{name}/context")
        rates = self.rates(context)
        chosen = choose(self.rule, posteriors, list(rates), context, f"{name}/choice")
        value = float(uniform(f"{name}/order") < rates[chosen.arm])
        visit = Visit(chosen.arm, chosen.propensity, value, max(rates.values()) - rates[chosen.arm])
        return visit, Reward(KEY, chosen.arm, value, chosen.propensity, name, 0, context)
