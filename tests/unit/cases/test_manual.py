"""Every YAML example of the manual loads and scores; every field of the format is explained there."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from service import yamltext
from service.cases import model, reader
from service.cases.schema import json_schema
from service.cases.score import score_case

MANUAL = (Path(reader.__file__).parent / "MANUAL.md").read_text(encoding="utf-8")
EXAMPLES = sorted((Path(reader.__file__).parent / "examples").glob("*.yaml"))
BLOCKS = re.findall(r"```yaml\n(.*?)```", MANUAL, re.DOTALL)


def complete(block: str) -> str:
    """Return a block as a whole case: fragments replace the sections of the first example."""
    tree = yamltext.read(block, file="manual").root
    base = yamltext.read(BLOCKS[0], file="manual").root
    assert isinstance(tree, dict)
    assert isinstance(base, dict)
    if "format" in tree:
        return block
    kept = {k: v for k, v in base.items() if k not in ("published", "expect")}
    return yamltext.write({**kept, **tree})


@pytest.mark.parametrize("block", BLOCKS, ids=[str(n) for n in range(len(BLOCKS))])
def test_every_example_of_the_manual_runs(block: str) -> None:
    scored = score_case(reader.parse(complete(block), name="manual.yaml"))
    assert scored.ok, scored.to_plain()
    assert not scored.comparison.needless or "结余率" in block


def test_the_manual_names_every_top_level_field() -> None:
    missing = [
        f.name
        for f in dataclasses.fields(model.Case)
        if f"`{f.name}" not in MANUAL and f"\n{f.name}:" not in MANUAL
    ]
    assert missing == []


def test_the_manual_explains_every_choice() -> None:
    for choices in (model.KINDS, model.PARTS, model.ROLES, model.MONEY_KINDS):
        assert [c for c in choices if f"`{c}`" not in MANUAL] == []


def test_the_json_schema_is_valid_and_accepts_every_example() -> None:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator: Any = jsonschema.Draft202012Validator(schema)
    for path in EXAMPLES:
        assert [e.message for e in validator.iter_errors(yamltext.read_file(path).root)] == []
    assert list(validator.iter_errors({"format": "pingji-case/1", "bogus": "1"}))


def test_the_json_schema_describes_every_field() -> None:
    for name, definition in json_schema()["$defs"].items():
        assert definition["description"], name
        assert all(p.get("description") for p in definition["properties"].values()), name
