import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from stream.decision.learning.choosing import GRID
from stream.decision.learning.posteriors import Learnt, decode_learnt, encode_learnt, gathered, merged, snapshot
from stream.model.reference import BetaPosterior, LinearPosterior, Reference, Reward, decode_reference, encode_reference

LENGTHS = {"banner": 0, "offer": 3}


@st.composite
def rewards(draw: st.DrawFn) -> Reward:
    key = draw(st.sampled_from(sorted(LENGTHS)))
    context = tuple(draw(st.lists(st.floats(-1, 1), min_size=LENGTHS[key], max_size=LENGTHS[key])))
    value = draw(st.one_of(st.sampled_from([0.0, 1.0]), st.floats(0, 1)))
    arm, trigger_id = draw(st.sampled_from("abc")), draw(st.text(max_size=4))
    return Reward(key, arm, value, 0.5, trigger_id, 0, context, draw(st.integers(0, 1)))


def told(arm: str, value: float, context: tuple[float, ...] = (), key: str = "banner") -> Reward:
    return Reward(key, arm, value, 0.5, "t1", 0, context)


@given(st.lists(st.tuples(rewards(), st.integers(0, 3)), max_size=40), st.permutations(range(40)))
@settings(max_examples=100, deadline=None)
def test_any_order_and_any_workers_come_to_the_same_bytes(assigned: list[tuple[Reward, int]], order: list[int]) -> None:
    straight = gathered(reward for reward, _ in assigned)
    shuffled = [assigned[place] for place in order if place < len(assigned)]
    by_worker = [gathered(reward for reward, worker in shuffled if worker == number) for number in range(4)]
    together = merged(merged([part, Learnt()]) for part in reversed(by_worker))
    assert encode_learnt(together) == encode_learnt(straight)
    one, other = (encode_reference(Reference("v1", 0, snapshot(learnt))) for learnt in (together, straight))
    assert one == other


@given(st.lists(rewards(), max_size=20))
@settings(max_examples=50, deadline=None)
def test_what_was_learnt_and_a_reference_survive_their_bytes(given_rewards: list[Reward]) -> None:
    learnt = gathered(given_rewards)
    reference = Reference("v1", 1_700_000_000_000, snapshot(learnt))
    assert decode_learnt(encode_learnt(learnt)) == learnt
    assert decode_reference(encode_reference(reference)) == reference


def test_successes_and_failures_are_counted_from_a_uniform_prior() -> None:
    learnt = gathered([told("a", 1.0), told("a", 0.0), told("a", 0.0), told("b", 1.0)])
    assert snapshot(learnt) == {"banner": {"a": BetaPosterior(2.0, 3.0), "b": BetaPosterior(2.0, 1.0)}}


def test_a_part_of_a_reward_counts_as_that_part_of_a_success() -> None:
    assert snapshot(gathered([told("a", 0.25)])) == {"banner": {"a": BetaPosterior(1.25, 1.75)}}


def test_where_there_are_contexts_the_snapshot_is_ridge_regressions() -> None:
    rng = np.random.default_rng(3)
    x, y = np.round(rng.uniform(-1, 1, (50, 3)) * GRID) / GRID, rng.integers(0, 2, 50)
    told_of = [told("a", float(value), tuple(row), "offer") for row, value in zip(x.tolist(), y, strict=True)]
    known = snapshot(gathered(told_of))["offer"]["a"]
    assert isinstance(known, LinearPosterior)
    a = np.eye(3) + x.T @ x
    assert known.theta == pytest.approx(np.linalg.solve(a, x.T @ y), abs=1e-12)
    assert np.array(known.inverse) == pytest.approx(np.linalg.inv(a), abs=1e-12)


def test_the_sums_of_two_billion_rewards_are_still_whole_and_fit_their_bytes() -> None:
    learnt = gathered([told("a", 1.0, (1.0, -1.0), "offer")])
    for _ in range(31):
        learnt = merged([learnt, learnt])
    sums = decode_learnt(encode_learnt(learnt)).sums["offer"]["a"]
    assert (sums.trials, sums.responses) == (2**31, (2**63, -(2**63)))


@given(st.lists(st.tuples(rewards(), st.booleans()), max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_trial_and_later_its_value_come_to_the_same_as_both_at_once(told_of: list[tuple[Reward, bool]]) -> None:
    at_once, apart = list[Reward](), list[Reward]()
    for reward, is_apart in told_of:
        whole = replace(reward, trials=1)
        at_once.append(whole)
        apart += [replace(whole, value=0.0), replace(whole, trials=0)] if is_apart else [whole]
    assert gathered(apart[::-1]) == gathered(at_once)


def test_a_value_whose_trial_is_not_there_yet_makes_no_parameter_below_1() -> None:
    assert snapshot(gathered([replace(told("a", 1.0), trials=0)])) == {"banner": {"a": BetaPosterior(2.0, 1.0)}}


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
def test_a_reward_beyond_0_and_1_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        gathered([told("a", value)])


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_a_reward_of_0_or_1_is_counted(value: float) -> None:
    assert gathered([told("a", value)]).sums["banner"]["a"].trials == 1


def test_a_context_that_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        gathered([told("a", 1.0, (1.0, float("inf")))])


def test_contexts_of_two_lengths_are_never_added() -> None:
    with pytest.raises(ValueError, match=r"shorter|longer"):
        gathered([told("a", 1.0, (1.0,)), told("a", 1.0, (1.0, 0.5))])
