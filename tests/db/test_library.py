"""指标体系库: proposed by one, approved by another; numbered; never a word of it reaches a running case."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from service import frameworks
from service.actions import accounts, library
from service.actions.actor import Actor
from service.actions.commissioning import assign_member
from service.actions.transaction import transaction
from service.errors import ActionRefusedError, InvalidError, NotFoundError, NotPermittedError
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.library import LibraryFramework, LibraryState
from service.models.organisation import GrantState, RoleGrant
from service.models.plan import FrameworkVersion
from service.queries.library import (
    LibraryLine,
    library_difference,
    library_lines,
    library_version,
    usage_count,
)
from service.workflow.actions import Action
from service.workflow.roles import Role
from tests.builders import DAY, FRAMEWORK, PASSWORD, CaseBuilder, People, make_people
from tests.db.conftest import Database

OWN = FRAMEWORK.replace("code: small", "code: city")
SECOND = OWN.replace("name: 更新完成情况", "name: 更新情况").replace(
    "{kind: discretionary}",
    '{kind: bands, bands: [{when: ">=90%", points: "60"}, {when: "<90%", points: "0"}]}',
)


@pytest.fixture
def people(database: Database) -> People:
    return make_people()


def propose(people: People, text: str = OWN, actor: Actor | None = None, **more: str) -> str:
    command = library.ProposeFramework(people.organisations["bureau"], text, **more)
    return library.propose_framework(actor or people.actor(Role.FO), command)


def approved(people: People, text: str = OWN) -> str:
    made = propose(people, text)
    library.approve_framework(people.actor(Role.FR), made)
    return made


def second_person(people: People, login: str, role: Role, home: str = "bureau") -> Actor:
    """Another account with this role for this organisation."""
    admin, organisation = people.actor(Role.SA), people.organisations[home]
    account = accounts.create_account(admin, accounts.NewAccount(login, role.label, PASSWORD, organisation))
    grant = accounts.propose_grant(admin, account=account, role=role, organisation=organisation)
    accounts.confirm_grant(people.actor(Role.SE), grant=grant, fresh=True)
    return people.actor(role, account=account)


def row(version: str) -> LibraryFramework:
    db.session.rollback()
    return db.session.get_one(LibraryFramework, version)


def own_lines(people: People, role: Role) -> list[LibraryLine]:
    lines = library_lines(db.session(), people.accounts[role], today=DAY)
    return [line for line in lines if not line.bundled]


def test_a_proposal_is_the_first_version_and_approval_locks_its_text(
    people: People, database: Database
) -> None:
    made = propose(people, year="2025", area="某市", kind="项目支出", note="供窗口类项目选用")
    assert (row(made).number, row(made).state, row(made).leaves, row(made).max) == (
        1,
        LibraryState.PROPOSED,
        2,
        "100",
    )
    assert not db.session.get_one(FrameworkVersion, row(made).framework_id).locked
    library.approve_framework(people.actor(Role.FR), made)
    stored = row(made)
    assert (stored.state, stored.decided_by) == (LibraryState.APPROVED, people.accounts[Role.FR])
    assert db.session.get_one(FrameworkVersion, stored.framework_id).locked
    acts = [entry["action"] for entry in database.entries()]
    assert acts[-2:] == ["framework.propose", "framework.approve"]


def test_every_fault_of_text_and_particulars_is_named_at_once_and_nothing_is_stored(
    people: People, database: Database
) -> None:
    bad = OWN.replace('max: "40", rule', 'max: "4x", rule').replace("kind: discretionary", "kind: guess")
    with pytest.raises(InvalidError) as caught:
        propose(people, bad, area="某" * 81)
    assert len(caught.value.problems) == 3
    assert {problem.path for problem in caught.value.problems} >= {
        "area",
        "nodes.A1.max",
        "nodes.B1.rule.kind",
    }
    assert database.count(LibraryFramework) == 0


def test_a_better_text_is_the_next_number_and_the_same_text_is_none(people: People) -> None:
    first = approved(people)
    with pytest.raises(InvalidError, match="第 1 版完全相同"):
        propose(people, OWN)
    second = propose(people, SECOND)
    assert row(second).number == 2
    assert row(first).state is LibraryState.APPROVED
    library.return_framework(people.actor(Role.FR), second, reason="档太少")
    assert (row(second).state, row(second).decision) == (LibraryState.RETURNED, "档太少")
    assert row(propose(people, SECOND)).number == 3


def test_a_bundled_code_cannot_be_taken(people: People) -> None:
    with pytest.raises(InvalidError, match="自带"):
        propose(people, frameworks.text_of("national-10"))


def test_only_the_desk_of_the_organisation_proposes_and_decides(people: People, database: Database) -> None:
    before = database.count(LibraryFramework)
    with pytest.raises(NotPermittedError):
        propose(people, actor=people.actor(Role.FR))
    stranger = second_person(people, "fo-unit", Role.FO, "unit")
    with pytest.raises(NotFoundError):
        propose(people, actor=stranger)
    assert database.count(LibraryFramework) == before
    made = propose(people)
    with pytest.raises(NotPermittedError):
        library.approve_framework(people.actor(Role.FO), made)
    other = second_person(people, "fr-unit", Role.FR, "unit")
    with pytest.raises(NotFoundError):
        library.approve_framework(other, made)
    assert row(made).state is LibraryState.PROPOSED


def test_who_proposed_does_not_decide_even_with_both_duties(people: People) -> None:
    made = propose(people)
    mine = _as_proposer_of(people, made)
    with pytest.raises(ActionRefusedError, match="同一人"):
        library.approve_framework(mine, made)
    with pytest.raises(ActionRefusedError, match="同一人"):
        library.return_framework(mine, made, reason="不合适")
    assert row(made).state is LibraryState.PROPOSED
    library.approve_framework(people.actor(Role.FR), made)


def _as_proposer_of(people: People, version: str) -> Actor:
    """The proposer, who has meanwhile become 复核 of his bureau."""
    admin, account = people.actor(Role.SA), row(version).proposed_by
    db.session.rollback()
    with transaction(admin, Action.GRANT_CONFIRM) as tx:
        tx.add(
            RoleGrant(
                account_id=account,
                role=Role.FR,
                organisation_id=people.organisations["bureau"],
                state=GrantState.CONFIRMED,
                proposed_by=admin.account,
            )
        )
    return people.actor(Role.FR, account=account)


def test_a_decision_needs_the_right_state_and_a_reason(people: People) -> None:
    fr = people.actor(Role.FR)
    made = propose(people)
    with pytest.raises(ActionRefusedError, match="理由"):
        library.return_framework(fr, made, reason=" ")
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        library.retire_framework(fr, made, reason="过时")
    library.approve_framework(fr, made)
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        library.approve_framework(fr, made)
    with pytest.raises(ActionRefusedError, match="不存在，或已经办结"):
        library.return_framework(fr, made, reason="改主意")
    library.retire_framework(fr, made, reason="过时")
    assert row(made).state is LibraryState.RETIRED


def test_a_running_case_keeps_its_text_whatever_becomes_of_the_library(people: People) -> None:
    case = CaseBuilder(people).create().issue()
    before = db.session.scalars(select(Evaluation.framework_id).where(Evaluation.id == case.id)).one()
    db.session.rollback()
    first = approved(people, FRAMEWORK)
    assert row(first).framework_id == before
    approved(people, FRAMEWORK.replace("name: 小体系", "name: 小体系（新）"))
    library.retire_framework(people.actor(Role.FR), first, reason="有新版")
    assert db.session.scalars(select(Evaluation.framework_id).where(Evaluation.id == case.id)).one() == before
    sha = hashlib.sha256(FRAMEWORK.encode()).hexdigest()
    assert usage_count(db.session(), people.accounts[Role.FO], sha, today=DAY) == 1
    assert usage_count(db.session(), people.accounts[Role.DF], sha, today=DAY) == 0
    assert [line.usage for line in own_lines(people, Role.FO)] == [0, 1]


def test_the_list_holds_the_bundled_ones_for_everybody_and_the_own_ones_for_the_own_people(
    people: People,
) -> None:
    first, second = approved(people), propose(people, SECOND)
    lines = library_lines(db.session(), people.accounts[Role.DF], today=DAY)
    assert [line.code for line in lines] == list(frameworks.bundled())
    assert all(line.bundled and line.offered and line.state == "自带" for line in lines)
    seen = own_lines(people, Role.FR)
    assert [(line.ref, line.number, line.state, line.offered) for line in seen] == [
        (second, 2, "草拟", False),
        (first, 1, "已批准", True),
    ]
    assert [line.mine for line in own_lines(people, Role.FO)] == [True, True]
    with pytest.raises(NotFoundError):
        library_version(db.session(), people.accounts[Role.DF], first, today=DAY)
    with pytest.raises(NotFoundError):
        library_version(db.session(), people.accounts[Role.FO], "bundled:none", today=DAY)


def test_the_team_of_a_case_sees_what_its_organiser_approved(people: People) -> None:
    CaseBuilder(people).create().issue()
    first = approved(people)
    propose(people, SECOND)
    admin, firm = people.actor(Role.SA), people.organisations["firm"]
    guest = accounts.create_account(admin, accounts.NewAccount("guest", "外人", PASSWORD, firm))
    assert [line for line in library_lines(db.session(), guest, today=DAY) if not line.bundled] == []
    member = _member(people, guest)
    lines = [line for line in library_lines(db.session(), member, today=DAY) if not line.bundled]
    assert [line.ref for line in lines] == [first]


def _member(people: People, account: str) -> str:
    case = db.session.scalars(select(Evaluation.id)).one()
    db.session.rollback()
    assign_member(people.actor(Role.FO), case, account=account, roles=(Role.EV,))
    return account


def test_one_version_shows_its_tree_with_every_rule_in_words(people: People) -> None:
    made = approved(people)
    found = library_version(db.session(), people.accounts[Role.FO], made, today=DAY)
    assert [(one.node.code, one.node.max, one.words[:1]) for one in found.nodes] == [
        ("A", "40", ()),
        ("A1", "40", ("按比例：实际值 达到 100% 得满分，未达到的按完成率得分",)),
        ("B", "60", ()),
        ("B1", "60", ("酌情：由评价人员在0 分到满分之间酌定，写明理由",)),
    ]
    assert found.text == OWN
    bundled = library_version(
        db.session(), people.accounts[Role.FO], "bundled:zhongshan-cloud-2022", today=DAY
    )
    assert all(one.words for one in bundled.nodes if one.node.leaf)


def test_the_difference_of_two_versions_names_what_changed(people: People) -> None:
    first, second = approved(people), propose(people, SECOND)
    found = library_difference(db.session(), people.accounts[Role.FR], first, second, today=DAY)
    assert (found.added, found.removed) == ((), ())
    assert [(node.code, [one.label for one in node.changes]) for node in found.changed] == [
        ("B1", ["名称", "评分规则"])
    ]
    assert library_difference(db.session(), people.accounts[Role.FR], first, first, today=DAY).empty
