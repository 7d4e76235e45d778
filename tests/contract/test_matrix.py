"""The rule table says exactly what the hand-written matrix says, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from service.errors import ActionRefusedError, NotPermittedError
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.kinds import KINDS, Kind
from service.workflow.machine import allowed_actions, permits, plan
from service.workflow.roles import ADMINISTRATOR_ROLES, Role
from service.workflow.stages import Stage, Status

TEAM = {Kind.DEPARTMENT, Kind.SIMPLIFIED, Kind.FISCAL, Kind.FISCAL_FIRM}
KINDS_NAMED: dict[str, set[Kind]] = {
    "all": set(Kind),
    "team": TEAM,
    "unit": {Kind.UNIT_SELF},
    "firm": TEAM - {Kind.FISCAL},
}
HELD: dict[Kind, str] = dict.fromkeys(TEAM, "123456") | {Kind.UNIT_SELF: "1256"}
NUMBERS = dict(zip("123456", Stage, strict=True))
FLOOR = 145_000

Cell = tuple[Kind | None, Stage | None, Status | None, Action, Role]


@dataclass(frozen=True)
class Matrix:
    cells: frozenset[Cell]
    outside: frozenset[Action]
    nobody: frozenset[Action]


def _kinds(name: str) -> set[Kind]:
    return KINDS_NAMED.get(name) or {Kind(name)}


def _cells(row: dict[str, Any]) -> set[Cell]:
    assert set(row) <= {"action", "kinds", "stages", "status", "roles"}, row
    action, roles = Action(row["action"]), [Role(name) for name in row["roles"].split()]
    if row["stages"] == "-":
        return {(None, None, None, action, role) for role in roles}
    statuses = [Status(name) for name in row.get("status", "active").split()]
    return {
        (kind, NUMBERS[number], status, action, role)
        for kind in _kinds(row["kinds"])
        for number in row["stages"]
        if number in HELD[kind]
        for status in statuses
        for role in roles
    }


@pytest.fixture(scope="module")
def matrix() -> Matrix:
    document = YAML(typ="safe").load((Path(__file__).parent / "matrix.yaml").read_text("utf-8"))
    assert document["format"] == "pingji-matrix/1"
    cells: set[Cell] = set()
    for row in document["rows"]:
        added = _cells(row)
        assert not added & cells, f"written twice: {row}"
        cells |= added
    outside = frozenset(cell[3] for cell in cells if cell[0] is None)
    return Matrix(frozenset(cells), outside, frozenset(Action(name) for name in document["nobody"]))


def test_every_kind_stage_status_action_and_role_is_as_the_matrix_says(matrix: Matrix) -> None:
    checked = 0
    wrong: list[tuple[object, ...]] = []
    in_case = [action for action in Action if action not in matrix.outside]
    for kind, stage, status, action, role in product(Kind, Stage, Status, in_case, Role):
        checked += 1
        expected = (kind, stage, status, action, role) in matrix.cells
        if permits(kind, stage, status, action, frozenset({role})) is not expected:
            wrong.append((kind.value, stage.value, status.value, action.value, role.value, expected))
    for action, role in product(matrix.outside, Role):
        checked += 1
        if permits(None, None, None, action, frozenset({role})) is not (
            (None, None, None, action, role) in matrix.cells
        ):
            wrong.append((action.value, role.value))
    print(f"cells={checked} allowed={len(matrix.cells)} mismatches={len(wrong)}")  # noqa: T201 - the count is the report
    assert checked >= FLOOR
    assert wrong == []


def test_every_action_is_written_in_the_matrix(matrix: Matrix) -> None:
    written = {cell[3] for cell in matrix.cells}
    assert written.isdisjoint(matrix.nobody)
    assert written | matrix.nobody == set(Action)


def test_every_role_may_do_something_and_only_in_kinds_where_it_plays(matrix: Matrix) -> None:
    assert {cell[4] for cell in matrix.cells} == set(Role)
    for kind, _, _, _, role in matrix.cells:
        if kind is not None and role is not Role.SE:
            assert role in KINDS[kind].roles


def test_administrators_touch_no_case_but_for_approving_an_export(matrix: Matrix) -> None:
    touched = {
        (cell[3], cell[4]) for cell in matrix.cells if cell[0] is not None and cell[4] in ADMINISTRATOR_ROLES
    }
    assert touched == {(Action.EXPORT_APPROVE, Role.SE)}


def test_what_the_table_lets_nobody_do_is_refused_whatever_the_facts(matrix: Matrix) -> None:
    refused = 0
    for kind, stage, status in product((Kind.UNIT_SELF, Kind.FISCAL_FIRM), Stage, Status):
        for action, role in product(Action, Role):
            if action in matrix.outside or (kind, stage, status, action, role) in matrix.cells:
                continue
            with pytest.raises((NotPermittedError, ActionRefusedError)):
                plan(kind, stage, status, action, frozenset({role}), Facts())
            refused += 1
    print(f"refused={refused}")  # noqa: T201 - the count is the report
    assert refused > 50_000


def test_pages_are_offered_exactly_what_the_matrix_allows(matrix: Matrix) -> None:
    for kind, stage, status, role in product(Kind, Stage, Status, Role):
        expected = {cell[3] for cell in matrix.cells if cell[:3] == (kind, stage, status) and cell[4] is role}
        assert set(allowed_actions(kind, stage, status, frozenset({role}))) == expected


def test_several_roles_may_do_what_each_may_do(matrix: Matrix) -> None:
    both = frozenset({Role.EL, Role.DH})
    for kind, stage in product(Kind, Stage):
        alone = {
            action
            for role in both
            for action in allowed_actions(kind, stage, Status.ACTIVE, frozenset({role}))
        }
        assert set(allowed_actions(kind, stage, Status.ACTIVE, both)) == alone
