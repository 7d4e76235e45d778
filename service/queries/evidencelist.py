"""The evidence of a case as its page lists it: chosen by filters, in groups by class or by indicator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy.orm import Session

from service.queries.evidenceroom import EvidenceShown, evidence_room, node_names
from service.queries.reader import OpenCase

CLASSES = ("正式资料", "工作资料", "原始凭证", "说明材料", "线下登记")
NO_CLASS, NO_NODE = "未分类", "未关联指标"
STATES = (("live", "有效"), ("void", "已作废"), ("unlinked", "未关联指标"))


@dataclass(frozen=True, slots=True)
class EvidenceFilter:
    """What is asked for; "" asks for everything."""

    by: str = ""
    klass: str = ""
    node: str = ""
    state: str = ""
    text: str = ""

    @property
    def active(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.klass or self.node or self.state or self.text)

    def fits(self, piece: EvidenceShown) -> bool:
        """Return whether the piece is asked for."""
        low = self.text.casefold()
        words = (piece.code, piece.name, piece.source, piece.proves, *(v.filename for v in piece.versions))
        return (
            (not self.klass or (piece.kind or NO_CLASS) == self.klass)
            and (not self.node or self.node in piece.nodes)
            and (self.state != "void" or piece.void)
            and (self.state != "live" or not piece.void)
            and (self.state != "unlinked" or not piece.nodes)
            and (not low or any(low in word.casefold() for word in words))
        )


@dataclass(frozen=True, slots=True)
class EvidenceGroup:
    """Pieces under one heading."""

    title: str
    pieces: tuple[EvidenceShown, ...]


@dataclass(frozen=True, slots=True)
class EvidenceList:
    """The page: `total` pieces in the case, `found` of them asked for; a piece may stand in two groups."""

    total: int
    found: int
    groups: tuple[EvidenceGroup, ...]
    nodes: tuple[tuple[str, str], ...]
    classes: tuple[str, ...]

    @property
    def class_options(self) -> tuple[tuple[str, str], ...]:
        """Return the classes there are, as a select offers them."""
        return tuple((word, word) for word in self.classes)


def evidence_list(session: Session, case: OpenCase, wanted: EvidenceFilter) -> EvidenceList:
    """Return the evidence asked for, grouped as asked."""
    pieces = evidence_room(session, case.row, scores=case.scores)
    names = node_names(session, case.row)
    found = [piece for piece in pieces if wanted.fits(piece)]
    used = {node for piece in pieces for node in piece.nodes}
    known = {piece.kind or NO_CLASS for piece in pieces}
    return EvidenceList(
        total=len(pieces),
        found=len(found),
        groups=_by_node(found, names) if wanted.by == "node" else _by_class(found),
        nodes=tuple((code, f"{code} {name}") for code, name in names.items() if code in used),
        classes=tuple(
            word for word in (*CLASSES, *sorted(known - {*CLASSES, NO_CLASS}), NO_CLASS) if word in known
        ),
    )


def _by_class(pieces: Iterable[EvidenceShown]) -> tuple[EvidenceGroup, ...]:
    groups: dict[str, list[EvidenceShown]] = {word: [] for word in CLASSES}
    for piece in pieces:
        groups.setdefault(piece.kind or NO_CLASS, []).append(piece)
    return tuple(EvidenceGroup(title, tuple(held)) for title, held in groups.items() if held)


def _by_node(pieces: Iterable[EvidenceShown], names: dict[str, str]) -> tuple[EvidenceGroup, ...]:
    groups: dict[str, list[EvidenceShown]] = {code: [] for code in names}
    loose: list[EvidenceShown] = []
    for piece in pieces:
        for node in piece.nodes:
            groups.setdefault(node, []).append(piece)
        if not piece.nodes:
            loose.append(piece)
    found = [
        EvidenceGroup(f"{code} {names.get(code, '')}".strip(), tuple(h)) for code, h in groups.items() if h
    ]
    return (*found, *([EvidenceGroup(NO_NODE, tuple(loose))] if loose else []))
