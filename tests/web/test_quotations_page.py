"""Figures a source printed, shown where ours are read: beside the line, beside the total, on a page of their own."""

from __future__ import annotations

import re
from html import unescape

from service.actions import scoring
from service.actions.commissioning import Quoted
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder
from tests.web.conftest import Site
from tests.web.test_pages import line_of, words

QUOTED = (
    Quoted("执行率得分", "38.00分", "二（一）", {"computed": "node.A1.awarded"}),
    Quoted("完成情况得分", "52分", "二（二）", {"computed": "node.B1.awarded"}),
    Quoted(
        "报告总分", "90.00分", "摘要", {"computed": "total", "declared": {"kind": "sum", "cause": "未说明"}}
    ),
    Quoted("服务期", "三年", "一（一）", {"cause": "中文数字"}),
)


def test_a_printed_figure_stands_beside_ours_and_both_pages_lead_to_each_other(site: Site) -> None:
    with site.app.app_context():
        case = CaseBuilder(site.world.people, code="printed", quoted=QUOTED)
        case.until(Stage.ON_SITE_VERIFICATION)
        results = {"A1": {"value": "95%"}, "B1": {"points": "50", "reason": "两台晚到"}}
        scoring.record_results(case.actor(Role.EV), case.id, results=results)
    reader = site.as_role(Role.EL)
    page = reader.get("/cases/printed/scores").text
    assert "执行率得分：印作 38.00分，与算得的一致" in words(line_of(page, "A1"))
    b1 = words(line_of(page, "B1"))
    assert "完成情况得分：印作 52分，算得 50" in b1 and "与所印不符" in b1
    assert "与所印不符" not in words(line_of(page, "A1"))
    assert "报告总分：印作 90.00分，算得 88.00 合计不符 未说明" in words(_text(page))
    listed = reader.get("/cases/printed/quotations").text
    assert 'href="/cases/printed/scores?node=B1#n-B1"' in listed
    assert 'href="/cases/printed/scores#h-total"' in listed
    assert listed.count("的由来") == 1 and listed.count("得分由来") == 2


def _text(page: str) -> str:
    return unescape(re.sub(r"<[^>]+>", " ", page))
