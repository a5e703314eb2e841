"""How the traits that are fed most often are fed, as Python's text that stands in a reaction."""

from collections.abc import Mapping
from typing import Final

from stream.decision.readers import TraitKind

_COUNT: Final = """\
s = traits.get({key})
if s is None:
    traits[{key}] = Cell(1, at, cause)
    {most} = 1
else:
    s.value = {most} = s.value + 1
    s.event = cause"""

_COUNT_IN_WINDOW: Final = """\
s = traits.get({key})
if s is not None and s.numbers and s.numbers[-1] == {bucket}:
    s.values[-1] += 1
    s.total = {most} = s.total + 1
    s.event = cause
else:
    {most} = count_anew({update}, profile, {key}, at, cause)"""

_COUNT_BY_KEY: Final = "{held} = {update}(profile, {value}, {bucket}, cause)"

_LAST: Final = """\
s = traits.get({key})
if s is None:
    traits[{key}] = Cell({value}, at, cause)
elif at >= s.at_ms:
    s.value, s.at_ms, s.event = {value}, at, cause"""

_FIRST: Final = """\
s = traits.get({key})
{changed} = s is None or at < s.at_ms
if {changed}:
    traits[{key}] = Cell({value}, at, cause)"""

WRITTEN_OUT: Final[Mapping[TraitKind, str]] = {
    "count": _COUNT,
    "count in a window": _COUNT_IN_WINDOW,
    "count by key": _COUNT_BY_KEY,
    "last": _LAST,
    "first": _FIRST,
}
"""How each kind of trait is fed, over the names of a reaction: `most` is a count, `held` what the key holds that was
fed, `changed` says whether it was fed."""
