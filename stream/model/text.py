"""Text as profiles keep it: bounded, and still distinct."""

from typing import Final

from xxhash import xxh3_64_hexdigest

TEXT_KEPT_BYTES: Final = 128
"""Text up to so many bytes in UTF-8 is kept as it is."""

SURELY_SHORT: Final = TEXT_KEPT_BYTES // 4
"""Text of so few characters is kept as it is, whatever they are."""

_HEAD_BYTES: Final = 96

PLACE_BYTES: Final = 64
"""Of text in so many bytes, one place is taken where places are counted; of longer text, two."""


def places(text: str) -> int:
    """Return how many places a text takes, as it is kept: so a bound on places is one on bytes too."""
    if len(text) <= SURELY_SHORT // 2 or (len(text) <= PLACE_BYTES and text.isascii()):
        return 1
    return 1 if len(text.encode()) <= PLACE_BYTES else 2


def kept_text(text: str) -> str:
    """Return text as a profile keeps it: longer text as its beginning and a 64-bit hash (XXH3) of the whole."""
    if len(text) <= SURELY_SHORT:
        return text
    encoded = text.encode()
    if len(encoded) <= TEXT_KEPT_BYTES:
        return text
    return f"{encoded[:_HEAD_BYTES].decode(errors='ignore')}~{xxh3_64_hexdigest(encoded)}"
