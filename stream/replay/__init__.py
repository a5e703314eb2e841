"""The time room: the same decisions over files."""
