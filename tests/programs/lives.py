"""Cases carried through the API until every operation was done once: nobody's form is left to chance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from service import clock
from service.actions.accounts import NewAccount, confirm_grant, create_account, propose_grant
from service.actions.commissioning import issue_evaluation
from service.actions.reporting import freeze_now, stamp_now
from service.actions.tokens import IssueToken, issue_token
from service.actions.workshop import workshop_of
from service.cases.model import MONEY_KINDS
from service.extensions import db
from service.models.evaluation import Evaluation
from service.models.library import LibraryState
from service.models.report import ReportVersion
from service.queries.tokens import Scope
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DESK_ROLES, FRAMEWORK, PASSWORD, CaseBuilder
from tests.programs.machine import Answer, Machine
from tests.programs.parts import multipart
from tests.programs.test_duplicates import token_of
from tests.web.conftest import Site

LATER = (clock.local_date(clock.now()) + timedelta(days=30)).isoformat()
TODAY = clock.local_date(clock.now()).isoformat()
OTHER = FRAMEWORK.replace("更新完成情况", "设备更新完成情况")
TEXT = "办理意见"
WAITING = LibraryState.PROPOSED.label


@dataclass
class Counted(Machine):
    """A program that notes which operations answered it with success."""

    site: Any = None
    good: set[str] = field(default_factory=set)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        answer = super().ask(method, path, body, **headers)
        if answer.status < 300:
            adapter = self.site.app.url_map.bind("")
            self.good.add(adapter.match(f"/api/v1{path}".partition("?")[0], method)[0].removeprefix("api."))
        return answer

    def files(self, case: str, path: str, fields: Mapping[str, Any], name: str, content: bytes) -> Answer:
        """A form with a file, sent on the case in the state it is in."""
        state = str(self.get(f"/cases/{case}").headers["ETag"])
        data, media = multipart(fields, {"file": (name, content)})
        answer = self.ask("POST", f"/cases/{case}{path}", data, If_Match=state, Content_Type=media)
        return self._good(answer, path)


@dataclass
class Lives:
    """The programs of all people of a served world, and what they have done."""

    site: Site
    address: str
    good: set[str] = field(default_factory=set)
    _known: dict[Role, Counted] = field(default_factory=dict)

    def by(self, role: Role) -> Counted:
        """The program of the person of a role."""
        if role not in self._known:
            token = token_of(self.site, role)
            self._known[role] = Counted(self.address, token, PASSWORD, site=self.site, good=self.good)
        return self._known[role]

    def act(
        self, role: Role, case: str, name: str, body: Mapping[str, Any] | None = None, **more: Any
    ) -> str:
        """The act is shown, then done; the code of the first row it made."""
        machine = self.by(role)
        machine.get(f"/cases/{case}/acts/{name}")
        answer = machine.act(case, name, body, **more)
        touched = answer.body.get("touched", ())
        return next((row["code"] for row in touched if row["made"] and row["code"]), "")

    def account(self, role: Role) -> str:
        """The account of the person of a role."""
        return self.site.world.people.accounts[role]

    def home(self, code: str) -> str:
        """An organisation of the world."""
        return self.site.world.people.organisations[code]

    def offered(self, role: Role, case: str, act: str, member: str) -> Any:
        """What stands in a member of an act now, else the first value that may be chosen."""
        fields = self.by(role).get(f"/cases/{case}/acts/{act}").body["fields"]
        found = next(each for each in fields if each["name"] == member)
        return found["value"] or found["options"][0]["value"]

    def built(self, code: str, stage: Stage, *steps: str, kind: Kind = Kind.DEPARTMENT) -> str:
        """A further case, carried into a stage by the real acts, where the desk has declared."""
        with self.site.app.app_context():
            case = CaseBuilder(self.site.world.people, kind=kind, code=code).until(stage)
            for step in steps:
                getattr(case, step)()
            db.session.remove()
        for role in DESK_ROLES:
            self.declare(role, code)
        return code

    def declare(self, role: Role, case: str) -> None:
        """The person may work on the case."""
        self.act(role, case, "conflict.declare", {"secrecy": True, "conflict": "no"})

    def own(self, code: str) -> str:
        """A 单位自评 that waits for its review."""
        people = self.site.world.people
        with self.site.app.app_context():
            made = CaseBuilder(people, kind=Kind.UNIT_SELF, code=code, more={"framework": FRAMEWORK}).create()
            issue_evaluation(people.actor(Role.FR), made.id)
            made.submit()
            db.session.remove()
        return code

    def second_signer(self) -> Counted:
        """The program of another person who may sign for the bureau."""
        people = self.site.world.people
        with self.site.app.app_context():
            admin, bureau = people.actor(Role.SA), people.organisations["bureau"]
            account = create_account(admin, NewAccount("fa2", "另一签发人", PASSWORD, bureau))
            grant = propose_grant(admin, account=account, role=Role.FA, organisation=bureau)
            confirm_grant(people.actor(Role.SE), grant=grant, fresh=True)
            actor = people.actor(Role.FA, account=account, on=None)
            until = clock.local_date(clock.now()) + timedelta(days=2)
            token = issue_token(actor, IssueToken("试", tuple(Scope), until), fresh=True)
            db.session.remove()
        return Counted(self.address, token, PASSWORD, site=self.site, good=self.good)

    def frozen(self, role: Role, code: str) -> None:
        """The worker lays the report out."""
        with self.site.app.app_context():
            workshop = workshop_of(self.site.app.config["PINGJI"])
            actor = self.site.world.people.actor(role, on=None)
            case = db.session.query(Evaluation).filter_by(code=code).one().id
            freeze_now(actor, case, workshop)
            db.session.remove()

    def stamped(self) -> None:
        """The worker makes the signed file of the newest report."""
        with self.site.app.app_context():
            report = db.session.query(ReportVersion).order_by(ReportVersion.number.desc()).first()
            assert report is not None
            stamp_now(self.account(Role.FA), report.id, workshop_of(self.site.app.config["PINGJI"]))
            db.session.remove()


def found(lives: Lives) -> None:
    """Accounts and duties: proposed, confirmed, rejected, ended, handed over."""
    admin, security = lives.by(Role.SA), lives.by(Role.SE)

    def desk(machine: Counted, name: str, body: dict[str, Any]) -> Any:
        more = {"proof": {"password": PASSWORD}} if machine is security and name != "proposal.reject" else {}
        return machine.send(f"/accounts/acts/{name}", {**body, **more}).body

    desk(admin, "organisation.create", {"code": "third", "name": "第三单位"})
    for login in ("new1", "new2"):
        told = desk(
            admin, "account.create", {"login": login, "duty": "经办", "organisation": lives.home("bureau")}
        )
        assert told["secret"]
    shown = admin.get("/accounts?text=new").body
    ids = {row["login"]: row["id"] for row in shown["accounts"]}

    def granted(role: str, login: str = "new1") -> str:
        body = {"account": ids[login], "role": role, "organisation": lives.home("bureau")}
        answer = desk(admin, "grant.propose", body)
        return str(next(row["id"] for row in answer["touched"] if row["made"]))

    desk(security, "proposal.reject", {"proposal": granted("FR"), "reason": TEXT})
    first, second = granted("FO"), granted("FR", "new2")
    for each in (first, second):
        desk(security, "grant.confirm", {"grant": each})
    ended = desk(admin, "grant.end", {"grant": second, "reason": TEXT})
    revocation = next(row["id"] for row in ended["touched"] if row["made"])
    desk(security, "grant.revoke", {"revocation": revocation})
    body = {"leaver": ids["new1"], "successor": ids["new2"], "reason": TEXT}
    proposed = desk(admin, "handover.propose", body)
    handover = next(row["id"] for row in proposed["touched"] if row["made"])
    desk(security, "handover.confirm", {"handover": handover})
    desk(admin, "account.disable", {"account": ids["new1"], "reason": TEXT})


def library(lives: Lives) -> None:
    """A framework is proposed, returned, proposed again, approved, retired."""
    officer, reviewer = lives.by(Role.FO), lives.by(Role.FR)

    def proposed(text: str) -> str:
        body = {"organisation": lives.home("bureau"), "note": TEXT, "framework": text}
        officer.send("/library", body)
        lines = reviewer.get("/library").body["lines"]
        return str(next(line["ref"] for line in lines if line["state"] == WAITING))

    reviewer.send(f"/library/{proposed(FRAMEWORK)}/return", {"reason": TEXT})
    ref = proposed(OTHER)
    officer.get(f"/library/{ref}")
    assert officer.ask("POST", f"/library/{ref}/approve", {}).status in (403, 409), "his own proposal"
    reviewer.send(f"/library/{ref}/approve", {})
    reviewer.send(f"/library/{ref}/retire", {"reason": TEXT})


def commissioned(lives: Lives) -> None:
    """A case of our own until its plan is amended; nobody but programs has a hand in it."""
    officer, case = lives.by(Role.FO), "made"
    told = {"title": "2025年设备更新绩效评价报告", "year": "2025", "subject_name": "设备更新", "secrecy": "公开",
            "publicity": "主动公开", "profile": "standard", "policy": "city", "self_due_on": LATER,
            "evaluated": [lives.home("unit")], "agency": [lives.home("firm")]}  # fmt: skip
    more = {"kind": "department", "subject_kind": "project", "organiser": lives.home("bureau")}
    officer.send("/cases", {"code": case, **told, **more})
    kept = {name: each for name, each in told.items() if name not in ("evaluated", "agency")}
    changed = {**kept, "title": "2025年设备更新项目绩效评价报告", "reason": TEXT}
    officer.on(case, "/particulars/details", changed)
    settings = {"round_limit": "3", "subject_kind": "policy", "reason": TEXT}
    officer.on(case, "/particulars/settings", settings)
    money = {"code": "m1", "name": "预算", "kind": next(iter(MONEY_KINDS)), "fen": 10_000_000, "reason": TEXT}
    officer.on(case, "/particulars/money", money)
    lives.act(Role.FR, case, "evaluation.issue")
    for role in DESK_ROLES:
        lives.declare(role, case)
    for role in (Role.EL, Role.EV):
        lives.act(Role.FO, case, "team.assign", {"account": lives.account(role), "roles": [role.value]})
    lives.declare(Role.EL, case)
    officer.on(case, "/particulars/report", {"report_on": LATER, "reason": TEXT})
    papers = {"account": lives.account(Role.EL), "qualification": "高级会计师", "years": "12",
              "evaluating_years": "6", "clean_record": True, "reason": TEXT}  # fmt: skip
    officer.on(case, "/particulars/papers", papers)
    lives.act(Role.EV, case, "conflict.declare", {"secrecy": True, "conflict": "yes", "statement": "远亲"})
    lives.act(Role.FR, case, "conflict.override", {"account": lives.account(Role.EV), "reason": TEXT})
    leader = lives.by(Role.EL)
    leader.act(case, "plan.draft", {"framework": FRAMEWORK})
    lives.act(Role.EL, case, "plan.submit")
    lives.act(Role.FR, case, "plan.return", {"reason": TEXT})
    leader.act(case, "plan.draft", {"framework": OTHER})
    leader.act(case, "plan.submit")
    lives.act(Role.FR, case, "plan.approve", {"panel_opinion": TEXT})
    leader.act(case, "plan.amend", {"framework": FRAMEWORK, "reason": TEXT, "effect": "不影响分值"})
    lives.act(Role.FR, case, "plan.approve_amendment", {"panel_opinion": TEXT})
    later = (clock.local_date(clock.now()) + timedelta(days=40)).isoformat()
    asked = {"what": "self", "until": later, "reason": TEXT}
    lives.act(Role.DH, case, "deadline.request", asked)
    lives.act(Role.FO, case, "deadline.refuse", {"code": "YQ1", "reason": TEXT})
    lives.act(Role.DH, case, "deadline.request", asked)
    lives.act(
        Role.FO, case, "deadline.extend", {"what": "self", "due_on": later, "reason": TEXT, "request": "YQ2"}
    )


def assessed(lives: Lives) -> None:
    """The unit writes, sends, takes back and sends again; what was sent is asked about and answered."""
    case, unit = "made", lives.by(Role.DF)
    lives.act(Role.DF, case, "self.edit", {"node": "A1", "points": "40", "target": "100%", "actual": "100%"})
    claims = [{"node": "B1", "points": "58", "actual": "20 台"}]
    unit.on(case, "/self-assessment", {"claims": claims, "total": "98", "texts": {"summary": "已完成"}})
    for table in ("self", "subprojects", "survey"):
        book(lives, Role.DF, case, table)
    lives.act(Role.DH, case, "self.submit")
    lives.act(Role.DH, case, "self.withdraw", {"reason": TEXT})
    lives.act(Role.DH, case, "self.submit")
    lives.act(Role.EV, case, "review.verdict", {"subject": "合同", "verdict": "complete"})
    draft = {"items": ["补验收单"], "due_on": LATER, "mandatory": True}
    code = lives.act(Role.EV, case, "supplement.draft", draft)
    lives.act(Role.EL, case, "supplement.request", {"codes": [code]})
    lives.act(Role.DF, case, "supplement.answer", {"code": code, "answer": TEXT})
    lives.act(Role.DH, case, "supplement.confirm", {"code": code})
    lives.act(Role.EL, case, "supplement.close", {"code": code, "reason": TEXT})
    lives.act(Role.EL, case, "review.propose_pass")
    lives.act(Role.FO, case, "review.pass")


def book(lives: Lives, role: Role, case: str, table: str) -> None:
    machine = lives.by(role)
    content = machine.get(f"/cases/{case}/workbooks/{table}").content
    machine.files(case, f"/workbooks/{table}?dry_run=1", {}, f"{table}.xlsx", content)
