"""What the pages of log, accounts, state and uploads ask, on both databases."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from service import clock
from service.actions import uploads
from service.actions.evidence import AddEvidence
from service.errors import InvalidError
from service.evidence.pieces import PieceFolder
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.evaluation import Evaluation
from service.queries.accountdesk import AccountFilter, account_desk
from service.queries.history import history_page
from service.queries.historyfilter import HistoryFilter, history_choices
from service.queries.prints import open_forms
from service.queries.prints_scored import scored_forms
from service.queries.systemstate import database_clock, database_version, jobs_state, log_state
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import CaseBuilder, make_people


@pytest.fixture
def case(database) -> CaseBuilder:
    """A case under consultation."""
    return CaseBuilder(make_people()).until(Stage.CONSULTATION)


def row_of(case: CaseBuilder) -> Evaluation:
    return db.session().get_one(Evaluation, case.id)


def found(case: CaseBuilder, *, scores: bool = True, **asked: str) -> int:
    return history_page(db.session(), row_of(case), HistoryFilter(**asked), scores=scores).found


def test_the_log_is_asked_the_same_on_both(case: CaseBuilder) -> None:
    total = found(case)
    choices = history_choices(db.session(), row_of(case), scores=True)
    assert sum(found(case, action=value) for value, _ in choices.actions) == total
    assert sum(found(case, stage=value) for value, _ in choices.stages) == total, "each in one stage"
    assert sum(found(case, person=value) for value, _ in choices.people) == total
    assert 0 < found(case, node="B1") < total
    assert found(case, node="B1", scores=False) < found(case, node="B1")
    assert found(case, field="leaf_result.data") > 0
    assert found(case, field="leaf_result.data", scores=False) == 0
    assert found(case, node='"%_\\') == 0


def test_accounts_state_and_forms_are_read_on_both(case: CaseBuilder) -> None:
    desk = account_desk(db.session(), AccountFilter(text="组织方"), me=case.people.accounts[Role.SA])
    assert [account.login for account in desk.accounts] == ["fa", "fo", "fr"]
    assert account_desk(db.session(), AccountFilter(text="%"), me="").found == 0
    log = log_state(db.session())
    assert log.waiting == log.size > 0
    assert jobs_state(db.session(), at=clock.now()).queued > 0
    offset = database_clock(db.session())
    assert offset is None or abs((offset - clock.now()).total_seconds()) < 5
    assert database_version(db.session()).startswith(("SQLite 3", "PostgreSQL 1"))
    keys = {
        form.key
        for form in (*open_forms(db.session(), row_of(case)), *scored_forms(db.session(), row_of(case)))
    }
    assert {"self", "letter", "scores", "approval"} <= keys


def test_a_file_arrives_in_pieces_on_both(case: CaseBuilder, tmp_path: Path) -> None:
    folder, store = PieceFolder(tmp_path / "up"), EvidenceStore(f"file://{tmp_path}/store")
    actor, content = case.actor(Role.EL), "甲".encode() * 400_000
    digest = hashlib.sha256(content).hexdigest()
    told = {"filename": "长文.txt", "size": len(content), "sha256": digest}
    begun = uploads.begin_upload(actor.account, case.id, folder=folder, **told)
    first = content[: uploads.PIECE]
    part = {"offset": 0, "piece": first, "sha256": hashlib.sha256(first).hexdigest()}
    for taken in (True, False):
        arrived = uploads.append_piece(actor.account, case.id, begun.id, folder=folder, **part)
        assert (arrived.received, arrived.taken) == (uploads.PIECE, taken)
    rest = content[uploads.PIECE :]
    part = {"offset": uploads.PIECE, "piece": rest, "sha256": hashlib.sha256(rest).hexdigest()}
    assert uploads.append_piece(actor.account, case.id, begun.id, folder=folder, **part).received == len(
        content
    )
    # 1.2 MB of text is more than a text file may hold: looked at before anything is stored.
    with pytest.raises(InvalidError, match="文字过长"):
        uploads.finish_upload(actor, case.id, begun.id, AddEvidence("", "", b""), folder=folder, store=store)
    assert not list(store.names())
    assert not list((tmp_path / "up").glob("*.part"))
