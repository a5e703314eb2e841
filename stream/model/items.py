"""What is told and known of products together: which were viewed or bought beside which, and which are alike."""

from collections.abc import Mapping
from typing import Final, Literal

import msgspec

from stream.model.products import Catalogue

Together = Literal["viewed", "bought"]

PassedOver = Literal["in_cart", "bought", "not_in_catalogue", "sold_out", "stock_unknown", "rating", "category"]
"""Why a neighbour was not picked."""

Fallback = Literal["", "no_product", "personalisation_refused", "no_catalogue", "no_neighbours", "all_passed_over"]
"""Why it is the product itself that is shown; "" where it is not. Without a catalogue no filter can be checked."""

Concerned = Literal["seen", "carted", "bought"]
"""Whom an item event reaches: who saw the product (or put it into a cart), put it into one, or bought it."""

Neighbour = tuple[str, float]
"""Another product, and how near it is, from more than 0 to 1."""

Neighbours = Mapping[str, tuple[Neighbour, ...]]
"""By product, the others near to it, the nearest first."""


class CoOccurrence(msgspec.Struct, frozen=True, gc=False, tag="together"):
    """One user viewed (or bought) a product, and these others beside it; counted once each time it is told.

    `id` is a function of the user and of how many were told of them before.
    """

    id: str
    user: str
    how: Together
    product: str
    beside: tuple[str, ...]
    at_ms: int
    told_ms: int = 0


class Neighbourhoods(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which products are near to which, as of one version: the hash of all of it, "" where nothing is known.

    `similar` is learnt of what is viewed together, `goes_with` of what is bought together.
    """

    version: str = ""
    similar: Neighbours = {}
    goes_with: Neighbours = {}


NOTHING_NEAR: Final = Neighbourhoods()


class ItemReference(msgspec.Struct, frozen=True):
    """What is known of products, empty where nothing came in yet: the catalogue, and what is near to what.

    `version` is that of the neighbourhoods, `catalogue_version` the other's.
    """

    version: str = ""
    catalogue: Catalogue = Catalogue()
    similar: Neighbours = {}
    goes_with: Neighbours = {}
    catalogue_version: str = ""


class PickEvidence(msgspec.Struct, frozen=True, omit_defaults=True):
    """How products were picked for a payload.

    `asked` is the expression, `of` the products it was asked of, `picked` what came of it. Of the `considered`
    neighbours, `passed_over` counts by reason those that were not taken. `unchecked`: there was no catalogue to tell
    what is sold out. `reference` is the version of what was known of products, and `catalogue` of the catalogue.
    """

    asked: str
    of: tuple[str, ...]
    picked: tuple[str, ...]
    considered: int = 0
    passed_over: dict[PassedOver, int] = {}
    fallback: Fallback = ""
    unchecked: bool = False
    reference: str = ""
    catalogue: str = ""


class ProductMemory(msgspec.Struct, array_like=True, gc=False):
    """The products that one user saw, put into a cart and bought lately, each with its latest time, oldest first.

    `began_ms` and `last_ms` are those of the outing under way (see `decision.items.memory`, for the bounds too);
    `fresh` counts the products viewed in it, `told` what was told of the user to all.
    """

    began_ms: int = -(1 << 62)
    last_ms: int = -(1 << 62)
    fresh: int = 0
    told: int = 0
    viewed: dict[str, int] = {}
    carted: dict[str, int] = {}
    bought: dict[str, int] = {}
