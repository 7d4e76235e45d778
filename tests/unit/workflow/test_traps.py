"""What the state-machine library does by default and must not do here."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from transitions import Machine

import service.workflow
from service.errors import ActionRefusedError, NotPermittedError
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.kinds import KINDS, Kind
from service.workflow.machine import Cursor, _machine, destinations, edges, plan
from service.workflow.roles import Role
from service.workflow.rules import RULES
from service.workflow.stages import Stage, Status

PACKAGE = Path(service.workflow.__file__).parent
PURE = {
    "__future__", "collections", "dataclasses", "datetime", "enum", "functools", "itertools", "json", "pathlib",
    "typing",
}  # fmt: skip


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def _whole(kind: Kind) -> Machine:
    return _machine(*(rule for rule in RULES if rule.kind is kind))


def test_only_the_machine_imports_the_library_and_the_rest_is_pure() -> None:
    for path in PACKAGE.rglob("*.py"):
        outside = {
            name
            for name in _imports(path)
            if name.split(".")[0] not in PURE
            and not name.startswith("service.workflow")
            and name not in ("service.errors", "service.clock")
        }
        assert outside == ({"transitions"} if path.name == "machine.py" else set()), path


@pytest.mark.parametrize("kind", Kind)
def test_no_event_jumps_to_a_stage(kind: Kind) -> None:
    machine, cursor = _whole(kind), Cursor(Stage.SELF_ASSESSMENT)
    assert not [name for name in machine.events if name.startswith("to_")]
    assert not machine.events["self.submit"].trigger(cursor, facts=Facts())
    assert not [name for name in dir(cursor) if name.startswith("to_")]
    assert machine.models == [] and cursor.stage is Stage.SELF_ASSESSMENT


def test_a_machine_with_the_librarys_defaults_would_jump() -> None:
    class Free:
        stage: Stage

    free = Free()
    Machine(model=free, states=Stage, initial=Stage.SELF_ASSESSMENT, model_attribute="stage")
    assert any("SIGNED" in name for name in dir(free))


@pytest.mark.parametrize("kind", Kind)
def test_the_machine_knows_exactly_the_stages_of_the_enum(kind: Kind) -> None:
    machine = _whole(kind)
    assert set(machine.states) == {stage.name for stage in Stage}


@pytest.mark.parametrize("kind", Kind)
def test_every_edge_stays_among_the_stages_held(kind: Kind) -> None:
    held = set(KINDS[kind].stages)
    assert all({start, goal} <= held for start, _, goal in edges(kind))


def test_nothing_but_signing_leads_to_signed_and_nothing_leads_out() -> None:
    for kind in Kind:
        into = {action for _, action, goal in edges(kind) if goal is Stage.SIGNED}
        assert into == {Action.REPORT_SIGN}
        assert not [edge for edge in edges(kind) if edge[0] is Stage.SIGNED]


def test_text_in_place_of_an_enum_member_is_refused() -> None:
    wrong = ("finalisation", "FINALISATION", "定稿")
    for stage in wrong:
        with pytest.raises(TypeError, match="Stage"):
            plan(Kind.FISCAL, stage, Status.ACTIVE, Action.REPORT_SIGN, frozenset({Role.FA}), Facts())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Status"):
        plan(Kind.FISCAL, Stage.FINALISATION, "active", Action.REPORT_SIGN, frozenset({Role.FA}), Facts())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Kind"):
        plan("fiscal", Stage.FINALISATION, Status.ACTIVE, Action.REPORT_SIGN, frozenset({Role.FA}), Facts())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="Action"):
        plan(Kind.FISCAL, Stage.FINALISATION, Status.ACTIVE, "report.sign", frozenset({Role.FA}), Facts())  # type: ignore[arg-type]


def test_a_refusal_is_an_exception_and_never_a_quiet_false() -> None:
    with pytest.raises(ActionRefusedError):
        plan(
            Kind.FISCAL,
            Stage.FINALISATION,
            Status.ACTIVE,
            Action.REPORT_SIGN,
            frozenset({Role.FA}),
            Facts(),
        )


def test_no_role_means_no_permission() -> None:
    with pytest.raises(NotPermittedError):
        plan(Kind.FISCAL, Stage.FINALISATION, Status.ACTIVE, Action.REPORT_SIGN, frozenset(), Facts())


def test_a_row_in_a_case_always_has_somewhere_to_go_and_others_nowhere() -> None:
    for rule in RULES:
        assert bool(destinations(rule)) is (rule.kind is not None), rule


def test_an_error_inside_a_guard_is_not_swallowed() -> None:
    class Broken(tuple[str, ...]):
        def __bool__(self) -> bool:
            raise RuntimeError("broken fact")

        def __iter__(self):  # type: ignore[no-untyped-def]
            raise RuntimeError("broken fact")

    with pytest.raises(RuntimeError, match="broken fact"):
        plan(
            Kind.FISCAL,
            Stage.SELF_ASSESSMENT,
            Status.ACTIVE,
            Action.SELF_SUBMIT,
            frozenset({Role.DH}),
            Facts(self_missing=Broken(("x",)), self_edited_by_other=True),
        )


def test_the_stages_a_kind_may_leave_out_are_those_with_a_row_for_it() -> None:
    rows = {
        Stage.SELF_ASSESSMENT: (Stage.SELF_ASSESSMENT, Action.STAGE_WAIVE),
        Stage.MATERIAL_REVIEW: (Stage.MATERIAL_REVIEW, Action.STAGE_WAIVE),
        Stage.ON_SITE_VERIFICATION: (Stage.ON_SITE_VERIFICATION, Action.VISIT_WAIVE),
        Stage.CONSULTATION: (Stage.ON_SITE_VERIFICATION, Action.CONSULTATION_WAIVE),
    }
    for kind in Kind:
        written = {(rule.stage, rule.action) for rule in RULES if rule.kind is kind}
        assert {stage for stage, row in rows.items() if row in written} == KINDS[kind].waivable


def test_signers_and_certificates_of_the_table_are_those_of_the_kind() -> None:
    for kind in Kind:
        signing = [rule for rule in RULES if rule.kind is kind and rule.action is Action.REPORT_SIGN]
        assert [rule.roles for rule in signing] == [KINDS[kind].signers]
