"""Papers of a 主评人 against the article: every lack is named, on the day it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from service.workflow.actions import Action
from service.workflow.certifier import Papers, lacking, papers_of
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.unit.workflow.good_facts import GOOD, refusal, step

GIVEN = Papers("注册会计师", 5, 3, clean_record=True, valid_until=date(2025, 4, 20))
DAY = date(2025, 4, 20)


def test_good_papers_lack_nothing_on_their_last_day_and_are_stored_whole() -> None:
    assert lacking(GIVEN, on=DAY) == ()
    assert papers_of(GIVEN.to_plain()) == GIVEN
    title = replace(GIVEN, valid_until=None)
    assert papers_of(title.to_plain()) == title and lacking(title, on=date(2099, 1, 1)) == ()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"qualification": " "}, "没有写明职称或执业资格"),
        ({"years": 4}, "从业不满5年"),
        ({"evaluating_years": 2}, "从事绩效评价不满3年"),
        ({"clean_record": False}, "没有无不良记录的声明"),
        ({"valid_until": date(2025, 4, 19)}, "执业资格已于2025-04-19到期"),
    ],
)
def test_each_lack_has_its_words(changed: dict[str, object], words: str) -> None:
    assert lacking(replace(GIVEN, **changed), on=DAY) == (words,)  # type: ignore[arg-type]


def test_everything_lacking_is_named_at_once_and_no_papers_is_one_lack() -> None:
    assert len(lacking(Papers("", 0, 0, clean_record=False, valid_until=date(2020, 1, 1)), on=DAY)) == 5
    assert lacking(None, on=DAY) == ("没有登记本人的主评人资格材料",)


def test_papers_are_asked_for_only_where_a_certificate_is() -> None:
    facts = replace(GOOD, certifier_lacks=("从业不满5年",))
    place = (Stage.FINALISATION, Action.REPORT_CERTIFY, Role.EL)
    assert refusal(*place, facts) == [
        "主评人资格材料不齐或已过期：从业不满5年；请经办在评价基本信息中登记或更新"
    ]
    assert step(*place, facts, Kind.FISCAL).next_stage is None
