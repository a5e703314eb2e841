"""Anyone's CSV: columns become calls by a mapping, cells become values by the tracking plan."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from stream.adapters.csv_records import CsvFile
from stream.adapters.mapping import Mapping, check_columns
from stream.adapters.rows import Adapter, Row
from stream.adapters.written import written_boolean, written_number, written_time
from stream.model.calls import Call
from stream.model.errors import Rejected
from stream.model.naming import event_name
from stream.model.plan import Plan, Property, PropertyType

_VALUE_OF: Final[dict[PropertyType, Callable[[str], object]]] = {
    "string": str,
    "money": str,
    "integer": written_number,
    "number": written_number,
    "boolean": written_boolean,
    "timestamp": written_time,
}


def csv_adapter(mapping: Mapping, plan: Plan) -> Adapter:
    """Return an adapter for files with this mapping; it raises `InputRefused` where a file lacks a mapped column."""

    def read(lines: Iterable[bytes], source: str) -> Iterator[Row]:
        file = CsvFile(lines)
        check_columns(mapping, file.columns)
        index_of = {key: file.columns.index(column) for key, column in mapping.columns.items()}
        for record in file.records():
            content: Call | Rejected
            if isinstance(record.cells, Rejected):
                content = record.cells
            else:
                cells = record.cells
                given = {key: cells[index] for key, index in index_of.items() if cells[index]} | mapping.constants
                content = _call(given, mapping, plan)
                content.message_id = given.get("id") or f"{source}-{record.number}"
            yield Row(record.number, record.original, content)

    return read


def _call(given: dict[str, str], mapping: Mapping, plan: Plan) -> Call:
    """Return the call of one row, with those properties only that the plan gives its event."""
    spelling = given.get("event")
    if spelling is not None:
        spelling = mapping.events.get(spelling, spelling)
    planned = plan.events.get(event_name(spelling)) if spelling else None
    properties = _properties(planned.properties, given) if planned else {}
    return Call(
        type="track",
        user_id=given.get("user"),
        event=spelling,
        timestamp=written_time(given["time"]) if "time" in given else None,
        properties=properties,
    )


def _properties(planned: dict[str, Property], given: dict[str, str]) -> dict[str, object]:
    """Return what a row brings of the properties; a row is one element of a list (`products[].price=COLUMN`)."""
    properties: dict[str, object] = {}
    for key, one in planned.items():
        if one.of is not None:
            element = _properties(one.of, given)
            if any(its.name in given for its in one.of.values()):
                properties[key] = [element]
            continue
        if one.name in given:
            properties[key] = _VALUE_OF[one.type](given[one.name])
        if one.currency is not None and one.currency in given:
            properties.setdefault(one.currency, given[one.currency])
    return properties
