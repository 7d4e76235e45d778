"""The facts one entry of the log is made of, and what they must satisfy.

- Frozen values; whoever gathers them (the capture) knows nothing of bytes and hashes.
- `demand` refuses with all problems at once; nothing is put right silently.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from service.audit.canonical import Plain
from service.errors import InvalidError, Problem

RESTORE_ACTION = "system.restore"
REDACT_ACTION = "audit.redact"
ROTATE_ACTION, REVOKE_ACTION = "key.rotate", "key.revoke"
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_SHA256 = re.compile(r"[0-9a-f]{64}\Z")


@dataclass(frozen=True, slots=True)
class LeafActor:
    """Who acted: account id, the part played (role), organisation id, and whom a replay played."""

    account: str
    role: str
    organisation: str | None = None
    on_behalf: str | None = None


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in plain form; `commit` keeps both values out of the leaf."""

    before: Plain
    after: Plain
    commit: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """One row written: `rev` is the row's version afterwards, 1 for an insert."""

    table: str
    pk: str
    op: Literal["insert", "update"]
    rev: int
    fields: Mapping[str, FieldChange]


@dataclass(frozen=True, slots=True)
class FileFact:
    """A file bound into the entry: SHA-256 in hex, size in bytes, media type."""

    sha256: str
    size: int
    type: str


@dataclass(frozen=True, slots=True)
class RedactionFact:
    """One disclosure erased: where it stood, the legal basis, the approver's account id."""

    entry: str
    path: str
    basis: str
    approver: str


@dataclass(frozen=True, slots=True)
class RestoreFact:
    """What a restore entry cites: the last signed checkpoint and two different account ids."""

    size: int
    root: str
    persons: tuple[str, str]


@dataclass(frozen=True, slots=True)
class KeyFact:
    """A change of signing keys: the old, and either the new one or the size above which the old is void."""

    old: str
    new: str | None
    above: int | None
    persons: tuple[str, str]


@dataclass(frozen=True, slots=True)
class LeafFacts:
    """Everything one entry says. `at` is aware; `on` is the business date of a replay."""

    log: str
    entry_id: str
    at: datetime
    actor: LeafActor
    action: str
    reason: str = ""
    evaluation: str | None = None
    stage: str | None = None
    source: str | None = None
    on: date | None = None
    changes: tuple[Change, ...] = ()
    files: tuple[FileFact, ...] = ()
    outcome: Literal["done", "refused"] = "done"
    problems: tuple[str, ...] = ()
    request: str | None = None
    ip: str | None = None
    system_user: str | None = None
    redactions: tuple[RedactionFact, ...] = ()
    restore: RestoreFact | None = None
    key: KeyFact | None = None


def demand(facts: LeafFacts) -> None:
    """Raise `InvalidError` with everything that keeps `facts` from being an entry."""
    problems = [*_envelope(facts), *_contents(facts), *_acts(facts)]
    if problems:
        raise InvalidError(problems)


def _envelope(facts: LeafFacts) -> Iterator[Problem]:
    needed = {"log": facts.log, "id": facts.entry_id, "actor.id": facts.actor.account, "action": facts.action}
    for path, value in needed.items():
        if not value or not value.isprintable():
            yield Problem("不能为空，也不能含控制字符", path=path, value=value)
    if facts.at.tzinfo is None:
        yield Problem("时间必须带时区", path="at", value=facts.at.isoformat())
    if facts.outcome not in ("done", "refused"):
        yield Problem("结果只有两种", path="outcome", value=facts.outcome, allowed="done、refused")
    if facts.outcome == "refused" and (facts.changes or facts.files):
        yield Problem("被拒绝的操作不能带有改动或文件", path="changes")


def _contents(facts: LeafFacts) -> Iterator[Problem]:
    seen: set[tuple[str, str]] = set()
    for number, change in enumerate(facts.changes):
        yield from _change(change, f"changes.{number}")
        if (change.table, change.pk) in seen:
            yield Problem("同一行在一条记录中出现两次", path=f"changes.{number}", value=change.pk)
        seen.add((change.table, change.pk))
    for number, file in enumerate(facts.files):
        if not _SHA256.match(file.sha256) or file.size < 0:
            yield Problem("文件散列值或大小不对", path=f"files.{number}", value=file.sha256)


def _change(change: Change, path: str) -> Iterator[Problem]:
    for name in (change.table, *change.fields):
        if not _NAME.match(name):
            yield Problem("表名或字段名只能是 ASCII 标识符", path=path, value=name)
    rev = str(change.rev)
    if change.op not in ("insert", "update"):
        yield Problem("只有新增和修改两种改动", path=f"{path}.op", value=change.op)
    if change.op == "update" and change.rev < 2:
        yield Problem("修改行的版本须不小于 2", path=f"{path}.rev", value=rev)
    old = any(each.before is not None for each in change.fields.values())
    if change.op == "insert" and (change.rev != 1 or old):
        yield Problem("新增行的版本须为 1，且没有旧值", path=f"{path}.rev", value=rev)


def _acts(facts: LeafFacts) -> Iterator[Problem]:
    if facts.redactions and facts.action != REDACT_ACTION:
        yield Problem("只有隐去操作可以列出隐去的内容", path="redact", allowed=REDACT_ACTION)
    yield from _key(facts)
    restore = facts.restore
    if restore is None:
        return
    if facts.action != RESTORE_ACTION:
        yield Problem("只有恢复操作可以引用旧检查点", path="restore", allowed=RESTORE_ACTION)
    if len(set(restore.persons)) != 2 or not all(restore.persons):
        yield Problem("恢复须由两名不同的人员确认", path="restore.persons")
    if restore.size < 0 or not _SHA256.match(restore.root):
        yield Problem("引用的检查点不完整", path="restore.root", value=restore.root)


def _key(facts: LeafFacts) -> Iterator[Problem]:
    key = facts.key
    if key is None:
        return
    wanted = {ROTATE_ACTION: (True, False), REVOKE_ACTION: (False, True)}.get(facts.action)
    if wanted != (key.new is not None, key.above is not None):
        allowed = f"{ROTATE_ACTION} 写明新密钥，{REVOKE_ACTION} 写明撤销起点"
        yield Problem("更换或撤销密钥写得不对", path="key", allowed=allowed)
    if len(set(key.persons)) != 2 or not all(key.persons):
        yield Problem("更换或撤销密钥须由两名不同的人员确认", path="key.persons")
