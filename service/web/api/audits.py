"""What auditors take away: samples drawn by a printed seed, and extracts of a case's history."""

from __future__ import annotations

from typing import Any

from flask import request

from service.actions.actor import Actor
from service.errors import InvalidError, Problem
from service.queries.reader import OpenCase
from service.web.access import Entry
from service.web.api.acts import KEY, digest_now, key_now, owner
from service.web.api.instance import actor_here
from service.web.api.pasts import WORDS
from service.web.api.root import JSON, body_now, operation
from service.web.auditsample import LONGEST_SEED, MOST, sample_file
from service.web.auditsearch import ARGUMENTS, searcher
from service.web.extract import LONGEST, TAKING, extract_file

TAG = "留痕"
FILTER = tuple(name for name in ARGUMENTS if name != "page")
SAMPLE: dict[str, Any] = {
    "type": "object",
    "description": "从什么中抽、怎样抽；检索条件与审计检索相同",
    "properties": {
        **{name: {"type": "string", "maxLength": 80, "description": WORDS[name]} for name in FILTER},
        "of": {
            "type": "string",
            "enum": ["answers", "cases"],
            "description": "answers 检索结果（不填即是），cases 可查阅留痕的评价",
        },
        "size": {"type": "integer", "minimum": 1, "maximum": MOST, "description": "抽取数量"},
        "seed": {"type": "string", "maxLength": LONGEST_SEED, "description": "种子，不填则随机生成"},
        "stratified": {"type": "boolean", "description": "按被评价单位分层"},
    },
    "required": ["size"],
    "additionalProperties": False,
}
MOMENT = "留痕的序号，或日期如 2025-03-05；不填为"
EXTRACT: dict[str, Any] = {
    "type": "object",
    "properties": {
        "old": {"type": "string", "maxLength": LONGEST, "description": f"从（不含）：{MOMENT}最早"},
        "new": {"type": "string", "maxLength": LONGEST, "description": f"到（含）：{MOMENT}最新"},
        "media": {
            "type": "string",
            "enum": ["docx", "xlsx"],
            "description": "docx 变更说明，xlsx 留痕清单",
        },
    },
    "required": ["media"],
    "additionalProperties": False,
}
KINDS = {"string": str, "integer": int, "boolean": bool}


@operation(
    "POST", "/audit/sample", Entry.LOGGED_IN, "audit_sample",
    summary="按种子抽样，得审计抽样清单（xlsx）；每抽一次写入留痕（须有“查留痕”范围）", tag=TAG,
    body={JSON: SAMPLE}, parameters=(KEY,),
)  # fmt: skip
def sample() -> Any:
    """Draw a sample; the same key twice is one drawing."""
    account, body = searcher(), _typed(SAMPLE)
    if body.get("of", "answers") not in ("answers", "cases"):
        raise InvalidError(
            Problem("没有这种总体", path="of", value=body["of"][:20], allowed="answers、cases")
        )
    sent = {name: value for name, value in body.items() if isinstance(value, str)}
    sent |= {"size": str(body.get("size", "")), "stratified": "1" if body.get("stratified") else ""}
    return sample_file(account, sent, actor_here(key_now()))


@operation(
    "POST", "/cases/<case>/history/extract", TAKING, "history.extract",
    summary="取得两个时刻之间的变更说明（docx）或留痕清单（xlsx）；每取一次写入留痕（须有“查留痕”范围）",
    tag=TAG, body={JSON: EXTRACT}, parameters=(KEY,),
)  # fmt: skip
def extract(case: OpenCase) -> Any:
    """Hand out the changes between two moments; the same key twice is one taking."""
    body, login = _typed(EXTRACT), owner()
    actor = Actor(
        account=login.account,
        name=login.name,
        roles=case.roles,
        ip=request.remote_addr,
        request_key=key_now(),
        request_digest=digest_now(),
    )
    return extract_file(case, body.get("old", ""), body.get("new", ""), body.get("media", ""), actor)


def _typed(shape: dict[str, Any]) -> dict[str, Any]:
    """Return the body; InvalidError naming every member that is unknown, missing or of another type."""
    body, known = body_now(), shape["properties"]
    problems = [Problem("没有这一项", path=name) for name in body if name not in known]
    problems += [Problem("没有填写", path=name) for name in shape["required"] if name not in body]
    problems += [
        Problem("类型不对", path=name, allowed=known[name]["type"])
        for name, value in body.items()
        if name in known and type(value) is not KINDS[known[name]["type"]]
    ]
    if problems:
        raise InvalidError(problems)
    return body
