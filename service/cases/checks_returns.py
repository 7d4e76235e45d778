"""Check returns of a 主管部门, returns after a freeze, and evidence that was withdrawn. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from service.cases.model_scoring import Adjustment, Deduction
from service.cases.model_stages import Return
from service.cases.source import CaseFile
from service.errors import Problem
from service.workflow.kinds import KINDS, Kind
from service.workflow.stages import Stage


def check_returns(file: CaseFile) -> list[Problem]:
    """Return every return and withdrawn piece the process would refuse."""
    return [*_returns(file), *_voided(file)]


def _returns(file: CaseFile) -> Iterator[Problem]:
    reviewers = {p.code for p in file.case.people if "SD" in p.roles}
    team = Kind(file.case.kind) is not Kind.UNIT_SELF
    kind = KINDS[Kind(file.case.kind)]
    for index, order in enumerate(file.case.returns):
        place = ("returns", index)
        allowed = [stage.value for stage in kind.earlier(Stage(order.start))]
        if Stage(order.start) not in kind.stages or order.back_to not in allowed:
            words = "这种评价没有这样的退回" if allowed else "从这个阶段无处可退"
            cure = "改 back_to；start 是退回时案卷所处的阶段"
            yield file.document.problem((*place, "back_to"), words, allowed="、".join(allowed), cure=cure)
        if order.after_freeze and order.start != "finalisation":
            words, cure = "只有从定稿才能在冻结之后退回", "删去 after_freeze，或改 start"
            yield file.document.problem(
                (*place, "after_freeze"), words, allowed="start: finalisation", cure=cure
            )
        if team and order.by in reviewers:
            yield from _supervisor(file, index, order)


def _supervisor(file: CaseFile, index: int, order: Return) -> Iterator[Problem]:
    if order.start != "material_review":
        words, cure = "主管部门只能在审核自评时退回", "改 start，或由组织方的人退回"
        yield file.document.problem(("returns", index, "start"), words, allowed="material_review", cure=cure)
    if order.straight_back:
        words, cure = "主管部门退回的自评重新报送后由它再审，没有直接送回", "删去 straight_back"
        yield file.document.problem(("returns", index, "straight_back"), words, allowed="no", cure=cure)


def _voided(file: CaseFile) -> Iterator[Problem]:
    evidence = file.case.evidence
    voided = {item.code for item in evidence if item.voided}
    for index, item in enumerate(evidence):
        if item.supersedes in voided:
            words, cure = "所取代的佐证已作废", "另立一件佐证，或删去前一件的 voided"
            place = ("evidence", index, "supersedes")
            yield file.document.problem(place, words, allowed="没有作废的佐证", cure=cure)
    listed: tuple[tuple[str, Sequence[Deduction | Adjustment]], ...] = (
        ("deductions", file.case.deductions),
        ("adjustments", file.case.adjustments),
    )
    for name, reasons in listed:
        for index, reason in enumerate(reasons):
            alone = bool(reason.evidence) and set(reason.evidence) <= voided
            if alone and not reason.no_evidence and not reason.withdrawn:
                words, cure = "所引的佐证都已作废", "另引一件，写 no_evidence，或撤销这一条"
                place = (name, index, "evidence")
                yield file.document.problem(place, words, allowed="至少一件没有作废", cure=cure)
