"""What a session has read is not asked again until something is written or its transaction ends.

- `rows_of` gives all rows of a model in a case; who needs some of them picks those in Python, so one page
  reads each table of its case at most once.
- `once` marks a read whose answer is kept under its arguments. The answer is shared: nobody changes it.
- Kept per session, so never longer than a request, and forgotten at every flush, commit and rollback.
  With changes not yet written the session writes them first, as it does before any query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from service.models.base import Audited

_KEPT = "read once"
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def once(
    read: Callable[Concatenate[Session, Asked], Answer],
) -> Callable[Concatenate[Session, Asked], Answer]:
    """Return `read` so that a second call with the same arguments gives the first answer."""

    @wraps(read)
    def kept(session: Session, /, *asked: Asked.args, **named: Asked.kwargs) -> Answer:
        if session.new or session.dirty or session.deleted:
            session.flush()
        known: dict[Any, Answer] = session.info.setdefault(_KEPT, {})
        key = (read, asked, tuple(sorted(named.items())))
        if key not in known:
            known[key] = read(session, *asked, **named)
        return known[key]

    return kept


@once
def rows_of(session: Session, model: type[Audited], evaluation: str) -> Sequence[Any]:
    """Return every row of `model` in this case in the order they were made."""
    of_case = model.evaluation_id == evaluation  # type: ignore[attr-defined]
    return session.scalars(select(model).where(of_case).order_by(model.id)).all()


@event.listens_for(Session, "after_flush")
@event.listens_for(Session, "after_transaction_end")
@event.listens_for(Session, "after_bulk_update")
@event.listens_for(Session, "after_bulk_delete")
def _forget(first: Any, *rest: Any) -> None:
    """Forget everything; the bulk events name their session inside what they tell."""
    session = first if isinstance(first, Session) else first.session
    session.info.pop(_KEPT, None)
