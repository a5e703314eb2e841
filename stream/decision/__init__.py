"""The decisions: definitions, a profile, an event or a due timer, and now; to the profile changed, and outcomes."""
