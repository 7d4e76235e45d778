"""What was read once is not asked again, and never longer than it holds, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from service.actions import scoring
from service.actions.transaction import transaction
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.score import LeafResult
from service.queries.once import once, rows_of
from service.queries.sheet import current_sheet
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people


@pytest.fixture
def case(database) -> CaseBuilder:
    """A case on its site visit."""
    return CaseBuilder(make_people()).until(Stage.ON_SITE_VERIFICATION)


@contextmanager
def counted() -> Iterator[list[str]]:
    sent: list[str] = []
    event.listen(db.engine, "before_cursor_execute", note := lambda *call: sent.append(call[2]))
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)


def titles(case: CaseBuilder) -> list[str]:
    return [row.title for row in known(db.session(), case.id)]


@once
def known(session, evaluation):
    return [session.get_one(Evaluation, evaluation)]


def total(case: CaseBuilder) -> str | None:
    found = current_sheet(db.session(), db.session().get_one(Evaluation, case.id))
    return found.total_text if found else None


def test_the_second_reader_of_the_same_rows_asks_nothing(case: CaseBuilder) -> None:
    first = rows_of(db.session(), LeafResult, case.id)
    with counted() as sent:
        assert rows_of(db.session(), LeafResult, case.id) is first
        assert sent == []
        rows_of(db.session(), LeafResult, "another")
        assert len(sent) == 1


@pytest.mark.parametrize("end", ["commit", "rollback", "remove"])
def test_it_is_forgotten_at_the_end_of_the_transaction(case: CaseBuilder, end: str) -> None:
    rows_of(db.session(), LeafResult, case.id)
    getattr(db.session, end)()
    with counted() as sent:
        rows_of(db.session(), LeafResult, case.id)
    assert any("leaf_result" in statement for statement in sent)


def test_an_act_is_seen_at_once_by_who_read_before(case: CaseBuilder) -> None:
    assert total(case) is None
    results = {"A1": {"value": "95%"}, "B1": {"points": "50", "reason": "两台晚到"}}
    scoring.record_results(case.actor(Role.EV), case.id, results=results)
    assert total(case) == "88"


def test_inside_a_transaction_what_is_pending_is_written_and_read(case: CaseBuilder) -> None:
    assert len(rows_of(db.session(), LeafResult, case.id)) == 0
    with transaction(case.actor(Role.EV), Action.SCORE_INPUT, evaluation=case.id) as tx:
        assert len(rows_of(tx.session, LeafResult, case.id)) == 0
        row = LeafResult(
            evaluation_id=case.id,
            node="A1",
            data={"value": "95%"},
            author=tx.actor.account,
            stage=tx.case.stage,
        )
        tx.add(row)
        assert list(rows_of(tx.session, LeafResult, case.id)) == [row]
        assert titles(case) == [tx.case.title]
        tx.case.title = "改过的名称"
        assert titles(case) == ["改过的名称"]
    assert titles(case) == ["改过的名称"]


def broken(case: CaseBuilder) -> None:
    with transaction(case.actor(Role.EV), Action.SCORE_INPUT, evaluation=case.id) as tx:
        tx.case.title = "不该留下"
        assert titles(case) == ["不该留下"]
        raise RuntimeError


def test_a_broken_act_leaves_nothing_behind_in_what_was_read(case: CaseBuilder) -> None:
    with pytest.raises(RuntimeError):
        broken(case)
    assert titles(case) != ["不该留下"]
