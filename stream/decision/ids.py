"""Ids that are a function of what was decided, never of time, batch or worker."""

from typing import Final
from uuid import UUID, uuid5

_NAMESPACE: Final = UUID("6f1d7a0e-53a2-5a43-9b7e-8a1f0d2c4b61")


def decided_id(kind: str, *parts: str | int) -> str:
    """Return the UUID (version 5, RFC 9562) of a decision.

    `parts` are the definition's hash, the user, and what tells the decision apart from others of its kind.
    """
    return str(uuid5(_NAMESPACE, "\x1f".join((kind, *map(str, parts)))))
