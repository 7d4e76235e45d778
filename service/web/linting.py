"""勾稽核对: anybody's report is handed in, recomputed, its findings listed or taken away; nothing is kept."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from flask import Blueprint, render_template, request

from service.errors import InvalidError, NotPermittedError, Problem, ServiceError
from service.lint import Checked, lint_report
from service.lint.finding import Finding, Severity
from service.web.access import Entry, access
from service.web.downloads import TYPES, handed_out
from service.web.errors import status_of
from service.web.forms.act import from_page, read
from service.web.forms.linting import LintForm
from service.web.outside import fields_of, roles_now, wrong_of
from service.workbooks.plain import plain_workbook
from service.workflow.roles import Role

pages = Blueprint("linting", __name__)
LARGEST = 20 << 20
COLUMNS = (
    ("程度", 14), ("类别", 20), ("位置", 50), ("原文", 70), ("应为", 30), ("现为", 30), ("算式", 60),
    ("容差", 16), ("说明", 50),
)  # fmt: skip
WANTED = {
    "all": frozenset(Severity),
    "review": frozenset({Severity.ERROR, Severity.REVIEW}),
    "error": frozenset({Severity.ERROR}),
}
ADMINISTRATORS = frozenset({Role.SA, Role.SE, Role.AA})


@pages.get("/linting")
@access(Entry.LOGGED_IN)
def index() -> str:
    """Show the form."""
    _demand_business()
    return _page()


@pages.post("/linting")
@access(Entry.LOGGED_IN)
def lint() -> Any:
    """Check the report handed in."""
    _demand_business()
    try:
        data = read(LintForm, from_page(LintForm, request.form, request.files))
        content = data["file"].read(LARGEST + 1)
        if len(content) > LARGEST:
            value, allowed = f"超过 {LARGEST >> 20} MB", f"不超过 {LARGEST >> 20} MB"
            raise InvalidError(
                Problem("文件过大", path="file", value=value, allowed=allowed, cure="删去图片后另存")
            )
        checked = lint_report(data["file"].filename or "", content)
    except ServiceError as refused:
        return _page(refused=refused), status_of(refused)
    wanted = WANTED[data.get("severity") or "all"]
    findings = [finding for finding in checked.findings if finding.severity in wanted]
    if data.get("result") == "xlsx":
        return _workbook(checked, findings)
    return _page(checked=checked, rows=_rows(checked, findings))


def _demand_business() -> None:
    """Accept everybody but the administrators of the instance, who have no part in evaluations.

    Raises:
        NotPermittedError: for them.
    """
    if roles_now() & ADMINISTRATORS:
        raise NotPermittedError("勾稽核对供办理和审计评价的人员使用，管理员没有这项职责")


def _rows(checked: Checked, findings: list[Finding]) -> list[tuple[str, ...]]:
    return [
        (
            f.severity.value, f.family.label, checked.document.place(f.spot), " ".join(f.text.split()),
            f.expected, f.actual, f.formula, f.tolerance, f.note,
        )
        for f in findings
    ]  # fmt: skip


def _page(
    *,
    checked: Checked | None = None,
    rows: list[tuple[str, ...]] | None = None,
    refused: ServiceError | None = None,
) -> str:
    problems = refused.problems if refused is not None else ()
    return render_template(
        "web/linting.html",
        fields=fields_of(LintForm, request.form),
        problems=problems,
        wrong=wrong_of(problems),
        checked=checked,
        rows=rows or [],
        heads=[title for title, _ in COLUMNS],
    )


def _workbook(checked: Checked, findings: list[Finding]) -> Any:
    content = plain_workbook(
        "勾稽核对", [checked.document.name, checked.summary], COLUMNS, _rows(checked, findings)
    )
    return handed_out(BytesIO(content), "勾稽核对.xlsx", TYPES["xlsx"])
