"""Every row can be reached by somebody with the right facts, and every fact matters to some row."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest

from service.errors import ActionRefusedError
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.guards import Guard
from service.workflow.kinds import KINDS, Kind
from service.workflow.machine import plan
from service.workflow.roles import Role
from service.workflow.rule import Move, Rule, expand
from service.workflow.rules import ROWS, RULES, _index, find
from service.workflow.stages import Stage, Status
from tests.unit.workflow.good_facts import GOOD

BEST = replace(
    GOOD,
    target_is_actor=False,
    target_roles=frozenset({Role.EV}),
    target_conflicts=(),
    issue_missing=(),
    fixed_fields_touched=(),
    suspension_proposed=True,
    termination_proposed=True,
    amendment_open=True,
    self_fields_closed=(),
    self_opened=False,
    open_supplement_exists=True,
    consent_recorded=True,
    on_visit_list=True,
    window_open=True,
    window_closed=True,
    second_person=True,
    export_approved=True,
)
# What an act needs the other way round.
OTHERWISE: dict[Action, dict[str, Any]] = {
    Action.PLAN_DRAFT: {"plan_approved": False},
    Action.PLAN_SUBMIT: {"plan_approved": False},
    Action.PLAN_APPROVE: {"plan_approved": False},
    Action.PLAN_RETURN: {"plan_approved": False},
    Action.PLAN_AMEND: {"amendment_open": False},
    Action.EVALUATION_SUSPEND: {"suspension_proposed": False},
    Action.EVALUATION_TERMINATE: {"termination_proposed": False},
    Action.SELF_REVIEW: {"supervisor_review_pending": True},
    Action.SELF_RETURN: {"supervisor_review_pending": True, "return_to": Stage.SELF_ASSESSMENT},
    Action.EVIDENCE_SUPERSEDE: {"target_mine": True},
    Action.EVIDENCE_VOID: {"target_mine": True},
    Action.EVIDENCE_UNLINK: {"target_mine": True},
    Action.CORRECTION_REQUEST: {"correction_open": False},
}
OWN = {action for action in Action if action.subject in ("deduction", "adjustment")}


def best(rule: Rule, role: Role) -> Facts:
    facts = replace(BEST, **OTHERWISE.get(rule.action, {}))
    if rule.action in OWN and role is not Role.EL:
        facts = replace(facts, target_mine=True)
    if rule.action is Action.STAGE_RETURN and rule.kind and rule.stage:
        facts = replace(facts, return_to=KINDS[rule.kind].earlier(rule.stage)[0])
    if rule.action is Action.PAPER_REGISTER and rule.stage is not None:
        facts = replace(facts, **PAPERS.get(rule.stage, {}))
    return facts


PAPERS: dict[Stage, dict[str, Any]] = {
    Stage.SELF_ASSESSMENT: {"paper_act": Action.SELF_SUBMIT, "paper_for": Role.DH},
    Stage.MATERIAL_REVIEW: {"paper_act": Action.SUPPLEMENT_CONFIRM, "paper_for": Role.DH},
    Stage.ON_SITE_VERIFICATION: {"paper_act": Action.FINDING_CONFIRM, "paper_for": Role.DH},
    Stage.CONSULTATION: {"paper_act": Action.OPINION_RECORD, "paper_for": Role.DH},
    Stage.FINALISATION: {"paper_act": Action.REPORT_SIGN, "paper_for": Role.FA},
}


def _open(rule: Rule) -> list[tuple[Rule, Role]]:
    no_paper = rule.kind is Kind.UNIT_SELF and rule.stage is Stage.MATERIAL_REVIEW
    if rule.action is Action.PAPER_REGISTER and no_paper:
        return []
    return [(rule, role) for role in Role if role in rule.roles]


PAIRS = tuple(pair for rule in RULES for pair in _open(rule))
FEW = tuple(pair for pair in PAIRS if pair[0].kind in (None, Kind.FISCAL_FIRM))


def test_every_row_opens_for_every_role_it_names_when_all_is_well() -> None:
    shut = []
    for rule, role in PAIRS:
        try:
            step = plan(rule.kind, rule.stage, rule.at, rule.action, frozenset({role}), best(rule, role))
        except ActionRefusedError as refusal:
            shut.append(f"{rule.kind} {rule.stage} {rule.action} {role}: {refusal}")
            continue
        assert step.next_status is rule.next_status or rule.action is Action.PAPER_REGISTER
        if rule.move is Move.FORWARD:
            assert step.next_stage is rule.next_stage
    assert shut == []


REFUSE_ALONE = {field.name for field in fields(Facts)} - {
    "kind",
    "stage",
    "status",
    "acting_roles",  # set by plan()
    "policy",
    "actor_earlier_acts",  # judged by the exclusions
    "firm_engaged",
    "self_days_late",
    "supplement_rounds",
    "round_limit",
    "silence_is_consent",
    "visit_waived",
    "stage_waived",
    "straight_back_to",
    "furthest_stage",
    "via_paper",  # these open a gate or count; their default is the quiet one
}


@pytest.mark.parametrize("name", sorted(REFUSE_ALONE))
def test_a_fact_left_at_its_default_shuts_some_row(name: str) -> None:
    default = getattr(Facts(), name)
    for rule, role in FEW:
        facts = best(rule, role)
        if getattr(facts, name) == default:
            continue
        try:
            plan(
                rule.kind,
                rule.stage,
                rule.at,
                rule.action,
                frozenset({role}),
                replace(facts, **{name: default}),
            )
        except ActionRefusedError:
            return
    pytest.fail(f"no row looks at {name}")


def test_the_facts_that_open_a_gate_or_count_do_so() -> None:
    site = replace(BEST, visits_held=0)
    issue = (Kind.FISCAL, Stage.ON_SITE_VERIFICATION, Status.ACTIVE, Action.DRAFT_ISSUE, frozenset({Role.FO}))
    with pytest.raises(ActionRefusedError):
        plan(*issue, site)
    assert plan(*issue, replace(site, visit_waived=True)).next_stage is Stage.CONSULTATION

    close = (Kind.FISCAL, Stage.CONSULTATION, Status.ACTIVE, Action.CONSULTATION_CLOSE, frozenset({Role.FO}))
    with pytest.raises(ActionRefusedError):
        plan(*close, replace(BEST, replies_missing=("某单位",)))
    assert plan(*close, replace(BEST, replies_missing=("某单位",), stage_waived=True)).next_stage

    sign = (Kind.FISCAL, Stage.FINALISATION, Status.ACTIVE, Action.REPORT_SIGN, frozenset({Role.FA}))
    with pytest.raises(ActionRefusedError, match="表3合计不符"):
        plan(*sign, replace(BEST, selfcheck_findings=("表3合计不符",)))


def test_fields_outside_a_supplement_are_closed_after_submission() -> None:
    edit = (Kind.FISCAL, Stage.MATERIAL_REVIEW, Status.ACTIVE, Action.SELF_EDIT, frozenset({Role.DF}))
    with pytest.raises(ActionRefusedError, match="满意度"):
        plan(*edit, replace(BEST, self_fields_closed=("满意度",)))
    first = (Kind.FISCAL, Stage.SELF_ASSESSMENT, *edit[2:])
    assert plan(*first, replace(BEST, self_fields_closed=("满意度",))).next_stage is None


def test_a_unit_adds_evidence_only_when_asked_or_while_the_window_is_open() -> None:
    unit = frozenset({Role.DF})
    for stage, shut in (
        (Stage.MATERIAL_REVIEW, replace(BEST, open_supplement_exists=False)),
        (Stage.CONSULTATION, replace(BEST, window_open=False)),
    ):
        with pytest.raises(ActionRefusedError):
            plan(Kind.FISCAL, stage, Status.ACTIVE, Action.EVIDENCE_ADD, unit, shut)
        assert plan(Kind.FISCAL, stage, Status.ACTIVE, Action.EVIDENCE_ADD, frozenset({Role.EV}), shut)


def test_the_organising_side_does_not_read_scores_before_the_lead_submits() -> None:
    read = (Kind.FISCAL, Stage.ON_SITE_VERIFICATION, Status.ACTIVE, Action.SCORES_READ)
    early = replace(BEST, scores_ever_submitted=False)
    with pytest.raises(ActionRefusedError):
        plan(*read, frozenset({Role.FO}), early)
    assert plan(*read, frozenset({Role.AU}), early)
    assert plan(*read, frozenset({Role.EV}), early)
    assert plan(*read, frozenset({Role.FO}), BEST)


def test_an_open_conflict_names_itself() -> None:
    with pytest.raises(ActionRefusedError, match="曾任职"):
        plan(
            Kind.FISCAL,
            Stage.ON_SITE_VERIFICATION,
            Status.ACTIVE,
            Action.SCORE_INPUT,
            frozenset({Role.EX}),
            replace(BEST, conflicts_open=("曾任职",)),
        )


def test_two_rules_for_one_cell_are_refused_when_loading() -> None:
    with pytest.raises(ValueError, match="规则重复"):
        _index((RULES[0], RULES[0]))


def test_the_rules_are_exactly_the_rows_written_out() -> None:
    assert [rule for row in ROWS for rule in expand(row)] == list(RULES)
    assert all(find(rule.kind, rule.stage, rule.at, rule.action) is rule for rule in RULES)


def test_every_row_applies_to_something() -> None:
    assert all(list(expand(row)) for row in ROWS)


def test_every_guard_of_the_table_has_a_name_of_its_own() -> None:
    guards: dict[str, Guard] = {}
    for rule in RULES:
        for guard in rule.guards:
            assert guards.setdefault(guard.name, guard).check is guard.check, guard.name
