"""The `kafka` fixture: one real broker for the whole run, and topic names that no other test has."""

from __future__ import annotations

import itertools
import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NoReturn

import pytest

from tests.kafka.broker import Broker, KafkaUnavailableError, running_kafka
from tests.kafka.secure_broker import SecureBroker, secure_kafka

_FIXTURES = {"kafka", "broker_to_break", "secure"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a broker, so that `-m "not kafka"` leaves it out without a mark on each test.

    It comes first: these tests wait more than they compute, and on several cores the others fill the gaps.
    """
    for item in items:
        if _FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker("kafka")
    items.sort(key=lambda item: item.get_closest_marker("kafka") is None)


@dataclass
class Kafka:
    """Where the broker is, and a fresh prefix for the names of this run."""

    bootstrap: str
    prefix: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:8]}")
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def unique(self, name: str) -> str:
        """A name no other call gives: for topics, groups and transactional ids."""
        return f"{self.prefix}-{next(self._numbers)}-{name}"


def _none_to_be_had(reason: str) -> NoReturn:
    message = f"needs a real Kafka: {reason}"
    if os.environ.get("CI", "").lower() in {"1", "true", "yes"}:
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


@pytest.fixture(scope="session")
def kafka() -> Iterator[Kafka]:
    """A broker shared by all tests: never stop it, and use `kafka.unique(...)` for every name."""
    try:
        with running_kafka() as bootstrap:
            yield Kafka(bootstrap)
    except KafkaUnavailableError as unavailable:
        _none_to_be_had(str(unavailable))


@pytest.fixture
def broker_to_break() -> Iterator[Broker]:
    """A started broker of this test alone, to kill and restart; never the one given by KAFKA_BOOTSTRAP_SERVERS."""
    try:
        own = Broker()
    except KafkaUnavailableError as unavailable:
        _none_to_be_had(str(unavailable))
    with own:
        yield own


@pytest.fixture(scope="session")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecureBroker]:
    """A broker with accounts, certificates and an authorizer that denies by default, shared by the security tests."""
    try:
        with secure_kafka(tmp_path_factory.mktemp("secure")) as broker:
            yield broker
    except KafkaUnavailableError as unavailable:
        _none_to_be_had(str(unavailable))
