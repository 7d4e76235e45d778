"""台账统计: the figures over all cases, and 催办, 退回 or 下达 for many at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service import clock
from service.actions.selections import freeze_selection
from service.errors import InvalidError, NotPermittedError
from service.extensions import db
from service.queries.bulk import BulkAct, Candidate, candidates, selection_of, versions_of
from service.queries.people import instance_roles
from service.queries.portfolio import Figured, Portfolio, portfolio, unit_names
from service.web import portfoliocharts as charts
from service.web.access import Entry, access, login_now
from service.web.bulk import begin, confirm, job_of_selection
from service.web.forms.fields import LONG, words_typed
from service.web.tabs import MAIN_SHOWN
from service.workflow.kinds import Kind
from service.workflow.roles import ORGANISING_ROLES
from service.workflow.stages import Stage, Status

pages = Blueprint("portfolio", __name__)
PAGE = 50
MOST = 500
"""Most cases of one selection: what a person can look through before he confirms."""
DUES = (("late", "已逾期"), ("soon", "3 个工作日内到期"), ("", "全部在办"), ("draft", "待下达"))


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; unknown words ask for nothing."""

    year: str
    kind: str
    stage: str
    due: str

    def query(self, **more: Any) -> dict[str, Any]:
        """Return the filter as arguments of an address."""
        plain = {"year": self.year, "kind": self.kind, "stage": self.stage, "due": self.due, **more}
        return {name: value for name, value in plain.items() if value or name == "due"}


@pages.get("/portfolio")
@access(Entry.LOGGED_IN)
def show() -> str:
    """Show the figures and the list of cases on their way, worst first."""
    login, asked = _who(), _asked()
    found = _found(login, asked)
    listed = _listed(found, asked)
    page = _page(len(listed))
    shown = listed[(page - 1) * PAGE : page * PAGE]
    narrowed = {name: value for name, value in (("year", asked.year), ("kind", asked.kind)) if value}
    return render_template(
        "web/portfolio.html",
        found=found,
        asked=asked,
        listed=listed,
        shown=shown,
        units=unit_names(db.session(), shown),
        page=page,
        pages=max(1, -(-len(listed) // PAGE)),
        kinds=[(kind.value, kind.label) for kind in Kind],
        stages=[(stage.value, stage.label) for stage in Stage if stage is not Stage.SIGNED],
        dues=DUES,
        funnel=charts.funnel(found, narrowed),
        grades=charts.grades(found, narrowed),
        rates=charts.rates(found),
        scatter=charts.scatter(found),
        days=charts.days_words,
        may_act=bool(_roles(login) & ORGANISING_ROLES),
    )


@pages.post("/portfolio/select")
@access(Entry.LOGGED_IN)
def select() -> Response:
    """Freeze what was ticked, or everything the filter finds, and go to its preview."""
    login, asked = _who(), _asked()
    act = next((each for each in BulkAct if each.value == request.form.get("act")), BulkAct.REMIND)
    readable = {case.code: case.id for case in _listed(_found(login, asked), asked)}
    picked = list(readable) if request.form.get("all") else request.form.getlist("pick")
    ids = [readable[code] for code in dict.fromkeys(picked) if code in readable]
    if not ids or len(ids) > MOST:
        words = "没有选择项目" if not ids else f"一次最多{act.label} {MOST} 项，请缩小筛选范围"
        flash(words, "note")
        return redirect(url_for("portfolio.show", **asked.query()), 303)
    key = freeze_selection(login, act, versions_of(db.session(), ids), at=clock.now())
    return redirect(url_for("portfolio.bulk", key=key), 303)


@pages.get("/portfolio/bulk/<key>")
@access(Entry.LOGGED_IN)
def bulk(key: str) -> str:
    """Show a frozen selection: what can be done and what not with its cause, or what came of it."""
    return _bulk_page(key)


@pages.post("/portfolio/bulk/<key>")
@access(Entry.LOGGED_IN)
def run(key: str) -> Any:
    """Have the selection carried out once, if the number typed is the number that can be done."""
    login = _who()
    today = clock.local_date(clock.now())
    chosen = selection_of(db.session(), login, key)
    rows = [] if chosen.done else candidates(db.session(), login, chosen, today=today)
    wrong = {} if chosen.done else _wrong(chosen.act, [row for row in rows if not row.cause])
    if wrong:
        return _bulk_page(key, wrong=wrong), 422
    items = tuple(filter(None, map(str.strip, request.form.get("reason", "").splitlines())))
    if chosen.done or not confirm(login, chosen, rows, items):
        flash("这份选择已经确认过，没有再做一次。", "note")
    begin(chosen)
    return redirect(url_for("portfolio.bulk", key=key), 303)


def _wrong(act: BulkAct, able: list[Candidate]) -> dict[str, str]:
    """Return what is wrong with the form, by field."""
    typed = request.form.get("count", "").strip()
    found = {}
    if not able:
        found["count"] = "没有可以办理的项目"
    elif typed != str(len(able)):
        found["count"] = f"读到“{typed}”，可办理的是 {len(able)} 项；请输入这个数字以确认"
    if act is BulkAct.RETURN:
        found.update(_reason_wrong(request.form.get("reason", "")))
    return found


def _reason_wrong(typed: str) -> dict[str, str]:
    if not typed.strip():
        return {"reason": "没有填写；每行一项，写明要补正什么"}
    try:
        words_typed(typed, path="reason", label="理由", limit=LONG)
    except InvalidError as error:
        return {"reason": error.problems[0].message}
    return {}


def _bulk_page(key: str, *, wrong: dict[str, str] | None = None) -> str:
    login = _who()
    today = clock.local_date(clock.now())
    chosen = selection_of(db.session(), login, key)
    rows = candidates(db.session(), login, chosen, today=today, judged=not chosen.done)
    return render_template(
        "web/bulk.html",
        chosen=chosen,
        rows=rows,
        able=[row for row in rows if not row.cause],
        unable=[row for row in rows if row.cause],
        gone=len(chosen.versions) - len(rows),
        failed=[row for row in rows if chosen.results.get(row.id)],
        job=job_of_selection(login, key) if chosen.done else None,
        wrong=wrong or {},
        typed=request.form,
    )


def _who() -> str:
    """Return the account; NotPermittedError for who has no business in the figures."""
    login = login_now()
    account = login.account if login else ""
    if not _roles(account) & MAIN_SHOWN["portfolio.show"]:
        raise NotPermittedError("台账统计供组织方和审计员使用；需要查阅的，请系统管理员提出授权")
    return account


def _roles(account: str) -> frozenset[Any]:
    return instance_roles(db.session(), account, today=clock.local_date(clock.now()))


def _asked() -> Asked:
    sent = request.values
    due = sent.get("due", "late")
    return Asked(
        year=sent.get("year", "").strip()[:20],
        kind=sent.get("kind", "").strip() if sent.get("kind") in {k.value for k in Kind} else "",
        stage=sent.get("stage", "").strip() if sent.get("stage") in {s.value for s in Stage} else "",
        due=due if due in {value for value, _ in DUES} else "late",
    )


def _found(account: str, asked: Asked) -> Portfolio:
    today = clock.local_date(clock.now())
    return portfolio(db.session(), account, year=asked.year, kind=asked.kind, today=today)


def _listed(found: Portfolio, asked: Asked) -> list[Figured]:
    """Return the cases on their way that the filter asks for: late ones by lateness × amount, then by day."""
    late = [case for case in found.late if asked.stage in ("", case.stage.value)]
    if asked.due == "late":
        return late
    if asked.due == "draft":
        drafts = [case for case in found.cases if case.status is Status.DRAFT]
        return sorted(drafts, key=lambda case: case.code)
    rest = [c for c in found.cases if c.running and not c.late and asked.stage in ("", c.stage.value)]
    rest.sort(key=lambda case: (case.left is None, case.left or 0, case.code))
    soon = [case for case in rest if case.left is not None and case.left <= 3]
    return soon if asked.due == "soon" else [*late, *rest]


def _page(count: int) -> int:
    asked = request.args.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
    return min(max(1, number), max(1, -(-count // PAGE)))
