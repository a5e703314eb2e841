"""Others' words: the rows of Segment exports, public data sets and anyone's CSV, as calls."""
