"""The index knows of each product all users who remember it, and no one else."""

from hypothesis import given
from hypothesis import strategies as st

from stream.decision.items.index import ItemIndex, is_concerned
from stream.decision.items.memory import VIEWED_KEPT
from stream.model.events import Event, Scalar
from stream.model.items import ProductMemory
from stream.model.profile import Profile, new_profile
from tests.decision.story import D


def view(index: ItemIndex, profile: Profile, product: str, at_ms: int = 0) -> None:
    index.take_in(profile, Event(profile.user, "product_viewed", at_ms, "e", {"product_id": product}))


def test_all_users_who_saw_a_product_are_found_by_name_however_many() -> None:
    index = ItemIndex()
    for number in range(3_000):
        view(index, new_profile(f"u{number:04}"), "p")
    assert index.users("p") == [f"u{number:04}" for number in range(3_000)]
    assert index.users("p", after="u2997") == ["u2998", "u2999"]
    assert index.users("p", after="u2997a") == ["u2998", "u2999"]
    assert index.users("q") == []


def test_a_user_who_has_forgotten_a_product_is_not_found_any_more() -> None:
    index, profile = ItemIndex(), new_profile("u")
    for number in range(VIEWED_KEPT):
        view(index, profile, str(number))
    assert index.users("0") == ["u"]
    view(index, profile, "one more")
    assert (index.users("0"), index.users("1"), len(index)) == ([], ["u"], VIEWED_KEPT)


def test_of_a_product_that_one_of_two_has_forgotten_the_other_is_found() -> None:
    index, one, other = ItemIndex(), new_profile("u1"), new_profile("u2")
    view(index, one, "p")
    view(index, one, "p")
    view(index, other, "p")
    for number in range(VIEWED_KEPT):
        view(index, one, str(number))
    assert (index.users("p"), len(index)) == (["u2"], VIEWED_KEPT + 1)
    index.forget("u2", other.products)
    assert (index.users("p"), len(index)) == ([], VIEWED_KEPT)


def test_what_is_forgotten_as_seen_may_still_be_remembered_as_bought() -> None:
    index, profile = ItemIndex(), new_profile("u")
    lines: dict[str, list[dict[str, Scalar]]] = {"products": [{"products[].product_id": "0"}]}
    index.take_in(profile, Event("u", "order_completed", 0, "e", {}, lists=lines))
    for number in range(VIEWED_KEPT + 1):
        view(index, profile, str(number))
    assert index.users("0") == ["u"]


def test_who_is_erased_is_not_found_any_more() -> None:
    index, one, other = ItemIndex(), new_profile("u1"), new_profile("u2")
    view(index, one, "p")
    view(index, other, "p")
    index.forget("u1", one.products)
    assert index.users("p") == ["u2"]


events = st.tuples(
    st.sampled_from("abc"),
    st.sampled_from(["product_viewed", "product_added", "order_completed"]),
    st.integers(0, 130),
    st.integers(0, 3 * D),
)


@given(st.lists(events, max_size=200))
def test_an_index_kept_up_is_the_one_made_of_the_profiles(given_events: list[tuple[str, str, int, int]]) -> None:
    index, profiles = ItemIndex(), {name: new_profile(name) for name in "abc"}
    for user, name, product, at_ms in given_events:
        ordered: list[dict[str, Scalar]] = [{"products[].sku": str(each)} for each in range(product % 70)]
        props: dict[str, Scalar] = {"sku": str(product)}
        event = Event(user, name, at_ms, "e", props, lists={"products": ordered} if name[0] == "o" else None)
        index.take_in(profiles[user], event)
    afresh = ItemIndex()
    for user, profile in profiles.items():
        afresh.restore(user, profile.products)
    assert len(index) == len(afresh)
    assert all(index.users(str(product)) == afresh.users(str(product)) for product in range(131))


def test_who_is_concerned_saw_carted_or_bought_it_at_that_time_or_later() -> None:
    profile = new_profile("u")
    assert not is_concerned(profile, "p", "seen", 0)
    profile.products = ProductMemory(viewed={"p": 5}, carted={"q": 5}, bought={"r": 5})
    assert [is_concerned(profile, "p", "seen", since_ms) for since_ms in (5, 6)] == [True, False]
    assert [is_concerned(profile, each, "seen", 5) for each in "pqr"] == [True, True, False]
    assert [is_concerned(profile, each, "carted", 5) for each in "pqr"] == [False, True, False]
    assert [is_concerned(profile, each, "bought", 5) for each in "pqr"] == [False, False, True]


def test_who_has_bought_what_they_saw_or_carted_is_concerned_as_a_buyer_only() -> None:
    profile = new_profile("u")
    profile.products = ProductMemory(viewed={"p": 9}, carted={"p": 8}, bought={"p": 5})
    assert [is_concerned(profile, "p", whom, 5) for whom in ("seen", "carted", "bought")] == [False, False, True]
    assert [is_concerned(profile, "p", whom, 6) for whom in ("seen", "carted", "bought")] == [True, True, False]
