"""Outcomes read back from the files that a replay wrote, or that were dumped from the topics."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import msgspec

from stream.adapters.rows import InputRefused
from stream.model.outcomes import AnyOutcome
from stream.replay.files import Tick, lines_of

_decoder: Final = msgspec.json.Decoder(AnyOutcome)


def outcomes_of(paths: Sequence[Path], tick: Tick = lambda _: None) -> Iterator[AnyOutcome]:
    """Yield the outcomes of files, one a line. Raises `InputRefused`, with file and line, at the first that is none."""
    for path in paths:
        for number, line in enumerate(lines_of(path, tick), 1):
            if line.strip():
                yield _outcome(line, path, number)


def _outcome(line: bytes, path: Path, number: int) -> AnyOutcome:
    try:
        outcome: AnyOutcome = _decoder.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise InputRefused(f"{path}:{number}: this is no outcome as `stream replay` writes it: {error}") from error
    return outcome
