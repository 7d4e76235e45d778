"""征求意见 as its page shows it: letters out, replies in, and every opinion with what became of it.

- Points before are those the newest draft sent before the opinion showed; points now are the present sheet's.
- Nothing of the points is given where this person may not read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy.orm import Session

from service.models.consultation import Disposition, DraftIssue, Opinion
from service.models.evaluation import Evaluation
from service.models.score import Adjustment, Deduction, ReasonState
from service.queries.consultation import opinions_with_dispositions
from service.queries.effects import OBJECTION, answers, effects_unapplied
from service.queries.evidence import linked_evidence, pieces_with_links
from service.queries.names import duties, organisation_names
from service.queries.once import rows_of
from service.queries.parties import PART_LABELS, parties_in
from service.queries.sheet import CurrentSheet, current_sheet
from service.queries.todo import days_left
from service.queries.views import printed_max
from service.scoring.quantities import exact, exact_text

ASKED = ("evaluated", "supervisor")


@dataclass(frozen=True, slots=True)
class Letter:
    """One 征求意见稿 that went out; `left` working days until it may no longer be answered."""

    number: int
    issued_on: date
    due_on: date
    by: str
    total: str | None
    left: int


@dataclass(frozen=True, slots=True)
class Replied:
    """One organisation asked: which part it plays, how and when it answered the newest draft."""

    name: str
    part: str
    state: str
    on: date | None
    count: int


@dataclass(frozen=True, slots=True)
class Card:
    """One opinion; points as exact text, None if unknown or not to be shown.

    Args:
        state: ``open``, ``proposed``, ``settled``, or ``none`` where nothing has to be disposed of.
        lost: deductions and adjustments now in force at its indicator, in words with their points.
        changes: changes of points made because of it.
        waits: its adopted effect is stated but not yet made.
        own: the person asking proposed the disposition himself.
    """

    code: str
    organisation: str
    on: date
    by: str
    state: str
    lapsed: bool
    agrees: bool
    node: str
    node_name: str
    place: str
    text: str
    full: str | None
    before: str | None
    now: str | None
    lost: tuple[tuple[str, str | None, str], ...]
    changes: tuple[tuple[str, str | None, str], ...]
    evidence: tuple[tuple[str, str], ...]
    verdict: str
    verdict_label: str
    reason: str
    effect: str
    proposer: str
    confirmer: str
    waits: bool
    own: bool


@dataclass(frozen=True, slots=True)
class OpinionRoom:
    """Everything of the consultation, newest letter first, opinions in order of arrival."""

    letters: tuple[Letter, ...]
    replies: tuple[Replied, ...]
    cards: tuple[Card, ...]

    @property
    def open(self) -> int:
        """Return how many opinions are not settled."""
        return sum(card.state in ("open", "proposed") for card in self.cards)


def opinion_room(
    session: Session, case: Evaluation, *, person: str, scores: bool, today: date
) -> OpinionRoom:
    """Return the consultation of the case as `person` may see it."""
    pairs = opinions_with_dispositions(session, case.id)
    issues = _issues(session, case)
    authors = duties(session)
    replies = _replies(session, case, issues, [opinion for opinion, _ in pairs])
    known = _Known(session, case, issues, authors, person, scores)
    unapplied = effects_unapplied(session, case.id, pairs)
    return OpinionRoom(
        letters=tuple(_letter(issue, authors, scores, today) for issue in reversed(issues)),
        replies=replies,
        cards=tuple(known.card(opinion, given, opinion.code in unapplied) for opinion, given in pairs),
    )


def _issues(session: Session, case: Evaluation) -> Sequence[DraftIssue]:
    return sorted(rows_of(session, DraftIssue, case.id), key=lambda issue: issue.number)


def _letter(issue: DraftIssue, duties: Mapping[str, str], scores: bool, today: date) -> Letter:
    total = issue.total if scores else None
    left = days_left(issue.due_on, today)
    by = duties.get(issue.issued_by, "")
    return Letter(issue.number, issue.issued_on, issue.due_on, by, total, left)


def _replies(
    session: Session, case: Evaluation, issues: Sequence[DraftIssue], opinions: Sequence[Opinion]
) -> tuple[Replied, ...]:
    asked = [(party, unit) for party, unit in parties_in(session, case.id) if party.part in ASKED]
    sent = issues[-1].issued_on if issues else date.max
    return tuple(
        _replied(
            unit.name,
            party.part,
            [o for o in opinions if o.organisation_id == unit.id and o.received_on >= sent],
        )
        for party, unit in sorted(asked, key=lambda pair: pair[0].part)
    )


def _replied(name: str, part: str, given: Sequence[Opinion]) -> Replied:
    said = [opinion for opinion in given if not opinion.lapsed]
    if any(not opinion.agrees for opinion in said):
        state = "有意见"
    elif said:
        state = "无意见"
    else:
        state = "逾期未反馈" if given else "未反馈"
    last = max((opinion.received_on for opinion in given), default=None)
    return Replied(name, PART_LABELS[part], state, last, sum(not opinion.agrees for opinion in said))


class _Known:
    """What every card of one case needs, read once."""

    def __init__(
        self,
        session: Session,
        case: Evaluation,
        issues: Sequence[DraftIssue],
        duties: Mapping[str, str],
        person: str,
        scores: bool,
    ) -> None:
        self.issues, self.duties, self.person, self.scores = issues, duties, person, scores
        self.sheet: CurrentSheet | None = current_sheet(session, case)
        self.reasons: list[Any] = [
            *rows_of(session, Deduction, case.id),
            *rows_of(session, Adjustment, case.id),
        ]
        self.names = organisation_names(session)
        self.links = linked_evidence(session, case)
        self.evidence = {piece.code: piece.name for piece in pieces_with_links(session, case)}

    def card(self, opinion: Opinion, given: Disposition | None, waits: bool) -> Card:
        """Return one opinion with everything beside it."""
        line = self._line(opinion.node)
        return Card(
            code=opinion.code,
            organisation=self.names.get(opinion.organisation_id, ""),
            on=opinion.received_on,
            by=self.duties.get(opinion.author, ""),
            state=_state(opinion, given),
            lapsed=opinion.lapsed,
            agrees=opinion.agrees,
            node=opinion.node,
            node_name=line.name if line is not None else "",
            place=opinion.place,
            text=opinion.text,
            full=self._full(opinion.node),
            before=self._before(opinion),
            now=_text(line.awarded) if line is not None and self.scores else None,
            lost=self._lost(opinion.node),
            changes=self._changes(opinion.code),
            evidence=self._evidence(opinion.node),
            verdict=given.verdict.value if given else "",
            verdict_label=given.verdict.label if given else "",
            reason=given.reason if given else "",
            effect=given.effect if given else "",
            proposer=self.duties.get(given.proposed_by, "") if given else "",
            confirmer=self.duties.get(given.confirmed_by or "", "") if given else "",
            waits=waits,
            own=given is not None and given.proposed_by == self.person,
        )

    def _line(self, node: str) -> Any:
        lines = self.sheet.sheet.lines if self.sheet is not None and node else ()
        return next((line for line in lines if line.code == node), None)

    def _full(self, node: str) -> str | None:
        if self.sheet is None or node not in self.sheet.framework.codes:
            return None
        return _text(printed_max(self.sheet.framework.node(node)))

    def _before(self, opinion: Opinion) -> str | None:
        shown = [issue for issue in self.issues if issue.issued_on <= opinion.received_on]
        if not shown or not opinion.node or not self.scores:
            return None
        found: str | None = shown[-1].awarded.get("", {}).get(opinion.node)
        return found

    def _lost(self, node: str) -> tuple[tuple[str, str | None, str], ...]:
        if not node or not self.scores:
            return ()
        rows = [r for r in self.reasons if r.node.partition("/")[0] == node]
        return tuple(_reason(r) for r in rows if r.state is ReasonState.SUBMITTED)

    def _changes(self, code: str) -> tuple[tuple[str, str | None, str], ...]:
        if not self.scores:
            return ()
        named = [r for r in self.reasons if r.origin == OBJECTION and code in answers(r)]
        return tuple(_reason(r) for r in named)

    def _evidence(self, node: str) -> tuple[tuple[str, str], ...]:
        codes = self.links.get(("node", node), ()) if node else ()
        return tuple((code, self.evidence[code]) for code in codes if code in self.evidence)


def _state(opinion: Opinion, given: Disposition | None) -> str:
    if opinion.lapsed or opinion.agrees:
        return "none"
    if given is None:
        return "open"
    return "settled" if given.confirmed_by is not None else "proposed"


def _reason(row: Any) -> tuple[str, str | None, str]:
    """Return code, points as signed text (taken points are negative, None if not stated) and words."""
    if isinstance(row, Adjustment):
        return row.code, None, f"裁量调整为 {row.awarded} 分：{row.reason}"
    if row.amount is None:
        return row.code, None, row.reason
    amount = exact(row.amount)
    withdrawn = "（已撤销）" if row.state is ReasonState.WITHDRAWN else ""
    return row.code, exact_text(amount if row.bonus else -amount), f"{row.reason}{withdrawn}"


def _text(value: Any) -> str | None:
    return None if value is None else exact_text(value)


def opinion_values(card: Card) -> dict[str, str]:
    """Return what the 意见采纳情况表 may say of one opinion, by the names profiles use."""
    text = "逾期未反馈" if card.lapsed else card.text or "没有意见"
    waits = "（待确认）" if card.state == "proposed" else ""
    return {
        "code": card.code,
        "organisation": card.organisation,
        "date": card.on.isoformat(),
        "by": card.by,
        "place": " ".join(filter(None, (card.node, card.node_name, card.place))),
        "text": text,
        "verdict": f"{card.verdict_label}{waits}" if card.verdict_label else "—",
        "reason": card.reason or "—",
        "effect": card.effect or "—",
        "before": card.before or "",
        "now": card.now or "",
        "proposer": " / ".join(filter(None, (card.proposer, card.confirmer))) or "—",
        "confirmer": card.confirmer,
        "evidence": "、".join(f"{code} {name}" for code, name in card.evidence),
    }
