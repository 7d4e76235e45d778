"""What a template sees of a report: plain frozen views whose texts carry the markers of `marks`."""

from __future__ import annotations

from dataclasses import dataclass

from service.report import marks
from service.report.blocks import Block, Cell, Cover, Report, Table
from service.report.linebreaks import width
from service.report.styles import twips

PORTRAIT, LANDSCAPE = 156.0, 247.0


@dataclass(frozen=True, slots=True)
class Entry:
    """One contents line or cover item as the template sees it."""

    level: int
    text: marks.Marked
    label: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class RowView:
    """One table row as the template sees it."""

    cells: tuple[marks.Marked, ...]


@dataclass(frozen=True, slots=True)
class BlockView:
    """One block as the template sees it."""

    kind: str
    text: marks.Marked
    head: tuple[RowView, ...] = ()
    rows: tuple[RowView, ...] = ()


@dataclass(frozen=True, slots=True)
class CoverView:
    """The cover as the template sees it."""

    heading: str
    entries: tuple[Entry, ...]
    organisation: str
    date: str
    upper: tuple[int, ...]
    middle: tuple[int, ...]
    lower: tuple[int, ...]


def context(report: Report) -> dict[str, object]:
    """Return the names a template may use: banner, cover, contents, abstract, body, appendix."""
    cover = CoverView(
        "\n".join(report.cover.title),
        tuple(Entry(0, marks.Marked(""), i.label, i.value) for i in report.cover.items),
        report.cover.organisation,
        report.cover.date,
        *gaps(report.cover),
    )
    contents = tuple(
        Entry(h.level, marks.Marked(marks.clean(h.text) + marks.named(marks.LINK, h.anchor)))
        for h in report.headings
        if h.level <= 2
    )
    return {
        "banner": report.banner,
        "cover": cover,
        "contents": contents,
        "abstract": tuple(_block(b, PORTRAIT) for b in report.abstract),
        "body": tuple(_block(b, PORTRAIT) for b in report.body),
        "appendix": tuple(_block(b, LANDSCAPE) for b in report.appendix),
    }


def gaps(cover: Cover) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Return the empty lines above the title, below it and above the organisation, as the room allows.

    A cover page holds 17 lines of 36 pt; a title line takes 44 pt, an item as many lines as its value
    needs in a column of 16 characters.
    """
    used = 1.25 * len(cover.title) + bool(cover.organisation) + bool(cover.date)
    used += sum(max(1, -(-int(width(item.value) * 2) // 32)) for item in cover.items)
    free = max(0, int(16.5 - used))
    counts = [0, 0, 0]
    for place in (1, 0, 2, 1, 0, 1, 0, 1):
        if sum(counts) < free:
            counts[place] += 1
    return tuple(range(counts[0])), tuple(range(counts[1])), tuple(range(counts[2]))


def _block(block: Block, room: float) -> BlockView:
    before = marks.named(marks.ANCHOR, block.anchor) if block.anchor else ""
    if block.table is not None:
        head, rows = _rows(block.table, room)
        return BlockView("small_table" if block.table.small else "table", marks.Marked(""), head, rows)
    if block.chart is not None:
        return BlockView("chart", marks.Marked(marks.named(marks.CHART, block.chart.id)))
    if block.picture is not None:
        return BlockView("image", marks.Marked(marks.named(marks.IMAGE, block.picture.id)))
    return BlockView(block.kind, marks.line(block.line, before=before))


def _rows(table: Table, room: float) -> tuple[tuple[RowView, ...], tuple[RowView, ...]]:
    count = max((len(row) for row in (*table.head, *table.rows)), default=1)
    widths = table.widths if len(table.widths) == count else (room / count,) * count
    total = sum(widths)
    scale = min(1.0, room / total)
    mark = marks.named(marks.WIDTHS, " ".join(str(twips(w * scale)) for w in widths))
    views: list[RowView] = []
    for number, row in enumerate((*table.head, *table.rows)):
        padded = (*row, *([Cell()] * (count - len(row))))
        views.append(
            RowView(
                tuple(
                    marks.cell(c, widths=mark if not number and not place else "")
                    for place, c in enumerate(padded)
                )
            )
        )
    return tuple(views[: len(table.head)]), tuple(views[len(table.head) :])
