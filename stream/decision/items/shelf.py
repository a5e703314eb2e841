"""The shelf: a catalogue that changes record by record, for a decider that has all users (a replay, or a scenario)."""

from typing import Final

from stream.decision.decider import Decider
from stream.decision.items.changes import change_of
from stream.model.products import Catalogue, CatalogueSnapshot, Product

TOPIC: Final = "catalogue"


class Shelf:
    """Lets a decider go by what products are, from the time they are so on, and tell users of what changes."""

    def __init__(self, decider: Decider) -> None:
        self._decider: Final = decider
        self._catalogue = Catalogue()
        self._offset = 0

    def put(self, name: str, product: Product | None, at_ms: int) -> None:
        """Let a product be another one from a time on, which is no earlier than that of the one before; None takes it
        away.
        """
        change = change_of(self._catalogue.get(name), product, (TOPIC, 0, self._offset), at_ms)
        self._offset += 1
        self._catalogue = self._catalogue.changed({name: product})
        self._decider.adopt(CatalogueSnapshot(str(self._offset), at_ms, self._catalogue))
        if self._decider.news is not None:
            self._decider.news.adopt([] if change is None else [change], {0: self._offset})
