"""What was: a case at a moment, two moments compared, who set a field, and what auditors ask of all cases."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from service import clock
from service.extensions import db
from service.queries.auditquestions import Question, search_of
from service.queries.auditsearch import Found, search
from service.queries.fieldstory import FieldStory, story_of
from service.queries.reader import OpenCase
from service.web.access import Entry
from service.web.api.root import answered, of_case, operation, query
from service.web.auditsearch import ARGUMENTS, outside_proof_file, proof_file, searcher
from service.web.timetravel import Compared, Past, compared, past, typed
from service.workflow.actions import Action

MOMENT = "留痕的序号，或日期如 2025-03-05；不填为"
WORDS = {
    "question": f"问题：{'、'.join(f'{each.value} {each.label}' for each in Question)}",
    "kind": "类别，各问题不同",
    "organisation": "单位的编号",
    "year": "年度",
    "case": "案卷名称、编号或评价对象中的字",
    "since": "记录日期自",
    "until": "记录日期至",
    "points": "单项变动或偏离不少于多少分",
    "total": "总分变动不少于多少分",
    "percent": "相差超过得分率的百分之几",
    "length": "理由少于多少字算过短",
    "page": "第几页，从 1 起",
}


@operation(
    "GET",
    "/cases/<case>/asof",
    Action.HISTORY_READ,
    "asof",
    summary="某一时刻的案卷（须有“查留痕”范围）",
    tag="留痕",
    answer=Past,
    parameters=(
        query("at", f"{MOMENT}最新", maxLength=40),
        query("on", "某日结束时，如 2025-03-05", maxLength=40),
    ),
)
def asof(case: OpenCase) -> Response:
    """Answer the whole case as it stood at a moment."""
    return of_case(case, lambda: past(case), fresh=True)


@operation(
    "GET",
    "/cases/<case>/compare",
    Action.HISTORY_READ,
    "compare",
    summary="两个时刻的差别（须有“查留痕”范围）",
    tag="留痕",
    answer=Compared,
    parameters=(query("old", f"{MOMENT}最早", maxLength=40), query("new", f"{MOMENT}最新", maxLength=40)),
)
def compare(case: OpenCase) -> Response:
    """Answer what differs between two moments."""
    return of_case(case, lambda: compared(case), fresh=True)


@operation(
    "GET",
    "/cases/<case>/story",
    Action.HISTORY_READ,
    "story",
    summary="一个字段的经过（须有“查留痕”范围）",
    tag="留痕",
    answer=FieldStory,
    parameters=(
        query("table", "表，如 deduction", maxLength=40),
        query("row", "行的编号，见时刻的答复", maxLength=40),
        query("field", "字段，如 amount", maxLength=40),
    ),
)
def story(case: OpenCase) -> Response:
    """Answer who set one field, when, why, at whose request and on what paper."""
    asked = [typed(name) for name in ("table", "row", "field")]
    return of_case(case, lambda: story_of(db.session(), case.row, *asked, scores=case.scores), fresh=True)


@operation(
    "GET",
    "/cases/<case>/history/<entry>/proof",
    Action.HISTORY_READ,
    "proof",
    summary="一条留痕的证明，.tlog-proof 文件（须有“查留痕”范围）",
    tag="留痕",
)
def proof(case: OpenCase, entry: str) -> Any:
    """Hand out the proof that an entry stands in the log."""
    return proof_file(case, entry)


@operation(
    "GET",
    "/audit/search",
    Entry.LOGGED_IN,
    "audit_search",
    summary="审计检索（须有“查留痕”范围）",
    tag="留痕",
    answer=Found,
    parameters=tuple(query(name, WORDS[name], maxLength=80) for name in ARGUMENTS),
)
def audit_search() -> Response:
    """Answer one question of the auditor over all cases whose history may be read."""
    account = searcher()
    wanted = search_of({name: request.args.get(name, "") for name in ARGUMENTS})
    return answered(search(db.session(), account, wanted, today=clock.local_date(clock.now())))


@operation(
    "GET",
    "/audit/entries/<entry>/proof",
    Entry.LOGGED_IN,
    "outside_proof",
    summary="不属于案卷的一条被拒绝操作的证明，.tlog-proof 文件（须有“查留痕”范围）",
    tag="留痕",
)
def outside_proof(entry: str) -> Any:
    """Hand out the proof that a refusal outside any case stands in the log."""
    return outside_proof_file(entry)
