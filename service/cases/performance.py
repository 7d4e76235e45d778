"""One replay in progress: the case in the database, the codes it gave, and the frozen report."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from service import clock
from service.actions.actor import Actor
from service.actions.reporting import FrozenReport
from service.actions.scoring import Origin, Reason
from service.actions.workshop import Workshop
from service.cases.acts import Planned
from service.cases.company import Company, Operator, actor_of
from service.cases.model_scoring import ORIGINS, Adjustment, Deduction, Revision, Withdrawal
from service.cases.press import Press
from service.cases.script import NOT_IN_SOURCE, Act
from service.cases.source import CaseFile
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.queries.catalogue import case_named
from service.queries.consultation import opinions_with_dispositions
from service.queries.content import content_digest, present_snapshot
from service.workflow.deadlines import due, load_calendar

FIRST_ORIGIN = {"consultation": "异议", "finalisation": "复核"}
DAYS = {"consultation": 10, "supplement": 5}


@dataclass(slots=True)
class Performance:
    """What the handlers of acts share.

    Args:
        codes: (kind, code of the case file) → code in the database.
        due_on: until when opinions may come.
    """

    file: CaseFile
    planned: Planned
    code: str
    operator: Operator
    company: Company
    store: EvidenceStore
    press: Press
    workshop: Workshop
    evaluation: str = ""
    codes: dict[tuple[str, str], str] = field(default_factory=dict)
    due_on: date | None = None
    frozen: FrozenReport | None = None
    path: str = ""

    def actor(self, act: Act) -> Actor:
        """Return who does the act."""
        return actor_of(act, self.company, self.planned.cast, self.operator)

    def on(self, act: Act) -> date:
        """Return the business date of the act; today if the case names no date at all."""
        return act.on or clock.local_date(clock.now())

    def known(self, kind: str, code: str) -> str:
        """Return the database's code for one of the case file."""
        return self.codes[kind, code]

    def content(self) -> str:
        """Return the digest of what the report says now."""
        session = db.session()
        digest = content_digest(present_snapshot(session, case_named(session, self.evaluation)))
        session.rollback()
        return digest

    def seen(self) -> str:
        """Return the digest of the frozen file, empty before the freeze."""
        return self.frozen.sha256 if self.frozen else ""

    def newest_opinion(self) -> str:
        """Return the code of the opinion entered last."""
        pairs = opinions_with_dispositions(db.session(), self.evaluation)
        code = max((opinion.code for opinion, _ in pairs), key=lambda c: int(c[1:]))
        db.session.rollback()
        return code

    def window(self, kind: str, start: date) -> date:
        """Return the day `kind` (consultation, supplement) ends that starts on `start`, in working days."""
        settings = self.file.case.settings
        stated = getattr(settings, f"{kind}_days") if settings else None
        return due(start, int(stated or DAYS[kind]), load_calendar())


def reason_of(item: Deduction | Adjustment) -> Reason:
    """Return the command that drafts a deduction or adjustment; gaps are named, never left open."""
    node = "" if isinstance(item, Adjustment) and item.target == "total" else item.node
    if isinstance(item, Adjustment) and item.element:
        node = f"{node}/{item.element}"
    late = FIRST_ORIGIN.get(item.stage, "")
    return Reason(
        node=node,
        amount=item.amount if isinstance(item, Deduction) else item.awarded,
        reason=item.reason,
        clause=item.clause or NOT_IN_SOURCE,
        evidence=item.evidence,
        no_evidence=item.no_evidence or ("" if item.evidence else NOT_IN_SOURCE),
        sheet=item.sheet,
        target="leaf" if isinstance(item, Deduction) else item.target,
        origin=late,
        asked_by=NOT_IN_SOURCE if late else "",
        paper=NOT_IN_SOURCE if late else "",
    )


def origin_of(change: Revision | Withdrawal) -> Origin | None:
    """Return where a change comes from; None for what the team did itself before it submitted."""
    if change.origin == "team":
        return None
    return Origin(ORIGINS[change.origin], change.asked_by or NOT_IN_SOURCE, change.paper or NOT_IN_SOURCE)
