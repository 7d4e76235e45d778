"""Completeness: no change of an audited row escapes the transaction that writes its entry.

- Mapper events fire for every row just before its INSERT or UPDATE, after relationships have set their
  keys: there the earliest value before is kept per (table, row, field) and the row is stamped.
- The value after is read once, when the transaction is sealed; equal pairs drop out.
- What would go past these events is refused: bulk and Core DML on audited tables, deletes, savepoints,
  a commit or rollback inside the transaction, any flush after the entry.
- The database triggers of `service.models.guards` refuse what does not come through SQLAlchemy at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal

from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import Column, Connection, Engine, String, event, select
from sqlalchemy.orm import Mapper, ORMExecuteState, Session, SessionTransaction, attributes, object_session
from sqlalchemy.orm.base import NO_VALUE

from service.audit.leaf import Change, FieldChange
from service.errors import InvalidError, Problem, UnauditedWriteError
from service.models.base import Audited, new_id
from service.models.types import Plain, disposition, plain

CAPTURE = "capture"
_KEPT_OUT = frozenset({"id", "version", "last_audit"})
_REBUILD = "_alembic_tmp_"
"""Prefix of the table a migration copies rows into, as they are, when it rebuilds one on SQLite."""
_flushing: ContextVar[bool] = ContextVar("flushing", default=False)


class AuditedSession(FlaskSession):
    """The session of every context: writes audited rows only while a `Capture` is open in it."""

    def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write pending changes; the statements of a flush are told apart from hand-made ones."""
        token = _flushing.set(True)
        try:
            super().flush(objects)
        finally:
            _flushing.reset(token)


@dataclass(frozen=True, slots=True)
class _FieldPlan:
    key: str
    name: str
    convert: Callable[[Any], Plain]
    commit: bool
    column: Column[Any]
    length: int | None


@dataclass(frozen=True, slots=True)
class RowPlan:
    """How rows of one mapped class enter the log: table name and logged fields by attribute key."""

    table: str
    fields: dict[str, _FieldPlan]
    keys: frozenset[str]


_plans: dict[Mapper[Any], RowPlan] = {}


def row_plan(mapper: Mapper[Any]) -> RowPlan:
    """Return the plan of `mapper`, made once.

    Raises:
        TypeError: a column has a type without an exact plain form.
    """
    found = _plans.get(mapper)
    if found is None:
        found = _plans[mapper] = _make_plan(mapper)
    return found


def _make_plan(mapper: Mapper[Any]) -> RowPlan:
    fields: dict[str, _FieldPlan] = {}
    for prop in mapper.column_attrs:
        column = prop.columns[0]
        if not isinstance(column, Column) or column.name in _KEPT_OUT:
            continue
        how = disposition(column.type, dict(column.info))
        if how != "skip":
            length = column.type.length if isinstance(column.type, String) else None
            fields[prop.key] = _FieldPlan(
                prop.key, str(column.name), plain(column.type), how == "commit", column, length
            )
    keys = frozenset(prop.key for prop in mapper.column_attrs) - {"version", "last_audit"}
    return RowPlan(str(mapper.local_table.name), fields, keys)  # type: ignore[attr-defined]


@dataclass(slots=True)
class _Row:
    plan: RowPlan
    target: Audited
    op: Literal["insert", "update"]
    before: dict[str, Plain] = field(default_factory=dict)


@dataclass(slots=True)
class Capture:
    """What one transaction has changed so far; `entry_id` is what its rows cite."""

    entry_id: str
    rows: dict[tuple[str, str], _Row] = field(default_factory=dict)
    sealed: bool = False
    broken: bool = False

    def insert(self, mapper: Mapper[Any], target: Audited) -> None:
        """Note a new row and stamp it with version 1."""
        self._demand_open()
        if not target.id:
            target.id = new_id()
        target.version = 1
        target.last_audit = self.entry_id
        plan = row_plan(mapper)
        self.rows[plan.table, target.id] = _Row(plan, target, "insert")

    def update(self, mapper: Mapper[Any], connection: Connection, target: Audited) -> None:
        """Note what an UPDATE is about to change and stamp the row, once per transaction one version on."""
        plan = row_plan(mapper)
        state = attributes.instance_state(target)
        earlier = state.committed_state
        now = state.dict
        touched = [k for k in plan.keys & earlier.keys() if not _same(state, k, earlier[k], now.get(k))]
        if not touched:
            self._restore_stamp(state, target)
            return
        self._demand_open()
        if "id" in touched:
            raise UnauditedWriteError(f"{plan.table} 的主键不得改变")
        row = self.rows.get((plan.table, target.id))
        if row is None:
            row = self.rows[plan.table, target.id] = _Row(plan, target, "update")
            target.version = earlier.get("version", target.version) + 1
        row.target = target
        target.last_audit = self.entry_id
        if row.op == "update":
            self._keep_before(row, touched, earlier, connection)

    def _restore_stamp(self, state: Any, target: Audited) -> None:
        for key in ("version", "last_audit"):
            if key in state.committed_state:
                setattr(target, key, state.committed_state[key])

    def _keep_before(
        self, row: _Row, touched: list[str], earlier: dict[str, Any], connection: Connection
    ) -> None:
        fields = row.plan.fields
        wanted = [fields[key] for key in touched if key in fields and key not in row.before]
        unread = [each for each in wanted if earlier[each.key] is NO_VALUE]
        read = _read_before(row, unread, connection) if unread else {}
        for each in wanted:
            value = read.get(each.key) if each in unread else earlier[each.key]
            row.before[each.key] = None if value is None else each.convert(value)

    def _demand_open(self) -> None:
        if self.sealed:
            raise UnauditedWriteError("痕迹写成之后不得再改动数据")

    def changes(self) -> tuple[Change, ...]:
        """Return every row written, with final values, in the order they were first written.

        Raises:
            InvalidError: naming every text longer than its column, which SQLite would take.
        """
        too_long: list[Problem] = []
        found = tuple(_change(key, row, too_long) for key, row in self.rows.items())
        if too_long:
            raise InvalidError(too_long)
        return found


def _same(state: Any, key: str, before: Any, after: Any) -> bool:
    """Say whether SQLAlchemy will leave the attribute out of its UPDATE."""
    if before is NO_VALUE or hasattr(after, "__clause_element__"):
        return False
    return state.manager[key].impl.is_equal(after, before) is True


def _read_before(row: _Row, fields: list[_FieldPlan], connection: Connection) -> dict[str, Any]:
    table = fields[0].column.table
    query = select(*(each.column for each in fields)).where(table.c.id == row.target.id)
    return dict(zip((each.key for each in fields), connection.execute(query).one(), strict=True))


def _change(key: tuple[str, str], row: _Row, too_long: list[Problem]) -> Change:
    fields: dict[str, FieldChange] = {}
    plans = row.plan.fields
    for name in plans if row.op == "insert" else row.before:
        each = plans[name]
        value = getattr(row.target, name)
        after = None if value is None else each.convert(value)
        before = row.before.get(name)
        if each.length is not None and isinstance(after, str) and len(after) > each.length:
            too_long.append(
                Problem("文字过长", path=f"{key[0]}.{each.name}", allowed=f"{each.length} 字以内")
            )
        if before != after:
            fields[each.name] = FieldChange(before, after, each.commit)
    return Change(key[0], key[1], row.op, row.target.version, fields)


@contextmanager
def captured(session: Session, entry_id: str) -> Iterator[Capture]:
    """Open the one capture of `session` for the block.

    Raises:
        UnauditedWriteError: there is one already, i.e. a transaction inside a transaction.
    """
    if CAPTURE in session.info:
        raise UnauditedWriteError("事务之内不得再开事务")
    capture = session.info[CAPTURE] = Capture(entry_id)
    try:
        yield capture
    finally:
        session.info.pop(CAPTURE, None)


def _open_capture(target: Audited) -> Capture:
    session = object_session(target)
    capture = session.info.get(CAPTURE) if session is not None else None
    if capture is None:
        raise UnauditedWriteError(f"{type(target).__name__} 只能在 transaction() 之内改动")
    return capture  # type: ignore[no-any-return]


@event.listens_for(Audited, "before_insert", propagate=True)
def _before_insert(mapper: Mapper[Any], connection: Connection, target: Audited) -> None:
    _open_capture(target).insert(mapper, target)


@event.listens_for(Audited, "before_update", propagate=True)
def _before_update(mapper: Mapper[Any], connection: Connection, target: Audited) -> None:
    session = object_session(target)
    if session is not None and CAPTURE not in session.info and not session.is_modified(target):
        return
    _open_capture(target).update(mapper, connection, target)


@event.listens_for(Audited, "before_delete", propagate=True)
def _before_delete(mapper: Mapper[Any], connection: Connection, target: Audited) -> None:
    raise UnauditedWriteError(f"{type(target).__name__} 不得删除，只能作废并写明理由")


@event.listens_for(AuditedSession, "before_flush")
def _before_flush(session: Session, context: Any, instances: Any) -> None:
    for target in session.deleted:
        if isinstance(target, Audited):
            raise UnauditedWriteError(f"{type(target).__name__} 不得删除，只能作废并写明理由")
    capture: Capture | None = session.info.get(CAPTURE)
    if capture is not None and capture.sealed:
        raise UnauditedWriteError("痕迹写成之后不得再写数据")


@event.listens_for(AuditedSession, "before_commit")
def _before_commit(session: Session) -> None:
    capture: Capture | None = session.info.get(CAPTURE)
    if capture is not None and not capture.sealed:
        raise UnauditedWriteError("事务由 transaction() 提交，不得自行提交")


@event.listens_for(AuditedSession, "after_rollback")
def _after_rollback(session: Session) -> None:
    capture: Capture | None = session.info.get(CAPTURE)
    if capture is not None:
        capture.broken = True


@event.listens_for(AuditedSession, "after_transaction_create")
def _after_transaction_create(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested and CAPTURE in session.info:
        raise UnauditedWriteError("事务之内不得使用保存点")


@event.listens_for(AuditedSession, "do_orm_execute")
def _do_orm_execute(state: ORMExecuteState) -> None:
    if not state.is_select:
        _refuse_audited_dml(state.statement)


@event.listens_for(Engine, "before_execute")
def _before_execute(connection: Connection, statement: Any, *rest: Any) -> None:
    if getattr(statement, "is_dml", False) and not _flushing.get() and not _in_memory(connection):
        _refuse_audited_dml(statement)


def _in_memory(connection: Connection) -> bool:
    """Say whether nothing of the database is kept: an earlier state of a case, rebuilt to be looked at."""
    return connection.dialect.name == "sqlite" and not connection.engine.url.database


def _refuse_audited_dml(statement: Any) -> None:
    table = getattr(statement, "table", None)
    if table is not None and "last_audit" in table.c and not table.name.startswith(_REBUILD):
        raise UnauditedWriteError(f"{table.name} 只能逐行经会话写入，不得成批改写")
