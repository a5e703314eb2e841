"""Turn clickstream, cart and email events into behavioural segments and next-best-action triggers."""
