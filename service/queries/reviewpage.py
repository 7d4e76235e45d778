"""材料审核 at one table: every document and indicator with its verdicts, evidence and open questions.

A verdict stands beside what arrived after it; an open question never vanishes because the material changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.models.fieldwork import ReviewItem, Verdict
from service.queries.asked import Asked, asked_of
from service.queries.claimpast import ChangedLine, changed_claims
from service.queries.evidence import linked_evidence, newest_versions, pieces_with_links
from service.queries.names import duties
from service.queries.once import rows_of
from service.queries.required import Required, required_material
from service.queries.unitpage import ClaimRow, UnitPage, unit_page

DOCUMENT, INDICATOR, OTHER = "应审材料", "指标", "另行认定"
OPEN_STATES = frozenset({"draft", "sent", "answered", "confirmed"})
SUPPLEMENT, SITE, CLOSED = "补正", "现场核查", "已关闭"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of evidence and whether it is newer than the verdict it is shown beside."""

    code: str
    name: str
    number: int
    filename: str
    newer: bool


@dataclass(frozen=True, slots=True)
class Judged:
    """One verdict of one round."""

    round: int
    verdict: str
    label: str
    note: str
    author: str


@dataclass(frozen=True, slots=True)
class Item:
    """One thing to judge; `verdicts` oldest first, `version` of this round's verdict, 0 if none yet.

    Args:
        changed: what the line said when it was first sent, if it says something else now.
        reworded: whether it was changed after the newest verdict.
    """

    subject: str
    node: str
    kind: str
    verdicts: tuple[Judged, ...]
    version: int
    evidence: tuple[Piece, ...]
    claim: ClaimRow | None
    changed: ChangedLine | None = None
    reworded: bool = False

    @property
    def last(self) -> Judged | None:
        """Return the newest verdict."""
        return self.verdicts[-1] if self.verdicts else None

    @property
    def state(self) -> str:
        """Return the newest verdict's value, ``open`` without one."""
        return self.last.verdict if self.last else "open"

    @property
    def updated(self) -> bool:
        """Return whether material, or what the line says, came after the newest verdict."""
        return self.last is not None and (self.reworded or any(piece.newer for piece in self.evidence))


@dataclass(frozen=True, slots=True)
class Issue:
    """One open question: where it comes from, which indicators it concerns, where it goes, how far it is."""

    number: int
    source: str
    text: str
    nodes: tuple[str, ...]
    target: str
    state: str
    updated: bool = False


@dataclass(frozen=True)
class ReviewPage:
    """Everything of the review as it stands now."""

    round: int
    items: tuple[Item, ...]
    drafts: tuple[Asked, ...]
    sent: tuple[Asked, ...]
    issues: tuple[Issue, ...]
    unit: UnitPage
    required: tuple[Required, ...] = ()

    def count(self, state: str) -> int:
        """Return how many items are in this state."""
        return sum(item.updated if state == "updated" else item.state == state for item in self.items)


def review_page(session: Session, case: Evaluation, *, today: date) -> ReviewPage:
    """Return items, requests and open questions of a case; the number of queries does not grow with it."""
    unit = unit_page(session, case, today=today)
    asked = asked_of(session, case, today=today)
    rounds = max((a.round for a in asked if a.state != "draft"), default=0)
    items = _items(session, case, unit, rounds + 1)
    return ReviewPage(
        round=rounds + 1,
        items=items,
        drafts=tuple(a for a in asked if a.state == "draft"),
        sent=tuple(a for a in asked if a.state != "draft"),
        issues=issues_of(items, asked),
        unit=unit,
        required=required_material(session, case),
    )


def open_issues(session: Session, case: Evaluation, *, today: date) -> tuple[Issue, ...]:
    """Return the questions that go to the site visit, in their order."""
    return tuple(issue for issue in review_page(session, case, today=today).issues if issue.target == SITE)


def _items(session: Session, case: Evaluation, unit: UnitPage, round_: int) -> tuple[Item, ...]:
    judged: dict[str, list[ReviewItem]] = {}
    for row in sorted(rows_of(session, ReviewItem, case.id), key=lambda row: (row.round, row.id)):
        judged.setdefault(row.subject, []).append(row)
    authors = duties(session)
    stock = _Stock(session, case)
    claims = {row.code: row for row in unit.rows}
    changed = changed_claims(session, case)

    def item(subject: str, node: str, kind: str) -> Item:
        rows = judged.pop(subject, [])
        last = rows[-1] if rows else None
        where = node or (last.node if last else "")
        since = last.last_audit or "" if last else ""
        return Item(
            subject=subject,
            node=where,
            kind=kind,
            verdicts=tuple(_judged(row, authors) for row in rows),
            version=last.version if last and last.round == round_ else 0,
            evidence=stock.pieces(subject, where, since=since),
            claim=claims.get(where),
            changed=changed.get(where),
            reworded=bool(since) and where in changed and changed[where].entry > since,
        )

    found = [item(str(name), "", DOCUMENT) for name in case.facts.get("documents", ())]
    nodes = [(f"{row.code} {row.name}", row.code) for row in unit.rows]
    found += [item(subject, code, INDICATOR) for subject, code in nodes]
    return (*found, *(item(subject, "", OTHER) for subject in list(judged)))


def _judged(row: ReviewItem, duties: Mapping[str, str]) -> Judged:
    return Judged(row.round, row.verdict.value, row.verdict.label, row.note, duties.get(row.author, ""))


class _Stock:
    """The live evidence of a case, found by indicator or by name."""

    def __init__(self, session: Session, case: Evaluation) -> None:
        self.links = linked_evidence(session, case)
        newest = newest_versions(session, case)
        pieces = [piece for piece in pieces_with_links(session, case) if not piece.void]
        self.known = {piece.code: (piece, newest[piece.id]) for piece in pieces if piece.id in newest}

    def pieces(self, subject: str, node: str, *, since: str) -> tuple[Piece, ...]:
        """Return what speaks for an indicator or is named like a document, `newer` than the entry `since`."""
        codes = self.links.get(("node", node), ()) if node else self._named(subject)
        found = [self.known[code] for code in codes if code in self.known]
        return tuple(
            Piece(e.code, e.name, v.number, v.filename, bool(since) and v.id > since) for e, v in found
        )

    def _named(self, subject: str) -> tuple[str, ...]:
        return tuple(code for code, (piece, _) in self.known.items() if subject in piece.name)


def issues_of(items: Sequence[Item], asked: Sequence[Asked]) -> tuple[Issue, ...]:
    """Return every question of the review, numbered; the closed ones come last and stay."""
    found = [*_from_items(items, asked), *_from_requests(items, asked)]
    ordered = sorted(found, key=lambda issue: issue.target == CLOSED)
    return tuple(
        Issue(n, i.source, i.text, i.nodes, i.target, i.state, i.updated) for n, i in enumerate(ordered, 1)
    )


def _from_items(items: Sequence[Item], asked: Sequence[Asked]) -> Iterator[Issue]:
    complete = Verdict.COMPLETE.value
    for item in items:
        if all(judged.verdict == complete for judged in item.verdicts):
            continue
        last = next(j for j in reversed(item.verdicts) if j.verdict != complete)
        text = f"{item.subject}：{last.label}" + (f"，{last.note}" if last.note else "")
        request = _request_for(item, asked)
        if item.state == complete:
            target, state = CLOSED, "已认定齐全"
        elif request is not None:
            target, state = SUPPLEMENT, f"{request.code} {request.label}"
        else:
            target, state = SITE, "带到现场核查"
        nodes = (item.node,) if item.node else ()
        yield Issue(0, f"材料审核第 {last.round} 轮", text, nodes, target, state, item.updated)


def _request_for(item: Item, asked: Sequence[Asked]) -> Asked | None:
    return next((one for one in asked if one.state in OPEN_STATES and _about(one, item)), None)


def _about(one: Asked, item: Item) -> bool:
    return (bool(item.node) and item.node in one.nodes) or any(item.subject in text for text in one.items)


def _from_requests(items: Sequence[Item], asked: Sequence[Asked]) -> Iterator[Issue]:
    """Yield the requests no verdict speaks of."""
    wanting = [i for i in items if any(j.verdict != Verdict.COMPLETE.value for j in i.verdicts)]
    for one in asked:
        if one.state != "draft" and not any(_about(one, item) for item in wanting):
            closed = one.state == "closed"
            yield Issue(
                0, f"第 {one.round} 轮补正 {one.code}", "；".join(one.items), one.nodes,
                CLOSED if closed else SUPPLEMENT, one.label,
            )  # fmt: skip
