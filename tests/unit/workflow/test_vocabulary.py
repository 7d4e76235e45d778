from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest

from service.workflow.actions import ACTION_LABELS, Action
from service.workflow.facts import POLICY_LABELS, Policy
from service.workflow.kinds import KIND_LABELS, KINDS, RESULT_LABELS, Kind, Result
from service.workflow.roles import ROLE_LABELS, Role
from service.workflow.rule import MOVE_LABELS, Move
from service.workflow.stages import STAGE_LABELS, STATUS_LABELS, Stage, Status

TABLES: tuple[tuple[type[Enum], Mapping[Any, str]], ...] = (
    (Action, ACTION_LABELS),
    (Kind, KIND_LABELS),
    (Move, MOVE_LABELS),
    (Policy, POLICY_LABELS),
    (Result, RESULT_LABELS),
    (Role, ROLE_LABELS),
    (Stage, STAGE_LABELS),
    (Status, STATUS_LABELS),
)


@pytest.mark.parametrize(("enum", "labels"), TABLES)
def test_every_member_has_exactly_one_label_of_its_own(enum: type[Enum], labels: Mapping[Any, str]) -> None:
    assert set(labels) == set(enum)
    assert len(set(labels.values())) == len(labels)


@pytest.mark.parametrize("enum", [Action, Kind, Role, Stage, Status])
def test_an_unknown_value_is_refused(enum: type[Enum]) -> None:
    with pytest.raises(ValueError, match="is not a valid"):
        enum("定稿")


def test_an_action_reads_subject_dot_verb() -> None:
    assert all(len(action.value.split(".")) == 2 for action in Action)


def test_stages_are_ordered() -> None:
    assert [stage.position for stage in Stage] == [1, 2, 3, 4, 5, 6]
    assert Stage.SELF_ASSESSMENT.before(Stage.SIGNED)
    assert not Stage.SIGNED.before(Stage.SIGNED)


@pytest.mark.parametrize("kind", Kind)
def test_a_kind_begins_with_self_assessment_and_ends_signed(kind: Kind) -> None:
    spec = KINDS[kind]
    assert spec.stages[0] is Stage.SELF_ASSESSMENT
    assert spec.stages[-1] is Stage.SIGNED
    assert list(spec.stages) == sorted(spec.stages, key=lambda stage: stage.position)
    assert spec.signers <= spec.roles
    assert spec.waivable <= set(spec.stages)


def test_unit_self_assessment_has_no_team_and_no_visit() -> None:
    spec = KINDS[Kind.UNIT_SELF]
    assert not spec.roles & {Role.EV, Role.EX, Role.EL, Role.IR, Role.AS}
    assert spec.following(Stage.MATERIAL_REVIEW) is Stage.FINALISATION
    assert spec.following(Stage.ON_SITE_VERIFICATION) is None
    assert spec.result is Result.CLAIMED


def test_only_a_firm_brings_internal_review_and_seal() -> None:
    assert not KINDS[Kind.FISCAL].roles & {Role.IR, Role.AS}
    assert {Role.IR, Role.AS} <= KINDS[Kind.FISCAL_FIRM].roles
