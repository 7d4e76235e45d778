"""Body of the job that carries out a confirmed selection of cases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service import clock
from service.actions.bulk import Order, carry_out
from service.jobs.bodies import JobContext


def bulk_body(args: Mapping[str, Any], context: JobContext) -> dict[str, int]:
    """Carry out the selection for who confirmed it; how far it is stands in the progress after every case.

    Args:
        args: ``account``, ``name``, ``selection``, ``ip`` as `Order` takes them.
    """
    order = Order(
        args["account"], args["name"], args["selection"], args.get("ip", ""), context.claim.attempt > 1
    )
    results = carry_out(order, lambda done, total: context.tell(f"已处理 {done} 项，共 {total} 项"))
    # Stages reached by the thousand are sealed once, when all are done.
    context.ledger.enqueue(
        "audit.checkpoint",
        {},
        at=clock.now(),
        once_key=f"checkpoint/bulk/{order.selection}",
    )
    refused = sum(1 for said in results.values() if said)
    return {"done": len(results) - refused, "refused": refused}
