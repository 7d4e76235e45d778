"""Random walks over the pure table: no walk ever reaches a state the design forbids."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from random import Random

import pytest

from service.errors import ActionRefusedError, NotPermittedError
from service.workflow import guards, machine
from service.workflow.actions import Action
from service.workflow.facts import Facts, Policy
from service.workflow.guards import Guard
from service.workflow.kinds import KINDS, Firm, Kind
from service.workflow.machine import Step, allowed_actions, permits, plan
from service.workflow.roles import Role
from service.workflow.rule import Rule
from service.workflow.rules import CASE_LESS_ACTIONS
from service.workflow.stages import Stage, Status
from tests.conftest import Depth
from tests.unit.workflow.agenda import ONWARD, next_act
from tests.unit.workflow.case_model import (
    ENDING,
    HELD,
    NEVER_AFTER,
    NEVER_BOTH,
    NEVER_BOTH_CITY,
    READS,
    CaseModel,
)

STEPS = 50
FULL_WALKS = 10_000
OFFICE_WALKS = 600
HATS_WALKS = 400
TEMPTED = {Stage.CONSULTATION: 0.3, Stage.FINALISATION: 0.4}
TAKEN_AWAY = (
    guards.RECONFIRMED,
    guards.PLAN_LOCKED,
    guards.NO_OPEN_SUPPLEMENT,
    guards.FINDINGS_SETTLED,
    guards.OPINIONS_ANSWERED,
    guards.DISPOSITIONS_CONFIRMED,
    guards.SELFCHECK,
    guards.NOT_LOWERED,
    guards.SCORES_STAND,
    guards.SECOND_REVIEWED,
    guards.SEALED,
    guards.CERTIFIED,
    guards.INTERNAL_REVIEWED,
    guards.SAME_BYTES,
    guards.UNCHANGED,
)


@dataclass
class Tally:
    """What the walks came to."""

    walks: int = 0
    accepted: int = 0
    refused: int = 0
    returns: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    illegal: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Before:
    """What held in a case before the step that was just taken."""

    frozen: int | None
    version: int
    lacking: frozenset[str]


def _illegal(case: CaseModel, before: Stage, status: Status, step: Step) -> list[str]:
    """Return what is wrong with the step just taken, judged without the table."""
    held = HELD[case.kind]
    found: list[str] = []
    if case.stage not in held:
        found.append(f"stage not held: {case.stage}")
    elif case.stage.position > before.position:
        following = held[held.index(before) + 1]
        if case.stage is not following and case.stage.position > case.furthest.position:
            found.append(f"skipped: {before} -> {case.stage}")
        if case.stage is Stage.SIGNED and before is not Stage.FINALISATION:
            found.append("signed from elsewhere")
    if status is Status.SUSPENDED and step.action not in READS | ENDING:
        found.append(f"while suspended: {step.action}")
    if status is Status.TERMINATED and step.action not in READS:
        found.append(f"after the end: {step.action}")
    if (
        before is Stage.SIGNED
        and step.action not in READS
        and step.action.subject not in ("correction", "public", "archive")
        and step.action not in (Action.REPORT_WAIVE_FINDING, Action.REPORT_WITHDRAW_WAIVER)
    ):
        found.append(f"after signing: {step.action}")
    return found


def _unready(case: CaseModel, before: Stage, was: Before) -> list[str]:
    """Return why the stage just entered should not have been entered."""
    if case.stage.position <= before.position:
        return []
    team = case.kind is not Kind.UNIT_SELF
    open_questions = {"opinion", "disposition", "finding", "finding objection"}
    checks = (
        (
            team and before is not Stage.SELF_ASSESSMENT and "reconfirm" in was.lacking,
            "left with items waiting",
        ),
        (
            team and before is Stage.MATERIAL_REVIEW and not case.has("plan approved"),
            "left review without a locked plan",
        ),
        (
            team and before.position in (2, 3) and "supplement" in was.lacking,
            "left with an open supplement",
        ),
        (before is Stage.CONSULTATION and was.lacking & open_questions, "left consultation unanswered"),
        (
            team and before is Stage.ON_SITE_VERIFICATION and not case.has("scored", "scores submitted"),
            "left the site without scores",
        ),
    )
    found = [f"{case.kind.value}: {words}" for wrong, words in checks if wrong]
    return found + (_unsignable(case, was) if case.stage is Stage.SIGNED else [])


def _unsignable(case: CaseModel, was: Before) -> list[str]:
    """Return why the report just signed should not have been signed."""
    team = case.kind is not Kind.UNIT_SELF
    lacks = {"draft", "deduction reason", "deduction evidence", "selfcheck"} | (
        {"lowered"} if team else set()
    )
    checks = (
        (was.frozen is None or was.frozen != was.version, "signed something not frozen"),
        (was.lacking & lacks, f"signed with {sorted(was.lacking & lacks)} open"),
        (
            team and not case.has("scores submitted", "second reviewed", "written"),
            "signed without submission, review or text",
        ),
        (
            case.kind is Kind.FISCAL_FIRM and not case.has("internal reviewed", "certified", "sealed"),
            "signed without the firm",
        ),
    )
    return [f"{case.kind.value}: {words}" for wrong, words in checks if wrong]


def _two_hats(case: CaseModel) -> list[str]:
    """Return every pair of exclusive acts one person did, in the words of the design."""
    found: list[str] = []
    acts: dict[str, set[Action]] = {}
    for who, act in case.history:
        for first, second in NEVER_AFTER:
            if act is second and first in acts.get(who, set()):
                found.append(f"{who}: {first} then {second}")
        acts.setdefault(who, set()).add(act)
    pairs = NEVER_BOTH + (NEVER_BOTH_CITY if case.policy is Policy.CITY else ())
    team = case.kind is not Kind.UNIT_SELF
    for who, did in acts.items():
        found += [
            f"{who}: {one & did} and {other & did}"
            for one, other in pairs
            if one & did
            and other & did
            and (team or Action.SELF_EDIT not in one or Action.SELF_REVIEW in other)
        ]
    return found


def _people(kind: Kind, random: Random, *, hats: int) -> dict[str, frozenset[Role]]:
    """Return people with their roles: one each, or few people with several, chosen badly."""
    roles = sorted(KINDS[kind].roles - {Role.AU}, key=lambda role: role.value)
    if hats == 1:
        return {role.value: frozenset({role}) for role in roles} | {
            "EL2": frozenset({Role.EL} & set(roles)),
            "DF2": frozenset({Role.DF}),
            "FA2": frozenset({Role.FA}),
        }
    given: dict[str, set[Role]] = {f"p{number}": set() for number in range(6)}
    for role in roles:
        for person in random.sample(sorted(given), random.randint(1, 2)):
            given[person].add(role)
    return {person: frozenset(held) for person, held in given.items()}


def _hasty(case: CaseModel) -> Action:
    """Return the act that leaves the stage, whether or not the case is ready for it."""
    if case.kind is Kind.UNIT_SELF and case.stage is Stage.MATERIAL_REVIEW:
        return Action.SELF_REVIEW
    return ONWARD.get(case.stage, Action.CORRECTION_SIGN)


def _wish(case: CaseModel, people: dict[str, frozenset[Role]], random: Random) -> tuple[str, Action]:
    if random.random() < 0.8:
        action = next_act(case)
        able = [
            who for who, roles in people.items() if permits(case.kind, case.stage, case.status, action, roles)
        ]
        if able:
            return random.choice(able), action
    person = random.choice(sorted(people))
    acts = allowed_actions(case.kind, case.stage, case.status, people[person])
    if acts and random.random() < 0.9:
        return person, random.choice(acts)
    return person, random.choice([action for action in Action if action not in CASE_LESS_ACTIONS])


def _new_case(kind: Kind, random: Random) -> CaseModel:
    firm = KINDS[kind].firm is Firm.ALWAYS or (KINDS[kind].firm is Firm.POSSIBLE and random.random() > 0.5)
    return CaseModel(kind, random.choice(list(Policy)), firm)


def _walk(case: CaseModel, people: dict[str, frozenset[Role]], random: Random, tally: Tally) -> None:
    case.history += [(who, Action.CONFLICT_DECLARE) for who in people if random.random() > 0.05]
    for _ in range(STEPS):
        case.disturb(random)
        undo = case.tempt(random) if random.random() < TEMPTED.get(case.stage, 0.12) else None
        person, action = _wish(case, people, random) if undo is None else _rush(case, people, random)
        if not _try(case, person, action, people[person], random, tally) and undo is not None:
            case.lacking, case.done = undo
    tally.illegal += _two_hats(case)
    tally.walks += 1
    tally.ends[f"{case.kind.value}:{case.stage.value}"] += 1


def _rush(case: CaseModel, people: dict[str, frozenset[Role]], random: Random) -> tuple[str, Action]:
    """Return the act that leaves the stage and somebody who may do it, ready or not."""
    action = _hasty(case)
    able = [who for who, held in people.items() if permits(case.kind, case.stage, case.status, action, held)]
    return random.choice(able or sorted(people)), action


def _try(
    case: CaseModel, person: str, action: Action, roles: frozenset[Role], random: Random, tally: Tally
) -> bool:
    """Return whether the table let `person` do `action`; what it led to is in `tally`."""
    facts = case.facts(person, action, random)
    before, status = case.stage, case.status
    was = Before(case.frozen, case.version, frozenset(case.lacking))
    try:
        step = plan(case.kind, before, status, action, roles, facts)
    except (ActionRefusedError, NotPermittedError) as refusal:
        tally.refused += bool(refusal.problems)
        return False
    case.apply(person, step, random)
    tally.accepted += 1
    tally.returns += case.stage.position < before.position
    tally.illegal += _illegal(case, before, status, step)
    tally.illegal += _unready(case, before, was)
    if step.action is Action.REPORT_SIGN and facts.seen_hash != facts.frozen_hash:
        tally.illegal.append("signed other bytes than seen")
    return True


def _walks(count: int, *, seed: int, hats: int, until_illegal: bool = False) -> Tally:
    tally, random = Tally(), Random(seed)
    for number in range(count):
        kind = list(Kind)[number % len(Kind)]
        _walk(_new_case(kind, random), _people(kind, random, hats=hats), random, tally)
        if until_illegal and tally.illegal:
            break
    return tally


def _report(tally: Tally, name: str) -> None:
    ends = " ".join(f"{end}={count}" for end, count in sorted(tally.ends.items()))
    print(  # noqa: T201 - the count is the report
        f"{name}: walks={tally.walks} steps={tally.accepted} refused={tally.refused} "
        f"returns={tally.returns} illegal={len(tally.illegal)} {ends}"
    )


def _check(tally: Tally, *, floor: int) -> None:
    assert tally.walks >= floor
    assert tally.illegal == []
    assert tally.accepted > tally.walks * 10
    assert tally.returns > tally.walks / 10
    for kind in Kind:
        assert tally.ends[f"{kind.value}:signed"] > 0, tally.ends


def test_no_walk_of_an_office_reaches_an_illegal_state() -> None:
    tally = _walks(OFFICE_WALKS, seed=20200225, hats=1)
    _report(tally, "office")
    _check(tally, floor=OFFICE_WALKS)


def test_six_people_wearing_any_hats_never_do_two_exclusive_acts() -> None:
    tally = _walks(HATS_WALKS, seed=20210801, hats=6)
    _report(tally, "hats")
    assert tally.walks >= HATS_WALKS
    assert tally.illegal == []
    assert tally.accepted > tally.walks * 5


@pytest.mark.deep
@pytest.mark.parametrize("guard", TAKEN_AWAY, ids=lambda guard: guard.name)
def test_the_walks_notice_when_a_guard_is_taken_away(guard: Guard, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(rule: Rule, facts: Facts) -> list[str]:
        return [why for held in rule.guards if held.name != guard.name for why in held.check(facts)]

    monkeypatch.setattr(machine, "_failing", failing)
    tally = _walks(OFFICE_WALKS, seed=3, hats=1, until_illegal=True)
    _report(tally, guard.name)
    assert tally.illegal


@pytest.mark.deep
def test_the_walks_notice_when_nothing_keeps_duties_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "exclusive", lambda policy, earlier, action, **more: ())
    assert _walks(HATS_WALKS, seed=3, hats=6, until_illegal=True).illegal


@pytest.mark.deep
def test_no_deep_walk_reaches_an_illegal_state(deep: Depth) -> None:
    numbers = deep.numbers(HATS_WALKS, FULL_WALKS)
    count, seed = len(numbers), 2 * numbers.start
    offices, hats = _walks(count, seed=seed + 1, hats=1), _walks(count // 2, seed=seed + 2, hats=6)
    _report(offices, "office")
    _report(hats, "hats")
    _check(offices, floor=count)
    assert hats.walks >= count // 2
    assert hats.illegal == []
