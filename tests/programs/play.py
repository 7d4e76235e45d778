"""A case file played through the API alone: every act of it, each by the program of its own person."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import Any

from service import clock, frameworks
from service.cases.acts import Planned
from service.cases.handlers_before import EVIDENCE_KINDS
from service.cases.model_scoring import Adjustment
from service.cases.script import NOT_IN_SOURCE, Act
from service.cases.source import CaseFile
from service.workflow.actions import Action
from tests.browser.house import House
from tests.programs.machine import Machine, issued_token

PATIENCE = 240


@dataclass
class Play:
    """The case file, the programs of its people, and what the service called what they made."""

    file: CaseFile
    planned: Planned
    house: House
    code: str
    machines: dict[str, Machine] = field(default_factory=dict)
    named: dict[str, str] = field(default_factory=dict)
    declared: set[str] = field(default_factory=set)

    def by(self, player: str) -> Machine:
        """The program of a player, whose token is issued the first time."""
        if player not in self.machines:
            login, password = self.house.keys[player]
            token = issued_token(self.house.address, login, password)
            self.machines[player] = Machine(self.house.address, token, password)
        return self.machines[player]

    @property
    def later(self) -> str:
        """A day every due date may be set to."""
        return (clock.local_date(clock.now()) + timedelta(days=30)).isoformat()

    def act(self, act: Act, name: str, body: Mapping[str, Any] | None = None, *, proof: bool = False) -> str:
        """The act is done; its first row's code is returned."""
        machine = self.by(act.by)
        if act.action is not Action.CONFLICT_DECLARE:
            self._declare(act.by)
        kept = {key: value for key, value in (body or {}).items() if value not in ("", (), None)}
        answer = machine.act(self.code, name, kept, proof=proof)
        if answer.status == 202:
            self._await(machine, answer.body["job"])
            return ""
        return next((row["code"] for row in answer.body["touched"] if row["made"] and row["code"]), "")

    def _declare(self, player: str) -> None:
        machine = self.by(player)
        if player not in self.declared and machine.ask("GET", f"/cases/{self.code}/plan").status == 403:
            self.declared.add(player)
            machine.act(self.code, "conflict.declare", {"secrecy": True, "conflict": "no"})

    @staticmethod
    def _await(machine: Machine, job: str) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = machine.get(f"/jobs/{job}").body
            if found["state"] == "done":
                return
            assert found["state"] != "parked", found
            time.sleep(0.5)
        raise AssertionError("后台任务没有做完")


Handler = Callable[[Play, Act], None]


def create(play: Play, act: Act) -> None:
    case = play.file.case
    homes = play.house.organisations
    parties = play.planned.cast.parties

    def of(part: str) -> list[str]:
        found = [p for p in parties if part in p.parts]
        return [homes[p.code] for p in found if part == "evaluated" or "evaluated" not in p.parts]

    machine = play.by(act.by)
    body = {
        "code": play.code, "title": case.title, "kind": case.kind, "year": case.year,
        "subject_name": case.subject.name, "subject_kind": case.subject.kind, "secrecy": case.secrecy,
        "publicity": case.publicity, "profile": case.profile, "policy": "city",
        "self_due_on": play.later, "evaluated": of("evaluated"), "supervisor": of("supervisor"),
        "agency": of("agency"), "organiser": of("organiser")[0],
    }  # fmt: skip
    machine.send("/cases", {key: value for key, value in body.items() if value not in ("", [])})
    for money in case.money:
        stated = {}
        if money.amount is not None and money.unit == "万元":
            stated = {"fen": round(float(money.amount) * 1_000_000)}
        told = {"code": money.code, "name": money.name, "kind": money.kind, "source": money.place, **stated}
        machine.on(play.code, "/particulars/money", {**told, "reason": "登记资金"})


def assign(play: Play, act: Act) -> None:
    login, _ = play.house.keys[act.payload["player"]]
    machine = play.by(act.by)
    account = machine.choice(play.code, "team.assign", "account", f"（{login}，")
    roles = [role.value for role in act.payload["duties"]]
    play.act(act, "team.assign", {"account": account, "roles": roles})
    if "EL" in roles and play.planned.cast.certifies:
        papers = {"account": account, "qualification": "高级会计师（替身）", "years": "12", "evaluating_years": "6",
                  "clean_record": True, "reason": "登记主评人资格"}  # fmt: skip
        machine.on(play.code, "/particulars/papers", papers)


def draft_plan(play: Play, act: Act) -> None:
    play.act(act, "plan.draft", {"framework": frameworks.dump(play.file.framework)})


def edit_self(play: Play, act: Act) -> None:
    own = act.payload["own"]
    play.act(
        act, "self.edit", {"node": next(iter(own.lines)), "target": "见自评表"}
    ) if own and own.lines else None
    told = "\n".join(own.texts.values()) if own else NOT_IN_SOURCE
    lines = own.lines if own else {}
    claims = [
        {k: v for k, v in {"node": code, **{n: getattr(line, n) for n in ("target", "actual", "points", "deviation")}}.items() if v}
        for code, line in lines.items()
    ]  # fmt: skip
    body: dict[str, Any] = {"claims": claims, "texts": {"summary": told}}
    if own and own.total:
        body["total"] = own.total
    play._declare(act.by)
    play.by(act.by).on(play.code, "/self-assessment", body)


def add_evidence(play: Play, act: Act) -> None:
    """A file in two pieces that becomes evidence."""
    play._declare(act.by)
    item, machine = act.payload["evidence"], play.by(act.by)
    content = f"佐证登记卡\n编号：{item.code}\n名称：{item.name}\n证明：{item.proves}".encode()
    begun = machine.send(
        f"/cases/{play.code}/uploads",
        {"filename": f"{item.code}.txt", "size": str(len(content)), "sha256": sha256(content).hexdigest()},
    ).body
    at = begun["received"]
    for piece in (content[:20], content[20:]):
        answer = machine.ask(
            "PUT", f"/cases/{play.code}/uploads/{begun['id']}?offset={at}&sha256={sha256(piece).hexdigest()}", piece,
            Content_Type="application/octet-stream",
        )  # fmt: skip
        assert answer.status == 200, answer.content
        at = answer.body["received"]
    told = {"name": item.name, "klass": EVIDENCE_KINDS[item.kind], "source": item.obtained,
            "proves": item.proves, "period": item.period, "nodes": list(item.nodes)}  # fmt: skip
    done = machine.on(
        play.code, f"/uploads/{begun['id']}/finish", {k: v for k, v in told.items() if v not in ("", [])}
    )
    play.named[item.code] = next(row["code"] for row in done.body["touched"] if row["code"])


def verdict(play: Play, act: Act) -> None:
    item = act.payload["verdict"]
    play.act(act, "review.verdict", {
        "subject": item.subject, "verdict": item.verdict, "note": item.note, "node": item.node,
    })  # fmt: skip


def open_visit(play: Play, act: Act) -> None:
    item = act.payload["visit"]
    today = clock.local_date(clock.now()).isoformat()
    play.named["visit"] = play.act(act, "visit.open", {
        "on": today, "place": item.place or NOT_IN_SOURCE, "method": item.method, "people": item.people,
        "content": item.content,
    })  # fmt: skip


def record_finding(play: Play, act: Act) -> None:
    item = act.payload["finding"]
    body = {"visit": play.named["visit"], "text": item.text, "nodes": list(item.nodes)}
    play.named[item.text] = play.act(act, "finding.record", body)


def confirm_finding(play: Play, act: Act) -> None:
    item = act.payload["finding"]
    response = item.response or act.stand_in
    play.act(act, "finding.confirm", {"code": play.named[item.text], "response": response})


def record_results(play: Play, act: Act) -> None:
    play._declare(act.by)
    play.by(act.by).on(play.code, "/results", {"results": act.payload["results"]})


def reason(play: Play, act: Act) -> None:
    item = act.payload.get("item") or act.payload["deduction"]
    given = item.awarded if isinstance(item, Adjustment) else item.amount
    if given is None:
        return
    play.named[item.reason] = play.act(act, act.action.value, {
        "node": item.node, "amount": given, "reason": item.reason, "clause": item.clause,
        "evidence": [play.by(act.by).choice(play.code, act.action.value, "evidence", play.named[code])
                     for code in item.evidence],
        "no_evidence": item.no_evidence,
    })  # fmt: skip


def submit_reason(play: Play, act: Act) -> None:
    item = act.payload.get("item") or act.payload["deduction"]
    if item.reason in play.named:
        play.act(act, act.action.value, {"code": play.named[item.reason]})


def write(play: Play, act: Act) -> None:
    pieces = list(_pieces(play))
    if pieces:
        play._declare(act.by)
        play.by(act.by).on(play.code, "/writing", {"pieces": pieces})


def _pieces(play: Play) -> Iterator[dict[str, str]]:
    for section, text in play.file.case.narrative.items():
        kept = "\n".join(line for line in text.splitlines() if not line.startswith("[[table:"))
        yield {"kind": "section", "section": section, "body": kept}
    for node, text in play.file.case.notes.items():
        yield {"kind": "note", "section": node, "body": text}


def record_opinion(play: Play, act: Act) -> None:
    item = act.payload["opinion"]
    party = next(p for p in play.planned.cast.parties if p.code == item.organisation)
    organisation = play.by(act.by).choice(play.code, "opinion.record", "organisation", party.name)
    body = {"organisation": organisation, "text": item.text, "node": item.node, "place": item.place,
            "agrees": item.agrees or None}  # fmt: skip
    play.named[item.text] = play.act(act, "opinion.record", body)


def propose_disposition(play: Play, act: Act) -> None:
    item, opinion = act.payload["disposition"], act.payload["opinion"]
    effect = item.effect or "不影响得分（案例没有列出改动的扣分）"
    body = {
        "opinion": play.named[opinion.text],
        "verdict": item.result,
        "reason": item.reason,
        "effect": effect,
    }
    play.act(act, "disposition.propose", body)


def confirm_disposition(play: Play, act: Act) -> None:
    play.act(act, "disposition.confirm", {"opinion": play.named[act.payload["opinion"].text]})


def seen(name: str, *, proof: bool = False, **body: Any) -> Handler:
    """An act that names the content or file read before it."""

    def handler(play: Play, act: Act) -> None:
        play._declare(act.by)
        offered = play.by(act.by).get(f"/cases/{play.code}/acts/{name}").body["fields"]
        value = next(each["value"] for each in offered if each["name"] == "seen")
        note = {} if proof else {"note": act.payload["opinion"] or act.stand_in}
        play.act(act, name, {"seen": value, **note, **body}, proof=proof)

    return handler


def plain(name: str, **body: Any) -> Handler:
    return lambda play, act: void(play.act(act, name, body))


def void(_: object) -> None:
    """What was made has no name here."""


def waive(play: Play, act: Act) -> None:
    """The first open finding the case file names is signed off."""
    item = act.payload["waiver"]
    key = next((n["key"] for n in _open(play, act) if (n["rule"], n["text"]) == (item.rule, item.text)), "")
    if key:
        play.act(act, "report.waive_finding", {"finding": key, "reason": item.reason})


def freeze(play: Play, act: Act) -> None:
    """The report is frozen; what only this way of entering it brings about is signed off before."""
    for found in _open(play, act):
        play.act(act, "report.waive_finding", {"finding": found["key"], "reason": NOT_IN_SOURCE})
    play.act(act, "report.freeze")


def _open(play: Play, act: Act) -> list[dict[str, Any]]:
    play._declare(act.by)
    lines = play.by(act.by).get(f"/cases/{play.code}/checks").body["lines"]
    return [each["noted"] for each in lines if each["waived"] is None and each["noted"]["severity"] != "hint"]


HANDLERS: Mapping[Action, Handler] = {
    Action.EVALUATION_CREATE: create,
    Action.TEAM_ASSIGN: assign,
    Action.EVALUATION_ISSUE: plain("evaluation.issue"),
    Action.CONFLICT_DECLARE: plain("conflict.declare", secrecy=True, conflict="no"),
    Action.PLAN_DRAFT: draft_plan,
    Action.PLAN_SUBMIT: plain("plan.submit"),
    Action.PLAN_APPROVE: lambda p, a: void(
        p.act(a, "plan.approve", {"panel_opinion": a.payload["opinion"] or NOT_IN_SOURCE})
    ),
    Action.EVIDENCE_ADD: add_evidence,
    Action.SELF_EDIT: edit_self,
    Action.SELF_REVIEW: plain("self.review"),
    Action.SELF_SUBMIT: plain("self.submit"),
    Action.REVIEW_VERDICT: verdict,
    Action.REVIEW_PROPOSE_PASS: plain("review.propose_pass"),
    Action.REVIEW_PASS: plain("review.pass"),
    Action.VISIT_OPEN: open_visit,
    Action.FINDING_RECORD: record_finding,
    Action.FINDING_CONFIRM: confirm_finding,
    Action.VISIT_CLOSE: lambda p, a: void(p.act(a, "visit.close", {"code": p.named["visit"]})),
    Action.SCORE_INPUT: record_results,
    Action.DEDUCTION_DRAFT: reason,
    Action.DEDUCTION_SUBMIT: submit_reason,
    Action.ADJUSTMENT_DRAFT: reason,
    Action.ADJUSTMENT_SUBMIT: submit_reason,
    Action.REPORT_WRITE: write,
    Action.SCORES_SUBMIT: plain("scores.submit"),
    Action.DRAFT_ISSUE: lambda p, a: void(p.act(a, "draft.issue", {"due_on": p.later})),
    Action.OPINION_RECORD: record_opinion,
    Action.DISPOSITION_PROPOSE: propose_disposition,
    Action.DISPOSITION_CONFIRM: confirm_disposition,
    Action.CONSULTATION_CLOSE: plain("consultation.close"),
    Action.REPORT_INTERNAL_REVIEW: seen("report.internal_review"),
    Action.REPORT_WAIVE_FINDING: waive,
    Action.REPORT_FREEZE: freeze,
    Action.REPORT_CERTIFY: seen("report.certify", proof=True, read=True),
    Action.REPORT_SEAL: seen("report.seal", proof=True, read=True),
    Action.REPORT_SECOND_REVIEW: seen("report.second_review"),
    Action.REPORT_SIGN: seen("report.sign", proof=True, read=True),
}


def perform(play: Play) -> None:
    """Every act of the case is done, in order, each by its own person's program."""
    for act in play.planned.acts:
        HANDLERS[act.action](play, act)
