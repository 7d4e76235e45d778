"""Run revisions on the connection of the caller, or on that of the current app context (`flask db`)."""

from __future__ import annotations

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection
from sqlalchemy.types import TypeDecorator

from service.extensions import WRITING, db
from service.models import load_models
from service.models.guards import install


def render_item(kind: str, item: object, autogen: AutogenContext) -> str | bool:
    """Write the plain type below one of ours, so that a revision stays what it was."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def include_object(item: object, name: str | None, kind: str, reflected: bool, other: object) -> bool:
    """Leave out the guards, which are made by `service.models.guards`."""
    return not (kind == "index" and str(name).startswith("guard_"))


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=load_models(),
        render_as_batch=True,
        render_item=render_item,
        include_object=include_object,
        transactional_ddl=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    install(connection)


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with db.engine.connect().execution_options(**{WRITING: True}) as own, own.begin():
        run(own)
