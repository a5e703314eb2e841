"""Which history a command learns from, and the config it learns for."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from stream.adapters.formats import adapter_for
from stream.adapters.rows import InputRefused
from stream.cli.config import Refused, read_folder, refuse
from stream.cli.times import time_given
from stream.definitions import load
from stream.definitions.problems import ConfigRefused
from stream.definitions.shapes import Definitions
from stream.definitions.tables import FOLDER, file_of
from stream.fitting.histories import History, history_of
from stream.replay.reading import Reading


class Asked(msgspec.Struct, frozen=True):
    """Which history to learn from, and the config it is for."""

    files: tuple[Path, ...]
    form: str
    folder: Path
    until: str | None
    mapping: tuple[str, ...]

    def definitions(self, traits: Sequence[str]) -> Definitions:
        """Return the config without the tables of some traits, which are about to be written."""
        written = {file_of(trait) for trait in traits}
        files = {file: text for file, text in read_folder(self.folder).items() if file not in written}
        try:
            return load(files, fitting=True)
        except ConfigRefused as refusal:
            refuse(self.folder, refusal.problems)

    def history(self, definitions: Definitions) -> History:
        """Replay the files."""
        until_ms = time_given("--until", self.until)
        try:
            adapter = adapter_for(self.form, self.mapping, definitions.plan)
            reading = Reading(self.files, adapter, definitions.plan)
            return history_of(definitions, reading, "last" if until_ms is None else until_ms)
        except InputRefused as refusal:
            raise Refused(str(refusal)) from refusal

    @property
    def names(self) -> tuple[str, ...]:
        """The files' names, as tables give them."""
        return tuple(path.name for path in self.files)

    def write(self, file: str, text: str) -> None:
        """Write a table into the config."""
        try:
            (self.folder / FOLDER).mkdir(exist_ok=True)
            (self.folder / file).write_text(text, encoding="utf-8")
        except OSError as error:
            raise Refused(f"cannot write {self.folder / file}: {error}") from error
