"""Acts and forms that belong to no case yet: who acts, and fields as the form macros draw them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from service import clock
from service.actions.transaction import Actor
from service.errors import NotPermittedError, Problem
from service.extensions import db
from service.frameworks.uploaded import MOST_BYTES
from service.queries.people import instance_roles
from service.web.access import login_now
from service.web.doing import request_digest
from service.web.forms.act import from_page, read
from service.web.forms.fields import Form
from service.web.forms.library import UploadForm
from service.workflow.roles import Role

Options = Mapping[str, Mapping[str, str]]


def account_now() -> str:
    """Return the account of this request."""
    login = login_now()
    if login is None:
        raise NotPermittedError("登录已失效")
    return login.account


def roles_now() -> frozenset[Role]:
    """Return the roles this person holds beside any case."""
    return instance_roles(db.session(), account_now(), today=clock.local_date(clock.now()))


def demand_role(*roles: Role, act: str) -> None:
    """Accept only somebody who holds one of `roles`.

    Raises:
        NotPermittedError: naming who may do `act`.
    """
    if not roles_now() & set(roles):
        words = "、".join(role.label for role in roles)
        raise NotPermittedError(Problem(f"{act}由{words}办理，本人没有这项职责"))


def actor_outside(key: str = "") -> Actor:
    """Return the person of this request for an act outside any case; `key` makes it count once."""
    login = login_now()
    if login is None:
        raise NotPermittedError("登录已失效")
    return Actor(
        account=login.account,
        name=login.name,
        roles=roles_now(),
        ip=request.remote_addr,
        request_key=key[:120] or None,
        request_digest=request_digest() if key else "",
    )


def sent_file() -> bytes:
    """Return the framework file this request brings, at most one byte more than is allowed.

    Raises:
        InvalidError: it brings none.
    """
    data = read(UploadForm, from_page(UploadForm, request.form, request.files))
    content: bytes = data["file"].read(MOST_BYTES + 1)
    return content


def fields_of(
    form: type[Form], sent: Mapping[str, Any], options: Options | None = None
) -> dict[str, dict[str, Any]]:
    """Return the fields of a form by name, as the macro `input` takes them, with what was typed.

    Args:
        sent: what was typed; where a field is not in it, its default stands.
        options: choices by name of the list a field names.
    """
    return {name: _field(name, field, sent, options or {}) for name, field in form().fields.items()}


def _field(name: str, field: Any, sent: Mapping[str, Any], options: Options) -> dict[str, Any]:
    shown = dict(field.metadata)
    if "choices" in shown:
        shown["options"] = dict(options.get(shown["choices"], {}))
    value = sent.get(name, shown.get("default", ""))
    several = sent.getlist(name) if hasattr(sent, "getlist") else value
    values = list(several) if isinstance(several, list | tuple) else [several]
    return {**shown, "name": name, "required": field.required, "value": value, "values": values}


def wrong_of(problems: tuple[Problem, ...]) -> dict[str, Problem]:
    """Return the problems by field, for setting each beside it."""
    return {problem.path: problem for problem in problems if problem.path}
