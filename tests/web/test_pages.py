"""What the pages say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from service.actions import scoring
from service.extensions import db
from service.models import load_models
from service.models.base import Base, audited_tables
from service.models.types import EnumText
from service.queries.words import TABLES, field_label, table_label, value_label
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, Site

Visitor = Callable[[Role | str], FlaskClient]


def line_of(page: str, code: str) -> str:
    """The part of the score page that unfolds the line of `code`."""
    start = page.index(f'id="n-{code}"')
    return unescape(re.sub(r"<[^>]+>", " ", page[start : page.index("</details>", start)]))


def words(text: str) -> str:
    return " ".join(text.split())


def test_every_figure_of_the_sheet_unfolds_to_rule_result_arithmetic_and_reasons(visitor: Visitor) -> None:
    page = visitor(Role.EL).get("/cases/visit/scores").text
    a1 = words(line_of(page, "A1"))
    assert "得分 38.00 = 满分 40.00 − 扣分 2.00 + 加分 0.00 + 调整 0.00" in a1
    assert "测得 95%" in a1
    assert "评价员录入" in a1
    assert "算式" in a1
    b1 = words(line_of(page, "B1"))
    assert "扣 1.50 分" in b1
    assert HOSTILE[1] in b1
    assert "经手 评价员" in b1
    assert "现场核查" in b1
    assert "无材料" in b1
    assert "E01" in b1
    assert "总分如何得出" in page


def test_an_adjustment_shows_the_figure_of_the_rule_beside_the_awarded_one(site: Site) -> None:
    from_rule = {"A1": {"value": "95%"}}
    with site.app.app_context():
        actor = site.world.people.actor(Role.EV)
        case = site.world.cases["visit"]
        scoring.record_results(actor, case, results=from_rule)
        reason = scoring.Reason(
            node="A1", amount="39", reason="跨年支付有批复", clause="方案三", no_evidence="无"
        )
        scoring.draft_adjustment(actor, case, reason)
    shown = words(line_of(site.as_role(Role.EL).get("/cases/visit/scores").text, "A1"))
    assert "规则得 38.00，评定 39.00" in shown
    assert "跨年支付有批复" in shown
    assert "调整 1.00" in shown


def test_the_rates_are_drawn_with_title_description_and_table(visitor: Visitor) -> None:
    page = visitor(Role.EL).get("/cases/final/scores").text
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert "<title" in svg
    assert "<desc" in svg
    assert svg.count("<rect") == 4
    assert "查看数据表" in page


def test_hostile_words_are_shown_as_they_were_written(visitor: Visitor) -> None:
    leader = visitor(Role.EL)
    pages = {
        "/cases/visit/scores?open=1": HOSTILE,
        "/cases/visit/evidence": HOSTILE,
        "/cases/visit/history": HOSTILE,
        "/cases/review/review": HOSTILE[:1],
    }
    for path, expected in pages.items():
        page = leader.get(path).text
        for text in expected:
            assert text in unescape(page), (path, text)
        scripts = re.findall(r"<script[^>]*>[^<]*", page)
        assert page.count("<script") == len(scripts)
        assert all(re.fullmatch(r'<script src="/[^"]+" (defer|type="module")>', each) for each in scripts)
        assert "<img" not in page
        assert "<h1>乱入" not in page
    found = leader.get("/cases", query_string={"text": HOSTILE[1]}).text
    assert HOSTILE[1] in unescape(found)
    assert "<img" not in found


def test_the_list_filters_by_everything_it_offers(visitor: Visitor) -> None:
    leader = visitor(Role.EL)

    def listed(**asked: str) -> set[str]:
        return set(re.findall(r'href="/cases/([^"/]+)"', leader.get("/cases", query_string=asked).text))

    everything = {"review", "visit", "asked", "final"}
    assert listed() == everything
    assert listed(year="2024") == everything
    assert listed(year="1999") == set()
    assert listed(kind="department", stage="consultation") == {"asked"}
    assert listed(kind="fiscal") == set()
    assert listed(stage="nonsense") == set()
    assert listed(text="fin") == {"final"}
    assert listed(text="设备更新") == everything
    assert listed(text="%") == set()
    assert listed(grade="优") | listed(grade="良") == {"final"}
    assert listed(page="999999") == everything
    assert listed(page="-1") == everything
    assert "没有符合条件的项目" in leader.get("/cases?text=nothing").text
    assert "清除全部筛选" in leader.get("/cases?text=nothing").text


def test_the_history_tells_who_did_what_with_old_and_new_values_and_marks_refusals(visitor: Visitor) -> None:
    page = visitor(Role.EL).get("/cases/review/history").text
    text = words(unescape(re.sub(r"<[^>]+>", " ", page)))
    assert "组织方复核 （组织方复核） 下达评价" in text
    assert "业务日期 2025-01-06" in text
    assert "拟下达 → 进行中" in text
    assert "试图 报送工作方案" in text or "被拒绝" in text
    assert "被拒绝" in text
    assert re.search(r"叶散列 [0-9a-f]{64}", text)
    assert "树根" in text


def test_the_history_is_paged_newest_first(visitor: Visitor) -> None:
    first = visitor(Role.EL).get("/cases/final/history").text
    indexes = [int(found) for found in re.findall(r'id="i-(\d+)"', first)]
    assert indexes == sorted(indexes, reverse=True)
    assert indexes


def test_the_scores_as_json_are_the_snapshot(visitor: Visitor) -> None:
    tree = json.loads(visitor(Role.EL).get("/cases/final/scores.json").data)
    assert tree["code"] == "final"
    assert tree["sheet"]["total"] == "88"
    assert tree["demo"] is True


@pytest.mark.parametrize(
    "page",
    ["", "/scores", "/quotations", "/evidence", "/review", "/visit", "/opinions", "/report", "/history"],
)
def test_a_page_without_contents_says_what_will_stand_there(visitor: Visitor, page: str) -> None:
    answer = visitor(Role.AU).get(f"/cases/review{page}")
    assert answer.status_code == 200
    assert "<main" in answer.text


def test_the_list_takes_few_queries_however_many_cases_there_are(shared: Site, visitor: Visitor) -> None:
    client = visitor(Role.EL)
    asked: list[str] = []
    with shared.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    client.get("/cases")
    assert 0 < len(asked) <= 15


def test_everything_the_log_may_name_has_a_chinese_name() -> None:
    load_models()
    for name in audited_tables():
        assert table_label(name) != name
        for column in Base.metadata.tables[name].c:
            if column.name not in ("id", "version", "last_audit") and column.info.get("audit") != "skip":
                assert field_label(name, column.name) != column.name, f"{name}.{column.name}"
            if isinstance(column.type, EnumText):
                for member in column.type.enum_class:
                    assert not value_label(member).isascii() or member.value.isupper(), member
    assert set(TABLES) == set(audited_tables())
