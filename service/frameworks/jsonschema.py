"""The JSON Schema of the framework format, made from the same schema classes that read it."""

from __future__ import annotations

from typing import Any

from service.frameworks.head import FORMAT, HeadSchema
from service.frameworks.parts import BlockSchema, NodeSchema
from service.frameworks.schema import describe_schema


def json_schema() -> dict[str, Any]:
    """Return a JSON Schema (2020-12) that every accepted framework satisfies; all scalars are text."""
    defs: dict[str, Any] = {}
    for schema in (HeadSchema, NodeSchema, BlockSchema):
        describe_schema(schema, defs)
    rows = {"type": "array", "items": {"$ref": "#/$defs/Node"}, "minItems": 1}
    defs["Node"]["properties"]["children"] = rows
    defs["Block"]["properties"]["children"] = rows
    defs["Block"]["required"].append("children")
    head = defs.pop("Head")
    head["properties"] |= {"nodes": rows, "blocks": {"type": "array", "items": {"$ref": "#/$defs/Block"}}}
    head["required"].append("nodes")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:{FORMAT.replace('/', ':')}",
        "title": "指标体系",
        **head,
        "$defs": defs,
    }
