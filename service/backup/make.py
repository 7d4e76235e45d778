"""``backup``: one file that holds everything an instance cannot be rebuilt without.

The signer is copied first, then the database, then the evidence: so the log in the copy is at least as
long as what was signed, and every content it cites was in the store before.
"""

from __future__ import annotations

import fcntl
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import fsspec
from sqlalchemy import Engine

from service import clock
from service.audit.signer import LOCK, SignerState
from service.audit.signer import STATE as SIGNER_STATE
from service.backup import archive, checks, database
from service.errors import InvalidError, Problem
from service.instance import write_secret
from service.models import migrate
from service.settings import Settings

DATABASE, EVIDENCE, SIGNER = "database", "evidence", "signer"
COPIED = ("keys", "reports")
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Made:
    """What a backup holds: the manifest, how many contents its database cites, bytes of the file."""

    manifest: archive.Manifest
    evidence: int
    size: int


def backup(settings: Settings, engine: Engine, target: Path, *, at: datetime, tell: Tell) -> Made:
    """Write the backup `target` (a new file, 0600) and return what it holds, read back and compared.

    The instance remembers when, for the page of its state.

    Raises:
        InvalidError: `target` exists or lies inside the instance.
        IntegrityFailureError: database, signer and evidence do not fit together; nothing remains.
        UnavailableError: the database or its tools do not answer.
    """
    target = target.absolute()
    if target.exists() or settings.instance.path in target.parents:
        raise InvalidError(
            Problem("备份文件须是实例目录之外的新文件", value=str(target), cure="换一个文件名")
        )
    with tempfile.TemporaryDirectory(prefix=".pingji-", dir=target.parent) as folder:
        work = Path(folder)
        tell("签名器")
        signed = _copy_signer(settings.instance.signer, work / SIGNER)
        tell("数据库")
        database.dump(engine, work / DATABASE)
        with archive.writing(target) as writer:
            made = _write(writer, settings, engine, work=work, signed=signed, at=at, tell=tell)
    tell("读回核对")
    if archive.read(target) != made.manifest:
        target.unlink()
        raise InvalidError("备份读回后与写入的不同")
    size = target.stat().st_size
    record = {"at": clock.stamp(at), "size": size, "entries": made.manifest.size}
    write_secret(settings.instance.last_backup, json.dumps(record) + "\n")
    return Made(made.manifest, made.evidence, size)


def _write(
    writer: archive.Writer, settings: Settings, engine: Engine, *,
    work: Path, signed: SignerState, at: datetime, tell: Tell,
) -> Made:  # fmt: skip
    instance = settings.instance
    writer.add_file("instance.json", instance.path / "instance.json")
    for folder, base in ((work / SIGNER, work), *((instance.path / name, instance.path) for name in COPIED)):
        for path in sorted(each for each in folder.rglob("*") if each.is_file() and each.suffix != ".lock"):
            writer.add_file(path.relative_to(base).as_posix(), path)
    writer.add_file(DATABASE, work / DATABASE)
    tell("佐证材料")
    _add_evidence(writer, settings.evidence_url)
    tell("核对")
    # A PostgreSQL dump cannot be queried: there the live database stands for it; its log only grows.
    copy = database.engine_of(work / DATABASE) if engine.dialect.name == "sqlite" else engine
    log = checks.check_log(copy, signed)
    evidence = checks.check_evidence(copy, {digest for _, digest in writer.members.values()})
    manifest = archive.Manifest(
        kind=instance.kind.value, origin=instance.origin, created=instance.created, made=clock.stamp(at),
        dialect=engine.dialect.name, revision=migrate.current(copy) or "",
        size=log.size, root=log.root().hex(), members=dict(writer.members),
    )  # fmt: skip
    writer.close(manifest)
    return Made(manifest, evidence, 0)


def _add_evidence(writer: archive.Writer, url: str) -> None:
    store, root = fsspec.core.url_to_fs(url)
    for path in sorted(store.find(root)):
        name = path[len(root) :].lstrip("/")
        if archive.plain(name):
            with store.open(path, "rb") as content:
                writer.add(f"{EVIDENCE}/{name}", content, store.size(path))


def _copy_signer(source: Path, target: Path) -> SignerState:
    """Copy the signer's files under its own lock and return what it had signed."""
    target.mkdir(mode=0o700)
    with (source / LOCK).open("rb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for path in source.iterdir():
            (target / path.name).write_bytes(path.read_bytes())
            (target / path.name).chmod(0o600)
    return SignerState.parse((target / SIGNER_STATE).read_bytes())
