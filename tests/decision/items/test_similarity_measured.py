"""What is learnt from some shoppers of a real shop foretells what the others look at next."""

import csv
import gzip
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from itertools import pairwise

import pytest

from stream.decision.items.counts import CoCounts
from stream.decision.items.memory import take_in
from stream.decision.items.similarity import NEIGHBOURS, publish
from stream.model.events import Event
from stream.model.items import CoOccurrence
from stream.model.profile import Profile, new_profile
from tests.data_sets import data_file
from tests.decision.story import D


def views() -> Iterator[Event]:
    """Give the views of REES46's sample, in their order."""
    with gzip.open(data_file("rees46/2019-Oct.csv.gz"), "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["event_type"] == "view":
                at_ms = int(datetime.fromisoformat(row["event_time"].replace(" UTC", "+00:00")).timestamp()) * 1_000
                yield Event(row["user_id"], "product_viewed", at_ms, "e", {"product_id": row["product_id"]})


def is_held_out(user: str) -> bool:
    return sha256(user.encode()).digest()[0] % 5 == 0


@pytest.mark.data
def test_what_is_alike_foretells_the_next_view_nearly_twice_as_often_as_what_is_popular() -> None:
    told: list[CoOccurrence] = []
    profiles: dict[str, Profile] = {}
    viewed: dict[str, list[str]] = defaultdict(list)
    last_ms = 0
    for event in views():
        last_ms = event.time_ms
        if is_held_out(event.user):
            viewed[event.user].append(str(event.props["product_id"]))
        else:
            profile = profiles.setdefault(event.user, new_profile(event.user))
            profile.now_ms = event.time_ms
            told += take_in(profile, event)
    counts = CoCounts(30 * D)
    counts.add_all(told)
    alike = publish(counts, last_ms)
    popular = {product for product, _ in Counter(each.product for each in told).most_common(NEIGHBOURS)}
    nexts = [(one, other) for products in viewed.values() for one, other in pairwise(products) if one != other]
    by_likeness = sum(other in dict(alike.get(one, ())) for one, other in nexts) / len(nexts)
    by_popularity = sum(other in popular for _, other in nexts) / len(nexts)
    assert len(nexts) > 1_500
    assert by_popularity == pytest.approx(0.069, abs=0.001)
    assert by_likeness == pytest.approx(0.134, abs=0.002)
