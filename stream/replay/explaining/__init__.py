"""Explanations from a replay: why a user is in a segment or a journey, and what became of one decision."""
