"""Whether shrinking pays: the hours of real shoppers in their last three days, foretold from the six before."""

import csv
import gzip
from collections import Counter
from math import log

import pytest

from stream.decision.best_time import STRENGTH
from stream.decision.shrinkage import Share
from tests.data_sets import TAOBAO, data_file
from tests.decision.story import H

CHINA_MS = 8 * H
BEGINS, PARTED, ENDS = 17_495, 17_501, 17_504  # days since 1970: 25 November, 1 December and 4 December 2017

Habit = dict[str, Counter[int]]


def active_hours() -> tuple[Habit, Habit]:
    """Return how often each user was active in each local hour of the day, before the parting day and from it on."""
    before: Habit = {}
    after: Habit = {}
    with gzip.open(data_file(TAOBAO), "rt") as rows:
        slots = {(row[0], (int(row[4]) * 1_000 + CHINA_MS) // H) for row in csv.reader(rows)}
    for user, slot in slots:
        if BEGINS <= slot // 24 < ENDS:
            (before if slot // 24 < PARTED else after).setdefault(user, Counter())[slot % 24] += 1
    return before, after


def surprise(before: Habit, after: Habit, strength: float) -> float:
    """Return the mean negative log likelihood of each hour in which a user was active later."""
    everyone = sum(before.values(), Counter[int]())
    total, hours = 0.0, 0
    for user in before.keys() & after.keys():
        for hour, count in after[user].items():
            expected = (everyone[hour] + 1) / (everyone.total() + 24)
            total -= count * log(Share(before[user][hour], before[user].total(), expected, strength).shrunk)
            hours += count
    return total / hours


@pytest.mark.data
def test_drawn_towards_everyone_habits_foretell_hours_better_than_a_users_own_or_everyones_alone() -> None:
    before, after = active_hours()
    shrunk = surprise(before, after, STRENGTH)
    assert shrunk < surprise(before, after, 1e9) - 0.02  # everyone's alone: 3.00 nats an hour
    assert shrunk < surprise(before, after, 1.0) - 0.5  # a user's own, nearly alone: 3.62
    assert shrunk < min(surprise(before, after, strength) for strength in (30.0, 60.0, 300.0)) + 0.01
