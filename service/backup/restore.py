"""``restore``: an instance as it was, with the restore itself written into its log.

- Everything is unpacked and checked beside the instance folder before that folder is touched.
- An instance that stands at the place is kept aside under a new name; its signer, which may have signed
  more than the backup knows, goes on in the restored one.
- Whatever fails puts the former folder back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path

import fsspec

from service import clock
from service.actions.actor import Actor
from service.actions.restoration import leaf_hashes, record_restore
from service.audit.signer import Signer
from service.backup import archive, checks, database
from service.backup.make import DATABASE, SIGNER, Tell
from service.errors import IntegrityFailureError, InvalidError, Problem
from service.extensions import db
from service.instance import FOLDERS, Instance, make_private_folder, open_instance
from service.settings import Settings
from service.setup import only_one


@contextmanager
def unpacked(
    source: Path, target: Path, *, at: datetime, tell: Tell
) -> Iterator[tuple[archive.Manifest, Path | None]]:
    """Have the checked backup stand at `target` during the block; an error in it puts the former back.

    Yields the manifest and where the former folder is kept, None if there was none.

    Raises:
        InvalidError: no backup, or another instance stands at `target`.
        IntegrityFailureError: the backup is damaged.
    """
    target = target.absolute()
    staged = target.with_name(f".{target.name}.restoring")
    if staged.exists():
        shutil.rmtree(staged)
    make_private_folder(staged)
    try:
        tell("解包核对")
        manifest = archive.read(source, into=staged)
        for name in FOLDERS:
            make_private_folder(staged / name)
        (staged / SIGNER).chmod(0o700)
        standing = _demand_same(staged, target, manifest)
        with only_one(standing) if standing else nullcontext():
            former = _put_aside(target, at)
        staged.rename(target)
    finally:
        shutil.rmtree(staged, ignore_errors=True)
    try:
        yield manifest, former
    except BaseException:
        shutil.rmtree(target)
        if former is not None:
            former.rename(target)
        raise


def fill(settings: Settings, former: Path | None, *, tell: Tell) -> None:
    """Put database, evidence and the surviving signer of an unpacked backup into their places.

    Raises:
        InvalidError: the database the settings name is not empty.
    """
    instance = settings.instance
    tell("数据库")
    database.load(instance.path / DATABASE, db.engine)
    (instance.path / DATABASE).unlink()
    if former is not None and (former / SIGNER).exists():
        shutil.rmtree(instance.signer)
        shutil.copytree(former / SIGNER, instance.signer)
    tell("佐证材料")
    store, root = fsspec.core.url_to_fs(settings.evidence_url)
    if Path(root) != instance.evidence:
        store.put(f"{instance.evidence}/", root, recursive=True)


def record(
    settings: Settings, manifest: archive.Manifest, *, actor: Actor, second: Actor, reason: str, tell: Tell
) -> str:
    """Write the restore into log and signer and return the signer's first note of the restored log.

    Raises:
        IntegrityFailureError: the log is not what was backed up, or not what was signed.
        NotPermittedError, ActionRefusedError: who restores may not, or nobody agreed.
    """
    tell("核对并签检查点")
    signer = Signer(settings.instance.signer)
    signed = signer.state()
    # The signer may know a longer log; below, it must be the one restored. It checks that itself.
    within = signed if signed.size <= manifest.size else type(signed)(type(signed.frontier)(), 0, "")
    log = checks.check_log(db.engine, within)
    if (log.size, log.root().hex()) != (manifest.size, manifest.root):
        raise IntegrityFailureError(Problem("恢复出的留痕与备份清单不符", value=f"{log.size} 条"))
    checks.check_evidence(db.engine, {digest for _, digest in manifest.members.values()})
    event = record_restore(actor, second=second, signed=(signed.size, signed.root), reason=reason)
    return signer.accept_restore(event, leaf_hashes(), at=clock.now())


def _demand_same(staged: Path, target: Path, manifest: archive.Manifest) -> Instance | None:
    """Return the instance at `target`, which must be the one backed up, or None if there is none."""
    restored = open_instance(staged)
    if restored.origin != manifest.origin:
        raise IntegrityFailureError(Problem("备份的实例标记与清单不符", value=restored.origin))
    if not target.exists() or not any(target.iterdir()):
        return None
    standing = open_instance(target)
    if standing.origin != manifest.origin:
        raise InvalidError(
            Problem("此处是另一个实例", value=standing.origin, allowed=manifest.origin, cure="换一个实例目录")
        )
    return standing


def _put_aside(target: Path, at: datetime) -> Path | None:
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        return None
    if not any(target.iterdir()):
        target.rmdir()
        return None
    former = target.with_name(f"{target.name}.before-{at:%Y%m%dT%H%M%S}")
    os.rename(target, former)
    return former
