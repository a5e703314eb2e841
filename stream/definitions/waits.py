"""The waits of a journey: for so long, until a moment of the user's own time, or for an event."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

import msgspec

from stream.definitions.expressions import WEEKDAYS, Since
from stream.definitions.heard import HeardReader
from stream.definitions.journey_shapes import Heard, LocalTime, Moment, OnDate, Past, Until, WaitStep, WaitUntilStep
from stream.definitions.local_times import (
    date_slip,
    meant_time_of_day,
    parse_date,
    parse_time_of_day,
    parse_weekday,
    time_of_day_slip,
    weekday_slip,
)
from stream.definitions.reading import Reader, Vocabulary, article
from stream.definitions.source import YamlList, YamlMap, YamlNode, YamlText

_PAST: Final[tuple[Past, ...]] = ("run", "skip", "exit")
_UNTIL_FIELDS: Final = ("time", "weekday", "date", "moment", "before", "after", "past")
_WITHOUT: Final = {"before": "a moment", "after": "a moment", "past": "a date or a moment"}
_EPOCH: Final = date(1970, 1, 1)
_MORNING: Final = 9 * 60
"""Where only a day is named: nine in the morning."""


class WaitReader(msgspec.Struct, frozen=True):
    """Reads waits; `words` are what a moment may name."""

    reader: Reader
    heard: HeardReader
    words: Vocabulary

    def duration(self, node: YamlNode, place: str) -> WaitStep:
        """Read a wait for so long."""
        fields = self.reader.fields(node, "a wait", ("wait",), ("if_none", "name"))
        wait_ms = self.reader.duration(fields.get("wait"), "a wait")
        return WaitStep(place, wait_ms, self.heard.each(fields.get("if_none"), "if_none"))

    def until(self, node: YamlNode, place: str) -> WaitUntilStep:
        """Read a wait until a moment."""
        fields = self.reader.fields(node, "a wait until a time", ("wait_until",), ("if_none", "name"))
        until = self._until(fields.get("wait_until"))
        return WaitUntilStep(place, until, self.heard.each(fields.get("if_none"), "if_none"))

    def awaited(
        self, fields: Mapping[str, YamlNode], leaving: frozenset[str]
    ) -> tuple[tuple[Heard, ...], tuple[Heard, ...], tuple[Heard, ...]]:
        """Read the events that a wait is for, those that begin its time anew, and those that end the run.

        What is waited for can do nothing else; nor can it be among those `leaving`, which end the run anyway.
        """
        node = fields.get("wait_for")
        if isinstance(node, YamlList):
            events = self.heard.each(node, "wait_for")
        else:
            one = self.heard.one(node)
            events = (one,) if one is not None else ()
        further = [self.heard.each(fields.get(name), name) for name in ("reset_on", "if_none")]
        for name, listed in zip(("reset_on", "if_none"), further, strict=True):
            for heard in (each for each in listed if each in events):
                self.reader.wrong(fields[name].spot, f"{heard.event!r} stands in {name}, and is waited for as well")
        for heard in (each for each in events if each.event in leaving):
            self.reader.wrong(fields["wait_for"].spot, f"{heard.event!r} stands in exit_on: it ends the run before")
        return events, further[0], further[1]

    def _until(self, node: YamlNode | None) -> Until:
        """Read a time of day, a weekday, or fields."""
        if not isinstance(node, YamlMap):
            return self._named(node)
        fields = self.reader.fields(node, "wait_until", (), _UNTIL_FIELDS)
        ways = [name for name in ("moment", "date") if name in fields]
        if len(ways) > 1 or not (ways or {"time", "weekday"} & node.items.keys()):
            if not self.reader.is_misspelt(node, ("time", "weekday", "date", "moment"), _UNTIL_FIELDS):
                self.reader.wrong(node.spot, "wait_until needs a time, a weekday, a date or a moment")
            return LocalTime(_MORNING)
        if ways == ["moment"]:
            return self._moment(fields, node)
        self._refuse_beside(node, fields, is_dated=bool(ways))
        minute = self.time_of_day(fields.get("time"), _MORNING)
        if ways:
            return OnDate(self._day(fields["date"]), minute, _past(self.reader, fields.get("past")))
        return LocalTime(minute, self._weekdays(fields.get("weekday")))

    def _refuse_beside(self, node: YamlMap, fields: Mapping[str, YamlNode], *, is_dated: bool) -> None:
        """Note what has no meaning beside a date, or without one."""
        senseless = ("weekday", "before", "after") if is_dated else _WITHOUT
        for name in (each for each in senseless if each in fields):
            said = "beside 'date'" if is_dated else f"without {_WITHOUT[name]}"
            self.reader.wrong(node.key_spots[name], f"{name!r} has no meaning {said}")

    def _named(self, node: YamlNode | None) -> LocalTime:
        """Read a time of day or a weekday that stands alone; of what is neither, say how it is written."""
        text = self.reader.text(node, "wait_until")
        if node is None or not text:
            return LocalTime(_MORNING)
        weekday, minute = parse_weekday(text), parse_time_of_day(text)
        if weekday is None and minute is None:
            self.reader.wrong(node.spot, self._slip(text))
        return LocalTime(_MORNING if minute is None else minute, () if weekday is None else (weekday,))

    def _slip(self, text: str) -> str:
        if parse_date(text) is not None:
            return f"a date has a field of its own: write {{date: {text}}}"
        root = text.partition(".")[0]
        if root in ("cart", "run") or text in self.words.traits:
            return f"a time that is known of the user has a field of its own: write {{moment: {text}}}"
        if re.search(r"\d|noon|midnight|midday", text, re.ASCII) or meant_time_of_day(text):
            return time_of_day_slip(text)
        slip = weekday_slip(text)
        if slip.endswith("as in monday"):
            return f"{text!r} is neither a time of day nor a weekday: write one, as in 09:00 or monday"
        return slip

    def _moment(self, fields: dict[str, YamlNode], node: YamlMap) -> Moment:
        of = self.reader.expression(fields["moment"], "the moment", self.words)
        if of is not None and (isinstance(of, Since) or of.type != "timestamp"):
            self.reader.wrong(fields["moment"].spot, f"a moment must be a time; {of.text} is {article(of.type)}")
        if "weekday" in fields:
            self.reader.wrong(node.key_spots["weekday"], "'weekday' has no meaning beside 'moment'")
        before_ms = self.reader.duration(fields.get("before"), "before")
        after_ms = self.reader.duration(fields.get("after"), "after")
        if "before" in fields and "after" in fields:
            self.reader.wrong(node.key_spots["after"], "a moment is either before or after a time")
        minute = self.time_of_day(fields.get("time"), _MORNING) if "time" in fields else None
        return Moment(of, after_ms - before_ms, minute, _past(self.reader, fields.get("past")))

    def _weekdays(self, node: YamlNode | None) -> tuple[str, ...]:
        """Read a weekday or a list of them, none of them twice."""
        if node is None:
            return ()
        found: list[str] = []
        for item in [node] if isinstance(node, YamlText) else self.reader.items(node, "weekday"):
            name = self.reader.text(item, "a weekday")
            if name and parse_weekday(name) is None:
                self.reader.wrong(item.spot, weekday_slip(name))
            elif name in found:
                self.reader.wrong(item.spot, f"{name!r} stands twice in weekday")
            found += [name] if name in WEEKDAYS else []
        return tuple(found)

    def _day(self, node: YamlNode) -> int:
        text = self.reader.text(node, "a date")
        day = parse_date(text)
        if day is None and text:
            self.reader.wrong(node.spot, date_slip(text))
        return 0 if day is None else (day - _EPOCH).days

    def time_of_day(self, node: YamlNode | None, otherwise: int) -> int:
        """Read a time of day as minutes after midnight."""
        text = self.reader.text(node, "a time of day")
        if node is None or not text:
            return otherwise
        minute = parse_time_of_day(text)
        if minute is None:
            self.reader.wrong(node.spot, time_of_day_slip(text))
            return otherwise
        return minute


def _past(reader: Reader, node: YamlNode | None) -> Past:
    name = reader.one_of(node, "past", _PAST)
    return next(past for past in _PAST if past == name)
