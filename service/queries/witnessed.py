"""How far each configured witness outside has come, and what keeps it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.audit.ways import Way
from service.models.audit import AuditAttestation, AuditCheckpoint
from service.models.operational import Job

LOOKED_AT = 200
GROUP = 4


@dataclass(frozen=True, slots=True)
class WitnessLine:
    """One witness: how many entries its newest checkpoint covers and when it took it, None for never.

    `failures` counts the attempts since then that came to nothing; `error` is the newest reason.
    """

    way: Way
    name: str
    size: int
    at: datetime | None
    failures: int
    error: str


@dataclass(frozen=True, slots=True)
class Seal:
    """The newest checkpoint, as paper shall witness it: entries, root in groups of four digits, moment."""

    size: int
    groups: tuple[str, ...]
    at: datetime


def newest_seal(session: Session) -> Seal | None:
    """Return the newest checkpoint, None if nothing was signed yet."""
    row = AuditCheckpoint
    wanted = select(row.size, row.root, row.at).order_by(row.at.desc(), row.size.desc()).limit(1)
    newest = session.execute(wanted).first()
    return None if newest is None else Seal(newest.size, groups_of(newest.root), newest.at)


def groups_of(root: bytes) -> tuple[str, ...]:
    """Return a root as groups of four hex digits, to be read aloud and typed."""
    text = bytes(root).hex()
    return tuple(text[at : at + GROUP] for at in range(0, len(text), GROUP))


def witness_lines(session: Session, names: Iterable[tuple[Way, str]]) -> tuple[WitnessLine, ...]:
    """Return the state of each of the configured witnesses, in their order."""
    return tuple(_line(session, way, name) for way, name in names)


def _line(session: Session, way: Way, name: str) -> WitnessLine:
    row = AuditAttestation
    wanted = select(row.size, row.at).where(row.way == way.value, row.name == name)
    newest = session.execute(wanted.order_by(row.size.desc(), row.at.desc()).limit(1)).first()
    failures = _failures(session, way, newest.at if newest else None)
    if way is Way.WITNESS:
        # One job asks all witnesses: what it says of another is not this one's failure.
        failures = [each for each in failures if name in each]
    return WitnessLine(
        way, name, newest.size if newest else 0, newest.at if newest else None,
        len(failures), failures[0] if failures else "",
    )  # fmt: skip


def _failures(session: Session, way: Way, since: datetime | None) -> list[str]:
    """Return why jobs of this way failed since then, newest first."""
    jobs = select(Job.error, Job.result).where(Job.kind == f"witness.{way.value}")
    if since is not None:
        jobs = jobs.where(Job.created_at > since)
    found = session.execute(jobs.order_by(Job.created_at.desc(), Job.id.desc()).limit(LOOKED_AT))
    told = (job.error or (job.result or {}).get("failed", "") for job in found)
    return [each for each in told if each]
