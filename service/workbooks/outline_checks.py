"""What does not agree in an indicator table that could be read: missing points, doubled names, sums."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction

from service.scoring.quantities import exact, exact_text
from service.workbooks.outline import Line, Name, Outline
from service.workbooks.values import Fault


def points_of(line: Line) -> Fraction | None:
    """Return the points of a leaf in 分, None if none are printed."""
    return exact(line.points) if line.points else None


def remarks_of(outline: Outline) -> Iterator[Fault]:
    """Yield what does not agree in a readable table: missing points, doubled names, sums."""
    yield from outline.remarks
    if outline.has_points and not outline.each:
        for line in outline.lines:
            if not line.points:
                cure = "补上分值；没有单独分值的，写 0 或删去这一行"
                yield Fault(line.place("max"), f"“{line.leaf.text}”没有分值", "空", "分数（数字）", "4", cure)
    yield from _doubled(outline)
    yield from _uneven(outline)


def _doubled(outline: Outline) -> Iterator[Fault]:
    first: dict[tuple[str, ...], str] = {}
    for line in outline.lines:
        for depth in range(1, len(line.path) + 1):
            key = tuple(name.text for name in line.path[:depth])
            place = line.path[depth - 1].place
            known = first.setdefault(key, place)
            if depth == len(line.path) and known != place:
                cure = "改名，或删去重复的一行；确是两个指标的，名称要能区分"
                yield Fault(
                    place, f"与 {known} 重名", key[-1], "同一上级之下名称不重复", f"{key[-1]}（二）", cure
                )


def _uneven(outline: Outline) -> Iterator[Fault]:
    sums: dict[str, tuple[Name, Fraction]] = {}
    for line in outline.lines:
        for name in line.path[:-1]:
            held = sums.get(name.place, (name, Fraction(0)))[1]
            sums[name.place] = (name, held + (points_of(line) or 0))
    for name, total in sums.values():
        if name.points and abs(exact(name.points)) != abs(total):
            words = f"“{name.text}”后面写 {name.points}，下级合计 {exact_text(total)}"
            yield Fault(name.place, words, name.points, "等于下级分值之和", exact_text(total), "改正其中一处")
    yield from _not_hundred(outline)


def _not_hundred(outline: Outline) -> Iterator[Fault]:
    if not outline.has_points or outline.each or not outline.lines:
        return
    total = sum((max(points_of(line) or Fraction(0), Fraction(0)) for line in outline.lines), Fraction(0))
    place = outline.lines[0].place("max")
    if total and total != 100:
        cure = "核对各项分值；满分本来就不是 100 的，可以不改"
        yield Fault(place, "各项分值合计不是 100", exact_text(total), "通常合计 100 分", "100", cure)
