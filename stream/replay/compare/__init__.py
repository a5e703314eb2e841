"""Two configs compared on one history: who would be elsewhere, who would be triggered otherwise, and why."""
