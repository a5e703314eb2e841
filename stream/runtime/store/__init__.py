"""A local copy of the changelog, for state larger than memory and quick restarts: wiped whenever it is in doubt."""
