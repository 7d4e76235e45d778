"""A frozen selection carried out, one case after the other; every case by its own act, under its own guards.

- What came of a case is kept at once, so a worker that dies goes on where it stopped and nothing is done
  twice: each act carries a key of selection and case.
- A refusal is kept beside its case in words; only a database out of reach stops the whole.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from service import clock
from service.actions.commissioning import issue_evaluation
from service.actions.notices import Reminder, remind
from service.actions.returns import ReturnStage, return_stage
from service.actions.selections import note_result
from service.actions.self_assessment import return_self_assessment
from service.actions.transaction import Actor
from service.errors import RepeatedError, ServiceError, StaleError, UnavailableError
from service.extensions import db
from service.queries.bulk import CHANGED, REMINDED, BulkAct, Candidate, Selection, candidates, selection_of

GONE = "已签发、已终止，或不再可查阅"
Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Order:
    """Who has which selection carried out: account, its login name, address; `again` after a broken try."""

    account: str
    name: str
    selection: str
    ip: str = ""
    again: bool = False


def carry_out(order: Order, tell: Tell) -> Mapping[str, str]:
    """Return what came of every case confirmed, "" if it was done; `tell` hears done and total after each.

    Raises:
        UnavailableError: the database does not answer; what was done so far stays noted.
    """
    chosen = selection_of(db.session(), order.account, order.selection)
    today = clock.local_date(clock.now())
    results = dict(chosen.results)
    tell(len(results), len(chosen.able))
    found = candidates(db.session(), order.account, chosen, today=today, judged=False)
    rows = {case.id: case for case in found}
    for case in chosen.able:
        if case not in results:
            row = rows.get(case)
            results[case] = GONE if row is None else _done(order, chosen, row)
            note_result(order.account, order.selection, case, results[case])
        tell(len(results), len(chosen.able))
    return results


def _done(order: Order, chosen: Selection, case: Candidate) -> str:
    try:
        return _ACTS[chosen.act](order, chosen, case)
    except RepeatedError:
        return ""
    except StaleError:
        return CHANGED
    except UnavailableError:
        raise
    except ServiceError as refused:
        db.session.rollback()
        return "；".join(str(problem) for problem in refused.problems) or refused.title


def _actor(order: Order, case: Candidate) -> Actor:
    key = f"bulk/{order.selection}/{case.id}"
    return Actor(
        account=order.account,
        name=order.name,
        roles=case.roles,
        ip=order.ip or None,
        request_key=key,
        request_digest=key,
    )


def _remind(order: Order, chosen: Selection, case: Candidate) -> str:
    if case.cause or case.task is None:
        # Nobody else reminds from this selection: what it says was sent before the worker died.
        return "" if order.again and case.cause == REMINDED else case.cause or REMINDED
    now = clock.now()
    due = f"，期限 {case.task.due_on.isoformat()}" if case.task.due_on else ""
    body = f"“{case.title}”的这一事项等待办理{due}，请尽快办理。"
    link = chosen.links.get(case.id, "")
    wanted = tuple(
        Reminder(account, case.id, f"催办：{case.task.label}", body, link) for account in case.persons
    )
    return "" if remind(wanted, on=clock.local_date(now), at=now) else REMINDED


def _return(order: Order, chosen: Selection, case: Candidate) -> str:
    if case.to_stage is None:
        return "没有可以退回的阶段"
    command = ReturnStage(case.to_stage, chosen.items)
    return_stage(_actor(order, case), case.id, command, expected=chosen.versions[case.id])
    return ""


def _issue(order: Order, chosen: Selection, case: Candidate) -> str:
    issue_evaluation(_actor(order, case), case.id, expected=chosen.versions[case.id])
    return ""


def _self_return(order: Order, chosen: Selection, case: Candidate) -> str:
    return_self_assessment(
        _actor(order, case),
        case.id,
        items=chosen.own[case.id],
        expected=chosen.versions[case.id],
        gate=False,
    )
    return ""


_ACTS: dict[BulkAct, Callable[[Order, Selection, Candidate], str]] = {
    BulkAct.REMIND: _remind,
    BulkAct.RETURN: _return,
    BulkAct.ISSUE: _issue,
    BulkAct.SELF_RETURN: _self_return,
}
