"""The pages of cases: the list, and one case from every side."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from service import clock
from service.errors import NotFoundError
from service.extensions import db
from service.queries import published, snapshot_work
from service.queries.caselist import CaseFilter, list_cases
from service.queries.choices import options
from service.queries.doable import doable
from service.queries.evidencelist import EvidenceFilter, evidence_list
from service.queries.history import history_page, page_holding
from service.queries.historyfilter import HistoryFilter, history_choices
from service.queries.reader import OpenCase
from service.queries.snapshot import audit_point, compared, glance, take_snapshot
from service.queries.unfolding import score_table
from service.report import profile
from service.report.signatories import Part
from service.report.snapshot import CaseSnapshot, SheetView
from service.settings import Settings
from service.web import charts, tabs
from service.web.access import Entry, access, login_now
from service.workflow.actions import Action
from service.workflow.kinds import KINDS
from service.workflow.roles import Role

pages = Blueprint("cases", __name__)
ROLE_WORDS = {role.value: role.label for role in Role}
PART_WORDS = {part.value: part.label for part in Part}
SIGNATURE_WORDS = {"electronic": "电子签章", "paper": "纸质用印", "none": "未用印"}
QUOTATION_STATES = (("differ", "不一致"), ("uncomputable", "无法计算"), ("agree", "一致"))


@pages.get("/")
@access(Entry.LOGGED_IN)
def home() -> Response:
    """Go to what waits for this person."""
    return redirect(url_for("todo.show"))


@pages.get("/cases")
@access(Entry.LOGGED_IN)
def index() -> str:
    """List the cases the account may read, filtered by what the address says."""
    asked = {name: request.args.get(name, "").strip() for name in ("year", "kind", "stage", "grade", "text")}
    wanted = CaseFilter(**asked, page=page_number())
    login = login_now()
    today = clock.local_date(clock.now())
    found = list_cases(db.session(), login.account if login else "", wanted, today=today)
    return render_template("web/cases.html", found=found, wanted=wanted, asked=asked)


@pages.get("/cases/<case>")
@access(Action.EVALUATION_READ)
def overview(case: OpenCase) -> str:
    """Show the case at a glance: stages, parties, people, money, totals by stage."""
    today = clock.local_date(clock.now())
    snapshot = _visible(case, glance(db.session(), case.row, demo=settings().demo, today=today))
    chart = charts.waterfall(snapshot.waterfall, snapshot.sheet.max)
    reasons = snapshot_work.reasons_standing(db.session(), case.row)
    todo = doable(db.session(), case.row, case.account, case.roles, today=today)
    style = profile.load(snapshot.profile).name if snapshot.profile in profile.bundled() else ""
    offers = tabs.offered(case, todo)
    return case_page("overview", case, snapshot, chart=chart, reasons=reasons, todo=offers, style=style)


@pages.get("/cases/<case>/scores")
@access(Action.SCORES_READ)
def scores(case: OpenCase) -> str:
    """Show a score sheet, every figure of which unfolds to its reasons."""
    sheet = request.args.get("sheet", "")
    table = score_table(db.session(), case.row, sheet=sheet)
    if table is not None and sheet and sheet not in table.sheets:
        raise NotFoundError("没有这张评分表")
    chart = charts.rate_chart(table) if table is not None else None
    unfolded = request.args.get("open") == "1"
    chosen = request.args.get("node", "")
    quoted = published.quoted_at(db.session(), case.row, table) if table is not None else {}
    return case_page(
        "scores", case, table=table, chart=chart, unfolded=unfolded, chosen=chosen, quoted=quoted
    )


@pages.get("/cases/<case>/quotations")
@access(Action.SCORES_READ)
def quotations(case: OpenCase) -> str:
    """Show figures others printed beside ours: agreeing, differing, not computable."""
    today = clock.local_date(clock.now())
    snapshot = _visible(case, compared(db.session(), case.row, demo=settings().demo, today=today))
    groups = [
        (state, label, [q for q in snapshot.quotations if q.state == state])
        for state, label in QUOTATION_STATES
    ]
    targets = published.targets(db.session(), case.row)
    return case_page("quotations", case, snapshot, groups=groups, targets=targets)


@pages.get("/cases/<case>/evidence")
@access(Action.EVALUATION_READ)
def evidence(case: OpenCase) -> str:
    """List the evidence asked for in groups, and take in more where the person may add some."""
    names = ("by", "klass", "node", "state", "text")
    wanted = EvidenceFilter(**{name: request.args.get(name, "").strip()[:80] for name in names})
    found = evidence_list(db.session(), case, wanted)
    adding = bool(tabs.may(case, Action.EVIDENCE_ADD))
    nodes = options(db.session(), case.row, "nodes") if adding else []
    return case_page("evidence", case, found=found, wanted=wanted, adding=adding, node_options=nodes)


@pages.get("/cases/<case>/history")
@access(Action.HISTORY_READ)
def history(case: OpenCase) -> str:
    """Show the log of the case, newest first, as asked for, with where the log stands."""
    names = ("person", "role", "action", "field", "node", "stage", "outcome")
    page = page_holding(db.session(), case.row, request.args.get("at", "")) or page_number()
    wanted = HistoryFilter(**{n: request.args.get(n, "")[:120] for n in names}, page=page)
    found = history_page(db.session(), case.row, wanted, scores=case.scores)
    choices = history_choices(db.session(), case.row, scores=case.scores)
    unfolded = request.args.get("open") == "1"
    point = audit_point(db.session())
    return case_page(
        "history", case, found=found, wanted=wanted, choices=choices, point=point, unfolded=unfolded
    )


def case_page(name: str, case: OpenCase, snapshot: CaseSnapshot | None = None, **more: Any) -> str:
    """Return one page of a case; every page has the same head.

    A tab of several pages names them ``tab_page``; what stands before the line is the tab.
    """
    spec = KINDS[case.row.kind]
    return render_template(
        f"web/case_{name}.html",
        case=case,
        tab_links=tabs.of(case),
        row=case.row,
        stages=spec.stages,
        tab=name.partition("_")[0],
        snapshot=snapshot,
        roles=ROLE_WORDS,
        part_labels=PART_WORDS,
        signature_states=SIGNATURE_WORDS,
        extracting=Action.HISTORY_EXTRACT,
        **more,
    )


def visible_snapshot(case: OpenCase) -> CaseSnapshot:
    """Return the case as it is now, without the team's scores for who may not see them yet."""
    today = clock.local_date(clock.now())
    return _visible(case, take_snapshot(db.session(), case.row, demo=settings().demo, today=today))


def _visible(case: OpenCase, snapshot: CaseSnapshot) -> CaseSnapshot:
    if case.scores:
        return snapshot
    return replace(
        snapshot, sheet=SheetView(), sheets=(), waterfall=(), deductions=(), adjustments=(), quotations=(),
        narrative={}, notes={}, problems=(), suggestions=(), tables=(), images=(),
    )  # fmt: skip


def settings() -> Settings:
    """Return the settings of the running instance."""
    found: Settings = current_app.config["PINGJI"]
    return found


def page_number() -> int:
    """Return the page asked for; what is no number is the first."""
    asked = request.args.get("page", "1")
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 7 else 1
