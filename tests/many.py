"""Many evaluations made of few, quickly: a pattern is carried by the real acts, then copied.

- Every row of the pattern is written anew under new ids through `transaction()`, one entry per copy; so
  guards, triggers and `audit verify` hold for a copy as for any case. Its log is shorter than a real one.
- Accounts, organisations, frameworks and stored files are shared with the pattern.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import inspect, select

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.extensions import db
from service.models.base import Audited, Base, new_id
from service.models.evaluation import Evaluation, Party
from service.workflow.actions import Action

_OWN = frozenset({"id", "version", "last_audit"})
_SHARED = frozenset({"account", "organisation", "framework_version"})
Row = tuple[type[Any], str, dict[str, Any]]


class Pattern:
    """The rows of one evaluation, read once: model, id and values of each, parents first."""

    def __init__(self, evaluation: str) -> None:
        self.rows: list[Row] = []
        ids = {evaluation}
        for model in _models():
            for row in db.session().scalars(select(model).order_by(model.id)):
                if row.id == evaluation or ids & {getattr(row, key) for key in _parents(model)}:
                    ids.add(row.id)
                    self.rows.append((model, row.id, _values(row)))
        db.session.rollback()

    @property
    def _unit(self) -> str:
        parties = (values for model, _, values in self.rows if model is Party)
        return next(str(party["organisation_id"]) for party in parties if party["part"] == "evaluated")

    def copy(self, actor: Actor, code: str, *, unit: str = "", **changes: Mapping[str, Any]) -> str:
        """Write the rows once more as the evaluation `code` and return its id.

        Args:
            actor: who answers for the entry.
            code: code of the copy.
            unit: the organisation evaluated, if another than the pattern's.
            changes: values to set, by table.
        """
        ids = {old: new_id() for _, old, _ in self.rows}
        if unit:
            ids[self._unit] = unit
        with transaction(actor, Action.EVALUATION_CREATE, reason="成批建立") as tx:
            last = None
            for model, old, values in self.rows:
                if last not in (None, model):
                    tx.session.flush()
                last = model
                mapped = {key: _renamed(value, ids) for key, value in values.items()}
                own = {"code": code} if model is Evaluation else {}
                tx.add(model(id=ids[old], **{**mapped, **own, **changes.get(model.__tablename__, {})}))
        return next(ids[old] for model, old, _ in self.rows if model is Evaluation)


def _models() -> list[type[Any]]:
    """Return every audited model that may belong to a case, each behind those it refers to."""
    known = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    ordered = [known[table] for table in Base.metadata.sorted_tables if table in known]
    return [model for model in ordered if issubclass(model, Audited) and model.__tablename__ not in _SHARED]


def _parents(model: type[Any]) -> list[str]:
    keys = {key for column in model.__table__.c for key in column.foreign_keys}
    return [k.parent.key for k in keys if k.column.table.name not in (*_SHARED, "audit_entry")]


def _values(row: Any) -> dict[str, Any]:
    return {
        each.key: getattr(row, each.key) for each in inspect(type(row)).column_attrs if each.key not in _OWN
    }


def _renamed(value: Any, ids: Mapping[str, str]) -> Any:
    return ids.get(value, value) if isinstance(value, str) else value
