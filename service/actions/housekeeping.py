"""Short writes of operational rows only; nothing of an evaluation passes through here."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from service.audit.capture import CAPTURE
from service.errors import UnauditedWriteError, UnavailableError
from service.extensions import WRITING, db


@contextmanager
def housekeeping() -> Iterator[Session]:
    """Open a short write of operational rows (sessions, drafts, jobs, notices) and commit it.

    Raises:
        UnauditedWriteError: an audited row was changed, or a transaction is open.
        UnavailableError: the database does not answer.
    """
    session = db.session()
    if CAPTURE in session.info:
        raise UnauditedWriteError("事务之内不得再开事务")
    try:
        if session.in_transaction():
            session.rollback()
        session.connection(execution_options={WRITING: True})
        yield session
        session.commit()
    except (OperationalError, InterfaceError, PoolTimeoutError) as error:
        session.rollback()
        raise UnavailableError("数据库暂时不可用，请稍后重试") from error
    except BaseException:
        session.rollback()
        raise
