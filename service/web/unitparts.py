"""The parts of a 自评 besides the table: funds and sub-projects, survey, texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from marshmallow import ValidationError

from service.actions.self_assessment import EditSelfAssessment
from service.errors import InvalidError, Problem, ServiceError, StaleError
from service.queries.reader import OpenCase
from service.queries.selfparts import (
    FINISHED,
    STATES,
    SUBPROJECTS,
    SURVEY,
    TEXTS,
    fund_remarks,
    survey_remarks,
)
from service.queries.unitpage import UnitPage
from service.queries.unittasks import FINISHABLE
from service.web.access import Doing, access
from service.web.errors import status_of
from service.web.forms.act import from_page, read
from service.web.forms.fields import Words
from service.web.selfsheet import SPARE, SurveyForm, read_subprojects, rows_sent, survey_of_page, wan_text
from service.web.unitframe import page_of, pages, shown, tried
from service.workflow.actions import Action

TEXT = Words(limit=20_000)


@pages.get("/cases/<case>/self/funds")
@access(Action.EVALUATION_READ)
def funds(case: OpenCase) -> str:
    """Show money facts and sub-projects with their sums."""
    page = page_of(case)
    rows = [_typed_row(row.to_plain()) for row in page.subprojects]
    return _funds(case, page, rows)


def _typed_row(plain: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: wan_text(value) if isinstance(value, int) or value is None else str(value)
        for name, value in plain.items()
    }


def _funds(case: OpenCase, page: UnitPage, rows: list[dict[str, str]], **more: Any) -> str:
    blank = dict.fromkeys(("group", "name", *_columns(), "state", "reason"), "")
    more.setdefault("conflict", False)
    return shown(
        case, "funds", page, rows=rows + [blank] * SPARE, columns=_columns(), states=STATES,
        remarks=fund_remarks(page.subprojects, page.feet), **more,
    )  # fmt: skip


def _columns() -> dict[str, str]:
    return {"approved": "批复", "adjusted": "调整后", "received": "到位", "paid": "支出", "balance": "结余"}


@pages.post("/cases/<case>/self/funds")
@access(Doing(Action.SELF_EDIT))
def save_funds(case: OpenCase) -> Any:
    """Save the sub-projects as typed."""
    rows, problems = read_subprojects(request.form)
    refused = _save_part(case, SUBPROJECTS, [row.to_plain() for row in rows], problems, names=("funds",))
    if refused is None:
        return redirect(url_for("unit.funds", case=case.code), 303)
    fields = ("group", "name", *_columns(), "state", "reason")
    typed = [
        {name: request.form.get(f"s{i}.{name}", "") for name in fields}
        for i in range(rows_sent(request.form))
    ]
    conflict = isinstance(refused, StaleError)
    body = _funds(case, page_of(case), typed, problems=refused.problems, conflict=conflict)
    return body, status_of(refused)


def _save_part(
    case: OpenCase, part: str, value: Any, problems: list[Problem], *, names: tuple[str, ...]
) -> ServiceError | None:
    """Write one structured part and what the person says is finished; return the refusal, if any."""
    body = {part: value, **_finished(case, names)}
    command = EditSelfAssessment(body=body, merge=True, seen={part: request.form.get("seen", "")})
    refused = tried(case, command, problems)
    if refused is None:
        flash("已保存。", "done")
    return refused


def _finished(case: OpenCase, names: tuple[str, ...]) -> dict[str, Any]:
    """Return the change of what the person has ticked as finished; nothing if it stays as it is."""
    before = page_of(case).finished
    ticked = {name for name in names if request.form.get(f"done.{name}") == "1"}
    after = [name for name in FINISHABLE if name in ticked or (name in before and name not in names)]
    return {} if after == list(before) else {FINISHED: after}


@pages.get("/cases/<case>/self/survey")
@access(Action.EVALUATION_READ)
def survey(case: OpenCase) -> str:
    """Show the satisfaction survey with how far it carries."""
    page = page_of(case)
    plain = page.survey.to_plain()
    values = {name: "" if value is None else str(value) for name, value in plain.items()}
    return _survey(case, page, values)


def _survey(case: OpenCase, page: UnitPage, values: Mapping[str, str], **more: Any) -> str:
    fields = [
        {**field.metadata, "name": name, "required": False, "value": values.get(name, "")}
        for name, field in SurveyForm().fields.items()
    ]
    more.setdefault("wrong", {})
    more.setdefault("conflict", False)
    return shown(case, "survey", page, fields=fields, remarks=survey_remarks(page.survey), **more)


@pages.post("/cases/<case>/self/survey")
@access(Doing(Action.SELF_EDIT))
def save_survey(case: OpenCase) -> Any:
    """Save the survey as typed."""
    plain = from_page(SurveyForm, request.form, {})
    refused: ServiceError | None
    try:
        survey_, problems = survey_of_page(read(SurveyForm, plain))
        refused = _save_part(case, SURVEY, survey_.to_plain(), problems, names=("survey",))
    except InvalidError as found:
        refused = found
    if refused is None:
        return redirect(url_for("unit.survey", case=case.code), 303)
    wrong = {p.path: p for p in refused.problems if p.path}
    more = {"problems": refused.problems, "wrong": wrong, "conflict": isinstance(refused, StaleError)}
    return _survey(case, page_of(case), request.form, **more), status_of(refused)


@pages.get("/cases/<case>/self/texts")
@access(Action.EVALUATION_READ)
def texts(case: OpenCase) -> str:
    """Show the texts of the 自评."""
    page = page_of(case)
    return shown(case, "texts", page, texts=page.texts, conflict=False)


@pages.post("/cases/<case>/self/texts")
@access(Doing(Action.SELF_EDIT))
def save_texts(case: OpenCase) -> Any:
    """Save the texts as typed."""
    typed, problems = _texts(page_of(case))
    body = {**typed, **_finished(case, ("problems", "report"))}
    seen = {TEXTS: request.form.get("seen", "")}
    refused = tried(case, EditSelfAssessment(body=body, merge=True, seen=seen), problems)
    if refused is None:
        flash("已保存。", "done")
        return redirect(url_for("unit.texts", case=case.code), 303)
    conflict = isinstance(refused, StaleError)
    body_ = shown(case, "texts", page_of(case), texts=typed, problems=refused.problems, conflict=conflict)
    return body_, status_of(refused)


def _texts(page: UnitPage) -> tuple[dict[str, str], list[Problem]]:
    typed: dict[str, str] = {}
    problems: list[Problem] = []
    for number, title in enumerate(page.texts):
        text = request.form.get(f"text.{title}", page.texts[title])
        try:
            typed[title] = TEXT.deserialize(text) if text.strip() else ""
        except ValidationError as error:
            typed[title] = text
            problems.append(Problem(f"{title}：{'；'.join(error.messages)}", path=f"text-{number}"))
    return typed, problems
