"""Stages a case passes, in order, and the states it may be in besides.

- The order is the order of the members; a forward move goes to the next stage held.
- Values are stored and public; parse them with `Stage(value)`, never by building text.
"""

from __future__ import annotations

from enum import Enum


class Stage(Enum):
    """Where a case stands on its way from 自评 to 已签发."""

    SELF_ASSESSMENT = "self_assessment"
    MATERIAL_REVIEW = "material_review"
    ON_SITE_VERIFICATION = "on_site_verification"
    CONSULTATION = "consultation"
    FINALISATION = "finalisation"
    SIGNED = "signed"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return STAGE_LABELS[self]

    @property
    def position(self) -> int:
        """Place in the order, 1 for 自评 to 6 for 已签发."""
        return STAGE_ORDER.index(self) + 1

    def before(self, other: Stage) -> bool:
        """Return whether this stage comes earlier than `other`."""
        return self.position < other.position


class Status(Enum):
    """What may happen to a case at all, whatever its stage."""

    DRAFT = "draft"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"

    @property
    def label(self) -> str:
        """The Chinese name."""
        return STATUS_LABELS[self]


STAGE_ORDER: tuple[Stage, ...] = tuple(Stage)

STAGE_LABELS: dict[Stage, str] = {
    Stage.SELF_ASSESSMENT: "自评",
    Stage.MATERIAL_REVIEW: "材料审核",
    Stage.ON_SITE_VERIFICATION: "现场核查",
    Stage.CONSULTATION: "征求意见",
    Stage.FINALISATION: "定稿",
    Stage.SIGNED: "已签发",
}

STATUS_LABELS: dict[Status, str] = {
    Status.DRAFT: "拟下达",
    Status.ACTIVE: "进行中",
    Status.SUSPENDED: "中止",
    Status.TERMINATED: "终止",
}
