"""The description of the API: OpenAPI 3.1 made from the operations declared, and a page that shows it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, render_template
from flask_smorest import Api

from service.web.access import Entry, access
from service.web.api import (
    acts,
    archived,
    audits,
    casereads,
    casewrites,
    files,
    instance,
    intakes,
    layouts,
    lists,
    pasts,
    tables,
    word,
    workbooks,
)
from service.web.api.root import api, shapes
from service.web.programs import ROOT

DECLARING = (
    acts,
    archived,
    audits,
    casereads,
    casewrites,
    files,
    instance,
    intakes,
    layouts,
    lists,
    pasts,
    tables,
    word,
    workbooks,
)
"""The modules that declare operations."""
WORDS = """\
每一项操作与网页上的同一项操作是同一段程序：权限、条件、留痕都相同。

- 令牌：`Authorization: Bearer pj_…`，在“个人设置 → 接口令牌”签发，只显示一次。
- 读：答复带 `ETag`，是案卷所处的状态；带 `If-None-Match` 再读，没有变化得 304。
- 办：必须带 `If-Match`（读到的 `ETag`）。缺少得 428；案卷已变得 412，重新读取后再办。
- 重发：带 `Idempotency-Key`；同一编号重发得到第一次的答复，逐字节相同，不会办第二次。
- 次数：答复带 `RateLimit-Limit`、`RateLimit-Remaining`、`RateLimit-Reset`（秒），是最先会碰到的那项限制；
  超过得 429，`Retry-After` 写明几秒后再试。导入、导出、上传、排版、统计另有较严的限制。
- 出错：`application/problem+json`（RFC 9457）；`code` 不变，`problems` 逐条写明位置和办法。
- 分值是文字（`"4.5"`），不是浮点数；金额是以分为单位的整数，另附网页上的写法。
"""
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457 problem details",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string"},
        "detail": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    name: {"type": "string"} for name in ("message", "path", "value", "allowed", "cure")
                },
                "required": ["message"],
            },
        },
    },
    "required": ["type", "title", "status", "code"],
    "example": {
        "type": "urn:pingji:problem:invalid",
        "title": "内容不符合要求",
        "status": 422,
        "code": "invalid",
        "problems": [{"message": "不是分数", "path": "total", "value": "九十八", "allowed": "例：98.5"}],
    },
}


HEADERS: dict[str, dict[str, Any]] = {
    "RateLimit-Limit": {"description": "这项限制每个时段最多几次", "schema": {"type": "integer"}},
    "RateLimit-Remaining": {"description": "本时段还可以请求几次", "schema": {"type": "integer"}},
    "RateLimit-Reset": {"description": "本时段几秒后结束", "schema": {"type": "integer"}},
    "Retry-After": {"description": "几秒后再试", "schema": {"type": "integer"}},
    "ETag": {"description": "案卷所处的状态；办理时放进 If-Match", "schema": {"type": "string"}},
}


PLACES = {
    "copy": "修改稿的编号",
    "sha256": "交回文件的 SHA-256",
    "media": "格式：docx 或 xlsx",
    "case": "案卷编号",
    "entry": "留痕记录的编号，见留痕或审计检索的答复",
    "intake": "一批的编号，见上传的答复",
    "job": "后台任务的编号，见答复的 job",
    "ref": "指标体系一版的名称，见指标体系库的列表",
    "upload": "上传的编号，见开始上传的答复",
    "piece": "材料编号",
    "number": "第几版",
    "part": "signed、frozen 或 word",
}
"""Parts of addresses in words."""


class Description(Api):  # type: ignore[misc]
    """The description alone: refusals are answered where all refusals are."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Leave errors to `service.web.errors`."""


def init_app(app: Flask) -> None:
    """Attach the API and its description to `app`."""
    app.config.update(
        API_TITLE="评迹接口",
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        API_SPEC_OPTIONS={
            "info": {"description": WORDS},
            "security": [{"bearer": []}],
            "servers": [{"url": "/"}],
        },
    )
    description = Description(app)
    components = description.spec.components
    components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    for name, header in HEADERS.items():
        components.header(name, header)
    for name, shape in {"Problem": PROBLEM, **shapes.found}.items():
        components.schemas[name] = shape
    description.register_blueprint(api)
    app.extensions["pingji-api"] = description
    app.register_blueprint(pages)


pages = Blueprint("apidocs", __name__)


def document() -> dict[str, Any]:
    """Return the OpenAPI document of the running application."""
    found: dict[str, Any] = current_app.extensions["pingji-api"].spec.to_dict()
    _link(found["paths"])
    for item in found["paths"].values():
        for each in item.get("parameters", ()):
            each["description"] = PLACES[each["name"]]
    return found


def _link(paths: dict[str, Any]) -> None:
    """Say in the description how one answer leads to the next request: list, case, act."""
    of_case = {path: item for path, item in paths.items() if path.startswith(f"{ROOT}/cases/{{case}}")}
    here = {"path.case": "$request.path.case"}
    seen = {**here, "header.If-Match": "$response.header.ETag"}
    onward = {}
    for path, item in of_case.items():
        for method, each in item.items():
            simple = isinstance(each, dict) and path.count("{") == 1
            if simple and path != f"{ROOT}/cases/{{case}}":
                told = seen if method == "post" else here
                onward[each["operationId"]] = {"operationId": each["operationId"], "parameters": told}
    first = {"path.case": "$response.body#/cases/0/code"}
    paths[f"{ROOT}/cases"]["get"]["responses"]["200"]["links"] = {
        "head": {"operationId": "head", "parameters": first}
    }
    paths[f"{ROOT}/cases/{{case}}"]["get"]["responses"]["200"]["links"] = onward


@pages.get(f"{ROOT}/openapi.json")
@access(Entry.ANYONE)
def openapi() -> Response:
    """Hand out the description; it says nothing of any case."""
    return jsonify(document())


@pages.get("/api")
@access(Entry.LOGGED_IN)
def show() -> str:
    """Show the description as a page."""
    found = document()
    return render_template("web/api.html", document=found, groups=_groups(found), words=WORDS)


def _groups(found: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Return the addresses by group, each with its methods; one address is one line of the page."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, item in found["paths"].items():
        operations = [
            {**each, "method": method.upper()} for method, each in item.items() if method != "parameters"
        ]
        acting = operations[-1]
        line = {
            "path": path,
            "name": acting["operationId"],
            "summary": acting["summary"],
            "shared": item.get("parameters", []),
            "operations": operations,
        }
        groups.setdefault(acting["tags"][0], []).append(line)
    return groups
