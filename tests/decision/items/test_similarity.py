"""Similarity is learnt from counts that fade, the same whatever the order, the partitions and when it is published."""

from math import sqrt

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stream.decision.items import similarity
from stream.decision.items.counts import AGES, STEPS, CoCounts, decode_counts, encode_counts, weight
from stream.decision.items.similarity import SHRUNK_BY, publish
from stream.model.items import CoOccurrence
from tests.decision.story import D

HALF_LIFE_MS = 30 * D
STEP_MS = HALF_LIFE_MS // STEPS


def seen(product: str, *beside: str, at_ms: int = 0) -> CoOccurrence:
    return CoOccurrence("", "u", "viewed", product, beside, at_ms)


def counted(*told: CoOccurrence) -> CoCounts:
    counts = CoCounts(HALF_LIFE_MS)
    counts.add_all(told)
    return counts


def test_products_are_alike_by_the_cosine_of_their_users_shrunk_where_they_are_few() -> None:
    counts = counted(*[seen("a")] * 3, *[seen("b", "a")] * 2, *[seen("b")] * 2, *[seen("a", "c")], seen("c", "a"))
    expected = 2 / sqrt(4 * 4) * 2 / (2 + SHRUNK_BY)
    (together,) = publish(counts, 0)["b"]
    assert together[0] == "a"
    assert together[1] == float(f"{expected:.3g}") == 0.0833


def test_the_nearest_come_first_and_equals_by_their_names() -> None:
    told = [seen("x", "b", "a"), seen("b"), seen("a"), *[seen("c", "x")] * 9]
    assert [other for other, _ in publish(counted(*told * 2), 0)["x"]] == ["c", "a", "b"]


def test_no_similarity_is_above_one_though_a_pair_may_be_newer_than_its_products() -> None:
    told = [seen("a")] * 9 + [seen("b", "a", at_ms=15 * STEP_MS)] * 9
    ((_, score),) = publish(counted(*told), 15 * STEP_MS)["b"]
    assert score == pytest.approx(9 / (9 + SHRUNK_BY), rel=0.001)


def test_a_count_halves_within_its_half_life_and_is_dropped_after_four() -> None:
    counts = counted(seen("a"), seen("a"), seen("b", at_ms=STEP_MS))
    assert (weight(counts.alone["a"]), weight(counts.alone["b"])) == (pytest.approx(2 * 2**-0.25), 1)
    counts.age(STEPS)
    assert weight(counts.alone["a"]) == 1
    counts.age(AGES - 1)
    assert weight(counts.alone["a"]) == pytest.approx(2 * 2 ** (-(AGES - 1) / STEPS))
    counts.age(AGES)
    assert counts.alone.keys() == {"b"}


def test_what_is_too_old_when_it_comes_is_not_counted() -> None:
    counts = counted(seen("a", at_ms=AGES * STEP_MS), seen("b", "a", at_ms=STEP_MS), seen("c", "a", at_ms=STEP_MS - 1))
    assert counts.alone.keys() == {"a", "b"}
    assert counts.beside == {"a": {"b": 1 << 480}, "b": {"a": 1 << 480}}


contributions = st.builds(
    lambda names, at_ms: seen(names[0], *names[1:], at_ms=at_ms),
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=4, unique=True),
    st.integers(0, 20).map(lambda step: step * STEP_MS),
)
histories = st.lists(contributions, max_size=40)


@given(histories, st.randoms(use_true_random=False), st.integers(1, 4))
def test_counts_are_the_same_in_any_order_and_however_they_are_parted(
    told: list[CoOccurrence], shuffling: "object", parts: int
) -> None:
    shuffled = list(told)
    shuffling.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis hands in a random.Random
    merged = CoCounts(HALF_LIFE_MS)
    for part in range(parts):
        merged.merge(counted(*shuffled[part::parts]))
    assert encode_counts(merged) == encode_counts(counted(*told))


@settings(max_examples=60)
@given(st.lists(histories, max_size=5), st.integers(1, 6), st.integers(2, 8), st.booleans())
@example([[seen("a", "b")], [seen("a")]], 6, 8, True)  # who is counted alone changes what pairs of it weigh
def test_publishing_step_by_step_is_the_same_as_computing_all_again(
    batches: list[list[CoOccurrence]], partners: int, products: int, is_merged: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similarity, "PARTNERS_KEPT", partners)
        patch.setattr(similarity, "PRODUCTS_KEPT", products)
        counts, published, at_ms = CoCounts(HALF_LIFE_MS), None, 0
        for batch in batches:
            counts.merge(counted(*batch)) if is_merged else counts.add_all(batch)
            at_ms = max(at_ms, *(each.at_ms for each in batch)) if batch else at_ms
            afresh = decode_counts(encode_counts(counts))
            published = publish(counts, at_ms, published)
            assert publish(afresh, at_ms) == published
            assert encode_counts(afresh) == encode_counts(counts)
            assert len(counts.alone) <= products
            assert all(0 < len(row) <= partners for row in counts.beside.values())


def test_neighbours_are_twenty_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    told = [seen("x", *(str(number) for number in range(30))), *(seen(str(number)) for number in range(30))]
    assert len(publish(counted(*told), 0)["x"]) == 20


def test_the_products_counted_least_are_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similarity, "PRODUCTS_KEPT", 2)
    counts = counted(*[seen("a", "b", "c")] * 3, *[seen("b")] * 2, seen("c"))
    assert publish(counts, 0).keys() == {"a", "b"}
    assert counts.alone.keys() == {"a", "b"}
    assert counts.beside["a"].keys() == {"b"}


def test_bytes_that_are_no_counts_are_refused() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_counts(b"\x00")
