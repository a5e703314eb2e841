"""Choosing by learning: the draw of an arm, what is learnt from rewards, and what other choices would have brought."""
