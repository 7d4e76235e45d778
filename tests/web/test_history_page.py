"""The log of a case for people: asked for by person, act, field, indicator, stage; differences to the letter."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from service.actions import scoring
from service.actions.finalisation import Words, write_report
from service.queries.textdiff import GIVEN, KEPT, TAKEN, Shape, compare, text_runs
from service.workflow.roles import Role
from tests.web.conftest import HOSTILE, Site

Visitor = Callable[[Role | str], FlaskClient]


def flat(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def entries(page: str) -> list[str]:
    return [flat(part) for part in page.split('<li class="entry')[1:]]


@given(st.text(alphabet="甲乙丙 a1.\n。", max_size=60), st.text(alphabet="甲乙丙 a1.\n。", max_size=60))
def test_what_was_kept_taken_and_given_makes_both_texts(before: str, after: str) -> None:
    runs = text_runs(before, after)
    assert "".join(text for kind, text in runs if kind != GIVEN) == before
    assert "".join(text for kind, text in runs if kind != TAKEN) == after


def test_chinese_is_compared_by_character_and_numbers_as_a_whole() -> None:
    runs = text_runs("两台终端晚到 18 天。", "三台终端晚到 20 天。")
    assert [text for kind, text in runs if kind == TAKEN] == ["两", "18"]
    assert [text for kind, text in runs if kind == GIVEN] == ["三", "20"]
    assert (KEPT, "台终端晚到 ") in runs


def test_long_texts_are_compared_within_bounds_and_shown_around_the_change() -> None:
    body = "".join(f"第{n}句说明情况。" for n in range(2_000))
    changed = compare(body, body.replace("第700句", "第七百句"), Shape.TEXT)
    assert sum(len(text) for kind, text in changed.tokens if kind in "=+-") < 400
    assert any(kind == "…" for kind, _ in changed.tokens)
    assert any(kind == TAKEN for kind, _ in changed.tokens)


@pytest.mark.parametrize(
    ("before", "after", "delta"), [("1.5", "2", "0.5"), ("2145/5823", "1", "3678/5823"), ("3", "1", "-2")]
)
def test_numbers_have_a_difference(before: str, after: str, delta: str) -> None:
    found = compare(before, after, Shape.NUMBER)
    assert found.delta in (delta, "1226/1941")


def test_lists_are_compared_by_element() -> None:
    found = compare("甲\n乙\n乙", "乙\n丙", Shape.LIST)
    assert (found.removed, found.added, found.kept) == (("甲", "乙"), ("丙",), 1)


def test_changes_are_told_by_character_element_and_amount(site: Site) -> None:
    with site.app.app_context():
        people, case = site.world.people, site.world.cases["visit"]
        for value in ("95%", "97%"):
            scoring.record_results(
                people.actor(Role.EV), case, results={"A1": {"value": value, "note": "甲"}}
            )
        final, actor = site.world.cases["final"], people.actor(Role.EL)
        write_report(
            actor, final, words=(Words("section", "background", f"更换服务大厅的{HOSTILE[0]}终端。"),)
        )
    leader = site.as_role(Role.EL)
    told = leader.get("/cases/visit/history?node=A1&field=leaf_result.data").text
    first = told.split('<li class="entry')[1]
    assert re.search(r"删去</span><del>value：95%</del>", first)
    assert re.search(r"新增</span><ins>value：97%</ins>", first)
    assert "项未变" in first
    page = leader.get("/cases/final/history?field=narrative.body").text
    changed = page.split('<li class="entry')[1]
    assert "<script>alert" not in page
    assert "服务大厅的<ins>&lt;script&gt;alert(1)&lt;/script&gt;</ins>终端。" in changed


def test_entries_are_asked_for_by_person_act_field_indicator_stage(visitor: Visitor) -> None:
    leader = visitor(Role.EL)
    whole = leader.get("/cases/visit/history").text
    scores = entries(leader.get("/cases/visit/history?field=deduction").text)
    assert len(scores) == 1
    assert "扣分" in scores[0]
    on_node = entries(leader.get("/cases/visit/history?node=B1").text)
    assert any("添加佐证" in text for text in on_node)
    assert any("自评" in text for text in on_node)
    assert len(on_node) < len(entries(whole))
    refused = entries(leader.get("/cases/review/history?outcome=refused").text)
    assert len(refused) == 1
    assert "试图" in refused[0]
    person = re.search(r'<option value="([0-9a-f-]{36})">组织方经办（fo）', whole)
    assert person is not None
    acts = entries(leader.get(f"/cases/visit/history?person={person[1]}").text)
    assert acts
    assert all("组织方经办" in text for text in acts)
    assert entries(leader.get("/cases/visit/history?role=FO").text) == acts
    one = entries(leader.get("/cases/visit/history?action=self.submit").text)
    assert len(one) == 1
    assert "没有符合条件的留痕" in leader.get("/cases/visit/history?action=report.sign").text


def test_each_entry_stands_in_the_stage_it_was_made_in(visitor: Visitor) -> None:
    leader = visitor(Role.EL)
    total = len(entries(leader.get("/cases/visit/history").text))
    found = 0
    for stage, label in (
        ("self_assessment", "自评"),
        ("material_review", "材料审核"),
        ("on_site_verification", "现场核查"),
    ):
        page = leader.get(f"/cases/visit/history?stage={stage}").text
        run = entries(page)
        assert run, stage
        assert set(re.findall(r"<h3>(\S+)阶段<", page)) <= {label, "建档"}
        found += len(run)
    assert found == total, "each entry in exactly one stage"


def test_what_waits_for_a_checkpoint_is_said(visitor: Visitor) -> None:
    page = flat(visitor(Role.EL).get("/cases/visit/history").text)
    count = re.search(r"待封存 (\d+) 条", page)
    assert count is not None
    assert int(count[1]) > 0
    assert "待封存的各条已经写入" in page


def test_who_may_not_see_scores_learns_nothing_by_asking(visitor: Visitor) -> None:
    organiser = visitor(Role.FO)
    page = organiser.get("/cases/visit/history").text
    assert 'value="deduction"' not in page
    assert 'value="deduction.amount"' not in page
    assert entries(organiser.get("/cases/visit/history?field=deduction").text) == []
    named = flat(organiser.get("/cases/visit/history?node=B1").text)
    assert "起草扣分" not in named.partition("筛选")[2]
