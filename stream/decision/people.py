"""What people say of themselves: traits of identity, consents, and wishes to be left alone."""

from typing import Final

from stream.model.events import Event
from stream.model.profile import Consent, Profile, Suppression
from stream.model.text import kept_text

SUPPRESSING: Final = {"unsubscribed": "unsubscribed", "email_bounced": "bounced", "email_marked_as_spam": "complained"}
"""Events after which no e-mail may be sent to the user, and the reason each gives."""

IDENTIFY: Final = "identify"

EVENTS: Final = frozenset({IDENTIFY, "consent_changed", *SUPPRESSING})

PURPOSES_KEPT: Final = 64
"""Purposes remembered of a user. A further consent is not taken in; a further refusal takes the place of a consent."""


def apply(profile: Profile, event: Event) -> str:
    """Let one of `EVENTS` change what is known of the person; return the purpose whose consent ends so, if any."""
    if event.name == IDENTIFY:
        profile.identity.update(event.props)
        profile.identity_event = event.id
    elif event.name == "consent_changed":
        return _consent(profile, event)
    elif event.props.get("bounce_type", "hard") == "hard":  # a bounce of unknown kind counts as hard: fail closed
        profile.suppressions.setdefault("email", Suppression(SUPPRESSING[event.name], event.time_ms))
    return ""


def _consent(profile: Profile, event: Event) -> str:
    """Keep the latest word on a purpose; at equal time, a refusal. Return the purpose, if its consent ends so."""
    purpose, granted = kept_text(str(event.props.get("purpose", ""))), event.props.get("granted") is True
    known = profile.consents.get(purpose)
    if known is None:
        if _has_room(profile, granted=granted):
            profile.consents[purpose] = Consent(granted, event.time_ms)
    elif event.time_ms > known.at_ms or (event.time_ms == known.at_ms and not granted):
        profile.consents[purpose] = Consent(granted, event.time_ms)
        return purpose if known.granted and not granted else ""
    return ""


def _has_room(profile: Profile, *, granted: bool) -> bool:
    """Say whether one more purpose can be remembered; for a refusal, a consent is forgotten if need be."""
    consents = profile.consents
    if len(consents) >= PURPOSES_KEPT and not granted:
        oldest = min((name for name in consents if consents[name].granted), key=lambda n: consents[n].at_ms, default="")
        consents.pop(oldest, None)
    return len(consents) < PURPOSES_KEPT
