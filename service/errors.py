"""Every refusal of 评迹 is one of the exceptions of this module.

- One tree under `ServiceError`; each class has a stable `code`; no HTTP words here.
- A refusal carries *all* its problems, not the first one found.
- A `Problem` says where, what was found, what is allowed and what to do about it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, with its place and its cure.

    Args:
        message: Chinese sentence a clerk understands.
        path: dotted place inside the document or command, e.g. ``nodes.A101.rule.bands[2]``.
        value: what was read, as written; None if it was missing.
        allowed: what would be accepted.
        cure: what to do.
        file, line: where it stands, line counted from 1.
    """

    message: str
    path: str = ""
    value: str | None = None
    allowed: str = ""
    cure: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = ":".join(p for p in (self.file, str(self.line) if self.line else "") if p)
        parts = [f"{place}：" if place else "", f"{self.path}：" if self.path else "", self.message]
        if self.value is not None:
            parts.append(f"（读到“{self.value}”）")
        if self.allowed:
            parts.append(f"；允许：{self.allowed}")
        if self.cure:
            parts.append(f"；办法：{self.cure}")
        return "".join(parts)


class ServiceError(Exception):
    """Root of the tree; raised only through its subclasses."""

    code = "service_error"
    title = "操作未完成"

    def __init__(self, problems: str | Problem | Iterable[str | Problem] = ()) -> None:
        if isinstance(problems, (str, Problem)):
            problems = (problems,)
        self.problems: tuple[Problem, ...] = tuple(
            p if isinstance(p, Problem) else Problem(p) for p in problems
        )
        super().__init__("；".join(str(p) for p in self.problems) or self.title)


class InvalidError(ServiceError):
    """A document or command does not have the required form; nothing was stored."""

    code = "invalid"
    title = "内容不符合要求"


class ActionRefusedError(ServiceError):
    """The process does not allow the action now; every missing thing is named."""

    code = "action_refused"
    title = "流程不允许此操作"


class NotPermittedError(ServiceError):
    """The actor may see the case but not do this."""

    code = "not_permitted"
    title = "没有权限"


class NotFoundError(ServiceError):
    """The thing does not exist, or the actor may not know that it does."""

    code = "not_found"
    title = "未找到"


class StaleError(ServiceError):
    """Somebody else changed the row since the actor read it."""

    code = "stale"
    title = "内容已被他人修改"


class VersionMissingError(ServiceError):
    """An edit came without the version it was based on."""

    code = "version_missing"
    title = "缺少版本号"


class UnavailableError(ServiceError):
    """A part the work needs (database, converter, store) does not answer now."""

    code = "unavailable"
    title = "暂时不可用"


class IntegrityFailureError(ServiceError):
    """Stored bytes or history do not verify; the first bad thing is named."""

    code = "integrity_failure"
    title = "核验未通过"


class UnauditedWriteError(ServiceError):
    """A bug: a write happened outside `transaction()` or without its entry."""

    code = "unaudited_write"
    title = "程序错误：写入没有留痕"


class RepeatedError(ServiceError):
    """The request was already carried out under this key; `entry_id` and `result` are the first answer."""

    code = "repeated"
    title = "此请求已经办过"

    def __init__(self, entry_id: str, result: object) -> None:
        super().__init__(Problem("此请求已经办过", value=entry_id))
        self.entry_id = entry_id
        self.result = result
