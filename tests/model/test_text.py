"""Text as profiles keep it."""

from hypothesis import given
from hypothesis import strategies as st

from stream.model.text import PLACE_BYTES, TEXT_KEPT_BYTES, kept_text, places


def test_text_of_128_bytes_is_kept_as_it_is_and_longer_text_is_not() -> None:
    for letter in ("a", "é", "𝄞"):
        fits = letter * (TEXT_KEPT_BYTES // len(letter.encode()))
        assert kept_text(fits) == fits
        assert kept_text(fits + letter) != fits + letter


def test_a_character_is_never_cut_in_two() -> None:
    assert kept_text("x" + "𝄞" * 100).startswith("x" + "𝄞" * 23 + "~")


@given(st.text(max_size=400), st.text(max_size=400))
def test_kept_text_is_bounded_and_distinct_where_the_text_is(one: str, other: str) -> None:
    assert len(kept_text(one).encode()) <= TEXT_KEPT_BYTES
    assert (kept_text(one) == kept_text(other)) is (one == other)


def test_a_text_takes_a_place_up_to_64_bytes_and_two_beyond() -> None:
    for letter in ("x", "é", "𝄞"):
        fits = letter * (PLACE_BYTES // len(letter.encode()))
        assert (places(fits), places(fits + letter)) == (1, 2)
    assert places("") == 1


@given(st.text(), st.text(max_size=40))
def test_texts_take_no_fewer_places_than_their_bytes_need(text: str, short: str) -> None:
    assert all(places(kept) * PLACE_BYTES >= len(kept.encode()) for kept in (kept_text(text), short))
