"""An office's indicator table becomes a draft; its rules are confirmed one by one, or replaced; then proposed."""

from __future__ import annotations

import io
import re
import secrets
from collections.abc import Callable
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from openpyxl import load_workbook

from service.workflow.roles import Role
from tests import seedtables as tables
from tests.web.conftest import HOSTILE, ORIGIN, Site, csrf_of
from tests.web.test_api import Program, program
from tests.web.test_library import press

__all__ = ["program"]

DRAFT = "/library/draft/new"
ROWS: tuple[tuple[Any, ...], ...] = (
    ("一级指标", "二级指标", "三级指标", "分值", "指标说明", "评分标准"),
    ("决策（40）", "立项", "立项依据", 40, HOSTILE[0], "依据充分得40分，依据不足得20分，没有依据得0分"),
    ("产出（60）", "数量", "完成率", 40, "完成率=完成数/计划数", "得分=完成率×分值"),
    ("", "", "成效", 20, "", "结合访谈情况评价"),
)


def sent(site: Site, client: FlaskClient, content: bytes, name: str = "指标表.xlsx", **more: str) -> Any:
    form = {"do": "table", "organisation": site.world.people.organisations["bureau"], **more}
    return press(client, "/library", file=(io.BytesIO(content), name), **form)


def confirm(client: FlaskClient, node: str, **more: str) -> Any:
    return press(client, DRAFT, at=f"{DRAFT}?node={node}", op="confirm", node=node, **more)


def test_a_table_is_imported_and_every_rule_waits_for_a_person(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    begun = sent(site, clerk, tables.plain_book(ROWS, merge=(1, 2)))
    assert begun.headers.get("Location") == DRAFT, begun.text
    page = clerk.get(DRAFT).text
    assert "还有 3 项规则待确认" in page
    assert len(re.findall('class="mark-wait"', page)) == 3
    home = site.world.people.organisations["bureau"]
    refused = press(clerk, DRAFT, op="save", organisation=home, note="首版")
    assert refused.status_code == 422
    assert "缺少评分规则" in refused.text
    leaf = clerk.get(f"{DRAFT}?node=A101").text
    assert "依据充分得40分" in leaf and "指标体系!F2" in leaf
    assert "按文字分 3 级" in leaf and "试算" in leaf
    assert HOSTILE[0] not in leaf, "words of a table are text, never markup"


def test_confirming_goes_one_by_one_and_what_has_no_proposal_is_written_by_hand(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    sent(site, clerk, tables.plain_book(ROWS, merge=(1, 2)))
    first = confirm(clerk, "A101")
    assert first.status_code == 303
    assert first.headers["Location"] == f"{DRAFT}?node=B101#proposal", "on to the next that waits"
    assert "还有 2 项规则待确认" in clerk.get(DRAFT).text
    assert "已按建议确认" in clerk.get(f"{DRAFT}?node=A101").text
    assert confirm(clerk, "A101").status_code == 422, "nothing waits there any more"
    assert confirm(clerk, "B101").status_code == 303
    assert confirm(clerk, "B102").status_code == 422, "nothing was proposed, so nothing can be confirmed"
    by_hand = {"op": "rule", "node": "B102", "r.kind": "discretionary"}
    assert press(clerk, DRAFT, at=f"{DRAFT}?node=B102", **by_hand).status_code == 303
    page = clerk.get(f"{DRAFT}?node=B102").text
    assert "规则都已确认或改定" in page and "已改定" in page
    home = site.world.people.organisations["bureau"]
    head = {"op": "head", "head_code": "from-table", "head_name": "表中来", "head_version": "1"}
    assert press(clerk, DRAFT, **head).status_code == 303
    done = press(clerk, DRAFT, op="save", organisation=home, note="首版")
    assert done.status_code == 303, done.text
    exported = clerk.get(f"{done.headers['Location']}/table.xlsx")
    assert exported.status_code == 200
    sheet = load_workbook(io.BytesIO(exported.data)).active
    assert sheet is not None
    assert sheet["A3"].value == "决策（40）" and sheet["F3"].value == ROWS[1][5]
    again = sent(site, clerk, exported.data)
    assert again.status_code == 303, again.text


def test_a_replaced_rule_keeps_the_words_and_a_removed_one_waits_again(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    sent(site, clerk, tables.plain_book(ROWS, merge=(1, 2)))
    shown = unescape(clerk.get(f"{DRAFT}?node=B101").text)
    assert re.search(r'name="r\.target" value="100%"', shown), "the form starts from the proposal"
    own = {"op": "rule", "node": "B101", "r.kind": "proportional", "r.value": "完成率", "r.target": "95%"}
    assert press(clerk, DRAFT, at=f"{DRAFT}?node=B101", **own).status_code == 303
    text = unescape(clerk.get(f"{DRAFT}?view=text").text)
    assert "完成数 / 计划数" in text, "what the rule reads came with it"
    assert "已改定" in clerk.get(f"{DRAFT}?node=B101").text
    assert press(clerk, DRAFT, at=f"{DRAFT}?node=B101", op="norule", node="B101").status_code == 303
    assert "待确认" in clerk.get(f"{DRAFT}?node=B101").text


def test_the_same_confirmation_sent_twice_counts_once(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    sent(site, clerk, tables.plain_book(ROWS, merge=(1, 2)))
    page = clerk.get(f"{DRAFT}?node=A101").text
    stamp = page.partition('name="stamp" value="')[2].partition('"')[0]
    form = {
        "csrf_token": csrf_of(page),
        "stamp": stamp,
        "op": "confirm",
        "node": "A101",
        "key": secrets.token_hex(8),
    }
    assert [clerk.post(DRAFT, data=form, headers=ORIGIN).status_code for _ in range(2)] == [303, 303]
    stale = {**form, "node": "B101", "key": secrets.token_hex(8)}
    assert clerk.post(DRAFT, data=stale, headers=ORIGIN).status_code == 412, "another page changed the draft"


def test_a_table_that_cannot_be_read_is_told_cell_by_cell_and_begins_nothing(site: Site) -> None:
    clerk = site.as_role(Role.FO)
    press(clerk, DRAFT, at="/library", op="discard")
    wrong = [list(row) for row in ROWS]
    wrong[1][3], wrong[3][5] = "四十", "#VALUE!"
    answer = sent(site, clerk, tables.plain_book(wrong, merge=(1, 2)))
    assert answer.status_code == 422
    assert "<title>【演示】错误：" in answer.text
    for words in (">指标体系!D2：", "四十", ">指标体系!F4：", "错误值"):
        assert words in answer.text
    assert sent(site, clerk, b"no workbook").status_code == 422
    assert sent(site, clerk, tables.plain_book(ROWS), organisation="elsewhere").status_code == 422
    assert clerk.get(DRAFT).status_code == 404
    assert sent(site, site.as_role(Role.FR), tables.plain_book(ROWS)).status_code == 403


def test_programs_bring_a_table_decide_rule_by_rule_and_take_it_out(
    site: Site, program: Callable[..., Program]
) -> None:
    clerk, reviewer = program(Role.FO), program(Role.FR)
    file = (io.BytesIO(tables.plain_book(ROWS, merge=(1, 2))), "指标表.xlsx")
    form = {"organisation": site.world.people.organisations["bureau"], "file": file}
    path = "/api/v1/library/drafts"
    made = clerk.client.post(
        path,
        data=form,
        headers={"Authorization": f"Bearer {clerk.token}"},
        content_type="multipart/form-data",
    )
    assert made.status_code == 200, made.text
    assert made.json["waiting"] == ["A101", "B101", "B102"]
    leaf = made.json["leaves"][0]
    assert (leaf["kind"], leaf["place"], leaf["wording"]) == ("分级", "指标体系!F2", ROWS[1][5])
    assert leaf["trials"] and leaf["why"]
    stamp, key = made.json["stamp"], secrets.token_hex(8)
    body = {"node": "A101", "stamp": stamp}
    first = clerk.post("/library/drafts/rules", body, Idempotency_Key=key)
    again = clerk.post("/library/drafts/rules", body, Idempotency_Key=key)
    assert (first.status_code, first.data) == (200, again.data)
    assert clerk.post("/library/drafts/rules", {"node": "B101", "stamp": stamp}).status_code == 412
    draft = clerk.get("/library/drafts").json["drafts"][0]
    assert draft["waiting"] == ["B101", "B102"]
    own = {"node": "B102", "stamp": draft["stamp"], "rule": {"kind": "discretionary"}}
    assert clerk.post("/library/drafts/rules", own).status_code == 200
    draft = clerk.get("/library/drafts").json["drafts"][0]
    assert [one["state"] for one in draft["leaves"]] == ["confirmed", "waiting", "replaced"]
    for wrong in (
        {"node": "Z9", "stamp": draft["stamp"]},
        {**own, "rule": {"kind": "guess"}},
        {**own, "rule": "x"},
    ):
        assert clerk.post("/library/drafts/rules", wrong).status_code == 422
    assert reviewer.get("/library/drafts").status_code == 403
    assert reviewer.get("/library/bundled:zhongshan-cloud-2022/table").data[:2] == b"PK"
