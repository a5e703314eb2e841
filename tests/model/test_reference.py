import msgspec
import pytest

from stream.model.reference import BetaPosterior, LinearPosterior, Reference, Reward, decode_reference, encode_reference

REFERENCE = Reference(
    "v7",
    1_700_000_000_000,
    {"shop/1": {"b": LinearPosterior((0.5, -0.25), ((0.1, 0.0), (0.0, 0.2))), "a": BetaPosterior(2.0, 9.5)}},
)
ENCODED = (
    b'{"type":"reference.v1","version":"v7","effective_ms":1700000000000,"arms":{"shop/1":{"a":{"type":"beta","alpha":2.0,"beta":9.5},'
    b'"b":{"type":"linear","theta":[0.5,-0.25],"inverse":[[0.1,0.0],[0.0,0.2]]}}}}'
)


def test_a_reference_is_a_line_of_json_with_its_arms_in_order() -> None:
    assert encode_reference(REFERENCE) == ENCODED
    assert decode_reference(ENCODED) == REFERENCE


def test_a_reference_of_which_nothing_is_learnt_has_no_arms() -> None:
    assert decode_reference(b'{"version":"v1","effective_ms":0}') == Reference("v1", 0)


def test_a_reference_of_a_later_version_with_more_in_it_can_be_read() -> None:
    assert decode_reference(b'{"version":"v1","effective_ms":0,"further":{}}') == Reference("v1", 0)


@pytest.mark.parametrize("encoded", [b"{}", b"[]", b'{"version":"v1","effective_ms":0,"arms":{"k":{"a":{}}}}', b"x"])
def test_what_is_no_reference_is_refused(encoded: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_reference(encoded)


def test_a_reward_tells_a_trial_unless_it_says_otherwise() -> None:
    reward = Reward("shop/1", "a", 1.0, 0.25, "t1", 5)
    assert reward.trials == 1
    assert msgspec.json.decode(msgspec.json.encode(reward), type=Reward) == reward
