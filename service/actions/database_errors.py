"""What the database meant, in the words of `service.errors`."""

from __future__ import annotations

from sqlalchemy.exc import (
    DataError,
    IntegrityError,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgrammingError,
    TimeoutError,
)
from sqlalchemy.orm.exc import StaleDataError

from service.errors import InvalidError, ServiceError, StaleError, UnauditedWriteError, UnavailableError
from service.models.guards import MARK

DATABASE_ERRORS = (
    StaleDataError,
    IntegrityError,
    DataError,
    OperationalError,
    InterfaceError,
    InternalError,
    ProgrammingError,
    TimeoutError,
)
STALE = "内容已被他人修改，请按最新内容重做"
_NOT_GRANTED = "42501"


def translated(error: Exception) -> ServiceError | None:
    """Return the error of our tree for one of `DATABASE_ERRORS`; None for a statement that is a bug.

    Stale rows are `StaleError`; a guard that fired is `UnauditedWriteError`; a broken unique or reference
    constraint and a value out of range are `InvalidError`; everything the database could not do now,
    deadlocks and missing grants included, is `UnavailableError`.
    """
    if isinstance(error, StaleDataError):
        return StaleError(STALE)
    if isinstance(error, IntegrityError):
        if MARK in str(error.orig):
            return UnauditedWriteError(f"数据库拒绝了没有留痕的写入：{error.orig}")
        return InvalidError("与已有记录冲突：编号重复，或引用的记录不存在")
    if isinstance(error, DataError):
        return InvalidError("内容过长，或数值超出范围")
    if isinstance(error, ProgrammingError):
        if getattr(error.orig, "sqlstate", None) != _NOT_GRANTED:
            return None
        return UnavailableError("数据库没有授予所需的权限，未作任何改动")
    return UnavailableError("数据库暂时不可用，请稍后重试")
