"""Workbooks changed by people and enemies: all taken in or nothing, every fault told whole, nobody falls."""

from __future__ import annotations

import os
import random

import pytest

from service.actions.self_assessment import submit_self_assessment
from service.errors import ServiceError
from service.extensions import db
from service.queries.reader import open_case
from service.web.exchange import EXCHANGES, compared, table_now, take_in, taken_out
from service.workflow.roles import Role
from tests.builders import DAY, CaseBuilder
from tests.conftest import Depth
from tests.unit.workbooks.mutations import MUTATIONS
from tests.web.conftest import Site
from tests.web.test_workbooks import edited, fill

SELF = EXCHANGES["self"]


def test_every_message_is_whole_and_nothing_is_half_written(site: Site, deep: Depth) -> None:
    me = os.getpid()
    names = list(MUTATIONS)
    with site.app.app_context():
        people = site.world.people
        builder = CaseBuilder(people, code="mutated").create().issue()
        unit = open_case(db.session(), people.accounts[Role.DF], "mutated", today=DAY)
        content = edited(taken_out(unit, SELF, "xlsx"), fill)
        told, done, rounds = 0, 0, deep.numbers(len(names), 300)
        for number in rounds:
            name = names[number % len(names)]
            mutated = MUTATIONS[name](content, random.Random(number))
            unit = open_case(db.session(), people.accounts[Role.DF], "mutated", today=DAY)
            before = _state(site)
            standing = table_now(unit, SELF).digest
            try:
                found = compared(unit, SELF, table_now(unit, SELF), "自评表.xlsx", mutated)
                problems = tuple(fault.problem for fault in found.faults)
            except ServiceError as refused:
                found, problems = None, refused.problems
            for problem in problems:
                told += 1
                assert problem.message, (name, number)
                assert problem.path, (name, number, problem)
                assert problem.value is not None, (name, number, problem)
                assert problem.allowed, (name, number, problem)
                assert problem.cure, (name, number, problem)
                assert found is None or "!" in problem.path, (name, number, problem)
            assert _state(site) == before, (name, number)
            try:
                take_in(unit, SELF, people.actor(Role.DF), mutated, "自评表.xlsx")
            except ServiceError:
                db.session.rollback()
                unit = open_case(db.session(), people.accounts[Role.DF], "mutated", today=DAY)
                assert table_now(unit, SELF).digest == standing, (name, number)
                assert _state(site) == before, (name, number)
            else:
                assert found is not None
                assert found.ready, (name, number)
                done += 1
        assert told >= len(rounds) // 2
        assert done or len(rounds) < len(names)
        _locked(site, builder, content)
    assert os.getpid() == me


def _locked(site: Site, builder: CaseBuilder, content: bytes) -> None:
    """Once submitted, the stage is told before the workbook is looked at."""
    people = site.world.people
    take = people.actor(Role.DF)
    try:
        take_in(_opened(site), SELF, take, content, "自评表.xlsx")
    except ServiceError:
        db.session.rollback()
    submit_self_assessment(builder.actor(Role.DH), builder.id)
    before = _state(site)
    with pytest.raises(ServiceError, match="自评"):
        take_in(_opened(site), SELF, take, b"no workbook at all", "x.xlsx")
    db.session.rollback()
    assert _state(site) == before


def _opened(site: Site):  # type: ignore[no-untyped-def]
    return open_case(db.session(), site.world.people.accounts[Role.DF], "mutated", today=DAY)


def _state(site: Site) -> dict[str, int]:
    """Rows and versions of what a workbook may write; refusals leave an entry and nothing else."""
    rows = site.rows()
    return {name: rows[name] for name in ("claim", "self_assessment", "leaf_result", "deduction")}
