"""The organisations of a case and the parts they play."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation, Party
from service.models.organisation import Organisation
from service.queries.once import once
from service.report.signatories import Part

PART_LABELS = {
    "evaluated": "被评价单位",
    "supervisor": "主管部门",
    "organiser": "组织方",
    "finance": "财政部门",
    "agency": "评价机构",
    "commissioner": "委托方",
    "supplier": "供应商",
    "overseer": "监理单位",
    "user": "使用单位",
    "approver": "立项审批部门",
    "other": "其他",
}
_SIDE = {
    Part.LEAD_EVALUATOR: ("agency", "organiser"),
    Part.AGENCY_SEAL: ("agency",),
    Part.ORGANISER: ("organiser",),
    Part.UNIT: ("evaluated",),
}


@once
def parties_in(session: Session, evaluation: str) -> Sequence[tuple[Party, Organisation]]:
    """Return every part played in the case with who plays it, in the order they were named."""
    query = (
        select(Party, Organisation)
        .join(Organisation, Organisation.id == Party.organisation_id)
        .where(Party.evaluation_id == evaluation)
        .order_by(Party.id)
    )
    return [(row[0], row[1]) for row in session.execute(query)]


def parties_of(session: Session, evaluation: str, part: str) -> list[Organisation]:
    """Return the organisations that play `part` in the case, in the order they were named."""
    return [organisation for party, organisation in parties_in(session, evaluation) if party.part == part]


def name_of_part(session: Session, case: Evaluation, part: Part) -> str:
    """Return the Chinese name of the side that signs `part`: a part, never an organisation's name."""
    for side in _SIDE[part]:
        if parties_of(session, case.id, side):
            return PART_LABELS[side]
    return ""
