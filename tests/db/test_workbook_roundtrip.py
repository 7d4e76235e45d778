"""The example cases go out as workbooks, every table of them, and come into empty evaluations as the same sheets.

The empty evaluation has the plan, people, evidence and process of the case; everything a table holds (自评,
sub-projects, survey, money, results, deductions, findings, opinions) comes in by workbook alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from service import clock, create_app
from service.actions import scoring, self_assessment
from service.actions.workshop import workshop_of
from service.cases import reader
from service.cases.acts import Planned
from service.cases.company import Operator, assemble, ensure_administrators
from service.cases.performance import Performance
from service.cases.press import PressHere
from service.cases.replay import HANDLERS, free_code
from service.cases.script import Act
from service.extensions import db
from service.instance import Instance, InstanceKind, create_instance
from service.queries.catalogue import case_named
from service.queries.reader import OpenCase
from service.queries.selfparts import SubProject, Survey
from service.queries.snapshot import take_snapshot
from service.queries.worktables import grid_rows
from service.scoring.quantities import exact, exact_text, is_exact
from service.settings import Settings
from service.setup import prepare
from service.web.exchange import EXCHANGES, compared, table_now, take_in, taken_out
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage

EXAMPLES = sorted((Path(reader.__file__).parent / "examples").glob("s*.yaml"))
OWN = ("self", "subprojects", "survey")
BROUGHT = {
    Action.SELF_EDIT: OWN,
    Action.SCORE_INPUT: ("scores",),
    Action.FINDING_RECORD: ("issues",),
    Action.OPINION_RECORD: ("opinions",),
}
"""Acts whose content comes from workbooks, and which ones."""
REASONS = (Action.DEDUCTION_DRAFT, Action.DEDUCTION_SUBMIT)
GIVEN = ("code", "state", "response", "verdict", "answer", "awarded")
"""Columns a case gives itself; they are shown in a table, not brought by it."""


@dataclass
class Run:
    """One case being played, and whether what tables hold is left to workbooks."""

    play: Performance
    books: dict[str, bytes] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)

    def opened(self, act: Act | None = None) -> OpenCase:
        row = case_named(db.session(), self.play.evaluation)
        roles = frozenset({act.role}) if act is not None else frozenset()
        account = self.play.actor(act).account if act is not None else ""
        return OpenCase(row=row, account=account, roles=roles, scores=True, history=True)

    def bring(self, act: Act, *names: str) -> None:
        """Take in the tables of these names, once each."""
        for name in names:
            if name in self.done:
                continue
            self.done.add(name)
            case, exchange = self.opened(act), EXCHANGES[name]
            found = compared(case, exchange, table_now(case, exchange), f"{name}.xlsx", self.books[name])
            assert not found.faults, [str(fault.problem) for fault in found.faults]
            if found.count:
                take_in(case, exchange, self.play.actor(act), self.books[name], f"{name}.xlsx")

    def table(self, name: str) -> list[dict[str, str]]:
        """What a table holds now, without what the case gives itself."""
        rows = table_now(self.opened(), EXCHANGES[name]).standing
        return [{key: figure(text) for key, text in row.values.items() if key not in GIVEN} for row in rows]

    def sheet(self) -> Any:
        """The score sheet: every line with its figures, total and grade."""
        case = case_named(db.session(), self.play.evaluation)
        found = take_snapshot(db.session(), case, demo=True, today=clock.local_date(clock.now())).sheet
        lines = [
            (one.code, one.max, one.claimed, one.rule_points, one.awarded, one.rate) for one in found.lines
        ]
        stored = {code: dict(row.stored) for code, row in grid_rows(db.session(), case).items()}
        return lines, found.total, found.grade, stored


def figure(text: str) -> str:
    """A figure as its value: a workbook keeps numbers, 2.00 comes back as 2."""
    return exact_text(exact(text)) if is_exact(text) else text


@contextmanager
def begun(app: Flask, instance: Instance, path: Path, *, money: bool) -> Iterator[Run]:
    """A case that waits for its first act; without `money` its sums are left out."""
    with app.app_context():
        prepare(instance)
        file = reader.load(path)
        planned, workshop = Planned(file), workshop_of(app.config["PINGJI"])
        if not money:
            file.case = replace(file.case, money=())
        code = free_code(file.case.case)
        administrators, _ = ensure_administrators()
        operator = Operator(administrators[Role.SA], "系统管理员", file.sha256, None)
        company = assemble(planned.cast, code, operator, administrators)
        yield Run(
            Performance(file, planned, code, operator, company, workshop.store, PressHere(workshop), workshop)
        )
        db.session.remove()


def fill(run: Run, act: Act) -> None:
    """The unit also tells its sub-projects, from the sums of the case, and a survey."""
    money = run.play.file.case.money
    known = {"budget": "approved", "adjusted": "adjusted", "arrived": "received", "paid": "paid"}
    rows = [
        SubProject(
            name=f"{n} {one.name}", group=one.group, state="已完成", reason=one.place,
            **{known[one.kind]: 1_000_000 * n + 7},
        )
        for n, one in enumerate(money, 1) if one.kind in known
    ]  # fmt: skip
    survey = Survey(176, 60, 30, 2, "96.97%", "非常满意 100%，不满意 0%", "第四次考核问卷")
    body = {"subprojects": [row.to_plain() for row in rows], "survey": survey.to_plain()}
    command = self_assessment.EditSelfAssessment(body=body, merge=True)
    self_assessment.edit_self_assessment(run.play.actor(act), run.play.evaluation, command)


def told(run: Run) -> None:
    """The case is carried to 定稿 as its file tells it."""
    for act in run.play.planned.acts:
        HANDLERS[act.action](run.play, act)
        if act.action is Action.SELF_EDIT and not run.done:
            run.done.add("filled")
            fill(run, act)
        if stage_of(run) is Stage.FINALISATION:
            return


def stage_of(run: Run) -> Stage:
    found = case_named(db.session(), run.play.evaluation).stage
    db.session.rollback()
    return found


def brought(run: Run, codes: dict[tuple[str, str], str]) -> None:
    """The case is carried to 定稿; what tables hold comes from workbooks."""
    drafts = [act for act in run.play.planned.acts if act.action is Action.DEDUCTION_DRAFT]
    for act in run.play.planned.acts:
        if act.action in BROUGHT:
            run.bring(act, *BROUGHT[act.action])
            run.play.codes |= {key: code for key, code in codes.items() if key[0] in ("finding", "opinion")}
            continue
        if act.action in REASONS:
            continue
        if act.action is Action.SCORES_SUBMIT and drafts and "deductions" not in run.done:
            deduct(run, drafts[0])
        HANDLERS[act.action](run.play, act)
        if act.action is Action.EVALUATION_CREATE:
            run.bring(act, "money")
        if stage_of(run) is Stage.FINALISATION:
            return


def deduct(run: Run, act: Act) -> None:
    """The deductions come in as drafts and are submitted."""
    run.bring(act, "deductions")
    for row in table_now(run.opened(), EXCHANGES["deductions"]).standing:
        scoring.submit_deduction(run.play.actor(act), run.play.evaluation, code=row.key)


@pytest.mark.deep
@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem[:2])
def test_every_table_of_an_example_comes_back_the_same_into_an_empty_evaluation(
    app: Flask, instance: Instance, tmp_path: Path, path: Path
) -> None:
    with begun(app, instance, path, money=True) as run:
        told(run)
        books = {name: taken_out(run.opened(), EXCHANGES[name], "xlsx") for name in EXCHANGES}
        before = {name: run.table(name) for name in EXCHANGES}
        sheet, codes = run.sheet(), dict(run.play.codes)
        total = table_now(run.opened(), EXCHANGES["self"]).total
    empty = create_instance(tmp_path / "empty", InstanceKind.DEMO, at=clock.now())
    other = create_app(Settings.from_env({"PINGJI_INSTANCE": str(empty.path)}))
    with begun(other, empty, path, money=False) as run:
        run.books = books
        brought(run, codes)
        for name in EXCHANGES:
            assert run.table(name) == before[name], name
        for one, other_one in zip(run.sheet(), sheet, strict=True):
            assert one == other_one
        assert table_now(run.opened(), EXCHANGES["self"]).total == total
        used = {name for name in ("deductions", "issues", "opinions") if before[name]}
        assert run.done >= used | ({"scores"} if any(sheet[3].values()) else set()) | {"money"}
        db.session.remove()
        db.engine.dispose()
