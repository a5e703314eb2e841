"""The JSON Schema of `settings.yaml`, from the settings' own fields, bounds and descriptions."""

import ast
import inspect
from itertools import pairwise
from typing import Any

from msgspec import inspect as shapes

from stream.definitions.manual.schemas import DIALECT
from stream.runtime import settings_fields
from stream.runtime.settings import written_name
from stream.runtime.settings_fields import Settings

_DURATION = r"^\d+(ms|[smhdw])$"


def settings_schema() -> dict[str, Any]:
    """Return the schema; times are written without their unit's suffix, as durations."""
    described = field_descriptions()
    properties = {
        written_name(field.name): {**_shape(field), "description": described.get(field.name, "")}
        for field in shapes.type_info(Settings).fields  # type: ignore[attr-defined]  # a struct has fields
    }
    return {
        "$schema": DIALECT,
        "title": "settings",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": False,
    }


def field_descriptions() -> dict[str, str]:
    """Return the text below each field of the settings, which Python itself does not keep."""
    tree = ast.parse(inspect.getsource(settings_fields))
    body = next(node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == Settings.__name__)
    found: dict[str, str] = {}
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str() as said)):
                found[name] = " ".join(said.split())
    return found


def _shape(field: shapes.Field) -> dict[str, Any]:
    kind = field.type.type if isinstance(field.type, shapes.Metadata) else field.type
    match kind:
        case shapes.IntType():
            if field.name != written_name(field.name):
                return {"type": "string", "pattern": _DURATION}
            bounds = {"minimum": kind.ge, "maximum": kind.le}
            return {"type": "integer"} | {name: bound for name, bound in bounds.items() if bound is not None}
        case shapes.BoolType():
            return {"type": "boolean"}
        case shapes.LiteralType():
            return {"enum": list(kind.values)}
        case shapes.StrType() if kind.pattern:
            return {"type": ["string", "number"], "pattern": kind.pattern}
        case _:
            return {"type": ["string", "number"]}
