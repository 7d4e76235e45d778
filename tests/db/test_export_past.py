"""What happened on the way is written with an exported case and replays the same way again."""

from __future__ import annotations

from dataclasses import replace as with_fields
from pathlib import Path

import pytest
from flask import Flask

from service.actions.workshop import Workshop, workshop_of
from service.cases import reader
from service.cases.export import export_case
from service.cases.model import Case
from service.cases.model_stages import Return, Voided
from service.cases.replay import Replayed, replay
from service.cases.source import CaseFile
from service.extensions import db
from service.instance import Instance
from service.queries.catalogue import case_named
from service.report.pdf import Converter
from service.settings import Settings
from service.setup import prepare
from service.workflow.stages import Stage

CASES = Path(__file__).parents[1] / "cases"


@pytest.fixture
def workshop(app: Flask, instance: Instance, settings: Settings) -> Workshop:
    """The tools of a fresh demo instance that makes no PDF."""
    prepare(instance)
    none = Converter(soffice="/nonexistent/soffice", fonts=settings.fonts)
    return with_fields(workshop_of(settings), converter=none)


def play(file: CaseFile, workshop: Workshop) -> Replayed:
    result = replay(file, workshop)
    assert result.ok, result.expectations.failed
    return result


def out_and_in(name: str, workshop: Workshop) -> tuple[Case, Case]:
    """Return the case as exported, and as exported anew from its own replay; both have the same sheet."""
    first = play(reader.load(CASES / f"{name}.yaml"), workshop)
    once = exported(first)
    second = play(once, workshop)
    assert second.stage is first.stage
    sheets = [each.snapshot.sheet for each in (first, second)]
    assert sheets[0].total == sheets[1].total
    assert [(n.code, n.awarded) for n in sheets[0].lines] == [(n.code, n.awarded) for n in sheets[1].lines]
    return once.case, exported(second).case


def exported(result: Replayed) -> CaseFile:
    text = export_case(db.session(), case_named(db.session(), result.code))
    db.session.rollback()
    return reader.parse(text, name="exported.yaml")


def duty(case: Case, code: str) -> str:
    return next((person.duty for person in case.people if person.code == code), "")


def told(case: Case) -> list[tuple[object, ...]]:
    """Return the returns of the case with people by duty."""
    return [_told(case, order) for order in case.returns]


def _told(case: Case, order: Return) -> tuple[object, ...]:
    items = tuple((item.node, item.reason) for item in order.items)
    flags = (order.straight_back, order.after_freeze)
    return (order.start, order.back_to, items, flags, str(order.on), duty(case, order.by))


def withdrawn(case: Case) -> dict[str, tuple[object, ...]]:
    """Return what was withdrawn: reason, where obtained, where withdrawn, when, by whom."""
    return {item.code: (item.stage, *_withdrawn(case, item.voided)) for item in case.evidence if item.voided}


def _withdrawn(case: Case, how: Voided) -> tuple[object, ...]:
    return (how.reason, how.stage, str(how.on), duty(case, how.by))


def test_both_kinds_of_return_and_withdrawn_evidence_survive(workshop: Workshop) -> None:
    once, again = out_and_in("sentback", workshop)
    source = reader.load(CASES / "sentback.yaml").case
    assert told(once) == told(source) == told(again)
    assert [order.after_freeze for order in once.returns] == [False, True]
    assert str(once.returns[0].resubmitted_on) == "2025-02-03"
    assert withdrawn(once) == {
        "E2": ("self_assessment", "交错了，是另一项目的", "", "2025-01-22", "填报人"),
        "E3": ("on_site_verification", "记录有误，重新抽查", "", "2025-02-26", "组长"),
    }  # fmt: skip
    assert withdrawn(again) == withdrawn(once)


def test_returns_of_stages_survive_with_their_way_back(workshop: Workshop) -> None:
    once, again = out_and_in("returns", workshop)
    source = reader.load(CASES / "returns.yaml").case
    named = [row[:5] for row in told(source)]
    assert [row[:5] for row in told(once)] == named == [row[:5] for row in told(again)]
    assert [(o.straight_back, str(o.resubmitted_on)) for o in once.returns] == [
        (False, "2025-02-12"), (True, "None"),
    ]  # fmt: skip


def test_the_return_of_a_unit_that_assesses_itself_survives(workshop: Workshop) -> None:
    once, again = out_and_in("unit-self", workshop)
    assert told(once) == told(again) and len(once.returns) == 1
    order = once.returns[0]
    assert (order.start, order.back_to) == (Stage.MATERIAL_REVIEW.value, Stage.SELF_ASSESSMENT.value)


def test_the_papers_of_who_certifies_survive(workshop: Workshop) -> None:
    once, again = out_and_in("paper", workshop)
    source = reader.load(CASES / "paper.yaml").case
    papers = {person.duty: person.papers for person in source.people if person.papers}
    assert papers and all(
        {person.duty: person.papers for person in case.people if person.papers} == papers
        for case in (once, again)
    )


@pytest.mark.parametrize("name", ["opinions", "late", "standstill", "corrected"])
def test_a_case_with_a_detour_is_exported_and_replays_to_the_same_sheet(
    workshop: Workshop, name: str
) -> None:
    once, again = out_and_in(name, workshop)
    assert told(once) == told(again)
