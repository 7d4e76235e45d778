"""修改稿 through its pages: taken, changed in a file, brought back, shown piece by piece, taken over once."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from docx import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from service.actions.finalisation import Words, write_report
from service.extensions import db
from service.models.report import Narrative
from service.report import package
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, ORIGIN, STRANGER, Site, csrf_of

HERE, BACK = "/cases/final/writing-trip", "/cases/final/writing-back"


def _write(site: Site, section: str, body: str) -> None:
    with site.app.app_context():
        actor = site.world.people.actor(Role.EL)
        write_report(actor, site.world.cases["final"], words=(Words("section", section, body),))
        db.session.remove()


def _take(client: FlaskClient) -> bytes:
    token = csrf_of(client.get(HERE).text)
    assert client.post(HERE, data={"csrf_token": token}, headers=ORIGIN).status_code == 303
    link = re.search(rf'href="({HERE}/[^"]+)"', client.get(HERE).text)
    assert link
    return client.get(link[1], buffered=True).data


def _give(client: FlaskClient, content: bytes, name: str = "改好的.docx") -> TestResponse:
    data = {"csrf_token": csrf_of(client.get(HERE).text), "file": (BytesIO(content), name)}
    return client.post(BACK, data=data, headers=ORIGIN, content_type="multipart/form-data")


def _edited(content: bytes, *, add: str = "", figure: str = "", comment: str = "") -> bytes:
    document = Document(BytesIO(content))
    if add:
        place = next(p for p in document.paragraphs if "原来的话" in p.text)
        fresh = OxmlElement("w:p")
        run = fresh.makeelement(qn("w:r"), {})
        text = run.makeelement(qn("w:t"), {})
        text.text = add
        run.append(text)
        fresh.append(run)
        place._p.addnext(fresh)
        if comment:
            document.add_comment(place.runs[:1], text=comment, author="被评价单位", initials="单")
    if figure:
        tags = [t for t in document.element.body.iter(qn("w:tag")) if t.get(qn("w:val")).startswith("f:")]
        control = tags[0].getparent().getparent()
        next(iter(control.iter(qn("w:t")))).text = figure
    out = BytesIO()
    document.save(out)
    return out.getvalue()


def _body(site: Site, section: str) -> Narrative:
    with site.app.app_context():
        found = db.session.query(Narrative).filter_by(
            evaluation_id=site.world.cases["final"], section=section, kind="section"
        )
        row = found.one()
        db.session.expunge(row)
        db.session.remove()
        return row


def test_a_copy_comes_back_and_its_words_and_remarks_are_taken_over_in_one_act(site: Site) -> None:
    _write(site, "basics.overview", "原来的话，得[[total.awarded]]分。")
    client = site.as_role(Role.EL)
    changed = _edited(
        _take(client), add=f"带回的一段。{HOSTILE[0]}", figure="99.99", comment=f"依据呢{HOSTILE[1]}"
    )
    answer = _give(client, changed)
    assert answer.status_code == 303
    before = site.rows()
    page = client.get(answer.location).text
    assert "取走人" in page and "改动数字 1 处，没有接受" in page and "<del>99.99</del>" in page
    assert "带回的一段" in page and "依据呢" in page and HOSTILE[0] not in page and HOSTILE[1] not in page
    assert site.rows() == before, "looking changes nothing"
    take = re.findall(r'name="take" value="(\d+)"', page)
    assert len(take) == 1
    data = {"csrf_token": csrf_of(page), "take": take, "remarks": "1"}
    assert client.post(answer.location, data=data, headers=ORIGIN).status_code == 303
    row = _body(site, "basics.overview")
    assert row.body == f"原来的话，得[[total.awarded]]分。\n带回的一段。{HOSTILE[0]}"
    assert [(r["author"], r["text"], r["anchor"]) for r in row.data["remarks"]] == [
        ("被评价单位", f"依据呢{HOSTILE[1]}", "原来的话，得")
    ]
    assert site.rows()["audit_entry"] == before["audit_entry"] + 1
    writing = client.get("/cases/final/writing?part=basics.overview").text
    assert "文件里带回的批注和修订" in writing and "依据呢" in writing
    form = {"csrf_token": csrf_of(writing), "kind": "section", "section": "basics.overview"}
    form |= {"version": str(row.version), "done": "0"}
    assert client.post("/cases/final/writing-remarks", data=form, headers=ORIGIN).status_code == 303
    assert "remarks" not in _body(site, "basics.overview").data


def test_a_piece_changed_meanwhile_is_not_overwritten(site: Site) -> None:
    _write(site, "basics.overview", "原来的话。")
    client = site.as_role(Role.EL)
    changed = _edited(_take(client), add="带回的一段。")
    _write(site, "basics.overview", "别人先改了。")
    answer = _give(client, changed)
    page = client.get(answer.location).text
    assert "取走之后他人改过这一节" in page and 'name="take"' not in page
    names = re.findall(r"<h4>([^<]+)</h4>", page)
    assert names
    for number in range(8):
        data = {"csrf_token": csrf_of(page), "take": str(number)}
        assert client.post(answer.location, data=data, headers=ORIGIN).status_code in (412, 422)
    assert _body(site, "basics.overview").body == "别人先改了。"


def test_files_that_are_no_copy_of_this_case_are_refused_in_words(site: Site, tmp_path: Path) -> None:
    _write(site, "basics.overview", "原来的话。")
    client = site.as_role(Role.EL)
    copy = _take(client)
    parts = package.read(copy)
    plain = BytesIO()
    Document().save(plain)
    bomb = parts | {"word/document.xml": b"<w:document>" + b" " * 60_000_000}
    entity = b'<!DOCTYPE d [<!ENTITY a "b">]>' + parts["word/document.xml"].partition(b"?>")[2]
    macro = parts | {"word/vbaProject.bin": b"x"}
    strangers = {
        "plain": (plain.getvalue(), "别的.docx"),
        "old": (copy, "改好的.doc"),
        "text": (b"hello", "改好的.docx"),
        "bomb": (package.write(bomb), "改好的.docx"),
        "entity": (package.write(parts | {"word/document.xml": entity}), "改好的.docx"),
        "macro": (package.write(macro), "改好的.docx"),
        "broken": (package.write(parts | {"word/document.xml": b"<w:document"}), "改好的.docx"),
    }
    before = site.rows()
    for name, (content, filename) in strangers.items():
        answer = _give(client, content, filename)
        assert answer.status_code == 422 and "没有办理" in answer.text, name
    assert site.rows() == before


def test_only_writers_take_and_bring_back_and_each_sees_his_own_file(site: Site) -> None:
    _write(site, "basics.overview", "原来的话。")
    client = site.as_role(Role.EL)
    answer = _give(client, _edited(_take(client), add="带回的一段。"))
    assert site.as_role(Role.EV).get(answer.location).status_code == 404
    assert site.as_role(STRANGER).get(HERE).status_code == 404
    assert site.as_role(Role.DF).get(HERE).status_code == 403
    reader = site.as_role(Role.AU)
    assert "取走的修改稿" in reader.get(HERE).text and "生成修改稿" not in reader.get(HERE).text
