"""Reads a PDF into lines and ruled tables; the program of a shut-in child: ``python -I readpdf.py SOURCE
TARGET``.

TARGET is JSON: ``{"blocks": [["p", text, page] | ["t", rows, page, breaks]]}``; a cell is its text, None
under a merged one; `breaks` are the rows that begin on a new page. Lines are joined to paragraphs by
their margins: a full line goes on in the next unless that is indented. Lines that recur at the same
height of most pages are left out. ``{"refused": "pages" | "no-text"}`` if there are too many pages or no
text. Exit code 0 if TARGET was written.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from typing import Any

import pdfplumber

MOST_PAGES, MOST_CHARS = 400, 3_000_000
_PAGE = re.compile(
    r"\s*(?:[—–\-－]?\s?(?:\d{1,4}|[IVXivx]{1,6})\s?[—–\-－]?|第\s?\d{1,4}\s?页.{0,12}|\d{1,4}\s?/\s?\d{1,4})\s*"
)
_INDENT, _SHORT = 1.2, 2.2


class Reader:
    """Collects the blocks of one document."""

    def __init__(self) -> None:
        self.blocks: list[list[Any]] = []
        self.open = False
        self.size = 0

    def page(self, number: int, items: list[tuple[str, Any]], left: float, right: float) -> None:
        """Add what stands on a page, in order."""
        for position, (kind, item) in enumerate(items):
            if kind == "t":
                self._table(item, number, first=position == 0)
                self.open = False
                continue
            indented = item["x0"] > left + _INDENT * item["size"]
            if self.open and not indented and self.blocks:
                self.blocks[-1][1] += item["text"]
            else:
                self.blocks.append(["p", item["text"], number])
            self.open = item["x1"] > right - _SHORT * item["size"]
            self.size += len(item["text"])
            if self.size > MOST_CHARS:
                raise ValueError("too much text")

    def _table(self, rows: list[list[str | None]], number: int, *, first: bool) -> None:
        last = self.blocks[-1] if self.blocks else None
        if first and last and last[0] == "t" and len(last[1][0]) == len(rows[0]):
            heads = next((n for n in range(min(4, len(rows)), 0, -1) if rows[:n] == last[1][:n]), 0)
            last[3].append(len(last[1]))
            last[1] += rows[heads:]
        else:
            self.blocks.append(["t", rows, number, []])


def _items(page: Any, recurring: set[tuple[str, int]]) -> list[tuple[str, Any]]:
    tables = [t for t in page.find_tables() if len(t.rows) > 1 and len(t.rows[0].cells) > 1]
    boxes = [t.bbox for t in tables]

    def outside(thing: dict[str, Any]) -> bool:
        if thing.get("object_type") != "char":
            return True
        middle = (thing["top"] + thing["bottom"]) / 2
        return not any(b[0] <= thing["x0"] <= b[2] and b[1] <= middle <= b[3] for b in boxes)

    found: list[tuple[float, str, Any]] = [(t.bbox[1], "t", t.extract()) for t in tables]
    for line in page.filter(outside).extract_text_lines(return_chars=True):
        text = line["text"]
        if _PAGE.fullmatch(text) or (text, round(line["top"])) in recurring:
            continue
        size = line["chars"][0]["size"] if line["chars"] else 12
        found.append((line["top"], "l", {"text": text, "x0": line["x0"], "x1": line["x1"], "size": size}))
    return [(kind, item) for _, kind, item in sorted(found, key=lambda f: f[0])]


def _recurring(pages: list[Any]) -> set[tuple[str, int]]:
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        lines = page.extract_text_lines(return_chars=False)
        seen.update({(line["text"], round(line["top"])) for line in (*lines[:2], *lines[-2:])})
    return {key for key, count in seen.items() if count > 2 and count * 3 > len(pages)}


def main(source: str, target: str) -> None:
    """`target` holds the blocks of the PDF `source`, or why it is not read."""
    result: dict[str, Any]
    with pdfplumber.open(source) as document:
        if len(document.pages) > MOST_PAGES:
            result = {"refused": "pages"}
        else:
            reader = Reader()
            sample = document.pages[:: max(1, len(document.pages) // 6)]
            recurring = _recurring(sample)
            for number, page in enumerate(document.pages, 1):
                items = _items(page, recurring)
                lines = [item for kind, item in items if kind == "l"]
                left = min((line["x0"] for line in lines), default=0.0)
                right = max((line["x1"] for line in lines), default=0.0)
                reader.page(number, items, left, right)
                page.close()
            result = {"blocks": reader.blocks} if reader.blocks else {"refused": "no-text"}
    with open(target, "w", encoding="utf-8") as output:
        json.dump(result, output)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
