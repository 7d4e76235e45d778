"""A case of an earlier moment as a database of its own, so that every query answers as it would have then.

- The rows come out of the log by replay; what they cite outside the case (people, organisations, grants of
  those organisations, frameworks) is replayed to the same entry.
- What the log keeps out is filled from the live row where its digest stands in the log (texts of frameworks),
  and is empty otherwise (passwords). What was redacted reads as such.
- The database lives in memory and is gone afterwards; nothing of it is ever written back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, Table, create_engine, insert, or_, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from service.audit.history import WITHHELD, RowThen, State, rows_at
from service.models import load_models
from service.models.base import Base, audited_tables
from service.models.evaluation import Evaluation
from service.models.organisation import RoleGrant
from service.models.types import Day, EnumText, JsonText, UtcDateTime

Tables = dict[str, dict[str, RowThen]]


@contextmanager
def restored(session: Session, state: State) -> Iterator[tuple[Session, Evaluation]]:
    """Yield a session on the case as it stood, and its evaluation; reading only."""
    tables = whole(session, state)
    engine = create_engine("sqlite://", poolclass=StaticPool)
    try:
        # Rows cite entries of the log, which stays where it is.
        engine.raw_connection().execute("PRAGMA foreign_keys = OFF")
        Base.metadata.create_all(engine)
        with engine.begin() as connection:
            for name, rows in tables.items():
                table = Base.metadata.tables[name]
                values = [_values(session, table, pk, row) for pk, row in sorted(rows.items())]
                connection.execute(insert(table), values)
        with Session(engine, autoflush=False) as then:
            yield then, then.get_one(Evaluation, state.evaluation)
    finally:
        engine.dispose()


def whole(session: Session, state: State) -> Tables:
    """Return the rows of the case and of everything they cite, as they stood after the same entry."""
    load_models()
    found: Tables = {name: dict(rows) for name, rows in state.tables.items()}
    _merge(found, rows_at(session, {"role_grant": _grants(session, state)}, index=state.index))
    asked: set[tuple[str, str]] = set()
    while wanted := _missing(found) - asked:
        asked |= wanted
        by_table: dict[str, set[str]] = {}
        for table, pk in wanted:
            by_table.setdefault(table, set()).add(pk)
        _merge(found, rows_at(session, by_table, index=state.index))
    return {name: rows for name, rows in found.items() if rows}


def _merge(found: Tables, more: Mapping[str, Mapping[str, RowThen]]) -> None:
    for table, rows in more.items():
        found.setdefault(table, {}).update(rows)


def _grants(session: Session, state: State) -> set[str]:
    """Return the ids of grants that may have counted in the case: in it, or at a party's organisation."""
    homes = {row.fields.get("organisation_id") for row in state.tables.get("party", {}).values()}
    here = or_(RoleGrant.evaluation_id == state.evaluation, RoleGrant.organisation_id.in_(homes - {None}))
    return set(session.scalars(select(RoleGrant.id).where(here)))


def _missing(found: Tables) -> set[tuple[str, str]]:
    """Return table and id of every row cited and not there."""
    return {
        (cited, pk)
        for name, rows in found.items()
        for column, cited in _citing(Base.metadata.tables[name])
        for pk in (row.fields.get(column) for row in rows.values())
        if isinstance(pk, str) and pk not in found.get(cited, {})
    }


def _citing(table: Table) -> Iterable[tuple[str, str]]:
    audited = audited_tables()
    for column in table.c:
        for key in column.foreign_keys:
            if key.column.table.name in audited and key.column.name == "id":
                yield column.name, key.column.table.name


def _values(session: Session, table: Table, pk: str, row: RowThen) -> dict[str, Any]:
    """Return the values of one row as its columns take them."""
    made = {"id": pk, "version": row.version, "last_audit": row.entry}
    for column in table.c:
        if column.name in made:
            continue
        if "digest" in column.info:
            made[column.name] = _kept_out(session, table, pk, column, row)
        else:
            made[column.name] = value_of(column, row.fields.get(column.name))
    return made


def _kept_out(session: Session, table: Table, pk: str, column: Column[Any], row: RowThen) -> str:
    """Return a text the log holds by digest alone, from the live row if it is still that text."""
    live = session.scalar(select(column).where(table.c.id == pk)) or ""
    same = hashlib.sha256(str(live).encode()).hexdigest() == row.fields.get(column.info["digest"])
    return str(live) if same else ""


def value_of(column: Column[Any], logged: Any) -> Any:
    """Return the Python value of a logged one."""
    kind = column.type
    if logged is None:
        return None if column.nullable else _nothing(column)
    if logged == WITHHELD:
        return _nothing(column) if isinstance(kind, JsonText) else WITHHELD
    if isinstance(kind, JsonText):
        return json.loads(logged)
    if isinstance(kind, Day):
        return date.fromisoformat(logged)
    if isinstance(kind, UtcDateTime):
        return datetime.fromisoformat(logged)
    return kind.enum_class(logged) if isinstance(kind, EnumText) else logged


def _nothing(column: Column[Any]) -> Any:
    """Return an empty value for a column the log has nothing for."""
    given = column.default
    if isinstance(given, ScalarElementColumnDefault):
        return given.arg
    return {} if isinstance(column.type, JsonText) else ""
