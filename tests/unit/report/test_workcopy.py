"""The words of a report go out as a Word file and come back: text, comments and revisions in place.

Edits are made by script in the file; where LibreOffice is installed it opens and saves the file before and
after them, also by way of its own format, as a person would.
"""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import openxml_audit
import pytest
from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from service.cases.preview import preview
from service.cases.reader import load
from service.demo import examples
from service.report import profile, workback, workcopy, workread
from service.report.snapshot import CaseSnapshot
from tests.conftest import Depth

SOFFICE = shutil.which("soffice")
NEW = "会上补充的一段，共3项。"
GIVEN, TAKEN_OUT, SAID = "增补的话", "删去的话", "请核对此处的依据"


@dataclass
class Edits:
    """What a script did to a copy, by place: rows added, figures altered, remarks made."""

    rows: list[int] = field(default_factory=list)
    altered: dict[str, str] = field(default_factory=dict)
    remarks: list[tuple[str, int, str]] = field(default_factory=list)


def _made(snapshot: CaseSnapshot) -> workcopy.WorkCopy:
    items = {
        name: [workcopy.Words(kind, f"{n:02d}", item.body, item.title) for n, item in enumerate(found, 1)]
        for name, kind, found in (
            ("problems", "problem", snapshot.problems),
            ("suggestions", "suggestion", snapshot.suggestions),
        )
    }
    return workcopy.make(
        snapshot,
        profile.load(snapshot.profile),
        items,
        mark="修改稿　短码 7F3A-91C2　组织方经办",
        identity="x1",
    )


def _through_office(path: Path, folder: Path, *, by_odt: bool) -> Path:
    for media in ("odt", "docx") if by_odt else ("docx",):
        out = folder / media
        home = f"-env:UserInstallation=file://{folder}/home"
        command = [SOFFICE, "--headless", home, "--convert-to", media, "--outdir", str(out), str(path)]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
        path = out / f"{path.stem}.{media}"
    return path


def _marks_of(paragraph) -> list[str]:
    tags = [t.get(qn("w:val")) for t in paragraph.iter(qn("w:tag"))]
    names = [b.get(qn("w:name"))[2:].replace("_", ":") for b in paragraph.iter(qn("w:bookmarkStart"))]
    return [mark for mark in (*tags, *names) if mark[:2] in ("s:", "e:", "f:")]


def _edit(path: Path, dice: random.Random) -> Edits:
    """Add rows, write over figures, comment and track changes, at random places of the file."""
    document, done, place = Document(str(path)), Edits(), -1
    for paragraph in list(document.paragraphs):
        edges = [mark for mark in _marks_of(paragraph._p) if mark[0] in "se"]
        if edges:
            place = int(edges[0][2:]) if edges[0][0] == "s" else -1
            if place >= 0 and dice.random() < 0.4 and "▼ 正文" in _all_text(paragraph._p):
                fresh = OxmlElement("w:p")
                run = fresh.makeelement(qn("w:r"), {})
                text = run.makeelement(qn("w:t"), {})
                text.text = NEW
                run.append(text)
                fresh.append(run)
                paragraph._p.addnext(fresh)
                done.rows.append(place)
            continue
        figures = [mark for mark in _marks_of(paragraph._p) if mark[0] == "f"]
        if place < 0:
            continue
        if figures and dice.random() < 0.5:
            _alter(paragraph._p, dice, done)
        elif paragraph.runs and dice.random() < 0.3:
            _remark(document, paragraph, place, dice, done)
    document.save(str(path))
    return done


def _all_text(paragraph) -> str:
    return "".join(t.text or "" for t in paragraph.iter(qn("w:t")))


def _alter(paragraph, dice: random.Random, done: Edits) -> None:
    for control in paragraph.iter(qn("w:sdt")):
        holders = list(control.iter(qn("w:t")))
        if holders and "〔" not in holders[0].text:
            typed = f"{dice.randrange(1, 999)}.{dice.randrange(10, 99)}9"
            done.altered[typed] = holders[0].text
            for holder in holders:
                holder.text = ""
            holders[0].text = typed
            return


def _remark(document, paragraph, place: int, dice: random.Random, done: Edits) -> None:
    kind = dice.choice(("comment", "insert", "delete"))
    if kind == "comment":
        document.add_comment(paragraph.runs[:1], text=SAID, author="审核人", initials="审")
        done.remarks.append((kind, place, SAID))
        return
    tag, inner, text = ("w:ins", "w:t", GIVEN) if kind == "insert" else ("w:del", "w:delText", TAKEN_OUT)
    change = OxmlElement(tag)
    for name, value in (("id", "900"), ("author", "审核人"), ("date", "2026-03-02T01:30:00Z")):
        change.set(qn(f"w:{name}"), value)
    run = change.makeelement(qn("w:r"), {})
    holder = run.makeelement(qn(inner), {})
    holder.text = text
    run.append(holder)
    change.append(run)
    paragraph._p.append(change)
    done.remarks.append((kind, place, text))


def _compared(made: workcopy.WorkCopy, path: Path) -> workback.Comparison:
    taken, back = workread.read(made.content), workread.read(path.read_bytes())
    assert (back["identity"], back["short"]) == ("x1", "7F3A-91C2")
    return workback.compare(made.pieces, made.figures, taken, back)


def _check(made: workcopy.WorkCopy, path: Path, done: Edits) -> None:
    found = _compared(made, path)
    assert [r.state for r in found.places].count(workback.MISSING) == 0 and not found.strays
    assert {r.typed: r.shown for r in found.altered} == done.altered
    assert sorted(n for n, r in enumerate(found.places) if NEW in r.text) == sorted(done.rows)
    for text in done.altered:
        assert not any(text in r.text for r in found.places), "no digit typed over a figure is taken"
    tokens = [token for r in found.places for token in made.figures if token in r.text]
    assert set(tokens) == set(made.figures)
    told = sorted((r.kind, r.place, r.text) for r in found.remarks)
    assert told == sorted(done.remarks)
    assert all(r.author == "审核人" and r.at and (r.anchor or not done.remarks) for r in found.remarks)
    touched = {*done.rows, *(place for kind, place, _ in done.remarks if kind == "insert")}
    for number, returned in enumerate(found.places):
        assert (returned.state == workback.CHANGED) == (number in touched)


@pytest.fixture(scope="module")
def snapshots() -> list[Callable[[], CaseSnapshot]]:
    return [lambda path=path: preview(load(path)).snapshot for path in examples()]


def test_a_copy_opened_by_word_and_brought_back_untouched_says_nothing(
    makers: dict[str, Callable[[], CaseSnapshot]], tmp_path: Path
) -> None:
    for code in profile.bundled():
        snapshot = makers[code]()
        made = _made(snapshot)
        path = tmp_path / f"{code}.docx"
        path.write_bytes(made.content)
        told = openxml_audit.OpenXmlValidator().validate(str(path))
        assert told.is_valid, told.errors
        found = _compared(made, path)
        assert {r.state for r in found.places} <= {workback.SAME}
        assert not (found.altered or found.left_out or found.strays or found.remarks)
        for returned in found.places:
            if returned.place.kind == "section":
                body = snapshot.narrative.get(returned.place.section, "")
                assert returned.text == "\n".join(filter(None, map(str.strip, body.split("\n"))))


def test_edits_come_back_to_their_places_and_altered_figures_are_refused(
    makers: dict[str, Callable[[], CaseSnapshot]], tmp_path: Path
) -> None:
    counts = [0, 0, 0]
    for number, code in enumerate(profile.bundled()):
        made = _made(makers[code]())
        path = tmp_path / "copy.docx"
        path.write_bytes(made.content)
        done = _edit(path, random.Random(number))
        _check(made, path, done)
        for place, what in enumerate((done.rows, done.altered, done.remarks)):
            counts[place] += len(what)
    assert min(counts) >= 5, counts


def test_a_figure_that_lost_its_control_is_bound_again_or_refused(s3: CaseSnapshot, tmp_path: Path) -> None:
    made = _made(s3)
    path = tmp_path / "copy.docx"
    path.write_bytes(made.content)
    document = Document(str(path))
    for control in list(document.element.body.iter(qn("w:sdt"))):
        tag = control.find(f"{qn('w:sdtPr')}/{qn('w:tag')}")
        if tag is not None and tag.get(qn("w:val")).startswith("f:"):
            for run in list(control.find(qn("w:sdtContent"))):
                control.addprevious(run)
            control.getparent().remove(control)
    for mark in list(document.element.body.iter(qn("w:bookmarkStart"))):
        if mark.get(qn("w:name")).startswith("pjf"):
            mark.getparent().remove(mark)
    document.save(str(path))
    found = _compared(made, path)
    assert {r.state for r in found.places} == {workback.SAME} and not found.altered
    holder = next(t for t in document.element.body.iter(qn("w:t")) if t.text == "78.00")
    holder.text = "87.00"
    document.save(str(path))
    found = _compared(made, path)
    assert [(r.shown, r.typed) for r in found.altered] == [("78.00", "87.00")]
    assert not any("87.00" in r.text for r in found.places)


@pytest.mark.parametrize(
    ("parts", "refused"),
    [
        ((("得", -1), ("78.0", 0), ("0分", -1)), []),
        ((("得7", -1), ("8.00", 0), ("分", -1)), []),
        ((("得", -1), ("78.00分", 0)), []),
        ((("得", -1), ("78.0", 0), ("分", -1)), [("78.00", "78.0")]),
        ((("得", -1), ("78.00", 0), ("1分", -1)), [("78.00", "78.001")]),
        ((("得1", -1), ("78.00", 0), ("分", -1)), [("78.00", "178.00")]),
        ((("得", -1), ("78.001分", 0)), [("78.00", "78.001分")]),
        ((("得", -1), ("87.00", 0), ("分78.00", -1)), [("78.00", "87.00")]),
    ],
)
def test_a_figure_whose_ends_were_shifted_counts_by_what_stands_there(
    parts: tuple[tuple[str, int], ...], refused: list[tuple[str, str]]
) -> None:
    def reading(given):
        pieces = [{"t": text, "b": False, "f": figure} for text, figure in given]
        row = {"place": 0, "style": "报告正文", "parts": pieces, "edge": ""}
        edge = {"place": -1, "style": "", "parts": [], "edge": "s:0"}
        return {"identity": "", "short": "", "rows": [edge, row], "remarks": []}

    taken = reading((("得", -1), ("78.00", 0), ("分", -1)))
    place = workcopy.Place("section", "a")
    found = workback.compare([place], ["[[total.awarded]]"], taken, reading(parts))
    assert [(r.shown, r.typed) for r in found.altered] == refused
    assert "[[total.awarded]]" in found.places[0].text
    assert not re.search(r"\d\[\[|\]\]\d", found.places[0].text)


def test_text_outside_every_place_and_a_place_that_is_gone_are_listed(
    s3: CaseSnapshot, tmp_path: Path
) -> None:
    made = _made(s3)
    path = tmp_path / "copy.docx"
    path.write_bytes(made.content)
    document = Document(str(path))
    edges = [p for p in document.paragraphs if any(m == "s:1" for m in _marks_of(p._p))]
    edges[0]._p.getparent().remove(edges[0]._p)
    document.paragraphs[-1].add_run("写在外面的话")
    document.save(str(path))
    found = _compared(made, path)
    assert found.places[1].state == workback.MISSING
    assert any("写在外面的话" in text for text in found.strays)


def test_drafts_edited_in_libreoffice_come_back(
    snapshots: list[Callable[[], CaseSnapshot]], tmp_path: Path, deep: Depth
) -> None:
    for number in deep.numbers(1, 20):
        made = _made(snapshots[(number + 2) % len(snapshots)]())
        path = tmp_path / "copy.docx"
        path.write_bytes(made.content)
        opened = _through_office(path, tmp_path / "before", by_odt=bool(number % 2))
        done = _edit(opened, random.Random(number))
        saved = _through_office(opened, tmp_path / "after", by_odt=bool(number % 3))
        _check(made, saved, done)
