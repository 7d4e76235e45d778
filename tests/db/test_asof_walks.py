"""Random histories of a case, looked back at: the rows replayed to an instant are the rows there were.

Walks of `test_walks_database` on both databases; at up to twenty instants of each every audited row is kept, and
when the walk is over the case is restored as of each of them, in a database of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.history import asof
from service.evidence.store import EvidenceStore
from service.extensions import db
from service.models.base import Base, audited_tables
from service.queries.restored import restored
from service.workflow.kinds import Kind
from tests.conftest import Depth
from tests.db.office import Walk, opened, read
from tests.db.test_walks_database import STEPS, Ground, Tally, Walker, ground

__all__ = ["ground"]
HISTORIES, DEEP_HISTORIES, INSTANTS = 2, 500, 20
"""So many per database, and so many instants of each at most."""
Rows = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass
class Kept:
    """What was compared, and what was not as it had been."""

    instants: int = 0
    rows: int = 0
    wrong: list[str] = field(default_factory=list)


def rows_now() -> Rows:
    """Every audited row as it stands, by table and id; what never enters the log is left out."""
    return {name: {row.id: dict(row._mapping) for row in read(_select(name))} for name in audited_tables()}


def _select(name: str) -> Any:
    table = Base.metadata.tables[name]
    kept = [column for column in table.c if column.info.get("audit") != "skip" or "digest" in column.info]
    return select(*kept, table.c.version, table.c.last_audit)


def _looked_back(walk: Walk, kept: Kept) -> None:
    walker, then = Walker(walk, Tally()), dict[int, Rows]()
    for _ in range(STEPS):
        size = walker.size()
        walker.step()
        if walker.size() > size and len(then) < INSTANTS and walk.random.random() < 0.4:
            then[walker.size() - 1] = rows_now()
    for index, rows in then.items():
        kept.instants += 1
        state = asof(db.session(), walk.case_id, index=index)
        with restored(db.session(), state) as (session, case):
            assert case.id == walk.case_id
            kept.wrong += [
                f"{walk.case_id} {index}: {told}" for told in _compared(session, rows, walk.case_id)
            ]
        kept.rows += sum(map(len, state.tables.values()))


def _compared(session: Session, rows: Rows, case: str) -> Iterator[str]:
    """Yield what is not as it was: rows restored otherwise, and rows of the case that did not come back."""
    for name, known in rows.items():
        found = {row.id: dict(row._mapping) for row in session.execute(_select(name))}
        yield from (f"{name} {pk}" for pk, row in found.items() if known.get(pk) != row)
        mine = {pk for pk, row in known.items() if row.get("evaluation_id") == case or pk == case}
        yield from (f"{name} {pk} missing" for pk in mine - found.keys())


def test_a_case_restored_as_of_an_instant_has_the_rows_it_had(ground: Ground, deep: Depth) -> None:
    kept, numbers = Kept(), deep.numbers(HISTORIES, DEEP_HISTORIES)
    for number in numbers:
        url = ground.fresh(number)
        with opened(url):
            store = EvidenceStore(f"file://{ground.folder}/store-{number}")
            walk = Walk(ground.office, Random(f"asof-{number}"), store)
            walk.create(list(Kind)[number % len(Kind)], number)
            _looked_back(walk, kept)
        ground.drop(url)
    print(  # noqa: T201 - the count is the report
        f"{ground.name}: histories={len(numbers)} instants={kept.instants} rows={kept.rows} wrong={len(kept.wrong)}"
    )
    assert kept.wrong == []
    assert kept.instants > len(numbers) * 5
    assert kept.rows > kept.instants * 10
