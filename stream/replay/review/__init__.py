"""A config reviewed on a history: what its segments come to, and what the history holds that the config misses."""
