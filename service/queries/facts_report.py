"""Facts of the report: words, freeze, approvals, signatures.

- An approval counts only for the content it was given to; a changed word makes it void by itself.
- A correction is signed as a further version; the one in force is not signed again.
- Before a freeze what is found is that of the figures; who freezes brings what both checkers say of the file.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.report import Approval, ReportState, ReportVersion, SignatureState
from service.queries.content import content_digest, present_snapshot
from service.queries.facts_asked import asks
from service.queries.issuing import NOT_STATED
from service.queries.reports import approvals_of, latest_report
from service.queries.waivers import taken_back
from service.report import profile
from service.report.sheetcheck import ERROR, check_figures
from service.report.snapshot import CaseSnapshot
from service.workflow import guards as g
from service.workflow.actions import Action
from service.workflow.certifier import PAPERS, lacking, papers_of

_SUBJECTS = frozenset({"report", "correction"})
_CONTENT = (g.NARRATIVE, g.SELFCHECK, g.INTERNAL_REVIEWED, g.SECOND_REVIEWED, g.UNCHANGED)
_SIGNING = frozenset({Action.REPORT_SIGN.value, Action.CORRECTION_SIGN.value})


def needed(action: Action) -> bool:
    """Return whether the act concerns the report."""
    return action.subject in _SUBJECTS or action is Action.PAPER_REGISTER


def content_needed(action: Action) -> bool:
    """Return whether a rule of this act asks what the report says now, which is dear to tell."""
    return asks(action, *_CONTENT)


def gather(
    session: Session, case: Evaluation, *, person: str, today: date, content: bool = True
) -> dict[str, Any]:
    """Return the facts of the report by field name of `Facts`; without `content` only what is cheap."""
    report = latest_report(session, case.id)
    approvals = approvals_of(session, case.id)
    live = report if report is not None and report.state is ReportState.FROZEN else None
    of_report = [a for a in approvals if live is not None and a.report_id == live.id]
    said = _content(session, case, report, approvals) if content else {}
    return {
        **said,
        "certified": _has(of_report, Action.REPORT_CERTIFY),
        "sealed": _has(of_report, Action.REPORT_SEAL),
        "certifier_lacks": _certifier(case, person, today),
        "frozen_hash": live.frozen_sha256 if live is not None else "",
        "correction_open": bool(case.facts.get("correction")),
        "previous_signer_is_actor": _signed_last(approvals, person),
    }


def _unwritten(snapshot: CaseSnapshot) -> tuple[str, ...]:
    """Return what the report lacks of words; a form that has no room for words lacks none."""
    return () if snapshot.narrative or not profile.load(snapshot.profile).worded else ("报告正文",)


def _content(
    session: Session, case: Evaluation, report: ReportVersion | None, approvals: Sequence[Approval]
) -> dict[str, Any]:
    snapshot = present_snapshot(session, case)
    digest = content_digest(snapshot)
    same = report if report is not None and report.snapshot_sha256 == digest else None
    live = same if same is not None and same.state is ReportState.FROZEN else None
    of_content = [a for a in approvals if a.seen_sha256 == digest]
    return {
        "narrative_missing": _unwritten(snapshot),
        "internal_reviewed": _has(of_content, Action.REPORT_INTERNAL_REVIEW),
        "second_reviewed": _has(of_content, Action.REPORT_SECOND_REVIEW),
        "content_changed": same is None,
        "selfcheck_findings": _findings(session, live, snapshot),
    }


def _certifier(case: Evaluation, person: str, today: date) -> tuple[str, ...]:
    """Return what the papers of this person lack; nothing if a replay declared that its source has none."""
    plain = case.facts.get("certifiers", {}).get(person)
    if plain is None and PAPERS in case.facts.get(NOT_STATED, ()):
        return ()
    return lacking(papers_of(plain) if plain else None, on=today)


def _has(approvals: Sequence[Approval], action: Action) -> bool:
    return any(a.part == action.value for a in approvals)


def _findings(session: Session, report: ReportVersion | None, snapshot: CaseSnapshot) -> tuple[str, ...]:
    """Return what is open: of a frozen report only what was signed off then and taken back since."""
    if report is not None:
        return tuple(f"{w.place}：{w.text}（签认已收回）" for w in taken_back(session, report))
    return tuple(str(f) for f in check_figures(snapshot) if f.severity == ERROR)


def _signed_last(approvals: Sequence[Approval], person: str) -> bool:
    signatures = [a for a in approvals if a.part in _SIGNING and a.signature is not SignatureState.NONE]
    return bool(signatures) and signatures[-1].account_id == person
