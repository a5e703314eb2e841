"""How many different values there were, where there are too many to keep each: HyperLogLog of Apache DataSketches.

A sketch of 2^11 registers takes at most 1.1 kB and is off by less than 5 % in 95 of 100 cases (the relative standard
error of a union is 1.04/√2^11 = 2.3 %, see "HyperLogLog: the analysis of a near-optimal cardinality estimation
algorithm", Flajolet and others, 2007). It depends on nothing but the values and their order: no seed is drawn.
"""

from collections.abc import Iterable
from typing import Final

from datasketches import hll_sketch, hll_union, tgt_hll_type

LOG2_REGISTERS: Final = 11


def with_values(sketch: bytes | None, values: Iterable[str]) -> bytes:
    """Return a sketch, or an empty one, with further values."""
    grown = hll_sketch(LOG2_REGISTERS, tgt_hll_type.HLL_4) if sketch is None else hll_sketch.deserialize(sketch)
    for value in values:
        grown.update(value)
    return bytes(grown.serialize_compact())


def different(sketches: Iterable[bytes]) -> int:
    """Return how many different values went into any of the sketches, about."""
    union = hll_union(LOG2_REGISTERS)
    for sketch in sketches:
        union.update(hll_sketch.deserialize(sketch))
    return round(float(union.get_estimate()))
