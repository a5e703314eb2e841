"""What leaves decisions to become knowledge of everyone."""

from stream.model.habits import Contribution
from stream.model.items import CoOccurrence

AnyContribution = Contribution | CoOccurrence
"""One contribution, of whatever kind."""
