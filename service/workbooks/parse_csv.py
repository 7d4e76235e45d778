"""Reads a CSV table into plain cells; the program of a shut-in child: ``parse_csv.py SOURCE TARGET``.

UTF-8 (with or without mark) or GB 18030; comma, tab or semicolon. TARGET is JSON as `parse` writes it, with
one sheet and no merged cells.
"""

from __future__ import annotations

import csv
import io
import json
import sys
from typing import Any

MAX_ROWS, MAX_COLUMNS, MAX_CELLS, MAX_TEXT = 5_000, 100, 200_000, 32_767
SHEET = "CSV"


def main(source: str, target: str) -> None:
    """`target` holds the cells of `source`, or why it is refused."""
    with open(source, "rb") as given:
        content = given.read()
    with open(target, "w", encoding="utf-8") as output:
        json.dump(read(content), output, ensure_ascii=True)


def read(content: bytes) -> dict[str, Any]:
    """Return the cells of a CSV file, or the code of the limit it breaks."""
    text = _text(content)
    if text is None or "\0" in text:
        return {"refused": "broken", "value": ""}
    csv.field_size_limit(MAX_TEXT * 4)
    cells: list[list[Any]] = []
    try:
        for number, row in enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=_sign(text)), 1):
            if number > MAX_ROWS or len(row) > MAX_COLUMNS or len(cells) > MAX_CELLS:
                limit = "rows" if number > MAX_ROWS else "columns" if len(row) > MAX_COLUMNS else "cells"
                return {"refused": limit, "value": f"{SHEET}!A{number}"}
            cells += [
                [number, at, "s", cell[:MAX_TEXT], ""] for at, cell in enumerate(row, 1) if cell.strip()
            ]
    except csv.Error:
        return {"refused": "broken", "value": ""}
    return {"sheets": [{"name": SHEET, "state": "visible", "cells": cells, "merged": []}], "epoch": 1900}


def _text(content: bytes) -> str | None:
    for coding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(coding)
        except UnicodeDecodeError:
            continue
    return None


def _sign(text: str) -> str:
    """Return what separates the cells of the first lines."""
    head = text[:4_000]
    return max(",\t;", key=head.count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
