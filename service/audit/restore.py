"""A restore from a backup: two named persons, one reason, one entry that cites what was signed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from service.audit.canonical import decode_strict
from service.audit.leaf import RESTORE_ACTION
from service.audit.merkle import Frontier, leaf_hash
from service.errors import IntegrityFailureError, InvalidError


@dataclass(frozen=True, slots=True)
class NamedPerson:
    """One of the two who answer for a restore: account id as in the log, and name."""

    account: str
    name: str


@dataclass(frozen=True, slots=True)
class RestoreEvent:
    """A restore as recorded in the log.

    Attributes:
        leaf: bytes of the ``system.restore`` entry, which cites the signer's last checkpoint.
        index: its place in the log, counted from 0.
        size, root: the log as it is now, restore entry included.
        persons: the two who decided it, in the order of the entry.
        reason: why, in their words.
    """

    leaf: bytes
    index: int
    size: int
    root: bytes
    persons: tuple[NamedPerson, NamedPerson]
    reason: str


def demand_event(event: RestoreEvent) -> None:
    """Raise unless the entry is a restore by the two persons named, with a reason."""
    leaf = decode_strict(event.leaf)
    if not isinstance(leaf, dict) or leaf.get("action") != RESTORE_ACTION or "restore" not in leaf:
        raise IntegrityFailureError("所报的记录不是恢复记录")
    demand_persons(event, leaf["restore"]["persons"], "恢复")


def demand_persons(event: RestoreEvent, accounts_told: object, act: str) -> None:
    """Raise unless two different persons, those of the entry, answer for the `act`, with a reason."""
    accounts = [each.account for each in event.persons]
    names = {each.name.strip() for each in event.persons}
    problems = []
    if len(set(accounts)) != 2 or len(names) != 2 or "" in names or "" in accounts:
        problems.append(f"{act}须由两名不同的人员具名")
    elif accounts_told != accounts:
        problems.append(f"具名的人员与{act}记录中的不符")
    if not event.reason.strip():
        problems.append(f"{act}须写明原因")
    if not 0 <= event.index < event.size:
        problems.append(f"{act}记录不在日志之内")
    if problems:
        raise InvalidError(problems)


def restored_frontier(event: RestoreEvent, leaves: Iterable[bytes], signed: Mapping[int, bytes]) -> Frontier:
    """Return the frontier of the restored log, equal to what was signed at every size below the entry.

    Args:
        leaves: all leaf hashes of the restored log in order.
        signed: size → root of the checkpoints that bind.

    Raises:
        IntegrityFailureError: something below the entry differs, the entry is not where the event
            says, or size or root of the whole are others.
    """
    frontier = Frontier()
    for index, leaf in enumerate(leaves):
        if index <= event.index and index in signed and signed[index] != frontier.root():
            raise IntegrityFailureError(f"恢复后的前 {index} 条与当时签署的不同")
        if index == event.index and leaf != leaf_hash(event.leaf):
            raise IntegrityFailureError(f"序号 {index} 的记录不是所报的恢复记录")
        frontier.append(leaf)
    if frontier.size != event.size or frontier.root() != event.root:
        raise IntegrityFailureError("恢复后的日志与所报的条数或根不符")
    return frontier
