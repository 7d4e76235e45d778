"""What a sample is drawn from: the answers to a question, or the cases asked."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.sampling import Unit, digest, drawn, order
from service.models.evaluation import Evaluation
from service.queries.auditquestions import AuditSearch
from service.queries.auditscope import Scope
from service.queries.auditsearch import Hit, everything, told
from service.queries.auditspots import Spot, chunked
from service.queries.caselist import units_of

OUTSIDE = "案卷之外"
"""What stands for the case of an answer that belongs to none."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn: its key, by what it was ordered, its case, and the answer if answers were drawn."""

    key: str
    order: str
    code: str
    title: str
    unit: str
    stage: str
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """A draw: what it was drawn from, and those drawn in the order drawn.

    Args:
        digest: SHA-256 of the keys of the population, by which another draw knows it for the same.
    """

    population: int
    digest: str
    rows: tuple[Drawn, ...]


@dataclass(frozen=True, slots=True)
class DrawAsked:
    """How a sample is drawn; `cases` draws evaluations instead of answers."""

    seed: str
    size: int
    cases: bool = False
    stratified: bool = False


def sample_of(
    session: Session, account: str, wanted: AuditSearch, asked: DrawAsked, *, today: date
) -> Sample:
    """Return the sample drawn from what the account finds."""
    if asked.cases:
        return _of_cases(session, Scope(session, account, wanted, today=today), asked)
    spots = everything(session, account, wanted, today=today)
    cases = {row.id: row for row in _cases(session, {spot.case for spot in spots if spot.case})}
    units = units_of(session, list(cases))
    population = [Unit(_key(spot, _code(cases.get(spot.case))), units.get(spot.case, "")) for spot in spots]
    places = drawn(population, seed=asked.seed, size=asked.size, stratified=asked.stratified)
    hits = told(session, [spots[place] for place in places])
    rows = [
        _drawn(asked, population[place].key, cases.get(spots[place].case), units, hit)
        for place, hit in zip(places, hits, strict=True)
    ]
    return Sample(len(population), digest(population), tuple(rows))


def _of_cases(session: Session, scope: Scope, asked: DrawAsked) -> Sample:
    cases = _cases(session, set(scope.cases))
    units = units_of(session, list(scope.cases))
    population = [Unit(case.code, units.get(case.id, "")) for case in cases]
    places = drawn(population, seed=asked.seed, size=asked.size, stratified=asked.stratified)
    rows = [_drawn(asked, cases[place].code, cases[place], units, None) for place in places]
    return Sample(len(population), digest(population), tuple(rows))


def _code(case: Evaluation | None) -> str:
    return case.code if case is not None else OUTSIDE


def _drawn(
    asked: DrawAsked, key: str, case: Evaluation | None, units: dict[str, str], hit: Hit | None
) -> Drawn:
    if case is None:
        return Drawn(key, order(asked.seed, key), OUTSIDE, "", "", "", hit)
    unit = units.get(case.id, "")
    return Drawn(key, order(asked.seed, key), case.code, case.title, unit, case.stage.label, hit)


def _cases(session: Session, ids: set[str]) -> Sequence[Evaluation]:
    return [row[0] for row in chunked(session, select(Evaluation), Evaluation.id, ids)]


def _key(spot: Spot, code: str) -> str:
    """Return what names an answer for ever: its case, its entry, and the place within that entry."""
    place = "/".join((*spot.row, spot.kind, spot.place))
    return f"{code}/{spot.entry}/{hashlib.sha256(place.encode()).hexdigest()[:8]}"
