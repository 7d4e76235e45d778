"""The kinds of evaluation, as data: stages held, gates, who signs, which figure is the result.

- `KINDS` is what the rule table reads; a kind differs from another by this data, never by code.
- 部门评价 and 简易程序: the department itself is the organising side; FO, FR and FA are people of
  its finance office, so independence is judged by 处室, not by organisation.
- Source: 财预〔2020〕10号 art 4, 22–25; 财监〔2021〕4号 art 14–18.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from service.workflow.roles import FIRM_ROLES, ORGANISING_ROLES, TEAM_ROLES, Role
from service.workflow.stages import Stage


class Kind(Enum):
    """What sort of evaluation a case is; fixed when it is created."""

    UNIT_SELF = "unit_self"
    DEPARTMENT = "department"
    SIMPLIFIED = "simplified"
    FISCAL = "fiscal"
    FISCAL_FIRM = "fiscal_firm"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return KIND_LABELS[self]


class Result(Enum):
    """Which figure of the score sheet is the result of the case."""

    CLAIMED = "claimed"
    AWARDED = "awarded"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return RESULT_LABELS[self]


class Firm(Enum):
    """Whether an outside firm takes part."""

    NEVER = "never"
    POSSIBLE = "possible"
    ALWAYS = "always"


class Independence(Enum):
    """By what unit two parts count as independent of each other."""

    ORGANISATION = "organisation"
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class KindSpec:
    """What holds for one kind.

    Args:
        stages: stages held, in order, ending with SIGNED.
        roles: parts that exist in a case of this kind.
        firm: whether IR and AS take part; POSSIBLE means the case says so (`Facts.firm_engaged`).
        signers: parts that may issue the report.
        certifies: whether 主评人签字 is required before 签发.
        second_review: whether 组织方复核 is required before 签发.
        result: the figure that is the result.
        independence: by organisation, or by 处室 where the department organises.
        waivable: stages that may be recorded as not held.
    """

    stages: tuple[Stage, ...]
    roles: frozenset[Role]
    firm: Firm
    signers: frozenset[Role]
    certifies: bool
    second_review: bool
    result: Result
    independence: Independence
    waivable: frozenset[Stage]

    def following(self, stage: Stage) -> Stage | None:
        """Return the next stage held after `stage`, None after the last or if it is not held."""
        if stage not in self.stages or stage is self.stages[-1]:
            return None
        return self.stages[self.stages.index(stage) + 1]

    def earlier(self, stage: Stage) -> tuple[Stage, ...]:
        """Return the stages held before `stage`, in order."""
        return tuple(held for held in self.stages if held.before(stage))


KIND_LABELS: dict[Kind, str] = {
    Kind.UNIT_SELF: "单位自评",
    Kind.DEPARTMENT: "部门评价",
    Kind.SIMPLIFIED: "部门评价（简易程序）",
    Kind.FISCAL: "财政评价",
    Kind.FISCAL_FIRM: "财政评价（委托机构）",
}

RESULT_LABELS: dict[Result, str] = {Result.CLAIMED: "自评得分", Result.AWARDED: "核定得分"}

_UNIT_SIDE = frozenset({Role.DF, Role.DH, Role.SD, Role.AU})
_WITHOUT_FIRM = _UNIT_SIDE | TEAM_ROLES | ORGANISING_ROLES
_ALL_STAGES = tuple(Stage)
_WAIVABLE = frozenset({Stage.SELF_ASSESSMENT, Stage.ON_SITE_VERIFICATION, Stage.CONSULTATION})

KINDS: dict[Kind, KindSpec] = {
    Kind.UNIT_SELF: KindSpec(
        stages=(Stage.SELF_ASSESSMENT, Stage.MATERIAL_REVIEW, Stage.FINALISATION, Stage.SIGNED),
        roles=_UNIT_SIDE | ORGANISING_ROLES,
        firm=Firm.NEVER,
        signers=frozenset({Role.SD, Role.FA}),
        certifies=False,
        second_review=False,
        result=Result.CLAIMED,
        independence=Independence.ORGANISATION,
        waivable=frozenset(),
    ),
    Kind.DEPARTMENT: KindSpec(
        stages=_ALL_STAGES,
        roles=_WITHOUT_FIRM | FIRM_ROLES,
        firm=Firm.POSSIBLE,
        signers=frozenset({Role.FA}),
        certifies=False,
        second_review=True,
        result=Result.AWARDED,
        independence=Independence.OFFICE,
        waivable=_WAIVABLE,
    ),
    Kind.SIMPLIFIED: KindSpec(
        stages=_ALL_STAGES,
        roles=_WITHOUT_FIRM | FIRM_ROLES,
        firm=Firm.POSSIBLE,
        signers=frozenset({Role.FA}),
        certifies=False,
        second_review=True,
        result=Result.AWARDED,
        independence=Independence.OFFICE,
        waivable=_WAIVABLE | {Stage.MATERIAL_REVIEW},
    ),
    Kind.FISCAL: KindSpec(
        stages=_ALL_STAGES,
        roles=_WITHOUT_FIRM,
        firm=Firm.NEVER,
        signers=frozenset({Role.FA}),
        certifies=False,
        second_review=True,
        result=Result.AWARDED,
        independence=Independence.ORGANISATION,
        waivable=_WAIVABLE,
    ),
    Kind.FISCAL_FIRM: KindSpec(
        stages=_ALL_STAGES,
        roles=_WITHOUT_FIRM | FIRM_ROLES,
        firm=Firm.ALWAYS,
        signers=frozenset({Role.FA}),
        certifies=True,
        second_review=True,
        result=Result.AWARDED,
        independence=Independence.ORGANISATION,
        waivable=_WAIVABLE,
    ),
}
