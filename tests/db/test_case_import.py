"""An imported case scores as its replay does, was approved by nobody, and takes no act any more."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import MetaData, func, select

from service import clock
from service.actions.accounts import NewAccount, confirm_grant, create_account, propose_grant
from service.actions.actor import Actor
from service.actions.bootstrap import Founder, found_instance
from service.actions.steps import case_action
from service.actions.transaction import transaction
from service.actions.workshop import Workshop
from service.audit.bundle import export
from service.audit.findings import Anchor
from service.audit.online import verify
from service.audit.signer import Signer
from service.audit.stored import anchor, bundle_source, snapshot
from service.audit.verifier import verify_bundle
from service.cases import reader
from service.cases.importing import APPROVALS, import_case
from service.cases.replay import Replayed
from service.cases.score import score_case
from service.errors import ActionRefusedError, NotFoundError, NotPermittedError
from service.evidence.store import EvidenceStore
from service.extensions import WRITING, db
from service.models.evaluation import Evaluation
from service.models.organisation import Account
from service.models.report import Approval, ReportVersion
from service.queries.catalogue import all_cases, case_named
from service.queries.doable import doable
from service.queries.people import instance_roles, roles_in
from service.queries.reader import open_case
from service.report.keys import DemoKeys
from service.report.pdf import Converter
from service.workflow.actions import Action
from service.workflow.roles import Role
from service.workflow.rules import CASE_LESS_ACTIONS
from service.workflow.stages import Stage
from tests.builders import PASSWORD
from tests.db.conftest import ORIGIN, Database

EXAMPLES = Path(reader.__file__).parent / "examples"
S2 = EXAMPLES / "s2-shanghai-platform-2018.yaml"
CASES = Path(__file__).parents[1] / "cases"
DETOURS = ("unit-self", "department-firm", "paper", "returns", "corrected", "terminated")
BROKEN = """\
format: pingji-case/1
case: broken
title: 示例
kind: department
year: "2024"
subject: {name: 示例项目}
issued_on: 2025-01-06
framework:
  inline:
    format: pingji-framework/1
    code: small
    name: 示例
    version: "1"
    nodes: [{code: A, name: 过程, max: "100", rule: {kind: not_stated}}]
stages: [{stage: material_review, mode: not_held, ground: x}]
"""
Make = Callable[..., str]


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "signer", ORIGIN)


@pytest.fixture
def workshop(tmp_path: Path, signer: Signer) -> Workshop:
    """The tools of a live instance."""
    (tmp_path / "reports").mkdir()
    return Workshop(
        store=EvidenceStore(f"file://{tmp_path / 'evidence'}"),
        converter=Converter(),
        keys=DemoKeys(tmp_path / "keys"),
        signer_dir=tmp_path / "signer",
        reports=tmp_path / "reports",
        checks=tmp_path / "checks",
        fonts=tmp_path,
        demo=False,
    )


def officer(make_organisation: Make) -> Actor:
    """Found the instance and let in an FO of an organisation that plays no part in any case."""
    ids = found_instance(
        (
            Founder("admin", "系统管理员", Role.SA, PASSWORD),
            Founder("security", "安全管理员", Role.SE, PASSWORD),
            Founder("auditor", "审计员", Role.AU, PASSWORD),
        )
    )
    admin, guard = (
        Actor(account=ids[name], name=name, roles=frozenset({role}))
        for name, role in (("admin", Role.SA), ("security", Role.SE))
    )
    bureau = make_organisation("bureau", "某财政局")
    account = create_account(admin, NewAccount("fo", "经办", PASSWORD, organisation=bureau))
    grant = propose_grant(admin, account=account, role=Role.FO, organisation=bureau)
    confirm_grant(guard, grant=grant, fresh=True)
    return Actor(account=account, name="经办", roles=frozenset({Role.FO}), organisation=bureau)


@pytest.fixture
def imported(database: Database, workshop: Workshop, make_organisation: Make) -> tuple[Replayed, Actor]:
    """S2 imported by the FO of a bureau."""
    actor = officer(make_organisation)
    return import_case(reader.load(S2), workshop, operator=actor), actor


def rows(database: Database) -> dict[str, str]:
    """How many rows each table has, and the sum of their versions; the log is left out."""
    metadata = MetaData()
    with database.engine() as engine, engine.connect() as connection:
        metadata.reflect(connection)
        found = {}
        for table in metadata.sorted_tables:
            if not table.name.startswith("audit_"):
                versions = func.sum(table.c.version) if "version" in table.c else func.count()
                query = select(func.count(), versions).select_from(table)
                found[table.name] = str(connection.execute(query).one())
    return found


def test_it_scores_as_the_file_does_and_nobody_approved_it(
    imported: tuple[Replayed, Actor], database: Database
) -> None:
    result, _ = imported
    scored = score_case(reader.load(S2)).to_plain()
    plain = result.to_plain()
    for member in ("total", "grade", "adjustments", "published", "expectations"):
        assert plain[member] == scored[member]
    assert (plain["stage"], plain["report"], plain["signature"]) == ("finalisation", None, "none")
    assert database.count(ReportVersion) == database.count(Approval) == 0
    assert result.snapshot.narrative
    assert result.snapshot.imported
    assert [(c.code, c.imported) for c in all_cases(db.session())] == [(result.code, True)]


def test_every_act_on_it_is_refused_to_everybody(
    imported: tuple[Replayed, Actor], database: Database
) -> None:
    result, operator = imported
    case = case_named(db.session(), result.code).id
    accounts = db.session.execute(select(Account.id, Account.login)).all()
    db.session.rollback()
    own = Actor(account=operator.account, name="", roles=frozenset(), source=result.file.sha256)
    played = [a.id for a in accounts if a.login.startswith(f"{result.code}.")]
    people = [operator, *(replace(own, played=player) for player in played[::3])]
    assert len(people) > 3
    before, entries = rows(database), len(database.entries())
    acts = [action for action in Action if action not in CASE_LESS_ACTIONS]
    for person in people:
        for action in acts:
            with (
                pytest.raises(ActionRefusedError, match="导入的案卷只读，不能签发"),
                case_action(person, action, evaluation=case, reason="试"),
            ):
                pytest.fail("the act was let in")
    assert rows(database) == before
    later = database.entries()[entries:]
    assert len(later) == len(people) * len(acts)
    assert {(leaf["outcome"], leaf["evaluation"]) for leaf in later} == {("refused", case)}


def test_nothing_past_the_frame_commits_either(imported: tuple[Replayed, Actor], database: Database) -> None:
    result, operator = imported
    case = case_named(db.session(), result.code).id
    db.session.rollback()
    before = rows(database)
    for action in (Action.REPORT_FINISH, Action.CASE_IMPORT, Action.EVALUATION_EDIT):
        with (
            pytest.raises(ActionRefusedError, match="只读"),
            transaction(operator, action, evaluation=case) as tx,
        ):
            tx.case.imported = False
    assert rows(database) == before


def test_who_imported_may_read_it_and_strangers_may_not(imported: tuple[Replayed, Actor]) -> None:
    result, operator = imported
    today = clock.local_date(clock.now())
    found = open_case(db.session(), operator.account, result.code, today=today)
    assert (found.roles, found.scores, found.history) == (frozenset({Role.FO}), True, True)
    assert doable(db.session(), found.row, operator.account, found.roles, today=today) == ()
    stranger = db.session.scalars(select(Account.id).where(Account.login == "admin")).one()
    db.session.rollback()
    with pytest.raises(NotFoundError):
        open_case(db.session(), "nobody", result.code, today=today)
    assert roles_in(db.session(), stranger, found.row, today=today) == {Role.SA}


def test_its_people_exist_in_it_alone(imported: tuple[Replayed, Actor], workshop: Workshop) -> None:
    result, _ = imported
    today = clock.local_date(clock.now())
    people = db.session.scalars(select(Account).where(Account.login.startswith(f"{result.code}."))).all()
    assert len(people) > 5
    assert {instance_roles(db.session(), person.id, today=today) for person in people} == {frozenset()}
    officer = next(p for p in people if Role.FO in roles_in(db.session(), p.id, case_of(result), today=today))
    actor = Actor(account=officer.id, name=officer.duty, roles=frozenset({Role.FO}))
    db.session.rollback()
    with pytest.raises(NotPermittedError):
        import_case(reader.load(S2), workshop, operator=actor)


def case_of(result: Replayed) -> Evaluation:
    return case_named(db.session(), result.code)


def test_the_log_names_the_file_and_verifies_online_and_offline(
    imported: tuple[Replayed, Actor], database: Database, signer: Signer, workshop: Workshop, tmp_path: Path
) -> None:
    result, operator = imported
    opened, *_, closed = (leaf for leaf in database.entries() if leaf["source"])
    for leaf in (opened, closed):
        assert (leaf["action"], leaf["source"]) == ("case.import", result.file.sha256)
        assert leaf["actor"] == {
            "id": operator.account, "role": "FO", "org": operator.organisation, "on_behalf": None,
        }  # fmt: skip
    played = [leaf for leaf in database.entries() if leaf["source"] and leaf["actor"]["on_behalf"]]
    assert {leaf["actor"]["id"] for leaf in played} == {operator.account}
    assert not {leaf["action"] for leaf in played} & {action.value for action in APPROVALS}
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        anchor(connection, signer, at=clock.now())
    assert verify(db.session(), Anchor.of(signer)).ok
    db.session.rollback()
    with snapshot(db.session()) as connection:
        export(tmp_path / "bundle", bundle_source(connection, signer, open_blob=workshop.store.open))
    assert verify_bundle(tmp_path / "bundle", str(signer.verifier)).ok


def test_who_is_no_fo_imports_nothing(
    database: Database, workshop: Workshop, make_organisation: Make
) -> None:
    officer(make_organisation)
    auditor = db.session.scalars(select(Account.id).where(Account.login == "auditor")).one()
    db.session.rollback()
    before = rows(database)
    with pytest.raises(NotPermittedError):
        import_case(
            reader.load(S2), workshop, operator=Actor(account=auditor, name="", roles=frozenset({Role.AU}))
        )
    assert rows(database) == before


def test_an_import_that_broke_off_leaves_nothing_to_carry_on(
    database: Database, workshop: Workshop, make_organisation: Make
) -> None:
    operator = officer(make_organisation)
    with pytest.raises(ActionRefusedError, match="2025-01-06 组织方经办 "):
        import_case(reader.parse(BROKEN, name="broken.yaml"), workshop, operator=operator)
    case = case_named(db.session(), "broken")
    assert (case.imported, case.stage) == (True, Stage.MATERIAL_REVIEW)
    key, before = case.id, rows(database)
    db.session.rollback()
    with (
        pytest.raises(ActionRefusedError, match="只读"),
        case_action(operator, Action.EVALUATION_SUSPEND, evaluation=key, reason="续办"),
    ):
        pytest.fail("the act was let in")
    assert rows(database) == before


@pytest.mark.parametrize("name", DETOURS)
def test_every_kind_and_detour_imports_to_its_points(
    sqlite: Database, workshop: Workshop, make_organisation: Make, name: str
) -> None:
    file = reader.load(CASES / f"{name}.yaml")
    result = import_case(file, workshop, operator=officer(make_organisation))
    assert result.ok, result.to_plain()
    assert sqlite.count(Approval) == sqlite.count(ReportVersion) == 0
    assert case_of(result).imported
