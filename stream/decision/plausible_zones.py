"""Where a user may be, as far as the clock goes: an unknown time zone does not mean that any hour will do."""

from collections.abc import Iterable
from functools import lru_cache
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

from stream.decision.local_time import known_zone
from stream.decision.offsets import stretches_of
from stream.decision.quiet_hours import DAYS_LOOKED_AT
from stream.model.profile import Profile
from stream.model.zones import zone_named, zones_by_country

COUNTRY: Final = "country"
"""The property of `identify` that holds the user's country, as two letters of ISO 3166, large or small."""

_WRITTEN_FOR: Final = {"UK": "GB"}
"""ISO 3166 reserves UK for the United Kingdom, since many write it."""

_DAY_MS: Final = 86_400_000
_KEPT: Final = 1_024


def plausible_zones(profile: Profile, now_ms: int, otherwise: tuple[str, ...] = ()) -> tuple[ZoneInfo, ...]:
    """Return the zones a user may be in: their own where it is known, and then no other.

    Else those of the `country` they told, else those named by `otherwise`, else all of the world; the shop's own zone
    says nothing of them. Of zones whose clocks show the same on all days that quiet hours look at from now, only the
    first is returned (of the world, some forty); never none.
    """
    known = known_zone(profile)
    if known is not None:
        return (known,)
    told = profile.identity.get(COUNTRY)
    code = told.strip().upper() if isinstance(told, str) else ""
    code = _WRITTEN_FOR.get(code, code)
    return _zones_of(code if code in zones_by_country() else "", otherwise, now_ms // _DAY_MS)


@lru_cache(_KEPT)
def _zones_of(country: str, otherwise: tuple[str, ...], day: int) -> tuple[ZoneInfo, ...]:
    """Return the differing zones of a country; of "", those named, and of no valid name, those of the world."""
    by_country = zones_by_country()
    named = by_country.get(country, otherwise)
    return _differing(named, day) or _differing(chain.from_iterable(by_country.values()), day)


def _differing(names: Iterable[str], day: int) -> tuple[ZoneInfo, ...]:
    """Return the zones of which no earlier one shows the same on the days from one on."""
    found: dict[object, ZoneInfo] = {}
    for zone in map(zone_named, names):
        if zone is not None:
            found.setdefault(tuple(stretches_of(day + later, zone) for later in range(DAYS_LOOKED_AT)), zone)
    return tuple(found.values())
