"""Check what a unit claims for itself against what its own results give. Pure."""

from __future__ import annotations

from service.cases.preview import preview
from service.cases.source import CaseFile
from service.errors import Problem
from service.scoring.quantities import exact, exact_text
from service.workflow.kinds import KINDS, Kind, Result


def check_claims(file: CaseFile) -> list[Problem]:
    """Return that a 单位自评 states another total than its lines give, which bars its submission."""
    own = file.case.self_assessment
    if own is None or not own.total or KINDS[Kind(file.case.kind)].result is not Result.CLAIMED:
        return []
    total = preview(file).sheet.total
    if total is None or total == exact(own.total):
        return []
    return [
        file.document.problem(
            ("self_assessment", "total"),
            "自评总分与各行得分之和不一致，报送会被拒绝",
            allowed=exact_text(total),
            cure="核对 results 和 points；来源确实这样印的，记入 published 并写 declared，这里写算出的数",
        )
    ]
