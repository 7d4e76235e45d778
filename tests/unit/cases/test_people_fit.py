"""People and days the process would refuse are named when a case is read, with their line and a cure."""

from __future__ import annotations

from pathlib import Path

import pytest

from service.cases import reader
from service.cases.acts import Planned
from service.cases.source import CaseFile
from service.errors import InvalidError, Problem
from service.workflow.actions import Action

CASES = Path(__file__).parents[2] / "cases"


def read(name: str, *changes: tuple[str, str]) -> CaseFile:
    path = CASES / f"{name}.yaml"
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return reader.parse(text, name=path.name, folder=CASES)


def problems_of(name: str, *changes: tuple[str, str]) -> list[Problem]:
    with pytest.raises(InvalidError) as caught:
        read(name, *changes)
    return list(caught.value.problems)


def line_of(name: str, words: str) -> int:
    lines = (CASES / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


@pytest.mark.parametrize("path", sorted(CASES.glob("*.yaml")), ids=lambda p: p.stem)
def test_every_sample_is_read_without_a_problem(path: Path) -> None:
    if path.stem != "framework":
        reader.load(path)


def test_two_duties_a_city_keeps_apart_are_named_at_the_person() -> None:
    found = problems_of("fiscal", ("policy: county", "policy: city"))
    assert {(p.path, p.line) for p in found} == {
        ("people[2].roles", line_of("fiscal", "code: clerk")),
        ("people[3].roles", line_of("fiscal", "code: desk")),
    }
    assert all("不能由一人兼任" in p.message and "county" in p.cure for p in found)


WRONG_PERSONS = [
    ("fiscal", "{step: draft_issue, on: 2025-03-11, by: desk}", "desk", "filler", "approvals[2].by"),
    ("fiscal", "by: clerk, on: 2025-03-26", "clerk", "signer", "consultation.opinions[0].disposition.by"),
    ("fiscal", "plan: {on: 2025-01-08, by: clerk", "clerk", "signer", "plan.by"),
    ("fiscal", "by: clerk, on: 2025-03-03", "clerk", "head", "on_site.findings[0].by"),
    ("fiscal", "reason: 调试完毕, by: clerk", "clerk", "head", "standstills[1].by"),
    ("paper", "on_behalf: leader", "leader", "worker", "paper[4].on_behalf"),
    ("returns", "on: 2025-04-02, by: second", "second", "head", "returns[1].by"),
    ("corrected", "signed_by: other", "other", "clerk", "corrections[0].signed_by"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "words", "right", "wrong", "path"), WRONG_PERSONS)
def test_an_act_of_somebody_without_the_role_is_named_where_he_is(
    name: str, words: str, right: str, wrong: str, path: str
) -> None:
    changed = words.replace(f": {right}", f": {wrong}")
    (found,) = problems_of(name, (words, changed))
    assert found.path == path and found.line == line_of(name, words)
    assert "没有办这件事的角色" in found.message and found.value == wrong
    assert found.allowed and found.cure


OWN_ACTS = [
    ("confirmed_by: desk", "confirmed_by: clerk", "consultation.opinions[0].disposition.confirmed_by", "desk"),
    ("review_pass, on: 2025-02-26, by: desk", "review_pass, on: 2025-02-26, by: clerk", "approvals[0].by", "desk"),
    ("draft_issue, on: 2025-03-11, by: desk", "draft_issue, on: 2025-03-11, by: clerk", "approvals[2].by", "desk"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "path", "instead"), OWN_ACTS)
def test_who_confirms_his_own_proposal_is_named_with_who_may(
    old: str, new: str, path: str, instead: str
) -> None:
    (found,) = problems_of("fiscal", (old, new))
    assert found.path == path and found.line == line_of("fiscal", old)
    assert "不能是同一人" in found.message
    assert found.value == "clerk" and found.allowed == instead


def test_who_answered_a_request_or_signed_before_is_named_with_his_line() -> None:
    (found,) = problems_of(
        "paper", ("roles: [DH]", "roles: [DH, DF]"), ("answer: 已补,", "answer: 已补, answered_by: head,")
    )
    assert "提出人与确认人不能是同一人" in found.message
    assert found.path == "material_review.supplements[0].answered_by" and found.value == "head"
    (found,) = problems_of("corrected", ("signed_by: other", "signed_by: first"))
    assert found.path == "corrections[0].signed_by" and found.allowed == "other"
    assert found.line == line_of("corrected", "signed_by: other")


def test_who_recorded_a_finding_cannot_answer_its_objection_in_a_city() -> None:
    objected = "confirmation: objected"
    people = ("duty: 组长, roles: [EL]", "duty: 组长, roles: [EL, EV]")
    (found,) = problems_of("paper", people, (objected, f"by: leader, {objected}"))
    assert "所记发现的异议" in found.message and found.path == "on_site.findings[1].by"


def test_a_confirmation_nobody_is_named_for_goes_to_somebody_else() -> None:
    acts = Planned(read("fiscal", (", confirmed_by: desk", ""))).acts
    assert [a.by for a in acts if a.action is Action.DISPOSITION_CONFIRM] == ["desk"]


def test_a_desk_of_one_is_named_where_nobody_else_could_confirm() -> None:
    people = (
        "settings: {policy: county}\norganisations: [{code: u, name: 某局, parts: [finance]}]\n"
        "people: [{code: one, duty: 经办兼组长, roles: [EL, FO], organisation: u}]\n"
    )
    found = problems_of("adjusted", ("issued_on:", people + "issued_on:"))
    assert [p.path for p in found] == ["people[0]"]
    assert "不能是同一人" in found[0].message and "另一组织方经办" in found[0].allowed


DAYS = [
    ("fiscal", "report_on: 2025-04-10", "report_on: 2025-03-20", "report_on"),
    ("fiscal", "on: 2025-03-14", "on: 2025-04-01", "consultation.opinions[0].on"),
    ("fiscal", "confirmed_on: 2025-03-27", "confirmed_on: 2025-03-29", "consultation.opinions[0].disposition.confirmed_on"),
    ("department-firm", "on: 2025-03-20}", "on: 2025-03-26}", "consultation.opinions[0].on"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "path"), DAYS)
def test_a_day_against_the_order_of_the_process_is_named(name: str, old: str, new: str, path: str) -> None:
    found = {p.path: p for p in problems_of(name, (old, new))}
    assert found[path].line == line_of(name, old)
    assert found[path].value and found[path].allowed and found[path].cure


def test_an_opinion_after_a_return_may_follow_the_first_closing() -> None:
    assert read("opinions").case.consultation is not None


def test_a_return_the_kind_has_no_way_for_is_named() -> None:
    found = problems_of("unit-self", ("back_to: self_assessment", "back_to: on_site_verification"))
    assert [(p.path, p.allowed) for p in found] == [("returns[0].back_to", "self_assessment")]
    found = problems_of("returns", ("start: material_review, back_to", "start: self_assessment, back_to"))
    assert [p.path for p in found] == ["returns[0].back_to"]


def test_an_opinion_without_an_answer_is_listed_as_not_in_the_source() -> None:
    path = CASES / "fiscal.yaml"
    text = path.read_text(encoding="utf-8")
    start = text.index("      disposition: {")
    end = text.index("\n", start) + 1
    file = reader.parse(text[:start] + text[end:], name=path.name, folder=CASES)
    assert "步骤：意见 O1 的处理（来源未载）" in Planned(file).stand_ins
    assert "步骤：意见 O1 的处理（来源未载）" not in Planned(read("fiscal")).stand_ins


def test_a_result_under_the_name_of_a_node_is_told_its_code() -> None:
    found = problems_of("late", ("  A2: {awarded", "  资金使用合规性: {awarded"))
    assert "A2" in found[0].cure and "指标名称" in found[0].cure


@pytest.mark.parametrize("name", ["fiscal", "unit-self", "simplified"])
def test_a_case_that_refuses_stand_ins_names_everything_its_source_lacks(name: str) -> None:
    text = (CASES / f"{name}.yaml").read_text(encoding="utf-8").replace("stand_ins: fill\n", "")
    lacking = Planned(reader.parse(text, name="x.yaml", folder=CASES)).stand_ins
    assert any(line.startswith("步骤：") for line in lacking)
    with pytest.raises(InvalidError) as caught:
        reader.parse(f"{text}\nstand_ins: refuse\n", name="x.yaml", folder=CASES)
    assert tuple(p.message.partition("：")[2] for p in caught.value.problems) == lacking
    assert {problem.path for problem in caught.value.problems} == {"stand_ins"}
