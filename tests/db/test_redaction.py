"""Personal data leaves the log by an act of two persons; everything else still verifies, and says so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, text

from service.actions.actor import Actor
from service.actions.redaction import Redacted, redact
from service.actions.transaction import transaction
from service.audit.bundle import export
from service.audit.canonical import decode_strict
from service.audit.findings import Anchor
from service.audit.online import verify
from service.audit.signer import Signer
from service.audit.stored import anchor, bundle_source, snapshot
from service.audit.verifier import Verification, verify_bundle
from service.errors import ActionRefusedError, InvalidError, NotFoundError, NotPermittedError
from service.extensions import WRITING, db
from service.models.audit import AuditDisclosure, AuditEntry
from service.models.evaluation import Evaluation
from service.models.organisation import GrantState, RoleGrant
from service.queries.history import UNEXPLAINED, history_page
from service.queries.historyfilter import HistoryFilter
from service.workflow.actions import Action
from service.workflow.roles import Role
from tests.db.conftest import ORIGIN, Database

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
SECRET = "居民身份证 000000000000000000"
BASIS = "个人信息保护法第四十七条"
Make = Callable[..., str]


@pytest.fixture
def people(make_account: Make, actor: Actor) -> dict[str, Actor]:
    """Security administrator, audit administrator, auditor and system administrator."""
    found = {}
    for name, role in (("se", Role.SE), ("aa", Role.AA), ("au", Role.AU), ("sa", Role.SA)):
        account = make_account(name)
        with transaction(actor, Action.ACCOUNT_CREATE, reason="授权") as tx:
            tx.add(RoleGrant(account_id=account, role=role, state=GrantState.CONFIRMED, proposed_by=account))
        found[name] = Actor(account=account, name=role.label, roles=frozenset({role}), organisation=None)
    return found


@pytest.fixture
def case(actor: Actor, make_evaluation: Make) -> str:
    """A case whose facts held a secret for a while, and whose history says so."""
    key = make_evaluation()
    for words in ("甲", SECRET, "乙"):
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, reason=f"改为{words}") as tx:
            tx.case.facts = {"contact": words}
    return key


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "signer", ORIGIN)


def places_of(words: str) -> list[tuple[str, str]]:
    db.session.rollback()
    rows = db.session.scalars(
        select(AuditDisclosure).order_by(AuditDisclosure.entry_id, AuditDisclosure.path)
    )
    return [(row.entry_id, row.path) for row in rows if row.body and words in row.body]


def field_place() -> tuple[str, str]:
    return next(place for place in places_of(SECRET) if place[1].endswith("/1"))


def done(people: dict[str, Actor], place: tuple[str, str]) -> Redacted:
    return redact(people["se"], place, second=people["aa"], reason="当事人申请", basis=BASIS)


def signed(signer: Signer) -> None:
    writing = db.engine.connect().execution_options(**{WRITING: True})
    with writing as connection, connection.begin():
        anchor(connection, signer, at=AT)


def bundle_of(signer: Signer, target: Path) -> Verification:
    signed(signer)
    with snapshot(db.session()) as connection:
        export(target, bundle_source(connection, signer))
    return verify_bundle(target, str(signer.verifier))


def page_of(case: str) -> str:
    db.session.rollback()
    row = db.session.get(Evaluation, case)
    assert row is not None
    return str(history_page(db.session(), row, HistoryFilter(), scores=True))


def test_the_value_is_gone_wherever_it_stood_and_all_still_verifies(
    database: Database, people: dict[str, Actor], case: str, signer: Signer, tmp_path: Path
) -> None:
    signed(signer)
    assert len(places_of(SECRET)) == 3, "as new value, as old value, in the reason"
    assert SECRET in page_of(case)
    made = done(people, field_place())
    assert len(made.places) == 2
    (reason,) = places_of(SECRET)
    assert reason[1] == "/reason"
    second = done(people, reason)
    assert second.places == (reason,)
    assert places_of(SECRET) == []
    db.session.rollback()
    report = verify(db.session(), Anchor.of(signer))
    assert report.ok, report.text()
    assert any("3 处文字已隐去" in note for note in report.notes)
    page = page_of(case)
    assert SECRET not in page
    assert f"已依法删除，见留痕第 {made.index} 号" in page
    assert f"已依法删除，见留痕第 {second.index} 号" in page
    assert "依法删除留痕中的文字" in page
    outcome = bundle_of(signer, tmp_path / "bundle")
    assert outcome.ok, outcome.text()
    assert all(
        SECRET.encode() not in file.read_bytes()
        for file in (tmp_path / "bundle").rglob("*")
        if file.is_file()
    )
    leaf = database.entries()[made.index]
    assert [each["basis"] for each in leaf["redact"]] == [BASIS] * 2
    assert {each["approver"] for each in leaf["redact"]} == {people["aa"].person}


def test_what_disappears_without_the_act_is_reported_by_both(
    sqlite: Database, people: dict[str, Actor], case: str, signer: Signer, tmp_path: Path
) -> None:
    explained, place = done(people, field_place()), places_of("改为乙")[0]
    with sqlite.engine() as engine, engine.begin() as connection:
        values = {"entry": place[0], "path": place[1]}
        statement = (
            "UPDATE audit_disclosure SET salt = NULL, body = NULL WHERE entry_id = :entry AND path = :path"
        )
        connection.execute(text(statement), values)
    signed(signer)
    db.session.rollback()
    report = verify(db.session(), Anchor.of(signer))
    assert [(each.verdict, each.entry) for each in report.findings] == [("disclosures", place[0])]
    outcome = bundle_of(signer, tmp_path / "bundle")
    assert [each[1] for each in outcome.verdicts["disclosures"].problems] == [place[0]]
    assert UNEXPLAINED in page_of(case)
    assert explained.places


@pytest.mark.usefixtures("sqlite")
def test_the_present_value_is_not_erased_from_the_past(people: dict[str, Actor], case: str) -> None:
    place = next(each for each in places_of("乙") if each[1].endswith("/1"))
    with pytest.raises(InvalidError, match="现在的内容"):
        done(people, place)
    assert places_of("乙")


@pytest.mark.usefixtures("sqlite")
def test_nobody_erases_alone_or_without_the_role(people: dict[str, Actor], case: str) -> None:
    place, before = field_place(), places_of(SECRET)
    se, aa, sa = people["se"], people["aa"], people["sa"]
    more = {"reason": "当事人申请", "basis": BASIS}
    for first, second in ((se, se), (aa, se), (sa, aa), (se, sa), (people["au"], aa)):
        with pytest.raises((ActionRefusedError, NotPermittedError)):
            redact(first, place, second=second, **more)
    for wrong in ({**more, "reason": " "}, {**more, "basis": " "}):
        with pytest.raises((ActionRefusedError, InvalidError)):
            redact(se, place, second=aa, **wrong)
    assert places_of(SECRET) == before
    assert db.session.scalars(select(AuditEntry.id).where(AuditEntry.action == "audit.redact")).all() == []
    assert redact(se, place, second=people["au"], **more).places


@pytest.mark.usefixtures("sqlite")
def test_only_what_is_disclosed_can_be_erased_and_once(people: dict[str, Actor], case: str) -> None:
    place = field_place()
    for wrong in ((place[0], "/changes/9/f/x/1"), (place[0], "/at"), (place[0], ""), ("nobody", place[1])):
        with pytest.raises(NotFoundError):
            done(people, wrong)
    done(people, place)
    with pytest.raises(InvalidError, match="已经删除"):
        done(people, place)


@pytest.mark.usefixtures("sqlite")
def test_the_same_words_of_another_field_or_row_stay(
    people: dict[str, Actor], case: str, actor: Actor, make_evaluation: Make
) -> None:
    other = make_evaluation("E2")
    for words in (SECRET, "丙"):
        with transaction(actor, Action.EVALUATION_EDIT, evaluation=other) as tx:
            tx.case.facts = {"contact": words}
    made = done(people, field_place())
    kept = {entry for entry, _ in places_of(SECRET)}
    rows = db.session.scalars(select(AuditEntry).where(AuditEntry.entry_id.in_(kept))).all()
    assert {decode_strict(bytes(row.leaf))["evaluation"] for row in rows} == {case, other}
    assert len(made.places) == 2
