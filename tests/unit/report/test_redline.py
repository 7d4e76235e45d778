"""A redline accepted is the new report and rejected the old one, whatever was edited; Word opens it."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import openxml_audit
import pytest
from docx.oxml.ns import qn
from lxml import etree

from service.cases.preview import preview
from service.cases.reader import load
from service.demo import examples
from service.report import package, profile, render
from service.report.redline import redline, tokens
from service.report.revisions import MAIN, accepted, parsed, rejected, text_of
from service.report.snapshot import CaseSnapshot
from tests.conftest import Depth

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
AUTHOR = "组织方经办"
WORDS = ["绩效目标", "资金12.50万元", "完成率98.7%", "。", "，", "&<b>", "整改", "\u3000", "3", "1,024.00"]


def _drawn(snapshot: CaseSnapshot, path: Path) -> bytes:
    render.render(snapshot, profile.load(snapshot.profile), path, files=lambda _: b"")
    return path.read_bytes()


def _text(content: bytes) -> list[str]:
    return [text_of(p) for p in parsed(package.read(content)[MAIN]).iter(qn("w:p"))]


def _compared(old: bytes, new: bytes) -> bytes:
    made = redline(old, new, author=AUTHOR, at=AT)
    assert accepted(made) == _text(new), "accept all is the new one"
    assert rejected(made) == _text(old), "reject all is the old one"
    return made


def _audit(content: bytes, path: Path) -> None:
    path.write_bytes(content)
    told = openxml_audit.OpenXmlValidator().validate(str(path))
    assert told.is_valid, told.errors


def _edited(content: bytes, dice: random.Random, edits: int) -> bytes:
    """The report with text changed, paragraphs and rows gone, doubled and moved, at random places."""
    parts = package.read(content)
    tree = parsed(parts[MAIN])
    body = tree.find(qn("w:body"))
    for _ in range(edits):
        _one_edit(body, dice)
    return package.write({**parts, MAIN: etree.tostring(tree, encoding="UTF-8", standalone=True)})


def _one_edit(body, dice: random.Random) -> None:
    free = [c for c in body if c.tag == qn("w:p") and c.find(f".//{qn('w:fldChar')}") is None]
    free = [c for c in free if c.find(f".//{qn('w:sectPr')}") is None][:-1]
    rows = [r for r in body.iter(qn("w:tr")) if len(r.getparent().findall(qn("w:tr"))) > 2]
    kind = dice.choice(("text", "text", "text", "gone", "new", "move", "row", "cell"))
    if kind in ("row", "cell"):
        if rows:
            _grid_edit(kind, dice.choice(rows), dice)
    else:
        _prose_edit(kind, body, free, dice)


def _prose_edit(kind: str, body, free, dice: random.Random) -> None:
    place = dice.choice(free)
    if kind == "text":
        holder = dice.choice([t for t in body.iter(qn("w:t")) if t.text])
        cut = dice.randrange(len(holder.text) + 1)
        holder.text = holder.text[: dice.randrange(cut + 1)] + dice.choice(WORDS) + holder.text[cut:]
        holder.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    elif kind == "gone" and len(free) > 5:
        body.remove(place)
    elif kind == "new":
        place.addnext(_twin(place))
    elif kind == "move":
        dice.choice(free).addnext(place)


def _twin(paragraph):
    fresh = etree.fromstring(etree.tostring(paragraph))
    for node in list(fresh.iter(qn("w:bookmarkStart"), qn("w:bookmarkEnd"), qn("w:drawing"))):
        node.getparent().remove(node)
    return fresh


def _grid_edit(kind: str, row, dice: random.Random) -> None:
    if kind == "row" and dice.random() < 0.5:
        row.getparent().remove(row)
        return
    cell = dice.choice(list(row.iter(qn("w:tc"))))
    twin = row if kind == "row" else cell.findall(qn("w:p"))[-1]
    twin.addprevious(etree.fromstring(etree.tostring(twin)))


def test_generated_edits_of_reports_are_told_apart_and_back(
    makers: dict[str, Callable[[], CaseSnapshot]], tmp_path: Path, deep: Depth
) -> None:
    for number in deep.numbers(3, 210):
        dice = random.Random(number)
        code = profile.bundled()[number % len(profile.bundled())]
        old = _drawn(makers[code](), tmp_path / "old.docx")
        new = _edited(old, dice, dice.choice((1, 5, 40)))
        made = _compared(old, new)
        _compared(new, old)
        if deep and number % 7 == 1:
            _audit(made, tmp_path / "redline.docx")


def test_two_reports_of_one_case_with_other_words_points_and_tables(tmp_path: Path, s3: CaseSnapshot) -> None:
    words = {**s3.narrative, **{key: f"另加一段12.5%。\n{text}" for key, text in s3.narrative.items()}}
    lines = tuple(replace(line, awarded="0") if line.code == "C206" else line for line in s3.sheet.lines)
    other = replace(
        s3,
        narrative=words,
        sheet=replace(s3.sheet, lines=lines),
        deductions=s3.deductions[1:],
        problems=s3.problems[:-1],
    )
    old, new = _drawn(s3, tmp_path / "a.docx"), _drawn(other, tmp_path / "b.docx")
    made = _compared(old, new)
    _audit(made, tmp_path / "redline.docx")
    tree = parsed(package.read(made)[MAIN])
    marks = list(tree.iter(qn("w:ins"), qn("w:del")))
    assert marks and {n.get(qn("w:author")) for n in marks} == {AUTHOR}
    assert {n.get(qn("w:date")) for n in marks} == {"2026-03-02T01:30:00Z"}
    assert len({n.get(qn("w:id")) for n in marks}) == len(marks)


def test_the_same_report_twice_has_no_mark(tmp_path: Path, s3: CaseSnapshot) -> None:
    content = _drawn(s3, tmp_path / "a.docx")
    made = _compared(content, content)
    assert not re.search(rb"<w:(ins|del)\b", package.read(made)[MAIN])


def test_a_number_is_never_half_changed() -> None:
    assert tokens("比率-12.50%，计1,024.00万元AB") == [*"比率", "-12.50%", *"，计", "1,024.00", *"万元", "AB"]


@pytest.mark.deep
def test_the_reports_of_all_examples_edited(tmp_path: Path) -> None:
    for number, path in enumerate(examples()):
        snapshot = preview(load(path)).snapshot
        old = _drawn(snapshot, tmp_path / "old.docx")
        new = _edited(old, random.Random(number), 60)
        _audit(_compared(old, new), tmp_path / "redline.docx")
