"""Who puts a mark on a report: the parts, their field names and the order they sign in.

- A part is a place in the report, not a person and not an organisation; its value is the PDF field name.
- The first part of a profile certifies (later changes: filling in the other fields, nothing else);
  all fields exist before the first signature, or the first would not allow the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Part(StrEnum):
    """One signature field of a report."""

    LEAD_EVALUATOR = "lead_evaluator"
    AGENCY_SEAL = "agency_seal"
    ORGANISER = "organiser"
    UNIT = "unit"

    @property
    def label(self) -> str:
        """Return the Chinese name printed on the mark."""
        return _LABELS[self]


_LABELS = {
    Part.LEAD_EVALUATOR: "主评人",
    Part.AGENCY_SEAL: "机构章",
    Part.ORGANISER: "组织方",
    Part.UNIT: "填报单位",
}


def label_of(name: str) -> str:
    """Return the Chinese name of the field `name`, or the name itself if it is none of ours."""
    return next((label for part, label in _LABELS.items() if part.value == name), name)


# A report of an agency, with and without the organising party's own field; a unit's 自评表.
WITH_ORGANISER = (Part.LEAD_EVALUATOR, Part.AGENCY_SEAL, Part.ORGANISER)
AGENCY_ONLY = (Part.LEAD_EVALUATOR, Part.AGENCY_SEAL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One signature field to be made: whose, how large, and beside which printed words.

    Args:
        part: whose mark it takes; each part once per report.
        near: text of a printed line, blanks ignored; the last line containing it is meant.
            "" means beside the last field placed, or on the last page.
        width, height: of the visible box in millimetres.
        over_text: the box is centred on the words (a real seal 骑年盖月); otherwise it covers no ink.
    """

    part: Part
    near: str = ""
    width: float = 48.0
    height: float = 21.0
    over_text: bool = False


def fields(parts: tuple[Part, ...], *, near: str = "（盖章）") -> tuple[Field, ...]:
    """Return one field of the usual size per part, all beside the words `near`."""
    return tuple(Field(part=part, near=near) for part in parts)
