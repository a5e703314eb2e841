"""The best channel: the one through which a user is likeliest to respond, by their own past and everyone's.

A response is an event that says which trigger it answers (`trigger_id`); a channel from which nothing of the kind ever
comes back looks like one that nobody responds through. So give a choice only among channels whose responses are sent.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from stream.decision.shrinkage import Share
from stream.model.habits import Contacts, growth
from stream.model.outcomes import Leaf

STRENGTH: Final = 10.0
"""What is known of everyone counts as much as ten triggers sent to the user: what an e-mail cap of four in seven days
lets through in two weeks and a half. A judgement; how much users differ is not known before there is history.
"""

Rates = Mapping[str, tuple[float, float]]
"""By channel: how many triggers went out to everyone, and how many were responded to, faded as of the snapshot."""


def best_channel(
    contacts: Mapping[str, Contacts], everyone: Rates, channels: Sequence[str], now_ms: int
) -> tuple[str, list[Leaf]]:
    """Return the channel with the highest rate of responses, and the evidence for each, in the order written.

    `contacts` are `Habits.channels`. Of channels equally good it is the one written first: so it is the first where
    there is no evidence at all. There must be a channel to choose.
    """
    weight, of_all = growth(now_ms), _rate_of_all(everyone)
    shares = {}
    for channel in channels:
        own, (sent, responded) = contacts.get(channel, Contacts()), everyone.get(channel, (0.0, 0.0))
        expected = Share(responded, sent, of_all, STRENGTH).shrunk
        shares[channel] = Share(own.responded / weight, own.sent / weight, expected, STRENGTH)
    best = max(shares, key=lambda channel: shares[channel].shrunk)  # the first of equals
    return best, [_told(channel, share, is_best=channel == best) for channel, share in shares.items()]


def _rate_of_all(everyone: Rates) -> float:
    """Return the rate over all channels, what is expected of one never used, by Laplace's rule of succession."""
    counts = [everyone[channel] for channel in sorted(everyone)]
    return (sum(responded for _, responded in counts) + 1) / (sum(sent for sent, _ in counts) + 2)


def _told(channel: str, share: Share, *, is_best: bool) -> Leaf:
    text = f"responded to {share.count:.1f} of {share.total:.1f} sent by {channel}; everyone {share.expected:.1%}"
    return Leaf(text.replace("%", " %"), holds=is_best, value=round(share.shrunk, 6))
