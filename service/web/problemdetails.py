"""Refusals as programs read them: problem details (RFC 9457) with stable codes and Chinese words."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response

from service.errors import Problem

MEDIA = "application/problem+json"
CODES = {
    400: "malformed",
    401: "unauthorized",
    403: "not_permitted",
    404: "not_found",
    405: "method_not_allowed",
    406: "not_acceptable",
    413: "too_large",
    415: "unsupported_media",
    428: "version_missing",
    429: "too_many",
    500: "internal",
    503: "unavailable",
}


def plain_problem(problem: Problem) -> dict[str, Any]:
    """Return one problem by its members; what is not known is left out."""
    told = {
        "message": problem.message,
        "path": problem.path,
        "value": problem.value,
        "allowed": problem.allowed,
        "cure": problem.cure,
    }
    return {name: value for name, value in told.items() if value}


def problem_response(
    status: int, title: str, *, code: str = "", problems: Sequence[Problem] = (), detail: str = ""
) -> Response:
    """Return the problem document; `code` is the stable name a program may branch on."""
    name = code or CODES.get(status, "http")
    body: dict[str, Any] = {
        "type": f"urn:pingji:problem:{name}",
        "title": title or HTTPStatus(status).phrase,
        "status": status,
        "code": name,
    }
    if detail:
        body["detail"] = detail
    if problems:
        body["problems"] = [plain_problem(problem) for problem in problems]
    response = Response(orjson.dumps(body), status, mimetype=MEDIA)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="pingji"'
    return response
