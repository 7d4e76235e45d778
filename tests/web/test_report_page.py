"""报告与签发: state, changes since one's own approval, who touched it, the exact bytes, verification."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from pypdf import PdfWriter
from sqlalchemy import select
from werkzeug.test import TestResponse

from service.actions.finalisation import Words, write_report
from service.actions.reporting import freeze_now, stamp_now
from service.actions.workshop import workshop_of
from service.errors import IntegrityFailureError, NotFoundError
from service.extensions import db
from service.models.report import ReportVersion
from service.report import pagepictures
from service.report.changes import Change, changes
from service.report.revisions import accepted, rejected
from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, STRANGER, Site

HERE = "/cases/final/report"


def send(client: FlaskClient, act: str, **typed: str) -> TestResponse:
    """Fill in the form of `act` as it stands on the page and send it."""
    form = client.get(HERE).text.partition(f'data-act="{act}"')[2].partition("</form>")[0]
    assert form, f"no form {act}"
    hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    return client.post(f"/cases/final/do/{act}", data={**hidden, **typed}, headers=ORIGIN)


def section(page: str, name: str) -> str:
    """One section of the page by the id of its heading."""
    return page.partition(f'id="h-{name}"')[2].partition("</section>")[0]


def rewrite(site: Site, text: str, *, place: str = "background") -> None:
    """Change the words of the report and freeze it anew."""
    with site.app.app_context():
        people, final = site.world.people, site.world.cases["final"]
        words = (Words("section", place, text),)
        write_report(people.actor(Role.EL), final, words=words)
        freeze_now(people.actor(Role.EL), final, workshop_of(site.app.config["PINGJI"]))
        db.session.remove()


def test_the_page_says_how_the_report_stands(visitor: Callable[[Role | str], FlaskClient]) -> None:
    page = visitor(Role.FR).get(HERE).text
    assert "冻结后内容没有变动" in page
    assert re.search(r'class="short-code">[0-9A-F]{4}-[0-9A-F]{4}<', page)
    assert "只有一版" in section(page, "changes")
    assert "撰写报告" in section(page, "hands")
    assert "只有 Word 文件" in page
    assert "不能逐页显示" in page
    assert 'data-act="report.second_review"' in page
    assert "report.sign" not in section(visitor(Role.EL).get(HERE).text, "acts")


def test_review_signature_and_verification_on_the_page(site: Site) -> None:
    reviewer, signer = site.as_role(Role.FR), site.as_role(Role.FA)
    waiting = section(signer.get(HERE).text, "acts")
    assert "还不能办理" in waiting
    assert send(reviewer, "report.second_review", note="同意").location == HERE
    approvals = section(reviewer.get(HERE).text, "approvals")
    assert "组织方复核" in approvals
    assert "本人" in approvals
    assert "针对以前的内容" not in approvals
    assert send(signer, "report.sign", read="1").location == HERE
    with site.app.app_context():
        report = db.session.scalars(select(ReportVersion)).one()
        stamp_now(site.world.people.accounts[Role.FA], report.id, workshop_of(site.app.config["PINGJI"]))
        db.session.remove()
    page = signer.get(HERE).text
    assert "签章终稿" in section(page, "versions")
    checked = signer.get(f"{HERE}/1/check").text
    assert "核验通过" in checked
    assert "不通过" not in checked
    path = site.instance.reports / "final-v1.docx"
    path.write_bytes(path.read_bytes() + b"x")
    assert "核验没有通过" in signer.get(f"{HERE}/1/check").text


def test_a_reviewer_sees_only_what_changed_since_his_own_approval(site: Site) -> None:
    reviewer = site.as_role(Role.FR)
    send(reviewer, "report.second_review", note="同意")
    assert "0 处改动" in section(reviewer.get(HERE).text, "changes")
    rewrite(site, "更换服务大厅的终端二十台。")
    page = reviewer.get(HERE).text
    changed = section(page, "changes")
    assert "本人上次办理时的第 1 版" in changed
    assert "1 处改动" in changed
    assert "<ins>更换服务大厅的终端二十台。</ins>" in changed
    assert "针对以前的内容" in section(page, "approvals")
    other = section(site.as_role(Role.FA).get(HERE).text, "changes")
    assert "上一版（第 1 版）" in other


def test_content_changed_after_the_freeze_is_said(site: Site) -> None:
    with site.app.app_context():
        words = (Words("section", "background", "改过。"),)
        write_report(site.world.people.actor(Role.EL), site.world.cases["final"], words=words)
        db.session.remove()
    page = site.as_role(Role.FA).get(HERE).text
    assert "须重新冻结" in page


def test_changes_are_told_by_section_and_line() -> None:
    line = {"code": "A1", "name": "执行率", "awarded": "38"}
    before = {"sheet": {"total": "88", "lines": [line]}, "narrative": {"a": "旧"}, "deductions": []}
    taken = {"code": "K1", "node": "A1", "amount": "2", "reason": "晚到"}
    after = {
        "sheet": {"total": "86", "lines": [{**line, "awarded": "36"}]},
        "narrative": {"a": "新", "b": "增"},
        "deductions": [taken],
        "approvals": [1],
    }
    assert changes(before, before) == ()
    assert changes(before, after) == (
        Change("得分", "总分", "88", "86"),
        Change("得分", "A1 执行率", "38", "36"),
        Change("正文", "a", "旧", "新"),
        Change("正文", "b", "", "增"),
        Change("扣分", "K1", "", "A1；2；晚到"),
    )


def blank_pdf(pages: int) -> bytes:
    """A PDF of blank A4 pages."""
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()


def test_pages_are_pictured_from_exactly_the_frozen_bytes(tmp_path: Path) -> None:
    content = blank_pdf(2)
    digest = hashlib.sha256(content).hexdigest()
    folder = tmp_path / "pages"
    drawn = pagepictures.page_picture(content, digest, 2, folder)
    assert drawn.startswith(b"\x89PNG")
    assert folder.stat().st_mode & 0o077 == 0
    assert [p.name for p in (folder / digest).iterdir()] == ["2.png"]
    (folder / digest / "2.png").write_bytes(b"kept")
    assert pagepictures.page_picture(content, digest, 2, folder) == b"kept"
    with pytest.raises(IntegrityFailureError):
        pagepictures.page_picture(content + b" ", digest, 1, folder)
    for page in (0, 3, 5000):
        with pytest.raises(NotFoundError):
            pagepictures.page_picture(content, digest, page, folder)


def test_a_page_of_a_frozen_pdf_is_handed_out_to_who_may_read_it(site: Site) -> None:
    content = blank_pdf(1)
    digest = workshop_of(site.app.config["PINGJI"]).store.put(content).sha256
    with closing(sqlite3.connect(site.instance.database)) as raw:
        for (name,) in raw.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            raw.execute(f'drop trigger "{name}"')
        raw.execute("update report_version set media = 'pdf', pages = 1, frozen_sha256 = ?", (digest,))
        raw.commit()
    client = site.as_role(Role.FA)
    assert f"{HERE}/1/pages/1.png" in client.get(HERE).text
    answer = client.get(f"{HERE}/1/pages/1.png")
    assert (answer.status_code, answer.mimetype) == (200, "image/png")
    assert client.get(f"{HERE}/1/pages/2.png").status_code == 404
    assert site.as_role("stranger").get(f"{HERE}/1/pages/1.png").status_code == 404


def test_there_is_no_picture_of_a_word_file(visitor: Callable[[Role | str], FlaskClient]) -> None:
    assert visitor(Role.FA).get(f"{HERE}/1/pages/1.png").status_code == 404
    assert visitor(Role.FA).get(f"{HERE}/1/check").status_code == 404


def test_two_versions_are_handed_out_as_one_word_file_with_the_changes_tracked(site: Site) -> None:
    rewrite(site, "改写以后的背景，共三处。", place="basics.overview")
    client = site.as_role(Role.FR)
    form = section(client.get(HERE).text, "versions")
    assert "下载带修订标记的 Word" in form and 'name="old"' in form
    answer = client.get("/cases/final/report-redline?old=1&new=2")
    assert answer.status_code == 200 and "attachment" in answer.headers["Content-Disposition"]
    old, new = (client.get(f"/cases/final/report/{number}/word", buffered=True).data for number in (1, 2))
    assert accepted(answer.data) == accepted(new) and rejected(answer.data) == accepted(old)
    assert any("改写以后的背景" in text for text in accepted(answer.data))
    for wrong, status in (("old=1&new=1", 422), ("old=1&new=9", 404), ("old=&new=2", 404), ("", 404)):
        assert client.get(f"/cases/final/report-redline?{wrong}").status_code == status, wrong
    assert site.as_role(STRANGER).get("/cases/final/report-redline?old=1&new=2").status_code == 404


PUBLIC = "/cases/final/report/1/public"


def taken(client: FlaskClient, number: int = 1, **data: Any) -> TestResponse:
    """Take the public version of one version through its page."""
    path = f"/cases/final/report/{number}/public"
    page = client.get(path).text
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    return client.post(path, data={**hidden, **data}, headers=ORIGIN)


def test_the_public_version_comes_from_the_frozen_data_and_is_logged(site: Site) -> None:
    client = site.as_role(Role.FO)
    assert PUBLIC in section(client.get(HERE).text, "versions")
    rewrite(site, "后来才写的话，由张某经办。", place="basics.overview")
    before = site.rows()
    answer = taken(client)
    assert answer.status_code == 200 and answer.mimetype.endswith("wordprocessingml.document")
    said = "\n".join(accepted(answer.data))
    assert "综合评价" in said and "后来才写的话" not in said and "审批单" not in said
    choices = {"words": "张某、李某", "parties": "被评价单位", "sections": "conclusion"}
    second = taken(client, 2, **choices)
    said = "\n".join(accepted(second.data))
    assert "后来才写的话，由＊＊经办" in said and "张某" not in said and "综合评价结论" not in said
    after = site.rows()
    assert (after["public_copy"], after["audit_entry"]) == (
        before["public_copy"] + 4,
        before["audit_entry"] + 2,
    ), "two rows with their versions, two entries"
    page = client.get(PUBLIC).text
    assert (
        "字词 2 个" in page
        and "单位名称 1 类" in page
        and hashlib.sha256(second.data).hexdigest()[:16] in page
    )
    history = site.as_role(Role.AU).get("/cases/final/history").text
    for word in ("取得公开版", "隐去的字词", "张某", "隐去名称的单位"):
        assert word in history, word


def test_the_public_version_is_not_for_everybody_and_nothing_unknown_is_hidden(site: Site) -> None:
    client = site.as_role(Role.FO)
    before = site.rows()
    wrong = taken(client, sections="没有这一节", words="长" * 81)
    assert wrong.status_code == 422 and "没有这一项，不能隐去" in wrong.text and "字词过长" in wrong.text
    assert "错误：" in wrong.text.partition("</title>")[0] and "长长长" in wrong.text
    assert site.rows()["public_copy"] == before["public_copy"]
    assert client.get("/cases/final/report/9/public").status_code == 404
    for role, status in ((Role.DF, 403), (STRANGER, 404)):
        assert site.as_role(role).get(PUBLIC).status_code == status
        assert site.as_role(role).post(PUBLIC, headers=ORIGIN).status_code in (400, status)
