"""Indicator tables for programs: read into a draft, seen with their proposals, decided, taken out."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Response, request

from service.actions.ruledeciding import FORM
from service.errors import InvalidError, NotFoundError, Problem
from service.extensions import db
from service.frameworks import edit
from service.frameworks.exported import file_name, table_bytes
from service.queries.receipts import ActReceipt, entry_of_key, key_used
from service.queries.workingcopies import WorkingCopy, copies_of, copy_of
from service.web import importing, treeedit
from service.web.access import Entry
from service.web.api.acts import KEY, key_now, once, told
from service.web.api.formshape import shape_of
from service.web.api.instance import actor_here
from service.web.api.root import JSON, answered, body_now, operation
from service.web.downloads import handed_out
from service.web.exchange import XLSX
from service.web.forms.act import from_page, read
from service.web.forms.fields import Form, Words, shown
from service.web.forms.library import TableForm
from service.web.importing import Suggested
from service.web.library import desks_now, version_now
from service.web.outside import account_now, demand_role
from service.workbooks.book import LARGEST
from service.workflow.roles import Role
from service.yamltext import write

TARGET = "new"
ACT = "提出指标体系"
_RULE = {"type": "object", "description": "改定的规则（写法同指标体系格式）；不写即采用建议的规则"}


@dataclass(frozen=True, slots=True)
class RemarkView:
    """What does not agree in a table: its cell, the value read, what is allowed, the cure."""

    place: str
    message: str
    value: str
    allowed: str
    cure: str


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft: its text so far, every leaf of the table it came from with its proposal, what still waits.

    `target` is "new", or the version it was begun from; `stamp` names this state of the draft and goes back
    with a decision.
    """

    target: str
    stamp: str
    text: str
    waiting: tuple[str, ...]
    leaves: tuple[Suggested, ...]
    remarks: tuple[RemarkView, ...]


@dataclass(frozen=True, slots=True)
class Drafts:
    """Every draft of the token's owner, newest first."""

    drafts: tuple[DraftView, ...]


class Decision(Form):
    """One leaf decided."""

    node = Words(required=True, limit=60, metadata=shown("指标编号"))
    stamp = Words(required=True, limit=60, metadata=shown("所见草稿的 stamp"))


def _copy() -> WorkingCopy:
    copy = copy_of(db.session(), account_now(), FORM, TARGET)
    if copy is None:
        raise NotFoundError("没有正在起草的指标体系")
    return copy


def _view(copy: WorkingCopy) -> DraftView:
    leaves = [found for code in importing.leaves_of(copy) if (found := importing.suggested(copy, code))]
    remarks = [
        RemarkView(one.path, one.message, one.value or "", one.allowed, one.cure)
        for one in importing.remarks_of(copy)
    ]
    waits = tuple(importing.waiting_in(copy))
    return DraftView(copy.target, copy.stamp, copy.data["text"], waits, tuple(leaves), tuple(remarks))


@operation(
    "POST",
    "/library/drafts",
    Entry.LOGGED_IN,
    "framework.table",
    summary="把指标表读成草稿，规则只作建议",
    tag="指标体系",
    answer=DraftView,
    body={"multipart/form-data": shape_of(TableForm)},
)
def bring() -> Response:
    """Make the owner's draft from an indicator table."""
    demand_role(Role.FO, act=ACT)
    data = read(TableForm, from_page(TableForm, request.form, request.files))
    if data["organisation"] not in desks_now():
        raise InvalidError(Problem("没有这个单位", path="organisation", cure="选本人任经办的单位"))
    name, content = data["file"].filename or "指标表.xlsx", data["file"].read(LARGEST + 1)
    importing.begin_import(account_now(), TARGET, data["organisation"], name, content)
    return answered(_view(_copy()))


@operation(
    "GET",
    "/library/drafts",
    Entry.LOGGED_IN,
    "framework.drafts",
    summary="正在起草的指标体系和待确认的规则",
    tag="指标体系",
    answer=Drafts,
)
def drafts() -> Response:
    """Answer the owner's drafts."""
    demand_role(Role.FO, act=ACT)
    return answered(Drafts(tuple(_view(copy) for copy in copies_of(db.session(), account_now(), FORM))))


@operation(
    "POST",
    "/library/drafts/rules",
    Entry.LOGGED_IN,
    "framework.rule",
    summary="确认一条建议的规则，或改定",
    tag="指标体系",
    answer=ActReceipt,
    body={JSON: shape_of(Decision, more={"rule": _RULE})},
    parameters=(KEY,),
)
def decide() -> Response:
    """Confirm or replace the rule of one leaf of the draft."""
    demand_role(Role.FO, act=ACT)
    key = key_now()
    actor, body = actor_here(key), body_now()
    rule = body.pop("rule", None)
    data = read(Decision, body)
    if key_used(db.session(), actor.account, key, actor.request_digest):
        return told(entry_of_key(db.session(), actor.account, key) or "")
    return once(actor, key, lambda: _decided(actor, data, rule))


def _decided(actor: Any, data: dict[str, Any], rule: Any) -> None:
    copy = _copy()
    leaf = importing.leaves_of(copy).get(data["node"])
    if leaf is None:
        raise InvalidError(
            Problem("表里没有这个指标", path="node", value=data["node"], cure="读取草稿，核对编号")
        )
    if rule is None:
        text = importing.confirmed_text(copy, data["node"])
    elif isinstance(rule, dict):
        plain = edit.set_rule(treeedit.plain_of(copy.data["text"]), data["node"], rule)
        text = importing.replaced_text(write(plain), leaf)
    else:
        raise InvalidError(Problem("规则应是一组字段", path="rule", cure="写法见指标体系格式说明"))
    importing.keep_changed(actor, TARGET, copy, text, data["stamp"])


@operation(
    "GET",
    "/library/<ref>/table",
    Entry.LOGGED_IN,
    "framework.exported",
    summary="一版指标体系的指标表（Excel）",
    tag="指标体系",
)
def table(ref: str) -> Any:
    """Hand out one version as an indicator table."""
    version = version_now(ref)
    content = table_bytes(treeedit.plain_of(version.text))
    return handed_out(BytesIO(content), f"{file_name(version.line.name)}.xlsx", XLSX)
