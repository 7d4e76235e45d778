"""The only place that knows HTTP status codes: refusals become pages in Chinese.

A page says what is wrong and what can be done, never an internal detail; a missing case and one that may
not be known give the same bytes.
"""

from __future__ import annotations

import logging

from flask import Flask, Response, make_response, render_template
from flask.globals import request_ctx
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from service import errors
from service.actions.attempts import LockedError
from service.limits import TooOftenError
from service.web.problemdetails import problem_response
from service.web.programs import for_program

STATUS: dict[type[errors.ServiceError], int] = {
    errors.InvalidError: 422,
    errors.ActionRefusedError: 409,
    errors.NotPermittedError: 403,
    errors.NotFoundError: 404,
    errors.StaleError: 412,
    errors.VersionMissingError: 428,
    errors.UnavailableError: 503,
    errors.IntegrityFailureError: 500,
    errors.UnauditedWriteError: 500,
    errors.RepeatedError: 409,
    LockedError: 429,
    TooOftenError: 429,
}
TITLES = {
    400: "请求不完整",
    401: "没有有效的令牌",
    403: "没有权限",
    404: "未找到",
    405: "不支持这种请求",
    413: "内容过大",
    429: "请求过于频繁",
    500: "系统出错",
    503: "暂时不可用",
}
ADVICE = {
    400: "请返回上一页刷新后重试。",
    403: "如需查阅，请联系组织方经办或系统管理员核对职责。",
    404: "该页面不存在，或者不在您的查阅范围之内。请核对网址，或返回评价项目列表。",
    405: "请从页面上的链接或按钮进入。",
    429: "没有任何内容被改动。请稍候片刻，返回上一页重试。",
    500: "没有任何内容被改动。请把发生的时间告知系统管理员。",
    503: "数据库或某个部件暂时没有应答，请稍后重试。",
}
RETRY_SECONDS = 30
PLAIN = (
    "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>请求不完整</title><h1>请求不完整</h1></html>"
)
log = logging.getLogger(__name__)


def init_app(app: Flask) -> None:
    """Turn every refusal and failure of `app` into a page."""
    app.register_error_handler(errors.ServiceError, _refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _forged)
    for kind in (OperationalError, InterfaceError, PoolTimeoutError):
        app.register_error_handler(kind, _no_database)
    app.register_error_handler(Exception, _failed)


def status_of(error: errors.ServiceError) -> int:
    """Return the status of the nearest class that has one."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)


def _page(
    status: int,
    *,
    title: str = "",
    problems: tuple[str, ...] = (),
    refused: errors.ServiceError | None = None,
) -> Response:
    shown = title or TITLES.get(status, "请求没有完成")
    if for_program():
        return _told(status, shown, problems, refused)
    if request_ctx.url_adapter is None:
        # A host name that is not ours: no address can be built, and nothing is said.
        return Response(PLAIN, status, mimetype="text/html")
    page = render_template(
        "web/error.html",
        status=status,
        title=shown,
        problems=problems,
        advice=ADVICE.get(status, ""),
        # Asking who is logged in may be what failed.
        bare=status >= 500,
    )
    response = make_response(page, status)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _told(
    status: int, title: str, problems: tuple[str, ...], refused: errors.ServiceError | None
) -> Response:
    """Answer a program."""
    code, found = (refused.code, refused.problems) if refused is not None else ("", ())
    detail = "；".join(problems) if not found else ""
    response = problem_response(status, title, code=code, problems=found, detail=detail)
    if status == 503:
        response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response


def _refused(error: errors.ServiceError) -> Response:
    status = status_of(error)
    if status == 404:
        # The same bytes, whatever is missing or withheld.
        return _page(404)
    if status == 500:
        log.error("%s: %s", error.code, error)
        return _page(500, title=error.title)
    told = tuple(str(p) for p in error.problems)
    response = _page(status, title=error.title, problems=told, refused=error)
    if isinstance(error, LockedError | TooOftenError):
        response.headers["Retry-After"] = str(error.seconds)
    return response


def _http(error: HTTPException) -> Response | HTTPException:
    code = error.code or 500
    if code < 400:
        return error
    told = type(error).__dict__.get("description") if code == 400 else None
    return _page(code, problems=(str(told),) if type(error).__module__.startswith("service.") else ())


def _forged(error: CSRFError) -> Response:
    return _page(400, problems=("页面已过期或不是从本站打开的，未作任何改动。",))


def _no_database(error: Exception) -> Response:
    log.error("database: %s", type(error).__name__)
    return _page(503)


def _failed(error: Exception) -> Response:
    log.exception("unhandled", exc_info=error)
    return _page(500)
