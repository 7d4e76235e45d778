"""Acts on a case whose pages are more than one form: results, report texts, the plan, particulars."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response

from service import clock
from service.actions.correction import edit_correction
from service.actions.finalisation import Words as Piece
from service.actions.finalisation import write_report
from service.actions.planning import DraftPlan, amend_plan, draft_plan
from service.actions.reasons import Origin
from service.actions.scoring import record_results
from service.actions.self_assessment import ClaimLine, EditSelfAssessment, edit_self_assessment
from service.errors import ActionRefusedError, InvalidError, Problem
from service.extensions import db
from service.queries.particulars import particulars_of
from service.queries.reader import OpenCase
from service.queries.receipts import ActReceipt
from service.web.access import Doing
from service.web.api.acts import IF_MATCH, KEY, actor_of, key_now, once
from service.web.api.formshape import POINTS_PATTERN, Shape, read_body, shape_of
from service.web.api.root import JSON, body_now, operation
from service.web.forms.casefacts import MoneyForm, PapersForm
from service.web.forms.creation import DraftParticulars, ReportDate, Settings
from service.web.forms.fields import LONG, Form, Words, plain_number, shown
from service.web.forms.self_assessment import Claim
from service.web.particulars import sections
from service.workflow.actions import Action

TEXT: Shape = {"type": "string", "maxLength": LONG}
ANY_PLAIN: Shape = {"type": "object", "description": "见 FORMAT.md；数字写成文字"}
MOST = 500


class PlanForm(Form):
    """A plan, or a change of it with reason and effect."""

    framework = Words(required=True, limit=2_000_000, metadata=shown("指标体系（YAML 原文）"))
    reason = Words(load_default="", limit=2000, metadata=shown("调整理由", "只用于调整"))
    effect = Words(load_default="", limit=2000, metadata=shown("对分值的影响", "只用于调整"))


ORIGIN: Shape = {
    "type": "object",
    "description": "提交评分之后的改动须写明来由、提出人、文件",
    "properties": {name: {"type": "string", "maxLength": 300} for name in ("kind", "asked_by", "paper")},
    "required": ["kind", "asked_by", "paper"],
    "additionalProperties": False,
}
RESULTS: Shape = {
    "type": "object",
    "properties": {
        "sheet": {"type": "string", "maxLength": 80},
        "origin": ORIGIN,
        "results": {
            "type": "object",
            "additionalProperties": ANY_PLAIN,
            "minProperties": 1,
            "maxProperties": MOST,
        },
    },
    "required": ["results"],
    "additionalProperties": False,
    "example": {"results": {"A101": {"value": "95%"}, "B101": {"points": "4.5", "reason": "两台晚到"}}},
}
WRITING: Shape = {
    "type": "object",
    "properties": {
        "pieces": {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST,
            "items": {
                "type": "object",
                "properties": {
                    "kind": {"type": "string", "enum": ["section", "problem", "suggestion", "note"]},
                    "section": {"type": "string", "minLength": 1, "maxLength": 120},
                    "body": TEXT,
                },
                "required": ["kind", "section", "body"],
                "additionalProperties": False,
            },
        }
    },
    "required": ["pieces"],
    "additionalProperties": False,
    "example": {"pieces": [{"kind": "section", "section": "background", "body": "更换服务大厅的终端。"}]},
}
WRITES = Doing(Action.REPORT_WRITE, signed=Action.CORRECTION_EDIT)
_NAMES = ("section", "problem", "suggestion", "note")


class _Piece(Form):
    """One text of the report."""

    kind = Words(required=True, limit=40, metadata=shown("种类"))
    section = Words(required=True, limit=120, metadata=shown("章节"))
    body = Words(required=False, load_default="", limit=LONG, metadata=shown("正文"))


class _Origin(Form):
    """Where a late change comes from."""

    kind = Words(required=True, metadata=shown("来由"))
    asked_by = Words(required=True, metadata=shown("提出人"))
    paper = Words(required=True, metadata=shown("文件"))


def _known(body: Mapping[str, Any], shape: Shape) -> None:
    """Accept an object with the members of `shape` alone."""
    names = shape["properties"]
    problems = [Problem("没有这一项", path=name) for name in body if name not in names]
    problems += [Problem("没有填写", path=name) for name in shape["required"] if name not in body]
    if problems:
        raise InvalidError(problems)


@operation(
    "POST",
    "/cases/<case>/results",
    Doing(Action.SCORE_INPUT),
    "score.input",
    summary="录入指标结果",
    tag="办理",
    answer=ActReceipt,
    body={JSON: RESULTS},
    parameters=(IF_MATCH, KEY),
)
def results(case: OpenCase) -> Response:
    """Store measured results of any number of indicators, all or none."""
    key = key_now()
    actor, body = actor_of(case, key), body_now()
    _known(body, RESULTS)
    given, sheet = body["results"], body.get("sheet", "")
    if not isinstance(given, dict) or not all(isinstance(each, dict) for each in given.values()):
        raise InvalidError(Problem("应为指标编码到结果的对象", path="results"))
    if not isinstance(sheet, str):
        raise InvalidError(Problem("应为文字", path="sheet"))
    origin = _origin(body.get("origin"))
    return once(
        actor, key, lambda: record_results(actor, case.row.id, results=given, sheet=sheet, origin=origin)
    )


def _origin(given: Any) -> Origin | None:
    if given is None:
        return None
    if not isinstance(given, dict):
        raise InvalidError(Problem("应为对象", path="origin"))
    return Origin(**read_body(_Origin, given))


@operation(
    "POST",
    "/cases/<case>/writing",
    WRITES,
    "report.write",
    summary="撰写报告文字；已签发的，写进已提出的更正版",
    tag="办理",
    answer=ActReceipt,
    body={JSON: WRITING},
    parameters=(IF_MATCH, KEY),
)
def writing(case: OpenCase) -> Response:
    """Store texts of the report, all or none."""
    key = key_now()
    actor, body = actor_of(case, key), body_now()
    _known(body, WRITING)
    words = tuple(_pieces(body["pieces"]))
    act = edit_correction if WRITES.on(case) is Action.CORRECTION_EDIT else write_report
    return once(actor, key, lambda: act(actor, case.row.id, words=words))


def _pieces(given: Any) -> list[Piece]:
    if not isinstance(given, list) or not 0 < len(given) <= MOST:
        raise InvalidError(Problem("应为 1–500 段文字的列表", path="pieces"))
    found, problems = [], []
    for number, each in enumerate(given):
        if not isinstance(each, dict):
            problems.append(Problem("应为对象", path=f"pieces[{number}]"))
            continue
        data = read_body(_Piece, each)
        if data["kind"] not in _NAMES:
            allowed = "、".join(_NAMES)
            problems.append(
                Problem("没有这种文字", path=f"pieces[{number}].kind", value=data["kind"], allowed=allowed)
            )
        found.append(Piece(**data))
    if problems:
        raise InvalidError(problems)
    return found


def _planning(action: Action, summary: str, run: Any) -> None:
    @operation(
        "POST",
        f"/cases/<case>/acts/{action.value}",
        Doing(action),
        f"do_{action.value}",
        summary=summary,
        tag="办理",
        answer=ActReceipt,
        body={JSON: shape_of(PlanForm)},
        parameters=(IF_MATCH, KEY),
    )
    def plan(case: OpenCase) -> Response:
        key = key_now()
        actor = actor_of(case, key)
        command = DraftPlan(**read_body(PlanForm, body_now()))
        return once(actor, key, lambda: run(actor, case.row.id, command))


_planning(Action.PLAN_DRAFT, "起草方案", draft_plan)
_planning(Action.PLAN_AMEND, "调整方案", amend_plan)


CLAIMS: Shape = {
    "type": "object",
    "properties": {
        "claims": {"type": "array", "maxItems": MOST, "items": shape_of(Claim)},
        "total": {"type": ["string", "null"], "pattern": POINTS_PATTERN},
        "grade": {"type": "string", "maxLength": 20},
        "texts": {"type": "object", "additionalProperties": TEXT, "maxProperties": 40},
    },
    "required": [],
    "additionalProperties": False,
    "example": {"claims": [{"node": "A101", "points": "4.5", "actual": "95%"}], "total": "98.5"},
}


@operation(
    "POST",
    "/cases/<case>/self-assessment",
    Doing(Action.SELF_EDIT),
    "self.fill",
    summary="填报自评：多行、自评总分、文字一并保存",
    tag="办理",
    answer=ActReceipt,
    body={JSON: CLAIMS},
    parameters=(IF_MATCH, KEY),
)
def self_assessment(case: OpenCase) -> Response:
    """Store lines, total and texts of the 自评, all or none; what is not sent stays."""
    key = key_now()
    actor, body = actor_of(case, key), body_now()
    _known(body, CLAIMS)
    command = EditSelfAssessment(
        claims=_lines(body.get("claims", [])),
        claimed_total=_points(body.get("total")),
        claimed_grade=_text(body.get("grade", ""), "grade"),
        body={name: _text(each, f"texts.{name}") for name, each in _object(body.get("texts", {})).items()},
        merge=True,
    )
    return once(actor, key, lambda: edit_self_assessment(actor, case.row.id, command))


def _lines(given: Any) -> tuple[ClaimLine, ...]:
    if not isinstance(given, list) or len(given) > MOST or not all(isinstance(each, dict) for each in given):
        raise InvalidError(Problem("应为对象的列表", path="claims"))
    return tuple(ClaimLine(**read_body(Claim, each)) for each in given)


def _object(given: Any) -> dict[str, Any]:
    if not isinstance(given, dict):
        raise InvalidError(Problem("应为对象", path="texts"))
    return given


def _text(given: Any, path: str) -> str:
    if not isinstance(given, str) or len(given) > LONG:
        raise InvalidError(Problem("应为文字", path=path))
    return given


def _points(given: Any) -> str | None:
    if given is None:
        return None
    text = plain_number(given) if isinstance(given, str) else None
    if text is None:
        raise InvalidError(Problem("不是分数；例：98.5", path="total", value=str(given)[:40]))
    return text


PARTS: tuple[tuple[str, type[Form], str], ...] = (
    ("details", DraftParticulars, "修改基本信息（下达后只能改名称、密级、公开属性）"),
    ("settings", Settings, "修改本评价的设置（下达之前）"),
    ("report", ReportDate, "修改报告落款日期"),
    ("money", MoneyForm, "登记或改正一项资金"),
    ("papers", PapersForm, "登记主评人资格"),
)


def _part(name: str, form: type[Form], summary: str) -> None:
    @operation(
        "POST",
        f"/cases/<case>/particulars/{name}",
        Doing(Action.EVALUATION_EDIT),
        f"particulars.{name}",
        summary=summary,
        tag="办理",
        answer=ActReceipt,
        body={JSON: shape_of(form)},
        parameters=(IF_MATCH, KEY),
    )
    def edit(case: OpenCase) -> Response:
        key = key_now()
        actor = actor_of(case, key)
        found = particulars_of(db.session(), case.row, today=clock.local_date(clock.now()))
        open_now = sections(found)
        if name not in open_now:
            raise ActionRefusedError("这一部分现在不能修改")
        section = open_now[name]
        data = read_body(section.form, body_now())
        # The state of the whole case was compared already; it is the version.
        return once(actor, key, lambda: section.run(case, actor, data, None))


for _line in PARTS:
    _part(*_line)
