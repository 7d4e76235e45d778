"""保密承诺 and 回避申报 before the first work on a case: an explicit act, asked in one place for all routes.

The overview and the list of people stay readable, so that one sees in what one has to declare oneself; every
other page of a running case leads to the act first.
"""

from __future__ import annotations

from flask import Response, flash, g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.errors import NotPermittedError, Problem
from service.extensions import db
from service.queries.declarations import owes_declaration
from service.queries.reader import OpenCase
from service.web.programs import for_program

FREE = frozenset({
    "cases.overview", "team.show", "doing.show_conflict_declare", "doing.do_conflict_declare",
    "api.head", "api.people", "api.show_conflict_declare", "api.do_conflict_declare",
})  # fmt: skip
FIRST = "首次办理本评价前，请先签署保密承诺并申报利害关系。"


def lead(case: OpenCase) -> AnyResponse | None:
    """Return the way to the declaration, None if it is made, not owed, or the page may be read without it."""
    g.owes_declaration = owes_declaration(db.session(), case)
    if not g.owes_declaration or request.endpoint in FREE:
        return None
    if for_program():
        raise NotPermittedError(Problem(FIRST, cure="先办理“申报利害关系”（acts/conflict.declare）"))
    flash(FIRST, "note")
    back = (
        request.full_path.rstrip("?")
        if request.method == "GET"
        else url_for("cases.overview", case=case.code)
    )
    address = url_for("doing.show_conflict_declare", case=case.code, back=back)
    if request.headers.get("HX-Request"):
        # A fragment cannot lead anywhere; the page around it can.
        return Response(headers={"HX-Redirect": address})
    return redirect(address, 303 if request.method == "POST" else 302)


def owed() -> bool:
    """Return whether the person of this request still has to declare, in the case it opened."""
    return bool(getattr(g, "owes_declaration", False))
