"""抽样: a list drawn by a printed seed from what 审计检索 finds, to take away as a workbook."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from io import BytesIO
from typing import cast

from flask import Blueprint, request
from werkzeug.wrappers import Response

from service import clock
from service.actions.actor import Actor
from service.actions.auditacts import record_sample
from service.audit.sampling import METHOD, STRATA
from service.errors import InvalidError, Problem, RepeatedError, StaleError
from service.extensions import db
from service.queries.auditquestions import AuditSearch, search_of
from service.queries.auditsample import DrawAsked, Drawn, Sample, sample_of
from service.queries.auditscope import offered
from service.web.access import Entry, access, login_now
from service.web.auditsearch import ARGUMENTS, searcher
from service.web.downloads import TYPES, handed_out
from service.web.words import moment
from service.workbooks.plain import plain_workbook

pages = Blueprint("auditsample", __name__)
MOST, LONGEST_SEED = 500, 60
NAME = "审计抽样清单"
DRAWING = ("of", "size", "seed", "stratified")
CHANGED = "换一个请求编号重抽；第一次的清单和种子见留痕"
COLUMNS = (
    ("序号", 12), ("项目编号", 30), ("项目", 60), ("被评价单位", 40), ("阶段", 20), ("位置", 44),
    ("之前", 44), ("之后", 44), ("办理人", 28), ("时间", 32), ("留痕号", 18),
    ("抽样编号", 60), ("排序值", 60),
)  # fmt: skip


@pages.post("/audit/sample")
@access(Entry.LOGGED_IN)
def draw() -> Response:
    """Hand out the sample asked for."""
    account = searcher()
    return sample_file(
        account, {name: request.form.get(name, "") for name in (*ARGUMENTS, *DRAWING)}, _actor()
    )


def sample_file(account: str, sent: Mapping[str, str], actor: Actor) -> Response:
    """Return the sample as an attachment; that it was drawn, and by which seed, stands in the log.

    The same request sent again gets the same list again, if the population is still the same.

    Raises:
        InvalidError: what is asked for cannot be read, or there is nothing to draw from.
        StaleError: the request was sent before, and the population has changed since.
    """
    wanted, asked = search_of({name: sent.get(name, "") for name in ARGUMENTS}), asked_of(sent)
    today = clock.local_date(clock.now())
    found = _found(account, wanted, asked, today)
    rule = _rule(wanted, asked, found, offered(db.session(), account, today=today))
    at, kept = clock.now(), {"seed": asked.seed, "digest": found.digest}
    try:
        entry = record_sample(actor, "；".join(rule), kept={**kept, "at": at.isoformat()}).entry_id
    except RepeatedError as repeated:
        db.session.rollback()
        first = cast("dict[str, str]", repeated.result)
        asked = replace(asked, seed=first["seed"])
        found = _found(account, wanted, asked, today)
        if found.digest != first["digest"]:
            raise StaleError(Problem("总体已有变化，不能照第一次的结果再给", cure=CHANGED)) from repeated
        rule = _rule(wanted, asked, found, offered(db.session(), account, today=today))
        entry, at = repeated.entry_id, datetime.fromisoformat(first["at"])
    notes = (
        *rule,
        f"抽取人：{_who()}；抽取时间：{moment(at)}；留痕记录：{entry}",
        f"方法：{STRATA if asked.stratified else METHOD}。用同一种子对同一总体重抽，结果相同。",
    )
    rows = [_row(number, each) for number, each in enumerate(found.rows, 1)]
    content = plain_workbook(NAME, notes, COLUMNS, rows, numbers=(0, 10))
    return handed_out(BytesIO(content), f"{NAME}-{asked.seed}.xlsx", TYPES["xlsx"])


def _found(account: str, wanted: AuditSearch, asked: DrawAsked, today: date) -> Sample:
    found = sample_of(db.session(), account, wanted, asked, today=today)
    if not found.rows:
        raise InvalidError(Problem("没有可抽取的内容", path="size", value="0 项", cure="放宽条件后再抽"))
    return found


def asked_of(sent: Mapping[str, str]) -> DrawAsked:
    """Return how the sample shall be drawn.

    Raises:
        InvalidError: seed or size cannot be used; all that is wrong is named.
    """
    seed, size = sent.get("seed", "").strip(), sent.get("size", "").strip()
    problems = []
    if len(seed) > LONGEST_SEED or not seed.isprintable():
        problems.append(
            Problem("种子过长或含控制字符", path="seed", value=seed[:80], allowed=f"{LONGEST_SEED} 字以内")
        )
    if not (size.isascii() and size.isdigit() and len(size) < 5 and 1 <= int(size) <= MOST):
        problems.append(Problem("抽取数量不对", path="size", value=size[:20], allowed=f"1 至 {MOST} 的整数"))
    if problems:
        raise InvalidError(problems)
    # A seed nobody chose is the better one; it is printed all the same.
    return DrawAsked(
        seed or secrets.token_hex(8), int(size), sent.get("of") == "cases", bool(sent.get("stratified"))
    )


def _rule(
    wanted: AuditSearch, asked: DrawAsked, found: Sample, offers: dict[str, list[tuple[str, str]]]
) -> tuple[str, ...]:
    """Return in words what was drawn from what and how; it is printed and logged."""
    narrowed = {**wanted.query, "organisation": dict(offers["organisation"]).get(wanted.organisation, "")}
    if asked.cases:
        # Of cases only what narrows cases down counts.
        narrowed = {name: narrowed.get(name, "") for name in ("organisation", "year", "case")}
    narrowed.pop("question", None)
    words = "，".join(f"{_WORDS[name]} {value}" for name, value in narrowed.items() if value) or "无"
    layers = "按被评价单位分层" if asked.stratified else "不分层"
    population = "可查阅留痕的评价" if asked.cases else f"“{wanted.question.label}”的检索结果"
    return (
        f"总体：{population}，共 {found.population} 项；条件：{words}",
        f"种子：{asked.seed}；抽取 {len(found.rows)} 项；{layers}",
        f"总体校验值（各项编号排序后的 SHA-256）：{found.digest}",
    )


_WORDS = {
    "kind": "类别", "organisation": "单位", "year": "年度", "case": "项目", "since": "自", "until": "至",
    "points": "分数", "total": "总分", "percent": "比例", "length": "字数",
}  # fmt: skip


def _row(number: int, each: Drawn) -> tuple[str, ...]:
    hit = each.hit
    told = ("", "", "", "", "", "")
    if hit is not None:
        told = (hit.place, hit.before, hit.after, hit.actor, moment(hit.at), str(hit.index))
    return (
        str(number), each.code, each.title, each.unit, each.stage, *told, each.key, each.order,
    )  # fmt: skip


def _actor() -> Actor:
    login = login_now()
    assert login is not None, "who searches is logged in"
    return Actor(account=login.account, name=login.name, roles=frozenset(), ip=request.remote_addr)


def _who() -> str:
    login = login_now()
    return f"{login.duty}（{login.name}）" if login else ""
