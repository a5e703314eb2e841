"""Shared knowledge: what decisions contribute to it, summed up, and the snapshots that decisions go by."""
