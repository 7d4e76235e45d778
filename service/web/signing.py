"""报告与签发: the state of the report, what changed, who stands for it, and the exact bytes to be signed."""

from __future__ import annotations

import secrets
from functools import partial
from io import BytesIO

from flask import Blueprint, send_file, url_for
from werkzeug.wrappers import Response

from service import clock
from service.actions.registered import registered_report
from service.errors import NotFoundError, ServiceError
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.queries.content import content_digest, present_snapshot
from service.queries.doable import doable
from service.queries.reader import OpenCase
from service.queries.reportaudit import inclusion
from service.queries.reportdesk import Baseline, report_desk, short_code
from service.queries.reportroom import report_file, report_room
from service.report import pagepictures
from service.report.changes import Change, changes
from service.report.embedded import scores_of
from service.report.keys import load_roots
from service.report.snapshot import CaseSnapshot
from service.report.verify import VerifyReport, verify
from service.web import detached
from service.web.access import access
from service.web.cases import case_page, settings
from service.web.doing import form_of
from service.web.forms.act import ACTS
from service.web.reportfindings import WAIVING, listed
from service.workflow.actions import Action

pages = Blueprint("signing", __name__)
HERE = (
    Action.REPORT_INTERNAL_REVIEW,
    Action.REPORT_FREEZE,
    Action.REPORT_CERTIFY,
    Action.REPORT_SEAL,
    Action.REPORT_SECOND_REVIEW,
    Action.REPORT_SIGN,
    Action.CORRECTION_REQUEST,
    Action.CORRECTION_FREEZE,
    Action.CORRECTION_SIGN,
    Action.CORRECTION_REJECT,
)
"""Acts done on this page, in their order."""


@pages.get("/cases/<case>/report")
@access(Action.SCORES_READ)
def show(case: OpenCase) -> str:
    """Show everything a reviewer and a signer need, with the forms of what this person may do now."""
    here = url_for("signing.show", case=case.code)
    today = clock.local_date(clock.now())
    among = frozenset({*HERE, *WAIVING, Action.STAGE_RETURN})
    findings = listed(case, today)
    found = doable(
        db.session(), case.row, case.account, case.roles, today=today, among=among, found=findings.barring
    )
    missing = {each.action: each.missing for each in found}
    forms = [
        {**form_of(case, ACTS[action.value], sent={}, apart=f"{action.value}-"), "back": here}
        for action in HERE
        if action in missing and not missing[action]
    ]
    waits = [(ACTS[a.value].label, missing[a]) for a in HERE if missing.get(a)]
    versions = report_room(db.session(), case.row)
    content = present_snapshot(db.session(), case.row)
    desk = report_desk(db.session(), case.row, case.account)
    return case_page(
        "report",
        case,
        content,
        versions=versions,
        signatures={v.number: detached.found(settings(), case.code, v.number) for v in versions},
        desk=desk,
        findings=findings,
        waives=[action.value for action in WAIVING if not missing.get(action, ("",))],
        here=here,
        new_key=partial(secrets.token_urlsafe, 18),
        same=content_digest(content) == desk.snapshot_sha256,
        changed=_changed(desk.baseline, content),
        deviations=[a for a in content.adjustments if a.rule != a.awarded],
        pictured=desk.media == "pdf" and pagepictures.available(),
        forms=forms,
        waits=waits,
        correcting=case.row.facts.get("correction", ""),
        corrects=case.permits(Action.CORRECTION_EDIT),
        returns=not missing.get(Action.STAGE_RETURN, ("",)),
        short=short_code,
        publishes=case.permits(Action.PUBLIC_TAKE),
        archives=case.permits(Action.ARCHIVE_TAKE),
    )


@pages.get("/cases/<case>/report/<int:number>/pages/<int:page>.png")
@access(Action.SCORES_READ)
def picture(case: OpenCase, number: int, page: int) -> Response:
    """Hand out a picture of one page of exactly the frozen bytes."""
    file = report_file(db.session(), case.row, number, "frozen")
    if file.media != "pdf":
        raise NotFoundError("这一版没有 PDF，不能逐页显示")
    content = EvidenceStore(settings().evidence_url).read(file.sha256)
    drawn = pagepictures.page_picture(content, file.sha256, page, settings().instance.path / "pages")
    return send_file(BytesIO(drawn), mimetype="image/png", etag=False)


@pages.get("/cases/<case>/report/<int:number>/check")
@access(Action.SCORES_READ)
def check(case: OpenCase, number: int) -> str:
    """Show whether the signed file of a version still is what was signed, question by question."""
    file = report_file(db.session(), case.row, number, "signed")
    found = _verified(case, number, file.media)
    states = {True: "通过", False: "不通过", None: "未核对"}
    return case_page("report_check", case, number=number, file=file, found=found, states=states)


def _verified(case: OpenCase, number: int, media: str) -> VerifyReport | None:
    """Return the outcome for the signed file as it lies in the reports folder, None if it is not there."""
    path = settings().instance.reports / f"{case.code}-v{number}.{media}"
    if not path.is_file():
        return None
    known = registered_report(db.session(), path)
    return verify(
        path,
        trust_roots=load_roots(tuple(sorted(settings().instance.keys.glob("*.crt")))),
        expected_sha256=known.final_sha256 if known else None,
        frozen_sha256=known.frozen_sha256 if known else None,
        parts=known.parts if known else (),
        audit=inclusion(db.session()),
    )


def _changed(baseline: Baseline | None, content: CaseSnapshot) -> tuple[Change, ...] | None:
    """Return what changed since the version compared with; None if its data cannot be read."""
    if baseline is None:
        return ()
    try:
        kept = EvidenceStore(settings().evidence_url).read(baseline.frozen_sha256)
    except ServiceError:
        return None
    before = scores_of(kept)
    return None if before is None else changes(before, content.to_plain())
