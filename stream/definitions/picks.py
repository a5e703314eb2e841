"""`similar_to(item)` and `goes_with(item)`: products picked for a payload."""

from typing import Final, Literal

import msgspec

from stream.definitions.expressions import Expr

PickFunction = Literal["similar_to", "goes_with"]
PICKS: Final[tuple[PickFunction, ...]] = ("similar_to", "goes_with")

PICKED_MOST: Final = 20
"""Products picked at once: as many neighbours as are published of one."""


class Pick(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest products that may be shown, to one product or, with `goes_with`, to what lies in the cart.

    `min_rating` is in stars and, as `in_stock`, asks for what is known. `same_category` asks for the same one, or with
    False for another one; `bought` lets in what the user has bought before. It stands alone, as the value of a field of
    a payload; `text` is the source, for explanations.
    """

    function: PickFunction
    of: Expr
    text: str
    n: int = 1
    min_rating: float | None = None
    in_stock: bool = False
    same_category: bool | None = None
    bought: bool = False

    @property
    def filters(self) -> bool:
        """Whether a catalogue is needed to say which products may be picked."""
        return self.in_stock or self.min_rating is not None or self.same_category is not None


Payload = dict[str, Expr | Pick]
"""What a trigger carries, by field."""
