"""Requests are counted before they are served; too many are told when to come again.

- A program's every request counts for its token and for its account; one without a good token for its
  address. Who enters costly work, as person or as program, is counted for that besides.
- Programs see in every answer how far they may go: ``RateLimit-Limit``, ``RateLimit-Remaining`` and
  ``RateLimit-Reset`` (seconds) of the limit they are nearest to.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil

from flask import Flask, Response, current_app, g, request

from service import clock
from service.errors import InvalidError, Problem
from service.limits import Kind, Limit, TooOftenError
from service.settings import Settings
from service.usage import Usage
from service.web.access import login_now

TABLES = ("self", "subprojects", "survey", "money", "issues", "scores", "deductions", "opinions")
WAYS = ("doing", "api")
COSTLY: Mapping[str, Kind] = {
    **dict.fromkeys(("portfolio.show", "cases.history", "auditsearch.show"), Kind.SEARCH),
    **dict.fromkeys(
        ("auditsearch.proof", "api.proof", "auditsearch.outside_proof", "api.outside_proof"), Kind.VERIFY
    ),
    **dict.fromkeys(("auditsample.draw", "extract.take"), Kind.EXPORT),
    **dict.fromkeys(("api.audit_sample", "api.history_extract"), Kind.EXPORT),
    **dict.fromkeys(("api.portfolio", "api.history", "api.accounts", "api.audit_search"), Kind.SEARCH),
    **{f"workbooks.receive_{name}": Kind.IMPORT for name in TABLES},
    **{f"api.workbook_take_{name}": Kind.IMPORT for name in TABLES},
    **dict.fromkeys(("gridpaste.take", "wordtrip.give_back", "library.begin", "linting.lint"), Kind.IMPORT),
    **dict.fromkeys(("api.framework_propose", "api.do_plan_draft", "api.do_plan_amend"), Kind.IMPORT),
    **{f"workbooks.{media}_{name}": Kind.EXPORT for media in ("xlsx", "csv", "marked") for name in TABLES},
    **{f"api.workbook_{name}": Kind.EXPORT for name in TABLES},
    **dict.fromkeys(("downloads.scores", "api.snapshot"), Kind.EXPORT),
    **dict.fromkeys(("library.table", "api.framework_exported"), Kind.EXPORT),
    **dict.fromkeys(("api.framework_table",), Kind.IMPORT),
    **dict.fromkeys(("uploads.begin", "evidence.add", "visit.save_photos", "visit.save_record"), Kind.UPLOAD),
    **{f"{way}.do_evidence_{act}": Kind.UPLOAD for way in WAYS for act in ("add", "supersede")},
    **dict.fromkeys(("doing.do_paper_register", "api.do_paper_register", "api.upload_begin"), Kind.UPLOAD),
    **{f"{way}.do_{what}_freeze": Kind.RENDER for way in WAYS for what in ("report", "correction")},
    **dict.fromkeys(("writing.order_copy", "wordtrip.take", "consultation.table_file"), Kind.RENDER),
    **dict.fromkeys(("visit.points_file", "redline.compare", "publiccopy.take"), Kind.RENDER),
    **dict.fromkeys(("api.report_redline", "api.copy_take", "api.opinion_table"), Kind.RENDER),
    **dict.fromkeys(("api.public_take", "templates.order_preview", "api.template_preview"), Kind.RENDER),
    **dict.fromkeys(("templates.propose", "api.template_propose", "api.copy_return"), Kind.IMPORT),
    **dict.fromkeys(("doing.do_archive_take", "api.do_archive_take"), Kind.EXPORT),
    **dict.fromkeys(("signing.check",), Kind.VERIFY),
    **dict.fromkeys(("intake.receive", "api.intake_self", "api.intake_projects"), Kind.IMPORT),
    **dict.fromkeys(("intakelist.summary", "intakelist.marked", "api.intake_summary"), Kind.EXPORT),
}
"""Costly endpoints by what they cost."""


def init_app(app: Flask) -> None:
    """Count the requests to `app`."""
    settings: Settings = app.config["PINGJI"]
    app.extensions["pingji-usage"] = Usage(settings.instance.usage)
    app.before_request(_count)
    app.after_request(_tell)


def demand_known(app: Flask) -> None:
    """Accept only an application that has every endpoint called costly.

    Raises:
        InvalidError: naming those it has not.
    """
    lost = sorted(COSTLY.keys() - app.view_functions.keys())
    if lost:
        raise InvalidError([Problem("限制次数的路由不存在", value=name) for name in lost])


def _count() -> None:
    """Count this request under what it is.

    Raises:
        TooOftenError: one of its limits is reached; nothing was looked at.
    """
    kinds = dict(_kinds())
    if not kinds:
        return
    limits = current_app.config["PINGJI"].limits
    keys = {f"{kind}:{who}": limits[kind] for kind, who in kinds.items()}
    usage: Usage = current_app.extensions["pingji-usage"]
    found = usage.count(keys, at=clock.now().timestamp())
    standing = [
        (kind, limits[kind], limits[kind].most - asked.used, max(1, ceil(asked.left)))
        for kind, asked in zip(kinds, found.values(), strict=False)
    ]
    if not standing:
        return
    kind, limit, rest, seconds = min(standing, key=lambda each: (max(each[2], -1), -each[3]))
    g.limit = (limit, max(rest, 0), seconds)
    if rest < 0:
        raise TooOftenError(kind, limit, seconds)


def _kinds() -> list[tuple[Kind, str]]:
    """Return what this request counts as, and for whom."""
    program, cost = request.blueprint == "api", COSTLY.get(request.endpoint or "")
    if not program and cost is None:
        return []
    login = login_now()
    if login is None:
        return [(Kind.ADDRESS, request.remote_addr or "")] if program else []
    general = [(Kind.TOKEN, login.id), (Kind.ACCOUNT, login.account)] if program else []
    return [*general, *([(cost, login.account)] if cost is not None else [])]


def _tell(response: Response) -> Response:
    told: tuple[Limit, int, int] | None = g.get("limit")
    if told is not None and request.blueprint == "api":
        limit, rest, seconds = told
        response.headers["RateLimit-Limit"] = str(limit.most)
        response.headers["RateLimit-Remaining"] = str(rest)
        response.headers["RateLimit-Reset"] = str(seconds)
    return response
