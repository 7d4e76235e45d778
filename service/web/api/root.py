"""The one blueprint of the API: what every request to it must show and how an operation is declared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from flask import Response, request
from flask_login import current_user
from flask_smorest import Blueprint
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from service.extensions import db
from service.queries.reader import OpenCase
from service.queries.receipts import state_of
from service.queries.tokens import Scope
from service.web.access import Need, access
from service.web.api.shapes import Shapes, plain
from service.web.bearer import demand_scope, scope_of_request
from service.web.entrance import csrf
from service.web.programs import ROOT

api = Blueprint("api", "api", url_prefix=ROOT)
csrf.exempt(api)
shapes = Shapes()
View = Callable[..., Any]
OF_HISTORY = frozenset(
    f"api.{name}"
    for name in (
        "history",
        "asof",
        "compare",
        "story",
        "proof",
        "outside_proof",
        "audit_search",
        "audit_sample",
        "history_extract",
        "archive_file",
    )
)
"""What hands out the log: it needs the scope of its own."""
JSON = "application/json"
FILE = {"type": "string", "format": "binary"}
STATUS_WORDS = {
    "200": "办妥",
    "202": "已排入后台任务",
    "304": "自上次读取后没有变化",
    "400": "请求不是合法的 JSON",
    "401": "没有有效的令牌",
    "403": "没有权限",
    "404": "没有，或不在查阅范围之内",
    "409": "当前环节或条件不能办理",
    "412": "案卷已有新的改动",
    "413": "内容过大",
    "415": "请求的内容类型不对",
    "422": "内容有误",
    "428": "缺少 If-Match",
    "429": "请求过多",
    "503": "暂时不可用，稍后重试",
}
RATE = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
ALWAYS = ("401", "403", "404", "429", "503")
READING = ("304", "409", "422")
WRITING = ("400", "409", "412", "413", "415", "422", "428")


class MalformedError(BadRequest):
    """A body that is no JSON object."""

    description = "请求的正文不是合法的 JSON 对象"


class NotJsonError(UnsupportedMediaType):
    """A body of another type than the operation takes."""

    description = "请求的内容类型应为 application/json"


@api.before_request  # type: ignore[untyped-decorator]
def _demand_scope() -> None:
    """Accept only a token with the scope its request needs; who has none is told so by the route."""
    if current_user.is_authenticated and request.endpoint not in OF_HISTORY:
        demand_scope(scope_of_request())
    elif current_user.is_authenticated:
        demand_scope(Scope.HISTORY)


def operation(
    method: str,
    rule: str,
    need: Need,
    name: str,
    *,
    summary: str,
    tag: str,
    answer: Any = None,
    body: dict[str, Any] | None = None,
    parameters: tuple[dict[str, Any], ...] = (),
    extra: dict[str, Any] | None = None,
    success: tuple[str, ...] = ("200",),
) -> Callable[[View], View]:
    """Declare one operation: its address, its access and its place in the description.

    Args:
        answer: type of the answer, a schema as mapping, or None for a file.
        body: media types of the request body with their schemas.
        parameters: of query and header, as OpenAPI objects.
        success: status codes of success; all have the same answer.
    """
    schema = answer if isinstance(answer, dict) else shapes.of(answer) if answer is not None else None
    refused = ALWAYS + (READING if method == "GET" else WRITING)
    stated = "<case>" in rule and answer is not None and "202" not in success
    tagged = stated and (method == "GET" or any(each["name"] == "If-Match" for each in parameters))
    documented: dict[str, Any] = {
        "operationId": name.replace(".", "_"),
        "summary": summary,
        "tags": [tag],
        "responses": {
            **_good(schema, success, *RATE, *(("ETag",) if tagged else ())),
            **{code: _problem(code) for code in refused},
        },
    }
    if parameters:
        documented["parameters"] = list(parameters)
    if body is not None:
        documented["requestBody"] = {
            "required": True,
            "content": {media: {"schema": each} for media, each in body.items()},
        }
    documented.update(extra or {})

    def declare(view: View) -> View:
        guarded = api.doc(**documented)(access(need)(view))
        api.add_url_rule(rule, name.replace(".", "_"), guarded, methods=[method])
        return view

    return declare


def _good(schema: dict[str, Any] | None, codes: tuple[str, ...], *told: str) -> dict[str, Any]:
    if schema is None:
        content: dict[str, Any] = {"*/*": {"schema": FILE}}
    else:
        content = {JSON: {"schema": schema}}
    return {
        code: {"description": STATUS_WORDS[code], "content": content, **_headers(*told)} for code in codes
    }


def _problem(code: str) -> dict[str, Any]:
    if code == "304":
        return {"description": STATUS_WORDS[code]}
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    told = (*(RATE if code == "429" else ()), *(("Retry-After",) if code in ("429", "503") else ()))
    return {"description": STATUS_WORDS[code], "content": content, **_headers(*told)}


def _headers(*names: str) -> dict[str, Any]:
    found = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    return {"headers": found} if found else {}


def query(name: str, words: str, **schema: Any) -> dict[str, Any]:
    """Return the description of one parameter of the address."""
    return {"name": name, "in": "query", "description": words, "schema": {"type": "string", **schema}}


def answered(value: Any, status: int = 200, **headers: str) -> Response:
    """Return `value` as JSON, dataclasses by their fields."""
    response = Response(orjson.dumps(plain(value)), status, mimetype=JSON)
    response.headers.update(headers)
    return response


def of_case(case: OpenCase, read: Callable[[], Any], *, fresh: bool = False) -> Response:
    """Return what `read` finds in a case under the name of the state it is in; 304 if that is known.

    The state is asked first: what an act changes meanwhile is read under a name that is past already, so
    nobody can act upon something he has not seen. `fresh` is for reads of the log, in which more stands
    than what changes a case: they are always answered in full.
    """
    state = state_of(db.session(), case.row.id)
    if not fresh and request.if_none_match.contains(state):
        return Response(status=304, headers={"ETag": f'"{state}"'})
    return answered(read(), ETag=f'"{state}"')


def body_now() -> dict[str, Any]:
    """Return the JSON object sent; an empty body is the empty object.

    Raises:
        NotJsonError: of another type.
        MalformedError: not JSON, or no object.
    """
    if request.content_length and request.mimetype != JSON:
        raise NotJsonError
    content = request.get_data()
    if not content:
        return {}
    try:
        found = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise MalformedError from error
    if not isinstance(found, dict):
        raise MalformedError
    return found
