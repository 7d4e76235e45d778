"""Nothing in scoring is a float, and nothing outside the standard library is imported."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import service.scoring

FILES = sorted(Path(service.scoring.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_float_literal_or_call_and_no_foreign_import(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round", "Decimal")), node.lineno
        for name in _imported(node):
            top = name.split(".")[0]
            assert top in sys.stdlib_module_names or name.startswith(("service.scoring", "service.errors")), (
                name
            )


def _imported(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
