"""The short code on a signed paper: it has to be that of what the act would be about now.

- A form's short code is of its content (`service.queries.printout`), the report's of its frozen file. A
  paper that carries another code was printed of something else, so registering it would put the signature
  under words its signer never saw.
- One visit record answers several findings, and each answer changes the form: a code that was right when
  a scan was first registered stays right for that scan.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.evidence import Evidence
from service.models.report import PaperAct
from service.queries.prints import open_forms
from service.queries.prints_scored import scored_forms
from service.queries.reportdesk import short_code
from service.workflow.actions import Action

REPORT_ACTS = frozenset({Action.REPORT_CERTIFY, Action.REPORT_SEAL, Action.REPORT_SIGN})
"""Acts on the frozen file: their paper has to say which one, so the short code may not be left out."""

PRINTED: Mapping[Action, str] = {
    Action.SELF_SUBMIT: "self",
    Action.SUPPLEMENT_CONFIRM: "supplement",
    Action.FINDING_CONFIRM: "visit",
    Action.FINDING_OBJECT: "visit",
    Action.OPINION_RECORD: "letter",
    **dict.fromkeys(REPORT_ACTS, "approval"),
}
"""Which printed form comes back signed for each act."""

_CODE = re.compile(r"([0-9A-F]{4})-?([0-9A-F]{4})\Z")


def read_code(typed: str) -> str:
    """Return a short code as people compare it, ``7F3A-91C2``; what is none comes back as typed."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", typed)).upper()
    found = _CODE.match(re.sub("[‐-―−]", "-", plain))
    return "-".join(found.groups()) if found else typed.strip()


def unlike(
    session: Session, case: Evaluation, act: Action, typed: str, *, scan: str, seen: str
) -> tuple[str, ...]:
    """Return why the code typed from a paper is not that of what `act` is about, nothing if it is.

    Args:
        typed: the short code, empty if the paper carries none.
        scan: code of the scan among the case's evidence.
        seen: sha256 of the frozen file an act on the report is given to.
    """
    code = read_code(typed)
    if not code or act not in PRINTED:
        return ()
    known = tuple(_known(session, case, act, seen))
    if code in known or code in _accepted(session, case, scan):
        return ()
    now = "、".join(dict.fromkeys(known)) or "还没有可以打印的表单"
    return (f"纸上是“{code}”，案卷现在是“{now}”。如果填写无误，就是打印之后内容改过，须打印现在的重新签字",)


def _known(session: Session, case: Evaluation, act: Action, seen: str) -> Iterator[str]:
    if act in REPORT_ACTS and seen:
        yield short_code(seen)
    forms = scored_forms(session, case) if act in REPORT_ACTS else open_forms(session, case)
    yield from (form.code for form in forms if form.key == PRINTED[act])


def _accepted(session: Session, case: Evaluation, scan: str) -> frozenset[str]:
    query = (
        select(PaperAct.form_code)
        .join(Evidence, Evidence.id == PaperAct.evidence_id)
        .where(PaperAct.evaluation_id == case.id, Evidence.code == scan)
    )
    return frozenset(session.scalars(query)) - {""}
