"""Forms to print: the list of what a case can be printed as, and each form as an A4 page of its own.

The foot of every page names the version, the short code, who printed it and when; the short code is what
线下登记 asks for when the signed paper comes back.
"""

from __future__ import annotations

from collections.abc import Sequence

from flask import Blueprint, render_template, request

from service import clock
from service.errors import NotFoundError
from service.extensions import db
from service.queries.printout import Printout
from service.queries.prints import open_forms
from service.queries.prints_scored import scored_forms
from service.queries.reader import OpenCase
from service.queries.witnessed import newest_seal
from service.web.access import access, login_now
from service.web.cases import case_page
from service.workflow.actions import Action

pages = Blueprint("prints", __name__)
PURPOSES = {
    "self": "单位签字盖章后扫描上传，用于线下报送",
    "supplement": "每轮一份，送被评价单位签收",
    "visit": "每次核查一份，现场签字",
    "letter": "每稿一份，附回函",
    "catalogue": "随案卷移交，逐件核对",
    "scores": "横排，每张评分表一份",
    "opinions": "每条意见的处理与理由",
    "approval": "线下审批签字用",
}
"""What each form is for."""
WITNESSING = "approval"
"""The form whose paper also witnesses the log."""


@pages.get("/cases/<case>/prints")
@access(Action.EVALUATION_READ)
def show(case: OpenCase) -> str:
    """List the forms there are now, each with its short code."""
    forms = open_forms(db.session(), case.row)
    scored = scored_forms(db.session(), case.row) if case.scores else ()
    return case_page(
        "prints",
        case,
        forms=forms,
        scored=scored,
        purposes=PURPOSES,
        registers=case.permits(Action.PAPER_REGISTER),
    )


@pages.get("/cases/<case>/prints/<form>")
@access(Action.EVALUATION_READ)
def form(case: OpenCase, form: str) -> str:
    """Show one form of what everybody in the case may see."""
    return _page(case, open_forms(db.session(), case.row), form)


@pages.get("/cases/<case>/prints/scored/<form>")
@access(Action.SCORES_READ)
def scored(case: OpenCase, form: str) -> str:
    """Show one form that carries the team's scores."""
    return _page(case, scored_forms(db.session(), case.row), form)


def _page(case: OpenCase, forms: Sequence[Printout], key: str) -> str:
    item = request.args.get("item", "")
    found = next((each for each in forms if each.key == key and (not item or each.item == item)), None)
    if found is None:
        raise NotFoundError("没有这份表单")
    login = login_now()
    by = f"{login.duty}（{login.organisation or login.name}）" if login else ""
    # Beside the content, not of it: the short code does not change with what else happens in the house.
    seal = newest_seal(db.session()) if found.key == WITNESSING else None
    return render_template("web/print.html", form=found, by=by, at=clock.now(), case=case, seal=seal)
