"""Lift: what those who were held out did without triggers, against those who were sent them."""
