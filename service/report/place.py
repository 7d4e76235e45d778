"""Every signature box gets a spot on paper: beside the words it belongs to, and over no ink.

- Ink is what a rendered page shows (poppler); lines, tables and pictures count like letters.
- If no page has room beside the words, or poppler is missing, boxes stand in the head margin of the
  page, which GB/T 9704 keeps empty (37 mm, 28 mm on landscape pages).
- Coordinates are PDF points, origin at the lower left of the page.
"""

from __future__ import annotations

import itertools
import math
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lxml import etree
from PIL import Image, ImageOps

from service.errors import Problem, UnavailableError
from service.report import office
from service.report.signatories import Field, Part

MM = 72 / 25.4
_RESOLUTION = 36
_STEP = 6.0
# 版心 of GB/T 9704, a little generous; boxes in the head margin may go further out.
_SIDE = 26 * MM
_FOOT = 33 * MM
_EDGE = 10 * MM
_AIR = 3.0
_GAP = 3 * MM
# Of a landscape page, whose head margin is 28 mm.
_HEAD = 26 * MM
_PAPER = 250
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a page: points from the lower left, page counted from 1."""

    page: int
    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: Box) -> bool:
        """Return whether the two share any area."""
        return (
            self.page == other.page
            and self.left < other.right and other.left < self.right
            and self.bottom < other.top and other.bottom < self.top
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Spot:
    """The box of one field."""

    part: Part
    box: Box


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    box: Box


def place(pdf: bytes, fields: Sequence[Field], *, sizes: Sequence[tuple[float, float]]) -> tuple[Spot, ...]:
    """Return one spot per field, in the order given; no two overlap.

    Args:
        sizes: width and height of every page in points, in page order.
    """
    with tempfile.TemporaryDirectory(prefix="pingji-place-") as folder:
        sheet = _Sheet(pdf, Path(folder), sizes)
        taken: list[Spot] = []
        waiting = list(fields)
        while waiting:
            row = _row(waiting)
            taken += _side_by_side(row, sheet, taken) or [
                Spot(row[0].part, _spot(row[0], sheet, taken=taken))
            ]
            waiting = [field for field in fields if field.part not in {spot.part for spot in taken}]
        return tuple(taken)


def _row(waiting: Sequence[Field]) -> list[Field]:
    """Return the leading fields that belong to the same words and so may share a row."""
    first = waiting[0]
    row = list(itertools.takewhile(lambda f: f.near == first.near and not f.over_text, waiting))
    return row or [first]


def _side_by_side(row: Sequence[Field], sheet: _Sheet, taken: Sequence[Spot]) -> list[Spot]:
    """Return the boxes of `row` in one free row, or nothing if there is no room or only one field."""
    if len(row) < 2:
        return []
    width = sum(field.width for field in row) * MM + _GAP * (len(row) - 1)
    joint = _free(max(field.height for field in row) * MM, width, sheet, near=row[0].near, taken=taken)
    if joint is None:
        return []
    spots, left = [], joint.left
    for field in row:
        box = Box(joint.page, left, joint.top - field.height * MM, left + field.width * MM, joint.top)
        spots.append(Spot(field.part, box))
        left = box.right + _GAP
    return spots


def _spot(field: Field, sheet: _Sheet, *, taken: Sequence[Spot]) -> Box:
    width, height = field.width * MM, field.height * MM
    words = sheet.last_line_with(field.near)
    if words is not None and field.over_text:
        return _centred(words, width, height)
    free = _free(height, width, sheet, near=field.near, taken=taken)
    if free is not None:
        return free
    page = words.page if words else len(sheet.sizes)
    return _in_head(field, sheet, page=page, taken=taken)


def _free(height: float, width: float, sheet: _Sheet, *, near: str, taken: Sequence[Spot]) -> Box | None:
    """Return the nearest box without ink and without another field, or None."""
    place = sheet.last_line_with(near) or (taken[-1].box if taken else None)
    page = place.page if place else len(sheet.sizes)
    for candidate in _candidates(page, width, height, near=place, size=sheet.sizes[page - 1]):
        if not any(candidate.meets(spot.box) for spot in taken) and not sheet.ink(candidate):
            return candidate
    return None


def _centred(words: Box, width: float, height: float) -> Box:
    x, y = (words.left + words.right) / 2, (words.bottom + words.top) / 2
    return Box(words.page, x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _candidates(
    page: int, width: float, height: float, *, near: Box | None, size: tuple[float, float]
) -> Iterator[Box]:
    """Yield boxes on a grid, the nearest to the middle of `near` first, below before above."""
    at = ((near.left + near.right) / 2, near.bottom) if near else (size[0] - _SIDE, _FOOT)
    columns = math.floor((size[0] - 2 * _SIDE - width) / _STEP)
    rows = math.floor((size[1] - 2 * _FOOT - height) / _STEP)
    grid = [
        Box(page, left, bottom, left + width, bottom + height)
        for left in (_SIDE + _STEP * n for n in range(columns + 1))
        for bottom in (_FOOT + _STEP * n for n in range(rows + 1))
    ]

    def distance(box: Box) -> tuple[float, float, float]:
        x, y = (box.left + box.right) / 2, (box.bottom + box.top) / 2
        return (math.hypot(x - at[0], y - at[1]) + (height if y > at[1] else 0.0), box.left, box.bottom)

    return iter(sorted(grid, key=distance))


def _in_head(field: Field, sheet: _Sheet, *, page: int, taken: Sequence[Spot]) -> Box:
    """Return the first free place in the head margin, made smaller if it has to be.

    Where nobody can tell ink, or no place is free, the places of a row are given out in order.
    """
    size = sheet.sizes[page - 1]
    width = min(field.width * MM, (size[0] - 2 * _EDGE) / 4 - _AIR)
    height = min(field.height * MM, _HEAD - _EDGE)
    right, top = size[0] - _EDGE, size[1] - _EDGE
    for step in range(math.floor((right - _EDGE - width) / _STEP) + 1):
        left = _EDGE + step * _STEP
        box = Box(page, left, top - height, left + width, top)
        if not any(box.meets(spot.box) for spot in taken) and not sheet.ink(box):
            return box
    count = sum(1 for spot in taken if spot.box.page == page and spot.box.bottom >= size[1] - _HEAD)
    left = _EDGE + count * (width + _AIR)
    return Box(page, left, top - height, left + width, top)


class _Sheet:
    """The pages of one PDF as poppler sees them; without poppler, pages of unknown ink."""

    def __init__(self, pdf: bytes, folder: Path, sizes: Sequence[tuple[float, float]]) -> None:
        self.sizes = tuple(sizes)
        self._folder = folder
        self._pages: dict[int, Image.Image | None] = {}
        (folder / "in.pdf").write_bytes(pdf)
        self._lines = tuple(self._read_lines())

    def last_line_with(self, words: str) -> Box | None:
        """Return the place of the last printed line that contains `words`, blanks ignored."""
        wanted = _squeezed(words)
        found = [line.box for line in self._lines if wanted and wanted in line.text]
        return found[-1] if found else None

    def ink(self, box: Box) -> bool:
        """Return whether anything is printed inside `box`; True if nobody can tell."""
        if box.page not in self._pages:
            self._pages[box.page] = self._render(box.page)
        picture = self._pages[box.page]
        if picture is None:
            return True
        scale, height = _RESOLUTION / 72, self.sizes[box.page - 1][1]
        crop = picture.crop((
            math.floor((box.left - _AIR) * scale), math.floor((height - box.top - _AIR) * scale),
            math.ceil((box.right + _AIR) * scale), math.ceil((height - box.bottom + _AIR) * scale),
        ))  # fmt: skip
        return crop.getbbox() is not None

    def _render(self, page: int) -> Image.Image | None:
        """Return the page black on nothing: every pixel that is not paper is set."""
        options = ["-r", str(_RESOLUTION), "-gray", "-f", str(page), "-l", str(page), "-singlefile"]
        if not self._poppler("pdftoppm", [*options, "in.pdf", "page"]):
            return None
        with Image.open(self._folder / "page.pgm", formats=("PPM",)) as picture:
            return ImageOps.invert(picture.convert("L")).point(lambda ink: 255 if ink > 255 - _PAPER else 0)

    def _read_lines(self) -> Iterator[_Line]:
        if not self._poppler("pdftotext", ["-bbox-layout", "in.pdf", "lines.xml"]):
            return
        # Poppler lets control characters of the text through; recovery drops them.
        parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
        tree = etree.fromstring((self._folder / "lines.xml").read_bytes(), parser)
        for number, page in enumerate(tree.iter("{*}page"), start=1):
            height = float(page.get("height") or 0)
            for line in page.iter("{*}line"):
                text = _squeezed("".join(word.text or "" for word in line.iter("{*}word")))
                left, top, right, bottom = (
                    float(line.get(name) or 0) for name in ("xMin", "yMin", "xMax", "yMax")
                )
                yield _Line(text, Box(number, left, height - bottom, right, height - top))

    def _poppler(self, name: str, arguments: Sequence[str]) -> bool:
        """Run a poppler tool in the cage; return whether it is there and succeeded."""
        program = shutil.which(name)
        if program is None:
            return False
        environ = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(self._folder)}
        ended = office.run([program, *arguments], cwd=self._folder, environ=environ, seconds=_SECONDS)
        if ended.code != 0:
            raise UnavailableError(Problem(f"{name} 未能读出 PDF", value=ended.printed, cure="重新生成 PDF"))
        return True


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
