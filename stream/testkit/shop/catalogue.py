"""What the simulated shop sells."""

from typing import Final

import msgspec

CURRENCY: Final = "USD"


class Product(msgspec.Struct, frozen=True):
    """One article; `price` is in dollars, `rating` in stars."""

    id: str
    name: str
    category: str
    price: float
    rating: float


_SHELVES: Final = {
    "shoes": (("Trail runner", 89.0), ("Canvas sneaker", 49.5), ("Winter boot", 139.0), ("House slipper", 19.9)),
    "bags": (("Day pack", 59.0), ("Messenger bag", 74.9), ("Weekender", 119.0), ("Wallet", 29.0)),
    "kitchen": (("Chef's knife", 64.0), ("Cast-iron pan", 45.0), ("Moka pot", 34.5), ("Set of bowls", 27.9)),
    "books": (("Bread at home", 24.0), ("Atlas of islands", 38.0), ("Pocket notebook", 9.5), ("Star charts", 18.0)),
    "garden": (("Secateurs", 31.0), ("Watering can", 22.5), ("Bird feeder", 17.9), ("Folding chair", 69.0)),
}

_RATINGS: Final = (4.6, 4.1, 4.4, 4.8)

PRODUCTS: Final = tuple(
    Product(f"{category}-{number}", name, category, price, _RATINGS[number - 1])
    for category, shelf in _SHELVES.items()
    for number, (name, price) in enumerate(shelf, 1)
)

BY_CATEGORY: Final = {
    category: tuple(product for product in PRODUCTS if product.category == category) for category in _SHELVES
}
