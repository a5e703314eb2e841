"""Text as profiles keep it: bounded, and still distinct."""

from typing import Final

from xxhash import xxh3_64_hexdigest

TEXT_KEPT_BYTES: Final = 128
"""Text up to so many bytes in UTF-8 is kept as it is."""

SURELY_SHORT: Final = TEXT_KEPT_BYTES // 4
"""Text of so few characters is kept as it is, whatever they are."""

_HEAD_BYTES: Final = 96


def kept_text(text: str) -> str:
    """Return text as a profile keeps it: longer text as its beginning and a 64-bit hash (XXH3) of the whole."""
    if len(text) <= SURELY_SHORT:
        return text
    encoded = text.encode()
    if len(encoded) <= TEXT_KEPT_BYTES:
        return text
    return f"{encoded[:_HEAD_BYTES].decode(errors='ignore')}~{xxh3_64_hexdigest(encoded)}"
