"""Acts outside any case: a new evaluation, accounts and duties, the library of frameworks."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service.actions import library as do
from service.actions.actor import Actor
from service.actions.commissioning import create_evaluation
from service.queries.receipts import ActReceipt
from service.web.access import Entry
from service.web.api.acts import KEY, PROOF, digest_now, key_now, once, owner, proven
from service.web.api.formshape import read_body, shape_of
from service.web.api.root import JSON, answered, body_now, operation
from service.web.commission import demand_consistent, framework_text
from service.web.forms import creation
from service.web.forms.fields import Form, Words, shown
from service.web.forms.library import Decision, Proposal
from service.web.outside import demand_role, roles_now
from service.web.peopleacts import DESK_ACTS, DeskAct, Told
from service.workflow.roles import Role

SECRET = {
    "type": "object",
    "properties": {"text": {"type": "string"}, "secret": {"type": "string"}},
    "required": ["text", "secret"],
}


def actor_here(key: str) -> Actor:
    """Return the token's owner with the roles he holds in the whole instance."""
    login = owner()
    return Actor(
        account=login.account,
        name=login.name,
        roles=roles_now(),
        ip=request.remote_addr,
        request_key=key,
        request_digest=digest_now(),
    )


@operation(
    "POST",
    "/cases",
    Entry.LOGGED_IN,
    "evaluation.create",
    summary="新建评价",
    tag="案卷",
    answer=ActReceipt,
    body={JSON: shape_of(creation.Creation)},
    parameters=(KEY,),
)
def create() -> Response:
    """Make a new evaluation."""
    demand_role(Role.FO, act="新建评价")
    key = key_now()
    actor, data = actor_here(key), read_body(creation.Creation, body_now())

    def work() -> None:
        demand_consistent(data)
        create_evaluation(actor, creation.command_of(data, framework=framework_text(data["framework"])))

    return once(actor, key, work)


class NewVersion(Proposal):
    """A framework for the library, with its text."""

    framework = Words(required=True, limit=2_000_000, metadata=shown("指标体系（YAML 原文）"))


@operation(
    "POST",
    "/library",
    Entry.LOGGED_IN,
    "framework.propose",
    summary="提出指标体系",
    tag="指标体系",
    answer=ActReceipt,
    body={JSON: shape_of(NewVersion)},
    parameters=(KEY,),
)
def propose() -> Response:
    """Propose a framework version."""
    demand_role(Role.FO, act="提出指标体系")
    key = key_now()
    actor, data = actor_here(key), read_body(NewVersion, body_now())
    return once(actor, key, lambda: do.propose_framework(actor, do.ProposeFramework(**data)))


class _Nothing(Form):
    """Nothing but the wish."""


def _deciding(name: str, summary: str, form: type[Form], run: Any) -> None:
    @operation(
        "POST",
        f"/library/<ref>/{name}",
        Entry.LOGGED_IN,
        f"framework.{name}",
        summary=summary,
        tag="指标体系",
        answer=ActReceipt,
        body={JSON: shape_of(form)},
        parameters=(KEY,),
    )
    def decide(ref: str) -> Response:
        key = key_now()
        actor, data = actor_here(key), read_body(form, body_now())
        return once(actor, key, lambda: run(actor, ref, **data))


_deciding("approve", "批准指标体系", _Nothing, do.approve_framework)
_deciding("return", "退回指标体系", Decision, do.return_framework)
_deciding("retire", "停用指标体系", Decision, do.retire_framework)


def _desk(act: DeskAct) -> None:
    shape = shape_of(act.form, more={"proof": PROOF} if act.fresh else None)

    @operation(
        "POST",
        f"/accounts/acts/{act.name}",
        Entry.LOGGED_IN,
        f"do_{act.name}",
        summary=act.button,
        tag="人员",
        answer={"anyOf": [{"$ref": "#/components/schemas/ActReceipt"}, SECRET]},
        body={JSON: shape},
        parameters=(KEY,),
        extra={"description": act.consequence} if act.consequence else None,
    )
    def run() -> Response:
        demand_role(act.role, act=act.button)
        key = key_now()
        actor, body = actor_here(key), body_now()
        fresh = proven(act.fresh, body.pop("proof", None))
        data = read_body(act.form, body)
        secret: list[Told] = []
        answer = once(actor, key, lambda: secret.append(act.run(actor, data, fresh)))
        if secret and secret[0].secret:
            # A first password is told once, to who asked for the account; it is nowhere to be read again.
            return answered({"text": secret[0].text, "secret": secret[0].secret})
        return answer


for _act in DESK_ACTS.values():
    _desk(_act)
