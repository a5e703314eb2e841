"""A worker of a fleet as an older version of it would be: it reads one input topic less.

`python -m tests.chaos.older TOPIC LAST_METRICS worker --config ...` does not know of TOPIC, given without the prefix.
"""

from __future__ import annotations

import sys
from pathlib import Path

import stream.runtime.tasks as tasks_module
from stream.runtime.settings import Settings
from stream.runtime.topics import input_topics
from tests.chaos.member import run


def forget(topic: str) -> None:
    """Let the tasks read all input topics but this one; no other room asks for them by itself."""

    def known(settings: Settings) -> tuple[str, ...]:
        return tuple(name for name in input_topics(settings) if name != settings.topic_prefix + topic)

    tasks_module.input_topics = known  # type: ignore[attr-defined]  # the version before is this one but for a topic


if __name__ == "__main__":
    forget(sys.argv[1])
    run(Path(sys.argv[2]), sys.argv[3:])
