"""Whatever is done, replaying the log gives the tables."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from service.actions.actor import Actor
from service.actions.transaction import Transaction, transaction
from service.audit.capture import row_plan
from service.errors import ActionRefusedError
from service.models.audit import AuditDisclosure
from service.models.evaluation import Evaluation, MoneyFact
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.stages import Stage, Status
from tests.db.conftest import Database

MODELS = (Evaluation, MoneyFact)
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
STEP = st.one_of(
    st.tuples(st.just("title"), TEXT),
    st.tuples(st.just("stage"), st.sampled_from(Stage)),
    st.tuples(st.just("status"), st.sampled_from(Status)),
    st.tuples(st.just("facts"), st.dictionaries(TEXT, st.one_of(st.integers(-(2**40), 2**40), TEXT, st.booleans()), max_size=3)),
    st.tuples(st.just("scores_submitted"), st.booleans()),
    st.tuples(st.just("self_due_on"), st.one_of(st.none(), st.dates())),
    st.tuples(st.just("add"), st.one_of(st.none(), st.integers(-(2**50), 2**50))),
    st.tuples(st.just("money"), st.one_of(st.none(), st.integers(0, 10**15))),
    st.tuples(st.just("flush"), st.none()),
    st.tuples(st.just("query"), st.none()),
)  # fmt: skip
ACT = st.tuples(st.lists(STEP, max_size=6), st.sampled_from(["done", "done", "done", "refused", "error"]))


def perform(actor: Actor, key: str, steps: list[tuple[str, Any]], end: str) -> None:
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key) as tx:
        for number, (name, value) in enumerate(steps):
            take(tx, f"{tx.entry_id}.{number}", name=name, value=value)
        if end == "refused":
            raise ActionRefusedError("不行")
        if end == "error":
            raise ZeroDivisionError


def take(tx: Transaction, code: str, *, name: str, value: Any) -> None:
    key = tx.case.id
    if name == "add":
        tx.add(MoneyFact(evaluation_id=key, code=code, name="n", kind="k", fen=value))
    elif name == "money":
        for row in tx.session.scalars(select(MoneyFact).where(MoneyFact.evaluation_id == key)):
            row.fen = value
    elif name == "flush":
        tx.session.flush()
    elif name == "query":
        tx.session.scalars(select(Evaluation.title)).all()
    else:
        setattr(tx.case, name, value)


def replayed(database: Database) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows as the log tells them, each step checked against the one before."""
    with database.engine() as engine, engine.connect() as connection:
        hidden = {d.digest: json.loads(d.body) for d in connection.execute(select(AuditDisclosure.__table__))}
    rows: dict[tuple[str, str], dict[str, Any]] = {}

    def opened(value: Any) -> Any:
        return hidden[value["#"]] if isinstance(value, dict) else value

    for entry in database.entries():
        for change in entry["changes"]:
            row = rows.setdefault((change["t"], change["pk"]), {"version": 0})
            assert change["rev"] == row["version"] + 1
            row["version"], row["last_audit"] = change["rev"], entry.get("part", {"of": entry["id"]})["of"]
            for name, (before, after) in change["f"].items():
                assert row.get(name) == opened(before) or (change["op"] == "insert" and before is None)
                row[name] = opened(after)
    return rows


def live(database: Database) -> dict[tuple[str, str], dict[str, Any]]:
    """Rows as the tables hold them, in the plain form of the log."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    with database.engine() as engine, engine.connect() as connection:
        for model in MODELS:
            fields = row_plan(model.__mapper__).fields.values()
            for row in connection.execute(select(model.__table__)).mappings():
                values = {f.name: None if row[f.name] is None else f.convert(row[f.name]) for f in fields}
                found[model.__tablename__, row["id"]] = {
                    "version": row["version"], "last_audit": row["last_audit"],
                    **{name: value for name, value in values.items() if value is not None},
                }  # fmt: skip
    return found


def check(
    database: Database, actor: Actor, acts: list[tuple[list[tuple[str, Any]], str]], *, code: str
) -> None:
    with transaction(actor, Action.EVALUATION_CREATE) as tx:
        row = Evaluation(code=code, title="t", kind=Kind.DEPARTMENT, year="y", subject_name="s", profile="p")
        tx.add(row)
    key = row.id
    for steps, end in acts:
        with suppress(ActionRefusedError, ZeroDivisionError):
            perform(actor, key, steps, end)
    told = {
        key: {name: value for name, value in values.items() if value is not None}
        for key, values in replayed(database).items()
    }
    assert told == live(database)


@given(acts=st.lists(ACT, max_size=6))
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replaying_the_log_gives_the_tables_on_sqlite(
    sqlite: Database, actor: Actor, acts: list[tuple[list[tuple[str, Any]], str]]
) -> None:
    check(sqlite, actor, acts, code=f"E{len(sqlite.entries())}")


@given(acts=st.lists(ACT, max_size=6))
@settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_replaying_the_log_gives_the_tables_on_postgresql(
    postgresql: Database, actor: Actor, acts: list[tuple[list[tuple[str, Any]], str]]
) -> None:
    check(postgresql, actor, acts, code=f"E{len(postgresql.entries())}")
