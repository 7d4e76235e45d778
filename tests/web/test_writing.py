"""报告撰写 through its pages: sections, locked figures, two writers, drafts, the marked copy for reading."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from io import BytesIO
from zipfile import ZipFile

import pytest
from flask.testing import FlaskClient

from service.actions.workshop import workshop_of
from service.extensions import db
from service.jobs.runner import run_job
from service.models.operational import Draft, Job
from service.models.report import Narrative, ReportVersion
from service.queries.catalogue import cited_contents, cited_reports, draft_copies
from service.tasks import ledger
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of
from tests.web.test_report_page import send

WRITING = "/cases/final/writing"


def _page(client: FlaskClient, part: str = "") -> str:
    answer = client.get(WRITING, query_string={"part": part} if part else None)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def _form(page: str, kind: str, section: str, **fields: str) -> dict[str, str]:
    place = page.index(f'name="kind" value="{kind}"><input type="hidden" name="section" value="{section}"')
    version = re.search(r'name="version" value="(\d+)"', page[place:])
    assert version
    known = {"csrf_token": csrf_of(page), "kind": kind, "section": section, "version": version[1]}
    return {**known, **fields}


def test_the_sections_stand_in_the_order_of_the_profile_with_figures_locked(
    visitor: Callable[[Role | str], FlaskClient],
) -> None:
    page = _page(visitor(Role.EL), "conclusion")
    order = [
        "摘要",
        "一、基本情况",
        "（一）项目概况",
        "三、综合评价情况及评价结论",
        "附件　绩效评价指标评分表",
    ]
    places = [page.index(f"<span>{title}</span>") for title in order]
    assert places == sorted(places)
    assert "不能在这里改动" in page and re.search(r'<span class="fig"[^>]*>88\.00</span>', page)
    assert visitor(Role.DF).get(WRITING).status_code == 403, (
        "the unit reads what was issued, not the workplace"
    )
    assert visitor("stranger").get(WRITING).status_code == 404
    assert visitor(Role.EL).get(f"{WRITING}?part=nothing").status_code == 404


def test_a_section_is_saved_once_and_a_second_writer_sees_both_texts(site: Site) -> None:
    first, second = site.as_role(Role.EL), site.as_role(Role.EV)
    page, other = _page(first, "basics.overview"), _page(second, "basics.overview")
    text = f"得分[[total.awarded]]分。{HOSTILE[0]}"
    sent = _form(page, "section", "basics.overview", body=text, done="1", part="basics.overview")
    assert first.post(WRITING, data=sent, headers=ORIGIN).status_code == 303
    seen = _page(first, "basics.overview")
    assert "已完成" in seen and HOSTILE[0] not in seen and "88</span>分" in seen
    late = second.post(
        WRITING,
        data=_form(other, "section", "basics.overview", body="另一个人的字", part="basics.overview"),
        headers=ORIGIN,
    )
    said = late.get_data(as_text=True)
    assert late.status_code == 412 and "没有覆盖" in said and "另一个人的字" in said and "得分[[total" in said
    again = second.post(
        WRITING, data=_form(said, "section", "basics.overview", body="合在一起"), headers=ORIGIN
    )
    assert again.status_code == 303
    with site.app.app_context():
        rows = db.session.query(Narrative).filter_by(
            evaluation_id=site.world.cases["final"], section="basics.overview"
        )
        assert [row.body for row in rows] == ["合在一起"]


def test_items_notes_and_tables_are_written_and_wrong_tokens_are_listed(site: Site) -> None:
    client = site.as_role(Role.EL)
    page = _page(client, "problems")
    item = _form(page, "problem", "", title="台数不足", body="少两台。", part="problems")
    assert client.post(WRITING, data=item, headers=ORIGIN).status_code == 303
    assert "台数不足" in _page(client, "problems")
    note = _form(_page(client, "analysis"), "note", "A1", body="执行平稳。")
    assert client.post(WRITING, data=note, headers=ORIGIN).status_code == 303
    assert "执行平稳。" in _page(client, "analysis")
    tables = _page(client, "tables")
    wrong = _form(tables, "table", "", title="资金", body="项目\t金额\n终端\t1\t2")
    refused = client.post(WRITING, data={**wrong, "part": "tables"}, headers=ORIGIN)
    assert refused.status_code == 422 and "格数与列名不同" in refused.get_data(as_text=True)
    right = {**wrong, "body": "项目\t金额\n终端\t1"}
    assert client.post(WRITING, data=right, headers=ORIGIN).status_code == 303
    bad = _form(page, "section", "problems", body="共[[node.NO.awarded]]分，另有12.34分。")
    assert client.post(WRITING, data=bad, headers=ORIGIN).status_code == 303
    lint = _page(client, "problems").partition('class="panel w-lint"')[2]
    assert "node.NO.awarded" in lint and "12.34分" in lint


def test_what_is_typed_is_kept_for_its_writer_alone_and_can_be_taken_up_again(site: Site) -> None:
    client, other = site.as_role(Role.EL), site.as_role(Role.EV)
    page = _page(client, "work.scope")
    typed = _form(page, "section", "work.scope", body="写到一半")
    before = site.rows()["narrative"]
    assert client.post("/cases/final/writing-draft", data=typed, headers=ORIGIN).status_code == 204
    assert site.rows()["narrative"] == before, "a draft is not the report"
    offered = _page(client, "work.scope")
    assert "没有保存的草稿" in offered and "写到一半" not in offered
    restored = client.get(f"{WRITING}?part=work.scope&restore=section/work.scope").get_data(as_text=True)
    assert "写到一半</textarea>" in restored
    assert "没有保存的草稿" not in _page(other, "work.scope")
    client.post(WRITING, data=typed, headers=ORIGIN)
    with site.app.app_context():
        assert db.session.query(Draft).count() == 0


def test_a_copy_for_reading_carries_its_mark_on_every_page_and_freezes_nothing(site: Site) -> None:
    client = site.as_role(Role.EL)
    ordered = client.post(
        "/cases/final/writing-copy", data={"csrf_token": csrf_of(_page(client))}, headers=ORIGIN
    )
    address = ordered.headers["Location"]
    assert ordered.status_code == 303 and client.get(address).status_code == 200
    with site.app.app_context():
        frozen = db.session.query(ReportVersion).count()
        job = db.session.query(Job).filter_by(kind="report.draft").one()
        assert run_job(ledger(), job.id)
        db.session.expire_all()
        assert db.session.query(ReportVersion).count() == frozen
    shown = client.get(address).get_data(as_text=True)
    assert "下载 Word 初稿" in shown
    file = client.get(f"{address}/docx")
    assert file.status_code == 200 and "attachment" in file.headers["Content-Disposition"]
    with ZipFile(BytesIO(file.data)) as package:
        heads = "".join(
            package.read(name).decode() for name in package.namelist() if name.startswith("word/header")
        )
    assert "初稿（第2稿）" in heads and "短码" in heads and "某局组长" in heads
    assert heads.count("PingjiWaterMark") == len(heads.split('string="初稿　第2稿')) - 1 >= 2
    assert re.search(r'string="初稿　第2稿　[0-9A-F]{4}-[0-9A-F]{4}　某局组长[^"]*（el）"', heads)
    with site.app.app_context():
        assert draft_copies(db.session()) == {hashlib.sha256(file.data).hexdigest()}
        store = workshop_of(site.app.config["PINGJI"]).store
        cited = {*cited_contents(db.session()), *cited_reports(db.session())}
        assert store.orphans([*cited, *draft_copies(db.session())]) == []
        assert store.orphans(cited) != [], "no case cites a copy"
    assert site.as_role(Role.EV).get(address).status_code == 404, "a copy belongs to who asked for it"


def test_a_signed_report_is_written_again_only_for_a_correction(site: Site) -> None:
    writer, clerk = site.as_role(Role.EL), site.as_role(Role.FO)
    send(site.as_role(Role.FR), "report.second_review", note="同意")
    send(site.as_role(Role.FA), "report.sign", read="1")
    assert 'class="w-form"' not in _page(writer, "basics.overview")
    assert "改写报告文字" not in clerk.get("/cases/final/report").text
    assert send(clerk, "correction.request", reason="台数写错").status_code == 303
    for person in (writer, clerk):
        told = person.get("/cases/final/report").text
        assert "正在更正：台数写错" in told
        assert "改写报告文字" in told
        assert f'href="{WRITING}"' in told
    assert "改写报告文字" not in site.as_role(Role.FA).get("/cases/final/report").text
    place = ("section", "basics.overview")
    sent = _form(_page(clerk, place[1]), *place, body="更换终端十九台。")
    late = _form(_page(writer, place[1]), *place, body="更换终端。", part=place[1])
    assert clerk.post(WRITING, data=sent, headers=ORIGIN).status_code == 303
    assert "更换终端十九台。" in _page(writer, "basics.overview")
    stale = writer.post(WRITING, data=late, headers=ORIGIN)
    assert stale.status_code == 412
    assert "更换终端十九台。" in stale.text


def test_the_parts_of_a_problem_are_written_kept_in_order_and_taken_out(site: Site) -> None:
    client = site.as_role(Role.EL)
    part = next(
        name
        for name in re.findall(r"part=([\w.-]+)", _page(client))
        if 'name="kind" value="problem"' in _page(client, name)
    )
    new = _form(_page(client, part), "problem", "", title="管理不到位", body="概述", part=part, parts="1")
    new |= {
        "part-0-title": "台账不全",
        "part-0-body": "缺两页",
        "part-1-title": "标签脱落",
        "part-1-body": "",
    }
    assert client.post(WRITING, data=new, headers=ORIGIN).status_code == 303
    page = _page(client, part)
    assert "小项（2）" in page and 'value="台账不全"' in page and 'name="part-2-title" value=""' in page
    with site.app.app_context():
        row = db.session.query(Narrative).filter_by(kind="problem").one()
        section = row.section
        assert [(p["title"], p["body"]) for p in row.data["parts"]] == [
            ("台账不全", "缺两页"),
            ("标签脱落", ""),
        ]
    wrong = _form(page, "problem", section, title="管理不到位", body="概述", part=part, parts="1")
    wrong |= {"part-0-title": "", "part-0-body": "缺两页", "part-1-title": "标签脱落", "part-1-body": "六台"}
    refused = client.post(WRITING, data=wrong, headers=ORIGIN)
    assert refused.status_code == 422 and "第 1 个小项有内容没有标题" in refused.text
    assert "六台</textarea>" in refused.text and "<title>【演示】错误：" in refused.text
    gone = {**wrong, "part-0-body": ""}
    assert client.post(WRITING, data=gone, headers=ORIGIN).status_code == 303
    with site.app.app_context():
        row = db.session.query(Narrative).filter_by(kind="problem").one()
        assert [(p["title"], p["body"]) for p in row.data["parts"]] == [("标签脱落", "六台")]
    printed = _page(client, part)
    assert printed.count("标签脱落") >= 2, "in the box and as it will print"
    body_only = _form(printed, "problem", section, title="管理不到位", body="改了概述", part=part)
    assert client.post(WRITING, data=body_only, headers=ORIGIN).status_code == 303
    with site.app.app_context():
        assert db.session.query(Narrative).filter_by(kind="problem").one().data["parts"], "not sent, kept"


@pytest.mark.parametrize("body", ["坏\x01字", "长" * 20_001])
def test_words_that_cannot_be_kept_stay_in_the_box_with_the_reason(site: Site, body: str) -> None:
    client = site.as_role(Role.EL)
    page = _page(client, "basics.overview")
    sent = _form(page, "section", "basics.overview", body=body, part="basics.overview")
    answer = client.post(WRITING, data=sent, headers=ORIGIN)
    assert answer.status_code == 422
    assert body in answer.text
    assert "不能保存的字符" in answer.text or "最多 20000 字" in answer.text
