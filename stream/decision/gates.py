"""The gates every proposed trigger passes, in order: consent, suppression, caps. The first that is shut decides."""

import msgspec

from stream.definitions.shapes import Action, Definitions
from stream.model.outcomes import Verdict
from stream.model.profile import Profile
from stream.model.text import kept_text


class Passage(msgspec.Struct, frozen=True):
    """What the gates said of one proposal."""

    verdict: Verdict
    consent: str
    caps: list[str]


def pass_gates(definitions: Definitions, profile: Profile, action: Action, now_ms: int) -> Passage:
    """Return the verdict on sending an action now, with the consent and the caps as they stood."""
    has_consent, consent = _consent(definitions, profile, action.purpose)
    caps, is_capped = _caps(definitions, profile, action.channel, now_ms)
    suppression = profile.suppressions.get(action.channel)
    if not has_consent:
        return Passage("no_consent", consent, caps)
    if suppression is not None:
        return Passage("suppressed", f"{consent}; {action.channel} suppressed: {suppression.reason}", caps)
    return Passage("capped" if is_capped else "sent", consent, caps)


def note_sent(definitions: Definitions, profile: Profile, channel: str, now_ms: int) -> None:
    """Remember a trigger for the caps of its channel, as long as the longest of them looks back."""
    longest_ms = max((cap.within_ms for cap in definitions.policy.caps if cap.channel == channel), default=0)
    if longest_ms:
        kept = [at_ms for at_ms in profile.sent_ms.get(channel, ()) if at_ms > now_ms - longest_ms]
        profile.sent_ms[channel] = [*kept, now_ms]


def _consent(definitions: Definitions, profile: Profile, purpose: str) -> tuple[bool, str]:
    """Fail closed: what was never said was not granted, unless the run of this history assumes it."""
    consent = profile.consents.get(kept_text(purpose))
    if consent is not None:
        return consent.granted, f"{purpose} {'granted' if consent.granted else 'refused'} at {consent.at_ms}"
    if purpose in definitions.assumed_consents:
        return True, f"{purpose} assumed"
    return False, f"{purpose} never granted"


def _caps(definitions: Definitions, profile: Profile, channel: str, now_ms: int) -> tuple[list[str], bool]:
    """Count what was sent within each rolling window `(now - within, now]` of the channel's caps."""
    sent, states, is_capped = profile.sent_ms.get(channel, []), [], False
    for cap in definitions.policy.caps:
        if cap.channel == channel:
            count = sum(at_ms > now_ms - cap.within_ms for at_ms in sent)
            states.append(f"{count} of {cap.at_most} {channel} in {cap.within_ms // 1000} s")
            is_capped = is_capped or count >= cap.at_most
    return states, is_capped
