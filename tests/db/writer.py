"""Write evaluations until killed; print the entry id of each after its commit. Run by test_crash.py."""

from __future__ import annotations

import sys
from itertools import count

from flask import Flask

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.extensions import init_app
from service.models.evaluation import Evaluation, MoneyFact
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role


def main(url: str, name: str) -> None:
    app = Flask("service")
    app.config["SQLALCHEMY_DATABASE_URI"] = url
    init_app(app)
    actor = Actor(account="account-ev", name="评价员", roles=frozenset({Role.EV}))
    with app.app_context():
        for number in count():
            with transaction(actor, Action.EVALUATION_CREATE, idempotency_key=f"{name}{number}") as tx:
                row = Evaluation(
                    code=f"{name}{number}",
                    title="t",
                    kind=Kind.DEPARTMENT,
                    year="y",
                    subject_name="s",
                    profile="p",
                )
                tx.add(row)
                tx.session.flush()
                tx.add(MoneyFact(evaluation_id=row.id, code="c", name="n", kind="k", fen=number))
                tx.job("report.render")
            sys.stdout.write(f"{tx.receipt.entry_id}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
