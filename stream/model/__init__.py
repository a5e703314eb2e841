"""The words: events, profiles, outcomes, errors, and their bytes."""
