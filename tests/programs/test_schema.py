"""The API against its own description: requests nobody thought of, from every role, at a served copy."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from service import clock
from service.actions.tokens import IssueToken, issue_token
from service.queries.tokens import Scope
from service.workflow.roles import Role
from tests.conftest import Depth
from tests.programs.machine import SECONDS, Machine
from tests.programs.test_examples import served
from tests.web.conftest import Site, world
from tests.web.test_api import READERS

__all__ = ["served", "world"]
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
WHOLE, FEW = 20_000, 220
LINKED = 400
QUIET = {
    "database": None,
    "deadline": None,
    "phases": (Phase.generate,),
    "suppress_health_check": list(HealthCheck),
}


@pytest.fixture
def machines(served: tuple[Site, str]) -> dict[Role, Machine]:
    """A program of every role of the world."""
    site, address = served
    made = {}
    with site.app.app_context():
        until = clock.local_date(clock.now()) + timedelta(days=2)
        for role in READERS:
            actor = site.world.people.actor(role, on=None)
            made[role] = Machine(
                address, issue_token(actor, IssueToken("试", tuple(Scope), until), fresh=True)
            )
    return made


def test_no_request_breaks_the_description(
    served: tuple[Site, str], machines: dict[Role, Machine], deep: Depth
) -> None:
    """Every operation as every role; in slices the cells are shared out, each with its full number."""
    site, address = served
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations()]
    cells = [(role, operation) for role in READERS for operation in operations]
    random.Random(7).shuffle(cells)
    each = -(-WHOLE // len(cells)) if deep else 2
    numbers = deep.numbers(FEW // each, len(cells))
    answers: Counter[int] = Counter()
    dice = random.Random(numbers.start)

    def sender(role: Role) -> Callable[[Any], None]:
        def send(case: Any) -> None:
            aim(case, machines[role], dice, list(site.world.cases))
            bearer = {"Authorization": f"Bearer {machines[role].token}"}
            answer = case.call(base_url=address, headers=bearer, timeout=SECONDS)
            case.validate_response(answer, checks=CHECKS)
            answers[answer.status_code] += 1

        return send

    for number in numbers:
        role, operation = cells[number]
        limits = settings(max_examples=each, **QUIET)  # type: ignore[arg-type]
        limits(seed(number)(given(operation.as_strategy())(sender(role))))()
    sent, told = sum(answers.values()), dict(sorted(answers.items()))
    print(f"operations={len(operations)} cells={len(numbers)} of {len(cells)} requests={sent} {told}")  # noqa: T201 - the count is the report
    assert sent >= len(numbers) * each * 9 // 10
    assert not deep.whole or sent >= WHOLE
    assert not any(status >= 500 for status in answers)


def aim(case: Any, machine: Machine, dice: random.Random, codes: list[str]) -> None:
    """Four of five requests name a case there is, and those that act name the state it is in."""
    if case.path_parameters and "case" in case.path_parameters and dice.random() < 0.8:
        case.path_parameters["case"] = dice.choice(codes)
        if case.method == "POST" and dice.random() < 0.8:
            head = machine.ask("GET", f"/cases/{case.path_parameters['case']}")
            if head.status == 200:
                case.headers = {**(case.headers or {}), "If-Match": head.headers["ETag"]}


def test_what_one_answer_names_can_be_asked_next(
    served: tuple[Site, str], machines: dict[Role, Machine], deep: Depth
) -> None:
    """Stateful: from the list to a case to its acts, by the links of the description."""
    _, address = served
    schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
    for role in READERS if deep else (Role.EL,):
        token = machines[role].token

        class Walk(schema.as_state_machine()):  # type: ignore[misc]
            def get_call_kwargs(self, case: Any, token: str = token) -> dict[str, Any]:
                return {"headers": {"Authorization": f"Bearer {token}"}, "timeout": SECONDS}

            def validate_response(self, response: Any, case: Any, **more: Any) -> None:
                case.validate_response(response, checks=CHECKS)

        Walk.run(settings=settings(max_examples=len(deep.numbers(4, LINKED)), stateful_step_count=8, **QUIET))  # type: ignore[arg-type]
