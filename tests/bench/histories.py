"""The input: Taobao's user behaviour, or a generated stream of the same shape where the data set is absent."""

import gzip
import os
import random
from dataclasses import dataclass
from pathlib import Path

from stream.adapters.taobao import read_taobao
from stream.definitions.shapes import Definitions
from stream.model.codec import Codec
from stream.model.events import Event
from stream.replay.reading import OutRecord, Place, Reading

ROOT = Path(__file__).resolve().parents[2]
FILE = Path("taobao") / "small_sample.csv.gz"

_GENERATED_ROWS = 100_000
_GENERATED_USERS = 10_000
_SKEW = 1.1
_FIRST_SECOND, _SECONDS = 1_511_539_200, 9 * 86_400
_BEHAVIOURS = {"pv": 897, "cart": 54, "fav": 27, "buy": 21}


@dataclass(frozen=True)
class History:
    """A file in Taobao's format as lines, and what is in it as records and as events, both in total order."""

    source: str
    lines: list[str]
    records: list[OutRecord]
    events: list[tuple[Place, Event]]

    def write_copies(self, copies: int, path: Path) -> Path:
        """Write the file several times over, each copy with users of its own."""
        with path.open("w") as out:
            for copy in range(copies):
                for line in self.lines:
                    user, _, rest = line.partition(",")
                    out.write(f"{user}-{copy},{rest}\n")
        return path


def read_history(definitions: Definitions, folder: Path, limit: int | None) -> History:
    """Read the data set, or make one; `limit` takes only so many rows. `folder` is for files of our own."""
    file = Path(os.environ.get("STREAM_DATA", ROOT.parent / "shared" / "data")) / FILE
    if file.exists():
        source, lines = "taobao/small_sample", gzip.decompress(file.read_bytes()).decode().split()
    else:
        source, lines = f"generated (no {FILE} in STREAM_DATA or ../shared/data)", _generated()
    lines = lines[:limit]
    own = folder / "history.csv"
    own.write_text("\n".join(lines) + "\n")
    topics = {event.name: event.topic for event in definitions.plan.events.values()}
    placed = Reading([own], read_taobao, definitions.plan).records(topics.__getitem__)
    codec = Codec(definitions.plan)
    events = [(place, _planned(codec.decode(record.value, ""))) for place, record in placed]
    return History(source, lines, [record for _, record in placed], events)


def _planned(event: Event | None) -> Event:
    assert event is not None
    return event


def _generated() -> list[str]:
    """Return rows in order of time: few users do most of it, as everywhere; the same rows each time."""
    chance = random.Random(7)
    weights = [1 / rank**_SKEW for rank in range(1, _GENERATED_USERS + 1)]
    users = chance.choices(range(1, _GENERATED_USERS + 1), weights, k=_GENERATED_ROWS)
    kinds = chance.choices(list(_BEHAVIOURS), list(_BEHAVIOURS.values()), k=_GENERATED_ROWS)
    seconds = sorted(_FIRST_SECOND + chance.randrange(_SECONDS) for _ in range(_GENERATED_ROWS))
    return [
        f"{user},{chance.randrange(1, 50_000)},{chance.randrange(1, 2_000)},{kind},{second}"
        for user, kind, second in zip(users, kinds, seconds, strict=True)
    ]
