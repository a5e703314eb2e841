"""The grammar: traits, conditions, segments, journeys and policy, loaded, checked and compiled."""

from stream.definitions.loading import load

__all__ = ["load"]
