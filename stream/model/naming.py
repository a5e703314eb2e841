"""Event names: every spelling of one becomes the same snake_case name."""

import re
from typing import Final

_WORD_START: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")

NAME_OF_TYPE: Final = {"page": "page_viewed", "screen": "screen_viewed"}
"""Calls whose type is their event. `identify` and the rest (`alias`, `group`) are named like their type."""


def event_name(spelling: str) -> str:
    """Return the snake_case name: "Product Added", "productAdded" and "product-added" are `product_added`."""
    return _BETWEEN_WORDS.sub("_", _WORD_START.sub("_", spelling).lower()).strip("_")
