"""Live rows against the log: every audited row must be what replaying all entries gives.

A column kept out of the log whose ``info`` names a logged column under ``digest`` must have that SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection, Row, Table, select, type_coerce
from sqlalchemy.orm import Mapper
from sqlalchemy.types import NullType

from service.audit import verifier
from service.audit.capture import RowPlan, row_plan
from service.audit.findings import Finding
from service.audit.stored import paged
from service.models import load_models
from service.models.base import Audited, Base

Replayed = dict[tuple[str, str], verifier.Row]


def audited_mappers() -> list[Mapper[Any]]:
    """Return the mapper of every audited table, by table name."""
    load_models()
    found = [mapper for mapper in Base.registry.mappers if issubclass(mapper.class_, Audited)]
    return sorted(found, key=lambda mapper: str(mapper.local_table))


def live_findings(connection: Connection, replayed: Replayed, ids: Mapping[str, int]) -> Iterator[Finding]:
    """Yield every difference between the live audited rows and `replayed`, which is emptied.

    Args:
        ids: entry id → index, to name the entry an unlogged row cites.
    """
    for mapper in audited_mappers():
        table = mapper.local_table
        assert isinstance(table, Table)
        plan = row_plan(mapper)
        digests = {column.name: column.info["digest"] for column in table.c if "digest" in column.info}
        query = select(type_coerce(table.c.id, NullType()).label("page_key"), *table.c)
        for page in paged(connection, query, table.c.id):
            for key, row in page:
                expected = replayed.pop((table.name, str(key)), None)
                place = f"{table.name} {key}"
                yield from _compared(plan, place, row, expected=expected, ids=ids)
                yield from _undigested(place, row, digests, expected=expected)
    for (name, key), expected in replayed.items():
        yield Finding("rows", expected.index, expected.entry, f"{name} {key}：日志中有，数据库中没有")


def _compared(
    plan: RowPlan,
    place: str,
    row: Row[Any] | None,
    *,
    expected: verifier.Row | None,
    ids: Mapping[str, int],
) -> Iterator[Finding]:
    if expected is None:
        cited = str(row.last_audit) if row is not None else ""
        yield Finding("rows", ids.get(cited), cited or None, f"{place}：数据库中有，日志中没有")
        return
    wrong = ["（不能读出）"] if row is None else list(_differences(plan, row, expected))
    if wrong:
        told = f"{place}：{'、'.join(wrong)} 与日志不同"
        yield Finding("rows", expected.index, expected.entry, told)


def _undigested(
    place: str, row: Row[Any] | None, digests: Mapping[str, str], *, expected: verifier.Row | None
) -> Iterator[Finding]:
    """Yield the texts kept out of the log that are not those whose SHA-256 stands in it."""
    if row is None or expected is None:
        return
    live = row._mapping
    for name, holder in digests.items():
        if hashlib.sha256(str(live[name]).encode()).hexdigest() != live[holder]:
            told = f"{place}：{name} 与登记的摘要不同"
            yield Finding("rows", expected.index, expected.entry, told)


def _differences(plan: RowPlan, row: Row[Any], expected: verifier.Row) -> Iterator[str]:
    """Yield the columns whose live value is not the replayed one; a withheld value is not compared."""
    live = row._mapping
    if live["version"] != expected.rev:
        yield "version"
    if live["last_audit"] != expected.entry:
        yield "last_audit"
    for each in plan.fields.values():
        wanted = expected.values.get(each.name, "null")
        try:
            value = live[each.name]
            found = verifier.canonical_text(None if value is None else each.convert(value))
        except (ValueError, TypeError, AttributeError):
            found = ""
        if wanted is not None and found != wanted:
            yield each.name
