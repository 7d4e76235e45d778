"""A table goes out as a workbook, is filled in, comes back: shown cell by cell, then taken in whole or not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from service import clock
from service.actions.site_verification import OpenVisit, open_visit
from service.actions.tokens import IssueToken, issue_token
from service.extensions import db
from service.queries.reader import open_case
from service.queries.tokens import Scope
from service.web.exchange import EXCHANGES, take_in
from service.workflow.roles import Role
from tests.builders import DAY, CaseBuilder
from tests.web.conftest import ORIGIN, Site, csrf_of

Visitor = Callable[[Role | str], FlaskClient]
BOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def template(client: FlaskClient, case: str, kind: str) -> bytes:
    found = client.get(f"/cases/{case}/workbooks/{kind}.xlsx")
    assert found.status_code == 200
    assert found.mimetype == BOOK
    return found.get_data()


def edited(content: bytes, change: Callable[[Any, dict[str, int]], None], key: str = "指标编码") -> bytes:
    """The workbook after `change`, which gets the sheet and the columns by heading."""
    book = load_workbook(BytesIO(content))
    sheet = book.worksheets[0]
    row = max(r for r in range(1, 20) if any(c.value == key for c in sheet[r]))
    columns = {re.sub("（.*", "", str(cell.value)): cell.column for cell in sheet[row] if cell.value}
    columns["#"] = row
    change(sheet, columns)
    output = BytesIO()
    book.save(output)
    return output.getvalue()


def sent(client: FlaskClient, case: str, kind: str, content: bytes, name: str = "表.xlsx") -> TestResponse:
    address = f"/cases/{case}/workbooks/{kind}"
    token = csrf_of(client.get(address).get_data(as_text=True))
    data = {"csrf_token": token, "file": (BytesIO(content), name)}
    return client.post(address, data=data, headers=ORIGIN)


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that confirms."""
    form = page.partition("确认导入")[0].rpartition("<form")[2]
    return dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))


def confirmed(client: FlaskClient, case: str, kind: str, page: str, **more: str) -> TestResponse:
    data = {**hidden(page), **more}
    return client.post(f"/cases/{case}/workbooks/{kind}/preview", data=data, headers=ORIGIN)


def preview(client: FlaskClient, case: str, kind: str) -> str:
    return client.get(f"/cases/{case}/workbooks/{kind}/preview").get_data(as_text=True)


def fill(sheet: Any, columns: dict[str, int]) -> None:
    first = columns["#"] + 1
    sheet.cell(first, columns["实际完成值"]).value = 0.9435
    sheet.cell(first, columns["实际完成值"]).number_format = "0.00%"
    sheet.cell(first, columns["得分"]).value = "３７.５"
    sheet.cell(first, columns["偏差原因分析及改进措施"]).value = "=招标节余"
    sheet.cell(first, columns["偏差原因分析及改进措施"]).data_type = "s"
    sheet.cell(first + 1, columns["实际完成值"]).value = "全部更新"
    sheet.cell(first + 1, columns["得分"]).value = 60
    sheet.cell(first + 2, columns["得分"]).value = 97.5


def issued(site: Site) -> str:
    """A case in 自评 with a plan."""
    with site.app.app_context():
        builder = CaseBuilder(site.world.people, code="filled")
        builder.create().issue()
    return "filled"


def test_the_self_assessment_goes_out_and_comes_back(site: Site) -> None:
    case = issued(site)
    unit = site.as_role(Role.DF)
    content = edited(template(unit, case, "self"), fill)
    before = site.rows()
    assert sent(unit, case, "self", content).status_code == 303
    assert site.rows() == before
    page = preview(unit, case, "self")
    assert "94.35%" in page
    assert "读作 37.5" in page
    assert "确认导入 6 项" in page
    answer = confirmed(unit, case, "self", page)
    assert answer.status_code == 303
    assert answer.location.endswith(f"/cases/{case}/self/table")
    table = unit.get(answer.location).get_data(as_text=True)
    assert "94.35%" in table
    assert "=招标节余" in table
    after = site.rows()
    assert after["audit_entry"] == before["audit_entry"] + 1
    again = template(unit, case, "self")
    sent(unit, case, "self", again)
    assert "内容相同" in preview(unit, case, "self")
    assert site.rows() == after


def test_one_fault_and_nothing_is_stored(site: Site) -> None:
    case = issued(site)
    unit = site.as_role(Role.DF)

    def wrong(sheet: Any, columns: dict[str, int]) -> None:
        fill(sheet, columns)
        sheet.cell(columns["#"] + 2, columns["得分"]).value = 61
        sheet.cell(columns["#"] + 1, columns["指标编码"]).value = "没有"

    content = edited(template(unit, case, "self"), wrong)
    before = site.rows()
    assert sent(unit, case, "self", content).status_code == 303
    page = preview(unit, case, "self")
    assert "0 至 60 分" in page
    assert "确认导入" not in page
    marked = unit.get(f"/cases/{case}/workbooks/self/marked.xlsx")
    assert load_workbook(BytesIO(marked.get_data())).sheetnames[0] == "导入结果"
    data = {"csrf_token": csrf_of(page), "key": "k", "sha256": "", "digest": ""}
    refused = unit.post(f"/cases/{case}/workbooks/self/preview", data=data, headers=ORIGIN)
    assert refused.status_code == 412
    assert site.rows() == before


def test_what_was_not_shown_is_not_taken_in(site: Site) -> None:
    case = issued(site)
    unit = site.as_role(Role.DF)
    sent(unit, case, "self", edited(template(unit, case, "self"), fill))
    page = preview(unit, case, "self")

    def other(sheet: Any, columns: dict[str, int]) -> None:
        sheet.cell(columns["#"] + 1, columns["得分"]).value = 1

    sent(unit, case, "self", edited(template(unit, case, "self"), other))
    before = site.rows()
    answer = confirmed(unit, case, "self", page)
    assert answer.status_code == 412
    assert "重新比较" in answer.get_data(as_text=True)
    assert site.rows() == before
    assert confirmed(unit, case, "self", preview(unit, case, "self")).status_code == 303
    assert confirmed(unit, case, "self", page).status_code == 404


def test_a_confirmation_sent_twice_counts_once(site: Site) -> None:
    case = issued(site)
    unit = site.as_role(Role.DF)
    sent(unit, case, "self", edited(template(unit, case, "self"), fill))
    page = preview(unit, case, "self")
    assert confirmed(unit, case, "self", page).status_code == 303
    after = site.rows()
    assert confirmed(unit, case, "self", page).status_code == 303
    assert site.rows() == after


@pytest.mark.parametrize("kind", ["self", "subprojects", "survey"])
def test_a_closed_stage_is_told_before_anything_else(site: Site, kind: str) -> None:
    unit = site.as_role(Role.DF)
    for method in (unit.get, unit.post):
        answer = method(f"/cases/final/workbooks/{kind}", headers=ORIGIN)
        assert answer.status_code in (409, 400)
    answer = unit.get(f"/cases/final/workbooks/{kind}")
    assert answer.status_code == 409
    assert template(unit, "final", kind)


def test_the_wrong_workbook_is_named_and_not_kept(site: Site) -> None:
    case = issued(site)
    unit = site.as_role(Role.DF)
    taken = template(unit, case, "survey")
    sent(unit, case, "self", taken)
    page = preview(unit, case, "self")
    assert "这是《满意度调查》" in page
    other = template(unit, "final", "self")
    answer = sent(unit, case, "self", other)
    assert answer.status_code == 422
    assert "另一项评价" in answer.get_data(as_text=True)
    answer = sent(unit, case, "self", b"PK\x03\x04 nothing")
    assert answer.status_code == 422
    assert "办法" in answer.get_data(as_text=True)


def test_sub_projects_and_survey_come_back(site: Site) -> None:
    case = issued(site)
    unit = site.as_role(Role.DF)

    def funds(sheet: Any, columns: dict[str, int]) -> None:
        row = columns["#"] + 1
        for name, value in (
            ("类别", "设备"),
            ("子项目名称", "终端"),
            ("批复", "1,205,000元"),
            ("支出", 117.25),
            ("状态", "已完成"),
        ):
            sheet.cell(row, columns[name]).value = value

    sent(unit, case, "subprojects", edited(template(unit, case, "subprojects"), funds, "状态"))
    page = preview(unit, case, "subprojects")
    assert "120.5" in page
    assert confirmed(unit, case, "subprojects", page).status_code == 303

    def asked(sheet: Any, columns: dict[str, int]) -> None:
        for row, value in enumerate((300, "200 份", 180, 0, 0.935, "", "随机抽样"), columns["#"] + 1):
            sheet.cell(row, columns["填写内容"]).value = value

    sent(unit, case, "survey", edited(template(unit, case, "survey"), asked, "调查项目"))
    page = preview(unit, case, "survey")
    assert "93.5%" in page
    assert confirmed(unit, case, "survey", page).status_code == 303
    shown = unit.get(f"/cases/{case}/self/survey").get_data(as_text=True)
    assert 'value="180"' in shown


def test_csv_stands_beside_and_holds_no_formula(site: Site) -> None:
    unit = site.as_role(Role.DF)
    found = unit.get("/cases/final/workbooks/self.csv")
    assert found.mimetype == "text/csv"
    assert "指标编码" in found.get_data().decode("utf-8-sig")
    assert "workbooks/self" in unit.get("/cases/final/workbooks").get_data(as_text=True)


def test_scores_come_back_by_code(site: Site) -> None:
    team = site.as_role(Role.EV)

    def fill_scores(sheet: Any, columns: dict[str, int]) -> None:
        for row in sheet.iter_rows(min_row=columns["#"] + 1):
            if row[columns["指标编码"] - 1].value == "A1" and row[columns["评分项编码"] - 1].value == "value":
                row[columns["填写内容"] - 1].value = 0.97
                row[columns["填写内容"] - 1].number_format = "0%"

    content = template(team, "visit", "scores")
    sent(team, "visit", "scores", content)
    assert "内容相同" in preview(team, "visit", "scores")
    sent(team, "visit", "scores", edited(content, fill_scores))
    page = preview(team, "visit", "scores")
    assert "确认导入 1 项" in page
    assert confirmed(team, "visit", "scores", page).status_code == 303
    grid = team.get("/cases/visit/grid/A1").get_data(as_text=True)
    assert "97" in grid
    assert "95%" not in grid


def test_a_result_that_cannot_be_is_told_at_its_cell(site: Site) -> None:
    team = site.as_role(Role.EV)

    def wrong(sheet: Any, columns: dict[str, int]) -> None:
        for row in sheet.iter_rows(min_row=columns["#"] + 1):
            if row[columns["评分项编码"] - 1].value == "value":
                row[columns["指标编码"] - 1].value = "Z9"
            if row[columns["评分项编码"] - 1].value == "points":
                row[columns["填写内容"] - 1].value = "很多"

    before = site.rows()
    sent(team, "visit", "scores", edited(template(team, "visit", "scores"), wrong))
    page = preview(team, "visit", "scores")
    assert "确认导入" not in page
    assert "指标体系中没有这个编码" in page
    assert site.rows() == before


def test_deductions_are_drafted_and_replaced_together(site: Site) -> None:
    team = site.as_role(Role.EV)

    def more(sheet: Any, columns: dict[str, int]) -> None:
        row = columns["#"] + 1
        assert sheet.cell(row, columns["编号"]).value == "D001"
        sheet.cell(row, columns["扣分"]).value = 2.5
        for number, amount in ((row + 1, 1), (row + 2, "０.５分")):
            for name, value in (
                ("指标编码", "B1"),
                ("扣分", amount),
                ("扣分理由", f"少 {number} 台"),
                ("依据条款", "细则"),
                ("没有佐证的原因", "单位未提供"),
            ):
                sheet.cell(number, columns[name]).value = value

    before = site.rows()
    sent(team, "visit", "deductions", edited(template(team, "visit", "deductions"), more, "编号"))
    page = preview(team, "visit", "deductions")
    answer = confirmed(team, "visit", "deductions", page)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    after = site.rows()
    assert after["deduction"] > before["deduction"]
    assert after["audit_entry"] == before["audit_entry"] + 1
    book = load_workbook(BytesIO(template(team, "visit", "deductions")))
    codes = [row[0].value for row in book.worksheets[0].iter_rows() if str(row[0].value).startswith("D0")]
    assert codes == ["D002", "D003", "D004"]

    def bad(sheet: Any, columns: dict[str, int]) -> None:
        row = columns["#"] + 1
        sheet.cell(row, columns["扣分"]).value = 0.123456
        sheet.cell(row + 3, columns["指标编码"]).value = "Q9"
        sheet.cell(row + 4, columns["佐证"]).value = "E99"

    sent(team, "visit", "deductions", edited(template(team, "visit", "deductions"), bad, "编号"))
    page = preview(team, "visit", "deductions")
    assert "确认导入" not in page
    assert "小数位数" in page
    assert site.rows() == after


def test_findings_and_opinions_are_added_and_what_stands_is_fixed(site: Site) -> None:
    team = site.as_role(Role.EV)

    def find(sheet: Any, columns: dict[str, int]) -> None:
        row = columns["#"] + 1
        while sheet.cell(row, columns["问题描述"]).value:
            row += 1
        for number, text in ((row, "台账缺页"), (row + 1, "验收单无日期")):
            sheet.cell(number, columns["问题描述"]).value = text
            sheet.cell(number, columns["涉及指标"]).value = "B1，A1"

    assert "不在本次核查名单内" in team.get("/cases/visit/workbooks/issues").get_data(as_text=True)
    with site.app.app_context():
        people = site.world.people
        going = OpenVisit(on=DAY, place="某中心", method="实地", team=(people.accounts[Role.EV],))
        open_visit(people.actor(Role.EL), site.world.cases["visit"], going)
    before = site.rows()
    sent(team, "visit", "issues", edited(template(team, "visit", "issues"), find, "问题编号"))
    answer = confirmed(team, "visit", "issues", preview(team, "visit", "issues"))
    assert answer.status_code == 303, answer.get_data(as_text=True)
    assert site.rows()["finding"] >= before["finding"] + 2

    def touch(sheet: Any, columns: dict[str, int]) -> None:
        sheet.cell(columns["#"] + 1, columns["问题描述"]).value = "改写"

    sent(team, "visit", "issues", edited(template(team, "visit", "issues"), touch, "问题编号"))
    assert "不能用表格修改" in preview(team, "visit", "issues")

    desk = site.as_role(Role.DH)

    def say(sheet: Any, columns: dict[str, int]) -> None:
        row = columns["#"] + 1
        while sheet.cell(row, columns["反馈单位"]).value:
            row += 1
        sheet.cell(row, columns["反馈单位"]).value = "某中心"
        sheet.cell(row, columns["意见内容"]).value = "第 3 页的台数应为 320 台"

    filled = edited(template(desk, "asked", "opinions"), say, "意见编号")
    sent(desk, "asked", "opinions", filled)
    late = confirmed(desk, "asked", "opinions", preview(desk, "asked", "opinions"))
    assert late.status_code == 409
    assert "征求意见期限" in late.get_data(as_text=True)
    with site.app.app_context():
        head = site.world.people.actor(Role.DH)
        case = open_case(db.session(), head.account, "asked", today=DAY)
        assert take_in(case, EXCHANGES["opinions"], head, filled, "表.xlsx") == 2
    assert "320 台" in desk.get("/cases/asked/opinions").get_data(as_text=True)


def test_programs_take_tables_out_and_bring_them_back(site: Site) -> None:
    case = issued(site)
    unit = bearer(site, Role.DF)
    content = unit.get(f"/api/v1/cases/{case}/workbooks/self").get_data()
    state = unit.get(f"/api/v1/cases/{case}").headers["ETag"]
    filled = edited(content, fill)

    def post(data: bytes, query: str = "", **headers: str) -> TestResponse:
        sent_headers = {name.replace("_", "-"): value for name, value in headers.items()}
        path = f"/api/v1/cases/{case}/workbooks/self{query}"
        return unit.post(path, data={"file": (BytesIO(data), "表.xlsx")}, headers=sent_headers)

    before = site.rows()
    assert post(filled).status_code == 428
    dry = post(filled, "?dry_run=1", If_Match=state)
    assert dry.status_code == 200
    assert (dry.json["count"], dry.json["ready"], dry.json["faults"]) == (6, True, [])
    wrong = edited(content, lambda sheet, columns: sheet.cell(columns["#"] + 1, columns["得分"], "四十"))
    refused = post(wrong, If_Match=state)
    assert refused.status_code == 422
    problem = refused.json["problems"][0]
    assert problem["path"].startswith("自评表!")
    assert all(problem[name] for name in ("value", "allowed", "cure"))
    assert site.rows()["claim"] == before["claim"]
    assert post(filled, If_Match='"old"').status_code == 412
    first = post(filled, If_Match=state, Idempotency_Key="k1")
    assert first.status_code == 200
    assert first.json["action"] == "self.edit"
    again = post(filled, If_Match=state, Idempotency_Key="k1")
    assert (again.status_code, again.data) == (200, first.data)
    assert post(content, If_Match=state, Idempotency_Key="k1").status_code in (412, 422)


def bearer(site: Site, role: Role) -> FlaskClient:
    """A program of this person."""
    with site.app.app_context():
        until = clock.local_date(clock.now()) + timedelta(days=30)
        asked = IssueToken("取表", tuple(Scope), until)
        token = issue_token(site.world.people.actor(role, on=None), asked, fresh=True)
    client = site.client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return client
