"""Writing the demo's catalogue: what the simulated shop sells, and what changes of it over the days."""

from collections.abc import Iterable
from typing import Final

from confluent_kafka import Producer

from stream.model.products import encode_product
from stream.testkit.shop import Offer

_WITHIN_S: Final = 10


def write_catalogue(brokers: str, topic: str, offers: Iterable[Offer]) -> None:
    """Write all offers, each as of its time, so that a worker on the event clock tells of them as it gets there."""
    producer = Producer({"bootstrap.servers": brokers, "log_level": 0})
    for offer in offers:
        producer.produce(topic, key=offer.product.id.encode(), value=encode_product(offer.record()))
    if left := producer.flush(_WITHIN_S):
        raise OSError(f"{left} records of the catalogue were not written within {_WITHIN_S} s")
