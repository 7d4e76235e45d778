"""What must be in place before an instance can work: tables, log, signer; and the first people.

Every function may be called again and then changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from typing import IO

from service.actions.bootstrap import Founder, found_instance
from service.audit.signer import Signer
from service.audit.signer_client import signer_at
from service.errors import IntegrityFailureError, InvalidError, Problem, UnavailableError
from service.extensions import db
from service.instance import Instance, write_secret
from service.models import load_models, migrate, privileges
from service.passwords import random_password
from service.workflow.roles import Role

FOUNDERS = (("admin", "系统管理员", Role.SA), ("security", "安全管理员", Role.SE))


def prepare(instance: Instance) -> bool:
    """Bring the database to the newest revision, begin the log, make the signer; True if anything changed.

    Raises:
        IntegrityFailureError: database or signer belong to another log.
        UnavailableError: the database does not answer.
    """
    changed = False
    if migrate.current(db.engine) != migrate.head():
        migrate.upgrade(db.engine)
        changed = True
    migrate.begin_log(db.engine, instance.origin)
    if not instance.signer.exists():
        Signer.create(instance.signer, instance.origin)
        changed = True
    demand_signer(instance)
    return changed


def demand_signer(instance: Instance) -> None:
    """Accept only a signer that is private and signs the log of this instance.

    Raises:
        IntegrityFailureError: it belongs to another log.
        UnavailableError: there is none yet.
    """
    if not instance.signer.exists():
        raise UnavailableError(Problem("还没有留痕签名器", cure="运行 pingji db upgrade"))
    if (found := signer_at(instance.signer).origin) != instance.origin:
        raise IntegrityFailureError(
            Problem("签名器属于另一份留痕", value=found, allowed=instance.origin, cure="从备份恢复")
        )


def demand_ready() -> None:
    """Accept the current app's database only at the newest revision with every guard in place.

    Raises:
        UnavailableError: it has to be upgraded first.
        IntegrityFailureError: guards are missing.
    """
    migrate.demand_current(db.engine)


def restore_guards() -> tuple[str, ...]:
    """Make the guards somebody removed again, and return which ones were missing, in words."""
    try:
        demand_ready()
    except IntegrityFailureError as error:
        migrate.upgrade(db.engine)
        return tuple(str(problem) for problem in error.problems)
    return ()


def grant_statements(role: str) -> tuple[str, ...]:
    """Return the statements that give the database `role` of the service what it needs, and no more.

    Raises:
        InvalidError: the database has no roles, or not this one, or it is above every privilege.
        NotPermittedError: the connected role does not own the tables.
        UnavailableError, IntegrityFailureError: the database is not ready (`demand_ready`).
    """
    demand_ready()
    return privileges.planned(db.engine, role, load_models())


def apply_grants(statements: tuple[str, ...]) -> None:
    """The statements have taken effect, all of them together."""
    migrate.grant(db.engine, statements)


def role_excess() -> tuple[str, ...] | None:
    """Return what the connected database role may do too much or lacks; None if there are no roles."""
    with db.engine.connect() as connection:
        found = privileges.excess(connection, load_models())
        return found if connection.dialect.name != "sqlite" else None


def revision() -> tuple[str, str]:
    """Return the revision the database stands at (``空`` if it has none), and the newest one."""
    return migrate.current(db.engine) or "空", migrate.head()


def found(instance: Instance) -> tuple[Founder, ...]:
    """Let in the first administrators with random passwords, written to ``accounts.txt``.

    Raises:
        ActionRefusedError: there are accounts already.
    """
    founders = tuple(Founder(login, duty, role, random_password()) for login, duty, role in FOUNDERS)
    found_instance(founders)
    write_accounts(instance, [(each.duty, each.login, each.password) for each in founders])
    return founders


def write_accounts(instance: Instance, rows: Iterable[tuple[str, str, str]]) -> None:
    """Write duty, login and first password of each account where only the owner can read them."""
    lines = [f"{duty}\t{login}\t{password}" for duty, login, password in rows]
    write_secret(instance.accounts, "\n".join(["职责\t账户\t初始密码", *lines, ""]))


def remember_accounts(instance: Instance, rows: Iterable[tuple[str, str, str]]) -> None:
    """Add duty, login and first password of new accounts to ``accounts.txt``, keeping what stands there."""
    lines = instance.accounts.read_text(encoding="utf-8").splitlines() if instance.accounts.exists() else []
    known = [(duty, login, password) for duty, login, password in (line.split("\t") for line in lines[1:])]
    write_accounts(instance, [*known, *rows])


@contextmanager
def only_one(instance: Instance) -> Iterator[None]:
    """Be the one process that runs this instance during the block.

    Raises:
        UnavailableError: another one does.
    """
    with (instance.path / "run.lock").open("a", encoding="utf-8") as lock:
        _hold(lock, instance)
        yield


def _hold(lock: IO[str], instance: Instance) -> None:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except OSError as error:
        raise UnavailableError(
            Problem("该实例已在运行", value=str(instance.path), cure="先停止另一个，或换一个实例目录")
        ) from error


def demand_demo(instance: Instance) -> None:
    """Accept only a demo instance; examples never enter a live one.

    Raises:
        InvalidError: it is live.
    """
    if instance.kind.value != "demo":
        raise InvalidError(Problem("正式实例不装演示数据", value=str(instance.path), allowed="演示实例"))
