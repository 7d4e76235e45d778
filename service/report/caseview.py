"""Values of one evaluation beside its sheets: people, money, stages, deductions, opinions, tables.

Dates are business dates. Points are exact text, None means "no figure". Money is 分 of yuan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class TemplateView:
    """The organisation's template a report is set with: name, version from 1, SHA-256 of the file."""

    name: str
    number: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Org:
    """One organisation and the part it plays, e.g. 被评价单位, 主管部门, 评价机构, 财政部门."""

    code: str
    name: str
    part: str


@dataclass(frozen=True, slots=True)
class Person:
    """One part played by a person; people are named by duty (经办, 组长), never by name."""

    duty: str
    role: str
    organisation: str = ""


@dataclass(frozen=True, slots=True)
class MoneyFact:
    """One amount: `fen` in 分 of yuan (None = 来源未载), `printed` as the source writes it.

    `kind` is e.g. budget, budget_initial, budget_full, arrived, carried_in, paid, contract.
    """

    code: str
    name: str
    kind: str = ""
    fen: int | None = None
    printed: str = ""
    source: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class StageTrack:
    """One pass through a stage; `mode` is held, off_site or not_held, `ground` why."""

    stage: str
    label: str = ""
    round: int = 1
    entered_on: date | None = None
    left_on: date | None = None
    mode: str = "held"
    ground: str = ""


@dataclass(frozen=True, slots=True)
class WaterfallStep:
    """Total after one stage, exact text or None when there was no total yet."""

    label: str
    total: str | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """One line of the 自评 as the unit wrote it; `points` exact text in 分, None = nothing claimed."""

    node: str
    points: str | None
    target: str = ""
    actual: str = ""
    deviation: str = ""


@dataclass(frozen=True, slots=True)
class DeductionView:
    """One deduction; `amount` exact text in 分, None = 来源未载; `evidence` codes, empty = stated none."""

    code: str
    node: str
    reason: str
    stage: str = ""
    amount: str | None = None
    clause: str = ""
    evidence: tuple[str, ...] = ()
    author: str = ""
    state: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class AdjustmentView:
    """One 裁量调整: the rule's figure beside the awarded one, with the ground."""

    code: str
    node: str
    awarded: str
    reason: str
    rule: str | None = None
    clause: str = ""
    author: str = ""
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding of the site visit and whether both sides confirmed it."""

    code: str
    text: str
    node: str = ""
    place: str = ""
    on: date | None = None
    state: str = ""


@dataclass(frozen=True, slots=True)
class VisitView:
    """One site visit: when, where, how, who by duty."""

    code: str
    place: str = ""
    method: str = ""
    on: date | None = None
    people: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One verdict of the material review (齐全, 缺, 不符) on one required document."""

    item: str
    verdict: str
    round: int = 1
    note: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class SupplementView:
    """One request for supplement (补正) with its answer."""

    code: str
    items: tuple[str, ...] = ()
    round: int = 1
    asked_on: date | None = None
    due_on: date | None = None
    answered_on: date | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class OpinionView:
    """One opinion from the consultation with its disposition (采纳, 部分采纳, 不采纳, 解释说明)."""

    code: str
    organisation: str
    text: str
    place: str = ""
    original: str = ""
    disposition: str = ""
    reason: str = ""
    effect: str | None = None
    revised: str = ""
    author: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class EvidenceView:
    """One piece of evidence: class, source, what it proves, SHA-256 of the current version."""

    code: str
    name: str
    kind: str = ""
    source: str = ""
    proves: str = ""
    sha256: str = ""
    nodes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One problem or suggestion: title, body text, the nodes it concerns, parts below it."""

    title: str
    body: str = ""
    nodes: tuple[str, ...] = ()
    parts: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class FreeTable:
    """One table of the narrative; every cell is text, a newline breaks the line.

    A cell ``^`` continues the cell above, ``<`` the cell to its left (merged). `bands` are row
    indexes (from 0) of group rows, `totals` of total rows; a row whose other cells are all ``<`` is
    a full-width band. `widths` are millimetres or empty (shared evenly); `align` one of left,
    center, right per column or empty. `section` is the section id it belongs to when no
    ``[[table:ID]]`` places it.
    """

    id: str
    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[int, ...] = ()
    align: tuple[str, ...] = ()
    bands: tuple[int, ...] = ()
    totals: tuple[int, ...] = ()
    section: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class ImageView:
    """One picture: `sha256` names its bytes in the evidence store, `alt` describes it.

    Without a file (`sha256` empty) `boxes` may hold an organisation chart as text rows, top first,
    which the report draws as connected boxes.
    """

    id: str
    caption: str
    alt: str = ""
    sha256: str = ""
    boxes: tuple[tuple[str, ...], ...] = ()
    section: str = ""


@dataclass(frozen=True, slots=True)
class QuotationView:
    """One printed figure of the source beside ours; `state` agree, differ or uncomputable."""

    path: str
    printed: str
    computed: str | None = None
    place: str = ""
    state: str = "agree"
    kind: str = ""
    cause: str = ""
    declared: bool = False


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """One step of the 审批单: what (编制, 内部复核, 用印, 复核, 签发), who by duty, when, done or pending."""

    part: str
    duty: str
    organisation: str = ""
    on: date | None = None
    state: str = "pending"
    note: str = ""


@dataclass(frozen=True, slots=True)
class AuditPoint:
    """Size and root (hex) of the audit log when the snapshot was taken."""

    size: int
    root: str
