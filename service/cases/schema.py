"""The JSON Schema of a case file, generated from the declarations of `model`."""

from __future__ import annotations

from typing import Any

from service.cases.declare import json_schema_of
from service.cases.model import FORMAT, Case


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) every case file satisfies; all scalars are strings."""
    definitions: dict[str, Any] = {}
    root = json_schema_of(Case, definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": FORMAT,
        "description": "评迹案卷文件；所有标量按文字读取。",
        **root,
        "$defs": definitions,
    }
