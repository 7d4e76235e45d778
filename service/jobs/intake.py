"""Bodies of the jobs that take in many things at once: 自评表 of a batch, evaluations of a list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import current_app

from service import clock
from service.actions.projectintake import create_listed
from service.actions.selfintake import IntakeOrder, take_in_forms
from service.actions.workshop import workshop_of
from service.jobs.bodies import JobContext
from service.workbooks.kept import KeptBooks


def self_body(args: Mapping[str, Any], context: JobContext) -> dict[str, int]:
    """Take in the workbooks of a batch for who confirmed it; one checkpoint seals all stages reached.

    Args:
        args: ``account``, ``name``, ``intake``, ``ip`` as `IntakeOrder` takes them.
    """
    settings = current_app.config["PINGJI"]
    order = _order(args)
    kept = KeptBooks(settings.instance.workbooks)
    done = take_in_forms(order, kept, workshop_of(settings).store, context.tell)
    context.ledger.enqueue(
        "audit.checkpoint",
        {},
        at=clock.now(),
        once_key=f"checkpoint/intake/{order.intake}",
    )
    return done


def projects_body(args: Mapping[str, Any], context: JobContext) -> dict[str, int]:
    """Create the evaluations of a list for who confirmed it.

    Args:
        args: as of `self_body`.
    """
    return create_listed(_order(args), context.tell)


def _order(args: Mapping[str, Any]) -> IntakeOrder:
    return IntakeOrder(args["account"], args["name"], args["intake"], args.get("ip") or "")
