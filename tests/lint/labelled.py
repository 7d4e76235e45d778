"""The hand-written list of what is wrong in the five published reports, and how findings meet it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from service.lint.document import Document
from service.lint.finding import ARITHMETIC, Family, Finding

LABELS = Path(__file__).with_name("labels.yaml")
WHOLE = "（全文）"
SEEDS = ("000", "001", "002", "003", "004")
ARITHMETIC_NAMES = {family.value for family in ARITHMETIC}


@dataclass(frozen=True)
class Label:
    """One known problem; `family` may be one no rule of the checker has, such as “meaning”."""

    id: str
    seed: str
    family: str
    places: tuple[str, ...]

    @property
    def arithmetic(self) -> bool:
        return self.family in ARITHMETIC_NAMES


@lru_cache
def labels() -> tuple[Label, ...]:
    held: dict[str, Any] = YAML(typ="safe").load(LABELS.read_text("utf-8"))
    return tuple(
        Label(x["id"], x["seed"], x["family"], tuple(map(squeezed, x["places"]))) for x in held["labels"]
    )


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def meets(label: Label, finding: Finding, document: Document) -> bool:
    """Whether a finding is the labelled problem: same family, in the paragraph or row the label quotes."""
    if finding.family.value != label.family:
        return False
    if label.places == (WHOLE,):
        return finding.spot.block < 0
    context = squeezed(document.context(finding.spot))
    return any(place in context for place in label.places)


def family(name: str) -> Family | None:
    return Family(name) if name in {f.value for f in Family} else None
