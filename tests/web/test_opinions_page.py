"""征求意见: an opinion goes from the unit's reply through disposition and confirmation on one page."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from io import BytesIO

from docx import Document
from flask.testing import FlaskClient
from openpyxl import load_workbook
from werkzeug.test import TestResponse

from service import clock
from service.report.profile import load
from service.workflow.roles import Role
from tests.builders import CaseBuilder
from tests.web.conftest import HOSTILE, ORIGIN, Site

HERE = "/cases/asked/opinions"


def form_on(page: str, act: str, opinion: str = "") -> dict[str, str]:
    """The hidden values of the form of `act` on the page, of the card of `opinion` if given."""
    part = page.partition(f'id="{opinion}"')[2].partition("</article>")[0] if opinion else page
    form = part.partition(f'data-act="{act}"')[2].partition("</form>")[0]
    assert form, f"no form {act}"
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


def send(client: FlaskClient, act: str, opinion: str = "", **typed: str) -> TestResponse:
    """Fill in the form of `act` as it stands on the page and send it."""
    form = form_on(client.get(HERE).text, act, opinion)
    return client.post(f"/cases/asked/do/{act}", data={**form, **typed}, headers=ORIGIN)


def card(page: str, code: str) -> str:
    """The card of one opinion."""
    return page.partition(f'id="{code}"')[2].partition("</article>")[0]


def extend(site: Site) -> None:
    """Send the draft again with time left to answer."""
    client = site.as_role(Role.FO)
    until = date(clock.now().year + 1, 1, 15).isoformat()
    answer = send(client, "draft.issue", due_on=until, reason="重新征求意见")
    assert (answer.status_code, answer.location) == (303, HERE)


def test_an_opinion_on_its_way_on_one_page(site: Site) -> None:
    extend(site)
    unit, lead, officer = (site.as_role(role) for role in (Role.DH, Role.EL, Role.FO))
    organisation = site.world.people.organisations["unit"]
    said = send(
        unit, "opinion.record", organisation=organisation, text=HOSTILE[0], node="B1", place="第 9 页"
    )
    assert said.status_code == 303
    page = lead.get(HERE).text
    assert "待拟定处理" in card(page, "Y1")
    assert HOSTILE[0] not in page
    assert "50.00" in card(page, "Y1")  # 原得分 of B1, 满分 60
    assert "60.00" in card(page, "Y1")
    assert "有意见" in page
    assert "disposition.propose" not in card(unit.get(HERE).text, "Y1")
    typed = {"verdict": "rejected", "reason": "验收记录显示两台晚到", "effect": "不影响得分"}
    answer = send(lead, "disposition.propose", "Y1", **typed)
    assert (answer.status_code, answer.location) == (303, HERE)
    again = card(lead.get(HERE).text, "Y1")
    assert "须由他人确认" in again or "disposition.propose" in again
    assert "disposition.confirm" not in again
    waiting = card(officer.get(HERE).text, "Y1")
    assert "待确认" in waiting
    assert "验收记录显示两台晚到" in waiting
    assert send(officer, "disposition.confirm", "Y1").status_code == 303
    settled = card(officer.get(HERE).text, "Y1")
    assert "已确认" in settled
    assert "data-act" not in settled
    assert send(officer, "consultation.close").status_code == 303
    printed = officer.get(f"{HERE}/table").text
    assert "意见采纳情况表" in printed
    assert "不采纳" in printed
    assert "不是最后结果" not in printed


def test_a_returned_disposition_is_proposed_anew_with_what_was_said(site: Site) -> None:
    extend(site)
    unit, lead, officer = (site.as_role(role) for role in (Role.DH, Role.EL, Role.FO))
    organisation = site.world.people.organisations["unit"]
    send(unit, "opinion.record", organisation=organisation, text="请核实到货时间")
    send(lead, "disposition.propose", "Y1", verdict="partial", reason="部分属实", effect="不影响得分")
    assert send(officer, "disposition.return", "Y1", reason="理由不足").status_code == 303
    shown = card(lead.get(HERE).text, "Y1")
    assert "部分属实" in shown.partition("<textarea")[2]
    assert 'value="partial" checked' in shown


def test_ids_on_the_page_are_unique(site: Site) -> None:
    extend(site)
    unit = site.as_role(Role.DH)
    organisation = site.world.people.organisations["unit"]
    for text in ("其一", "其二"):
        send(unit, "opinion.record", organisation=organisation, text=text)
    page = site.as_role(Role.EL).get(HERE).text
    ids = re.findall(r'\sid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    assert page.count('data-act="disposition.propose"') == 2


def test_before_the_draft_goes_out_the_page_says_so(visitor: Callable[[Role | str], FlaskClient]) -> None:
    page = visitor(Role.EV).get("/cases/review/opinions").text
    assert "征求意见稿还没有发出" in page


def test_overdue_is_said_with_the_reply_still_missing(visitor: Callable[[Role | str], FlaskClient]) -> None:
    page = visitor(Role.FO).get(HERE).text
    assert "未反馈" in page
    assert "个工作日" in page
    assert 'data-act="opinion.lapse"' in page


def test_a_case_of_others_has_no_table(site: Site) -> None:
    with site.app.app_context():
        CaseBuilder(site.world.people, code="other").create()
    assert site.as_role(Role.DH).get("/cases/other/opinions/table").status_code == 404


def test_the_table_goes_out_as_word_and_excel_with_the_columns_of_the_profile(site: Site) -> None:
    extend(site)
    unit, organisation = site.as_role(Role.DH), site.world.people.organisations["unit"]
    send(unit, "opinion.record", organisation=organisation, text=f"=1+1 {HOSTILE[0]}")
    client = site.as_role(Role.EL)
    heads = [column.title for column in load("standard").opinions]
    word = Document(BytesIO(client.get(f"{HERE}/table.docx", buffered=True).data)).tables[0]
    sheet = load_workbook(BytesIO(client.get(f"{HERE}/table.xlsx", buffered=True).data)).active
    rows = [[cell.text for cell in row.cells] for row in word.rows]
    cells = [[cell.value or "" for cell in row] for row in sheet.iter_rows(min_row=4)]
    assert rows[0] == cells[0] == heads
    assert rows[1:] == cells[1:] and [row[0] for row in rows[1:]] == [str(n) for n in range(1, len(rows))]
    assert any(f"=1+1 {HOSTILE[0]}" in row for row in rows)
    assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]
    assert client.get(f"{HERE}/table.pdf").status_code == 404
    assert site.as_role("stranger").get(f"{HERE}/table.docx").status_code == 404
