"""Builders for tests that work on real actions: people by duty, and a case carried as far as asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from argon2 import PasswordHasher

from service.actions import accounts, consultation, finalisation, material_review, scoring, self_assessment
from service.actions import site_verification as site
from service.actions.accounts import (
    NewAccount,
    confirm_grant,
    create_account,
    create_organisation,
    propose_grant,
)
from service.actions.actor import Actor
from service.actions.bootstrap import Founder, found_instance
from service.actions.case_facts import EditFacts, edit_facts
from service.actions.commissioning import (
    CreateEvaluation,
    Quoted,
    assign_member,
    create_evaluation,
    declare_conflict,
    issue_evaluation,
)
from service.actions.planning import DraftPlan, approve_plan, draft_plan, submit_plan
from service.models.fieldwork import Verdict
from service.workflow.certifier import Papers
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage

DAY = date(2025, 1, 6)
PASSWORD = "correct horse battery"
FRAMEWORK = """\
format: pingji-framework/1
code: small
name: 小体系
version: "1"
levels: [一级指标, 二级指标]
rounding: {places: "2", mode: half_up, at: [total], rate_places: "2", grade_on: exact}
grades: {unit: points, bands: [{name: 优, from: "90"}, {name: 良, from: "80"}, {name: 中, from: "60"}, {name: 差, from: "0"}]}
nodes:
  - code: A
    name: 过程
    max: "40"
    children:
      - {code: A1, name: 预算执行率, max: "40", rule: {kind: proportional, target: 100%}}
  - code: B
    name: 产出
    max: "60"
    children:
      - {code: B1, name: 更新完成情况, max: "60", rule: {kind: discretionary}}
"""
CLAIMS = (
    self_assessment.ClaimLine("A1", "40", target="100%", actual="100%"),
    self_assessment.ClaimLine("B1", "58", target="20 台", actual="20 台"),
)
UNIT_ROLES = (Role.DF, Role.DH)
DESK_ROLES = (Role.FO, Role.FR, Role.FA)
TEAM_ROLES = (Role.EL, Role.EV)
FIRM_ROLES = (Role.IR, Role.AS)


@dataclass
class People:
    """The accounts of one small world, by role, and an actor for each on a given day."""

    accounts: dict[Role, str]
    organisations: dict[str, str]
    on: date = DAY
    others: dict[str, str] = field(default_factory=dict)

    def actor(self, role: Role, **overrides: Any) -> Actor:
        """The person of `role`, acting on the present business day."""
        made = {
            "account": self.accounts[role],
            "name": role.label,
            "roles": frozenset({role}),
            "on": self.on,
        }
        return Actor(**{**made, **overrides})


def make_people() -> People:
    """Found the instance and let in one person per role, each by the real acts.

    Password hashes are real argon2 at its lowest cost: a test needs the algorithm, not the delay.
    """
    accounts.HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    ids = found_instance(
        (
            Founder("admin", "系统管理员", Role.SA, PASSWORD),
            Founder("security", "安全管理员", Role.SE, PASSWORD),
        )
    )
    people = People({Role.SA: ids["admin"], Role.SE: ids["security"]}, {})
    settle(people)
    return people


def make_neighbours(people: People, suffix: str) -> People:
    """Another unit, bureau and firm with people of their own; logins end in `suffix`."""
    others = People({role: people.accounts[role] for role in (Role.SA, Role.SE, Role.AU)}, {}, people.on)
    settle(others, suffix)
    return others


def settle(people: People, suffix: str = "") -> None:
    """Organisations and one account per role exist, with the grants that go by organisation."""
    admin, security = people.actor(Role.SA), people.actor(Role.SE)
    for code, name in (("unit", "某中心"), ("bureau", "某局"), ("firm", "某机构")):
        people.organisations[code] = create_organisation(admin, code=code + suffix, name=name + suffix)
    homes = {**dict.fromkeys(UNIT_ROLES, "unit"), **dict.fromkeys(FIRM_ROLES, "firm")}
    for role in (*UNIT_ROLES, *DESK_ROLES, *TEAM_ROLES, *FIRM_ROLES, Role.AU):
        if role in people.accounts:
            continue
        home = people.organisations[homes.get(role, "bureau")]
        new = NewAccount(role.value.lower() + suffix, role.label + suffix, PASSWORD, home)
        people.accounts[role] = account = create_account(admin, new)
        if role not in TEAM_ROLES + FIRM_ROLES:
            organisation = None if role is Role.AU else home
            grant = propose_grant(admin, account=account, role=role, organisation=organisation)
            confirm_grant(security, grant=grant, fresh=True)


@dataclass
class CaseBuilder:
    """One case, carried forward stage by stage through the real acts."""

    people: People
    kind: Kind = Kind.DEPARTMENT
    code: str = "case-1"
    id: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)
    quoted: tuple[Quoted, ...] = ()
    subject: str = "窗口设备更新"
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further or other contents of the case as created."""
    framework: str = FRAMEWORK
    claims: Sequence[self_assessment.ClaimLine] = CLAIMS

    def actor(self, role: Role, **overrides: Any) -> Actor:
        """The person of `role`."""
        return self.people.actor(role, **overrides)

    def create(self) -> CaseBuilder:
        """拟下达."""
        homes = self.people.organisations
        parties = {"evaluated": (homes["unit"],), "organiser": (homes["bureau"],), "agency": (homes["firm"],)}
        told: dict[str, Any] = {
            "title": f"2024年{self.subject}项目绩效评价报告",
            "year": "2024",
            "subject_name": self.subject,
            "profile": "standard",
            "parties": parties,
            "secrecy": "公开",
            "publicity": "主动公开",
            "self_due_on": DAY + timedelta(days=30),
            "facts": self.facts,
            "quoted": self.quoted,
            **self.more,
        }
        command = CreateEvaluation(code=self.code, kind=self.kind, **told)
        self.id = create_evaluation(self.actor(Role.FO), command)
        return self

    def issue(self) -> CaseBuilder:
        """下达, with team, declarations and an approved plan."""
        issue_evaluation(self.actor(Role.FR), self.id)
        firm = FIRM_ROLES if self.kind is Kind.FISCAL_FIRM or self.facts.get("firm") else ()
        for role in (*TEAM_ROLES, *firm):
            assign_member(self.actor(Role.FO), self.id, account=self.people.accounts[role], roles=(role,))
            declare_conflict(self.actor(role), self.id, conflict=False, statement="无利害关系")
        draft_plan(self.actor(Role.EL), self.id, DraftPlan(framework=self.framework, body={"目的": "看到位"}))
        submit_plan(self.actor(Role.EL), self.id)
        approve_plan(self.actor(Role.FR), self.id, panel_opinion="同意")
        return self

    def submit(self) -> CaseBuilder:
        """报送自评."""
        written = self_assessment.EditSelfAssessment(self.claims, claimed_total="98")
        self_assessment.edit_self_assessment(self.actor(Role.DF), self.id, written)
        self_assessment.submit_self_assessment(self.actor(Role.DH), self.id)
        return self

    def pass_review(self) -> CaseBuilder:
        """通过材料审核."""
        verdict = material_review.GiveVerdict("自评表", Verdict.COMPLETE)
        material_review.give_verdict(self.actor(Role.EV), self.id, verdict)
        material_review.propose_pass(self.actor(Role.EL), self.id)
        material_review.pass_review(self.actor(Role.FO), self.id)
        return self

    def score(self, *, points: str = "50") -> CaseBuilder:
        """Visit, score and submit: A1 measured 95 %, B1 judged `points`."""
        visit = site.open_visit(
            self.actor(Role.EL), self.id, site.OpenVisit(on=self.people.on, place="大厅", method="访谈")
        )
        site.close_visit(self.actor(Role.EL), self.id, code=visit)
        results = {"A1": {"value": "95%"}, "B1": {"points": points, "reason": "两台晚到"}}
        scoring.record_results(self.actor(Role.EV), self.id, results=results)
        scoring.submit_scores(self.actor(Role.EL), self.id)
        return self

    def consult(self) -> CaseBuilder:
        """征求意见 with an answer that agrees."""
        due = self.people.on + timedelta(days=10)
        consultation.issue_draft(self.actor(Role.FO), self.id, due_on=due)
        opinion = consultation.RecordOpinion(self.people.organisations["unit"], "无意见", agrees=True)
        consultation.record_opinion(self.actor(Role.DH), self.id, opinion)
        consultation.close_consultation(self.actor(Role.FO), self.id)
        return self

    def qualify(self) -> CaseBuilder:
        """The papers of the 主评人 are on file."""
        papers = Papers("注册会计师", 8, 4, clean_record=True)
        edit_facts(
            self.actor(Role.FO),
            self.id,
            EditFacts(papers={self.people.accounts[Role.EL]: papers}),
            reason="登记资格",
        )
        return self

    def write(self) -> CaseBuilder:
        """The words of the report."""
        words = (finalisation.Words("section", "background", "更换服务大厅的终端。"),)
        finalisation.write_report(self.actor(Role.EL), self.id, words=words)
        return self

    def until(self, stage: Stage) -> CaseBuilder:
        """Carry the case into `stage`."""
        steps = (
            (Stage.SELF_ASSESSMENT, (self.create, self.issue)),
            (Stage.MATERIAL_REVIEW, (self.submit,)),
            (Stage.ON_SITE_VERIFICATION, (self.pass_review,)),
            (Stage.CONSULTATION, (self.score, self._issue_draft)),
            (Stage.FINALISATION, (self._close,)),
        )
        for reached, acts in steps:
            for act in acts:
                act()
            if reached is stage:
                return self
        raise ValueError(stage)

    def _issue_draft(self) -> CaseBuilder:
        due = self.people.on + timedelta(days=10)
        consultation.issue_draft(self.actor(Role.FO), self.id, due_on=due)
        return self

    def _close(self) -> CaseBuilder:
        opinion = consultation.RecordOpinion(self.people.organisations["unit"], "无意见", agrees=True)
        consultation.record_opinion(self.actor(Role.DH), self.id, opinion)
        consultation.close_consultation(self.actor(Role.FO), self.id)
        return self
