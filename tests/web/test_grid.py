"""评分办理 through its pages: rows saved, points typed, two editors, blocks of a workbook, the submission."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event

from service.extensions import db
from service.models.score import Deduction, LeafResult
from service.queries import sheet
from service.workflow.roles import Role
from tests.web.conftest import ORIGIN, Site, csrf_of

GRID = "/cases/visit/grid"
PARTIAL = {**ORIGIN, "HX-Request": "true"}


def _page(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


def _save(client: FlaskClient, node: str, fields: dict[str, str], *, version: str = "", **more: Any) -> Any:
    page = _page(client, f"{GRID}/{node}")
    form = {"csrf_token": csrf_of(page), "version": version or _hidden(page, "version"), **fields}
    return client.post(f"{GRID}/{node}", data=form, headers=more.get("headers", PARTIAL))


def _stored(site: Site, node: str) -> dict[str, Any]:
    with site.app.app_context():
        row = db.session.query(LeafResult).filter_by(
            evaluation_id=site.world.cases["visit"], node=node, sheet=""
        )
        return dict(row.one().data)


def test_the_sheet_shows_rule_clause_arithmetic_and_who_may_not_type_only_reads(
    visitor: Callable[[Role | str], FlaskClient],
) -> None:
    page = _page(visitor(Role.EV), GRID)
    for words in ("按比例：实际值 达到 100% 得满分", "算式", "条款：", "95%", "尚缺", "起草"):
        assert words in page, words
    assert 'name="value"' in page and 'name="wanted"' in page
    assert visitor(Role.DF).get(GRID).status_code in (403, 404)
    assert visitor("stranger").get(GRID).status_code == 404
    assert visitor(Role.DF).get("/cases/final/grid").status_code == 403
    final = _page(visitor(Role.FO), "/cases/final/grid")
    assert "不能录入评分" in final and 'name="wanted"' not in final
    for hint in ("回车到下一行", "每一处改动都要写明来由", "实际情况、理由、缺失", "记扣分"):
        assert hint not in final, f"nothing can be written here: {hint}"
    late = _page(visitor(Role.EL), "/cases/final/grid")
    assert "回车到下一行" in late and "每一处改动都要写明来由" in late


def test_a_row_is_saved_and_comes_back_with_the_totals(site: Site) -> None:
    client = site.as_role(Role.EV)
    answer = _save(client, "B1", {"points": "５０．５", "reason": "两台晚到", "full": "1"})
    text = answer.get_data(as_text=True)
    assert answer.status_code == 200 and 'id="row-B1"' in text and 'id="g-foot"' in text
    assert "88.50" in text, "38 of A1 and 50.5 of B1"
    assert _stored(site, "B1") == {"points": "50.5", "reason": "两台晚到"}
    without = _save(client, "B1", {"points": "51"}, headers=ORIGIN)
    assert without.status_code == 303 and without.headers["Location"].endswith("#row-B1")
    assert _stored(site, "B1") == {"points": "51", "reason": "两台晚到"}, "what was not sent stays"


def test_a_saved_row_computes_its_sheet_once_and_the_points_typed_once_more(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    computed: list[str] = []
    real = sheet.score
    monkeypatch.setattr(sheet, "score", lambda *given: computed.append("") or real(*given))
    client = site.as_role(Role.EV)
    shown = _hidden(_page(client, f"{GRID}/A1"), "was")
    for sent, headers, count in (
        ({"value": "91%"}, PARTIAL, 1),
        ({"value": "92%", "wanted": shown, "was": shown}, PARTIAL, 1),
        ({"value": "93%"}, ORIGIN, 0),
        ({"value": "94%", "wanted": "1"}, PARTIAL, 2),
    ):
        page = _page(client, f"{GRID}/A1")
        form = {"csrf_token": csrf_of(page), "version": _hidden(page, "version"), **sent}
        computed.clear()
        assert client.post(f"{GRID}/A1", data=form, headers=headers).status_code in (200, 303)
        assert len(computed) == count, sent


def test_the_later_of_two_editors_sees_both_values_and_keeps_what_was_typed(site: Site) -> None:
    first, second = site.as_role(Role.EV), site.as_role(Role.EL)
    version = _hidden(_page(second, f"{GRID}/A1"), "version")
    assert _save(first, "A1", {"value": "90%"}).status_code == 200
    late = _save(second, "A1", {"value": "80%"}, version=version)
    text = late.get_data(as_text=True)
    assert late.status_code == 412 and "没有覆盖" in text and 'value="80%"' in text and "测得：90%" in text
    assert _stored(site, "A1")["value"] == "90%"
    again = _save(second, "A1", {"value": "80%"}, version=_hidden(text, "version"))
    assert again.status_code == 200 and _stored(site, "A1")["value"] == "80%"


def test_what_cannot_be_read_is_said_and_kept_and_nothing_is_stored(site: Site) -> None:
    client = site.as_role(Role.EV)
    before = site.rows()["leaf_result"]
    wrong = _save(client, "B1", {"points": "五十"})
    text = wrong.get_data(as_text=True)
    assert wrong.status_code == 422 and "不是数" in text and 'value="五十"' in text
    assert _save(client, "B1", {"points": "1.234"}).status_code == 422, "three decimals are never rounded"
    assert _save(client, "B1", {"wanted": "高"}).status_code == 422
    assert site.rows()["leaf_result"] == before
    assert client.post(f"{GRID}/B1", data={"points": "1"}, headers=ORIGIN).status_code == 400, "no token"


def test_points_typed_lower_open_the_deduction_and_higher_the_adjustment(site: Site) -> None:
    client = site.as_role(Role.EV)
    lower = _save(client, "A1", {"value": "95%", "wanted": "36", "was": "38.00"}).get_data(as_text=True)
    assert "按差额记扣分" in lower and 'name="amount" value="36"' in lower
    form = {"csrf_token": csrf_of(lower), "key": _hidden(lower, "key"), "back": GRID, "node": "A1"}
    words = {"amount": "36", "reason": "合同外支出", "clause": "评分标准", "no_evidence": "现场所见"}
    done = client.post("/cases/visit/do/awarded.type", data={**form, **words}, headers=ORIGIN)
    assert done.status_code == 303
    with site.app.app_context():
        row = db.session.query(Deduction).filter_by(evaluation_id=site.world.cases["visit"], node="A1").one()
        assert row.amount == "4", "the loss of 2 by the rule and 2 more"
    higher = _save(client, "A1", {"wanted": "37", "was": "36.00"}).get_data(as_text=True)
    assert "记裁量调整" in higher and "高于现分" in higher and 'name="amount" value="37"' in higher
    plain = _save(client, "A1", {"wanted": "37", "was": "36.00"}, headers=ORIGIN)
    assert plain.status_code == 303 and "adjustment.draft" in plain.headers["Location"]
    unchanged = _save(client, "A1", {"wanted": "38.00", "was": "38.00"}).get_data(as_text=True)
    assert "act-panel" not in unchanged.partition("g-foot")[2], "points nobody typed open nothing"


def test_a_block_of_a_workbook_is_shown_before_it_is_stored(site: Site) -> None:
    client = site.as_role(Role.EV)
    page = _page(client, "/cases/visit/paste-scores")
    text = "编码\t指标\t值\t备注\nA1\t预算执行率\t９７％\t据决算\n更新完成情况\t\t49\t"
    form = {"csrf_token": csrf_of(page), "text": text}
    before = site.rows()["leaf_result"]
    seen = client.post("/cases/visit/paste-scores", data=form, headers=ORIGIN).get_data(as_text=True)
    assert (
        "确认录入 2 项" in seen and "修改" in seen and "新增" in seen and site.rows()["leaf_result"] == before
    )
    sure = {**form, "sure": "1", "key": _hidden(seen, "key"), "v-A1": _hidden(seen, "v-A1")}
    done = client.post("/cases/visit/paste-scores", data=sure, headers=ORIGIN)
    assert done.status_code == 303 and _stored(site, "A1")["value"] == "97%"
    assert _stored(site, "B1") == {"points": "49"}
    bad = client.post("/cases/visit/paste-scores", data={**form, "text": "A9\t1\nB1\t九"}, headers=ORIGIN)
    said = bad.get_data(as_text=True)
    assert "没有这个编码" in said and "不是数" in said and "确认录入" not in said
    stale = client.post(
        "/cases/visit/paste-scores", data={**sure, "key": "2", "text": "A1\t96%"}, headers=ORIGIN
    )
    assert stale.status_code == 412 and _stored(site, "A1")["value"] == "97%"


def test_drafts_are_submitted_together_and_late_changes_name_their_origin(site: Site) -> None:
    leader = site.as_role(Role.EL)
    page = _page(leader, GRID)
    form = {"csrf_token": csrf_of(page), "key": "k", "sheet": ""}
    assert leader.post("/cases/visit/submit-drafts", data=form, headers=ORIGIN).status_code == 303
    assert "已提交 1 条" in _page(leader, GRID)
    late = _page(leader, "/cases/asked/grid/B1")
    assert "来由" in late and "提出人" in late
    sent = {"csrf_token": csrf_of(late), "version": _hidden(late, "version"), "points": "49"}
    refused = leader.post("/cases/asked/grid/B1", data=sent, headers=PARTIAL)
    assert refused.status_code == 409 and 'value="49"' in refused.get_data(as_text=True)
    named = {**sent, "origin": "异议", "asked_by": "单位负责人", "paper": "意见 Y001"}
    assert leader.post("/cases/asked/grid/B1", data=named, headers=PARTIAL).status_code == 200


def test_the_sheet_asks_the_database_a_fixed_number_of_times(site: Site) -> None:
    client, counted = site.as_role(Role.EV), []
    _page(client, GRID)
    with site.app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *call: counted.append(call[2]))
    _page(client, GRID)
    assert len(counted) <= 28, counted


def test_words_that_cannot_be_kept_are_refused_and_not_shortened_in_silence(site: Site) -> None:
    client = site.as_role(Role.EV)
    before = _stored(site, "A1")
    for typed, said in (("坏\x01字", "不能保存的字符"), ("长" * 2001, "2001 字")):
        answer = _save(client, "A1", {"reason": typed, "note": "留着"})
        assert answer.status_code == 422
        assert said in answer.text
        assert "留着" in answer.text
        assert typed in answer.text
    assert _stored(site, "A1") == before
