"""The formats that files may have, by name."""

import difflib
from collections.abc import Sequence
from typing import Final

from stream.adapters.anyones_csv import csv_adapter
from stream.adapters.cdnow import read_cdnow
from stream.adapters.mapping import SPELLING, parse_mapping
from stream.adapters.rees46 import read_rees46
from stream.adapters.rows import Adapter, InputRefused
from stream.adapters.segment import read_segment
from stream.adapters.taobao import read_taobao
from stream.model.plan import Plan

_FIXED: Final[dict[str, Adapter]] = {
    "segment": read_segment,
    "taobao": read_taobao,
    "rees46": read_rees46,
    "cdnow": read_cdnow,
}
FORMATS: Final = (*_FIXED, "csv")


def adapter_for(form: str, mapping: Sequence[str], plan: Plan) -> Adapter:
    """Return the adapter of a format; `mapping` is for `csv` alone. Raises `InputRefused`."""
    if form == "csv":
        if not mapping:
            raise InputRefused(f"the csv format needs a mapping, spelt {SPELLING}")
        return csv_adapter(parse_mapping(mapping, plan), plan)
    if form not in _FIXED:
        near = difflib.get_close_matches(form, FORMATS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise InputRefused(f"{form} is no known format ({', '.join(FORMATS)}){hint}")
    if mapping:
        raise InputRefused(f"only the csv format takes a mapping, {form} has its own columns")
    return _FIXED[form]
