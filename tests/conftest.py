"""How the tests are shared out to several processes, where `pytest --numprocesses` asks for that."""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling


class OneBroker(LoadFileScheduling):
    """Keeps the tests of a file together, and all those on Kafka, so that one broker of each kind is enough."""

    def _split_scope(self, nodeid: str) -> str:
        file: str = super()._split_scope(nodeid)
        return "tests/kafka" if file.startswith("tests/kafka/") else file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> OneBroker:
    """Share the tests out by files and brokers."""
    return OneBroker(config, log)
