"""Check who does what: duties one person may not combine, acts outside his roles, his own acts confirmed.

The acts of a replay are planned without being played; what the process would refuse there is said here with
the line of the name, and who else could do it. Pure.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterator, Mapping

from service.cases.acts import Planned
from service.cases.checks_references import PEOPLE, walk
from service.cases.script import Act, Player
from service.cases.source import CaseFile
from service.errors import Problem
from service.workflow.actions import Action
from service.workflow.exclusive import clashes, exclusive
from service.workflow.facts import Facts, Policy
from service.workflow.guards import ANSWERER, NOT_MINE, OTHER_SIGNER, Guard
from service.workflow.kinds import Kind
from service.workflow.roles import ROLE_LABELS, Role
from service.yamltext import Place

_FIELDS = {
    Action.DISPOSITION_CONFIRM: "confirmed_by",
    Action.PLAN_APPROVE: "approved_by",
    Action.SELF_SUBMIT: "submitted_by",
    Action.SELF_REVIEW: "reviewed_by",
    Action.SUPPLEMENT_ANSWER: "answered_by",
    Action.PAPER_REGISTER: "registered_by",
    Action.CORRECTION_SIGN: "signed_by",
}
_STEPS = {
    Action.PLAN_APPROVE: "plan",
    Action.REVIEW_PASS: "review_pass",
    Action.SCORES_SUBMIT: "scores_submit",
    Action.DRAFT_ISSUE: "draft_issue",
    Action.CONSULTATION_WAIVE: "draft_issue",
    Action.CONSULTATION_CLOSE: "consultation_close",
    Action.REPORT_INTERNAL_REVIEW: "internal_review",
    Action.REPORT_CERTIFY: "certify",
    Action.REPORT_SEAL: "seal",
    Action.REPORT_SECOND_REVIEW: "second_review",
    Action.REPORT_SIGN: "sign",
}
_SECTIONS = {"plan": ("plan",), "self": ("self_assessment",)}
_OWN: dict[Action, tuple[Action, Guard]] = {
    Action.SUPPLEMENT_CONFIRM: (Action.SUPPLEMENT_ANSWER, NOT_MINE),
    Action.FINDING_ANSWER: (Action.FINDING_RECORD, ANSWERER),
}
_ANOTHER = "换一个人，或在 people 里补上这个岗位的人"


def check_duties(file: CaseFile) -> list[Problem]:
    """Return every pair of roles that one person holds and the rules of the case keep apart."""
    policy = policy_of(file)
    return [
        file.document.problem(
            ("people", index, "roles"),
            f"{person.code}：{words}",
            allowed=f"{policy.label}岗位规则允许的兼任",
            cure="去掉其中一个角色，由另一人担任；县级三人岗写 settings: {policy: county}",
        )
        for index, person in enumerate(file.case.people)
        for words in clashes(policy, frozenset(Role(role) for role in person.roles))
    ]


def policy_of(file: CaseFile) -> Policy:
    """Return the profile of exclusive duties the case is held under."""
    return Policy(file.case.settings.policy if file.case.settings else "city")


def check_people(file: CaseFile) -> list[Problem]:
    """Return every act planned for somebody who has no role for it or whose own act it would confirm."""
    found: dict[str, Problem] = {}
    for problem in _Doings(file).problems():
        found.setdefault(problem.path, problem)
    return list(found.values())


def check_stand_ins(file: CaseFile) -> list[Problem]:
    """Return everything the process needs and the source does not state, if the case says to refuse it."""
    if file.case.stand_ins != "refuse":
        return []
    cure = "在案例文件里补上来源所载的内容，或写 stand_ins: fill"
    return [
        file.document.problem(("stand_ins",), f"流程需要而来源没有：{line}", cure=cure)
        for line in Planned(file).stand_ins
    ]


class _Doings:
    """The planned acts of a case, and what each person has done before each of them."""

    def __init__(self, file: CaseFile) -> None:
        planned = Planned(file)
        self.file, self.acts = file, planned.acts
        self.players: Mapping[str, Player] = {player.code: player for player in planned.cast.players}
        self.policy, self.kind = policy_of(file), Kind(file.case.kind)
        self.did: defaultdict[str, set[Action]] = defaultdict(set)
        self.authors: dict[tuple[Action, int], str] = {}
        self.signer = ""
        self.places: dict[int, Place] = {id(part): place for place, part in walk(file.case)}

    def problems(self) -> Iterator[Problem]:
        """Yield what is wrong, act by act."""
        for planned in self.acts:
            for act in _persons(planned):
                if act.role not in self.players[act.by].roles:
                    yield self._unfit(act)
                    continue
                for why in self._barred(act, act.by):
                    yield self._own(act, why)
                self._note(act)

    def _note(self, act: Act) -> None:
        self.did[act.by].add(act.action)
        self.authors |= {(act.action, id(part)): act.by for part in act.payload.values()}
        if act.action in (Action.REPORT_SIGN, Action.CORRECTION_SIGN):
            self.signer = act.by

    def _barred(self, act: Act, person: str) -> tuple[str, ...]:
        """Return why this person may not do the act after what he did, by rules and guards."""
        found = exclusive(self.policy, frozenset(self.did[person]), act.action, kind=self.kind)
        if act.action in _OWN:
            earlier, guard = _OWN[act.action]
            mine = any(self.authors.get((earlier, id(part))) == person for part in act.payload.values())
            found += guard.check(Facts(target_mine=mine, policy=self.policy))
        if act.action is Action.CORRECTION_SIGN:
            again = Facts(previous_signer_is_actor=person == self.signer, policy=self.policy)
            found += OTHER_SIGNER.check(again)
        return found

    def _unfit(self, act: Act) -> Problem:
        allowed = "、".join(f"{role.value}（{ROLE_LABELS[role]}）" for role in act.roles)
        words = f"{act.by} 没有办这件事的角色（{act.action.label}）"
        return self.file.document.problem(
            self._place(act), words, allowed=allowed, cure="在 people 里给他加角色，或换人"
        )

    def _own(self, act: Act, why: str) -> Problem:
        roles = frozenset(act.roles)
        free = [
            p.code
            for p in self.players.values()
            if p.roles & roles and not p.stand_in and not self._barred(act, p.code)
        ]
        labels = "或".join(role.label for role in act.roles)
        words = f"{act.action.label}由 {act.by} 办：{why}"
        allowed = "、".join(free) or f"另一{labels}"
        return self.file.document.problem(self._place(act), words, allowed=allowed, cure=_ANOTHER)

    def _place(self, act: Act) -> Place:
        """Return where the person is named for the act; his entry among the people if he is not."""
        field, read = _FIELDS.get(act.action, "by"), self.file.document.value
        scopes = list(self._scopes(act))
        for name in (field, *sorted(PEOPLE)):
            for scope in scopes:
                if read((*scope, name)) == act.by:
                    return (*scope, name)
        codes = [person.code for person in self.file.case.people]
        return ("people", codes.index(act.by)) if act.by in codes else ("people",)

    def _scopes(self, act: Act) -> Iterator[Place]:
        for part in reversed(list(act.payload.values())):
            place = self.places.get(id(part)) if dataclasses.is_dataclass(part) else None
            if place is not None:
                yield from [(*place, "voided")] if act.action is Action.EVIDENCE_VOID else []
                yield place
        steps = [step.step for step in self.file.case.approvals]
        if _STEPS.get(act.action) in steps:
            yield ("approvals", steps.index(_STEPS[act.action]))
        section = _SECTIONS.get(act.action.subject)
        if section:
            yield section
        yield from [("standstills", i) for i, s in enumerate(self.file.case.standstills) if s.by == act.by]


def _persons(act: Act) -> Iterator[Act]:
    """Yield the act of each person in it: who registers a paper, and whose act the paper is."""
    yield act
    if act.action is Action.PAPER_REGISTER:
        role = act.payload["role"]
        yield dataclasses.replace(
            act, action=act.payload["behind"], by=act.payload["signer"], role=role, roles=(role,)
        )
