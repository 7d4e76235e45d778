"""A backup restores to the same instance, and what was changed in it is found before anything is touched."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from service import clock, create_app
from service.actions.accounts import NewAccount, create_account
from service.actions.restoration import leaf_hashes
from service.audit.merkle import Frontier
from service.audit.signer import Signer
from service.backup import archive, restore
from service.backup.make import Made, backup
from service.cli.actor import actor_named
from service.errors import (
    ActionRefusedError,
    IntegrityFailureError,
    InvalidError,
    NotPermittedError,
    ServiceError,
    UnavailableError,
)
from service.extensions import db
from service.instance import Instance, InstanceKind, create_instance, open_instance
from service.models.audit import AuditHead
from service.models.organisation import Account
from service.settings import Settings
from service.setup import found, only_one, prepare


def silent(_: str) -> None:
    """Nobody watches."""


@dataclass
class Site:
    """One live instance and what an operator does with it."""

    path: Path

    @property
    def settings(self) -> Settings:
        return Settings.from_env({"PINGJI_INSTANCE": str(self.path)})

    def create_account(self, login: str) -> None:
        with create_app(self.settings).app_context():
            create_account(actor_named("admin"), NewAccount(login, "经办", "a long enough password"))

    def logins(self) -> set[str]:
        with create_app(self.settings).app_context():
            return set(db.session.scalars(select(Account.login)))

    def sign(self) -> None:
        with create_app(self.settings).app_context():
            head = db.session.scalars(select(AuditHead)).one()
            log = Frontier.unpack(head.size, bytes(head.frontier))
            Signer(self.settings.instance.signer).sign(log.size, log.root(), leaf_hashes(), at=clock.now())

    def backup(self, target: Path) -> Made:
        with create_app(self.settings).app_context():
            return backup(self.settings, db.engine, target, at=clock.now(), tell=silent)

    def restore(
        self, source: Path, *, by: str = "admin", second: str = "security", reason: str = "演练"
    ) -> str:
        with restore.unpacked(source, self.path, at=clock.now(), tell=silent) as (manifest, former):
            settings = self.settings
            with create_app(settings).app_context():
                restore.fill(settings, former, tell=silent)
                prepare(settings.instance)
                people = (actor_named(by), actor_named(second))
                return restore.record(
                    settings, manifest, actor=people[0], second=people[1], reason=reason, tell=silent
                )


@pytest.fixture
def site(tmp_path: Path) -> Site:
    instance = create_instance(tmp_path / "live", InstanceKind.LIVE, at=clock.now())
    made = Site(instance.path)
    with create_app(made.settings).app_context():
        prepare(instance)
        found(instance)
    (instance.evidence / "aa").mkdir()
    (instance.evidence / "aa" / "bb").write_bytes(b"evidence")
    return made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "copy.backup"


def everything(instance: Instance) -> dict[str, bytes]:
    kept = (instance.keys, instance.evidence, instance.reports)
    return {
        str(p.relative_to(instance.path)): p.read_bytes() for k in kept for p in k.rglob("*") if p.is_file()
    }


def test_a_restored_instance_is_the_one_that_was_backed_up(site: Site, file: Path, tmp_path: Path) -> None:
    site.create_account("first")
    site.sign()
    made = site.backup(file)
    other = Site(tmp_path / "elsewhere")
    note = other.restore(file)
    assert other.logins() == {"admin", "security", "first"}
    assert everything(open_instance(other.path)) == everything(open_instance(site.path))
    assert note.splitlines()[:2] == [made.manifest.origin, str(made.manifest.size + 1)]
    assert file.stat().st_mode & 0o077 == 0


def test_the_signer_that_knows_more_than_the_backup_accepts_the_restore_and_remembers_it(
    site: Site, file: Path
) -> None:
    site.sign()
    site.backup(file)
    site.create_account("lost")
    site.sign()
    before = Signer(site.settings.instance.signer).history()
    site.restore(file)
    assert site.logins() == {"admin", "security"}
    history = Signer(site.settings.instance.signer).history()
    assert history[: len(before)] == before
    last = json.loads(history[-1])
    assert (last["kind"], last["reason"], len(last["persons"])) == ("restore", "演练", 2)
    site.create_account("next")
    site.sign()


def test_the_former_folder_is_kept(site: Site, file: Path) -> None:
    site.backup(file)
    site.create_account("later")
    site.restore(file)
    (former,) = site.path.parent.glob("live.before-*")
    assert Site(former).logins() == {"admin", "security", "later"}


@pytest.mark.parametrize(
    ("people", "refusal"),
    [
        ({"second": "admin"}, ActionRefusedError), ({"reason": " "}, ActionRefusedError),
        ({"by": "security", "second": "admin"}, NotPermittedError),
    ],
)  # fmt: skip
def test_a_restore_nobody_may_do_leaves_everything_as_it_was(
    site: Site, file: Path, people: dict[str, str], refusal: type[ServiceError]
) -> None:
    site.backup(file)
    site.create_account("later")
    with pytest.raises(refusal):
        site.restore(file, **people)
    assert site.logins() == {"admin", "security", "later"}
    assert sorted(p.name for p in site.path.parent.iterdir()) == ["copy.backup", "live"]


def test_a_running_instance_is_not_replaced(site: Site, file: Path) -> None:
    site.backup(file)
    with only_one(site.settings.instance), pytest.raises(UnavailableError, match="已在运行"):
        site.restore(file)
    assert site.logins() == {"admin", "security"}


def test_a_backup_goes_only_over_its_own_instance(site: Site, file: Path, tmp_path: Path) -> None:
    site.backup(file)
    other = create_instance(
        tmp_path / "other", InstanceKind.LIVE, at=datetime.fromisoformat("2026-01-01T00:00Z")
    )
    with pytest.raises(InvalidError, match="另一个实例"):
        Site(other.path).restore(file)
    assert open_instance(other.path) == other


def rewritten(source: Path, change: Callable[[str, bytes], bytes | None], extra: str = "") -> None:
    """Write the archive anew with members changed, dropped (None) or added."""
    with tarfile.open(source) as tar:
        members = [(e.name, tar.extractfile(e).read()) for e in tar]  # type: ignore[union-attr]
    with tarfile.open(source, "w:gz") as tar:
        for name, content in [*((extra and [(extra, b"x")]) or []), *members]:
            if (changed := change(name, content)) is not None:
                entry = tarfile.TarInfo(name)
                entry.size = len(changed)
                tar.addfile(entry, io.BytesIO(changed))


@pytest.mark.parametrize(
    "name", ["database", "evidence/aa/bb", "keys/session.key", "signer/state", "instance.json"]
)
def test_a_changed_or_missing_member_is_named_and_nothing_is_touched(
    site: Site, file: Path, name: str
) -> None:
    site.backup(file)
    whole = file.read_bytes()
    for change in (
        lambda n, c: c[:-1] + bytes([c[-1] ^ 1]) if n == name else c,
        lambda n, c: None if n == name else c,
    ):
        file.write_bytes(whole)
        rewritten(file, change)
        with pytest.raises(IntegrityFailureError) as refused:
            site.restore(file)
        assert [p.path for p in refused.value.problems] == [name]
    assert sorted(p.name for p in site.path.parent.iterdir()) == ["copy.backup", "live"]


@pytest.mark.parametrize("name", ["../escaped", "/escaped", "keys/../../escaped", "a//b"])
def test_no_member_is_written_outside_the_folder(site: Site, file: Path, name: str) -> None:
    site.backup(file)
    rewritten(file, lambda _, c: c, extra=name)
    with pytest.raises(InvalidError, match="不允许的成员"):
        site.restore(file)
    assert not list(site.path.parent.glob("**/escaped"))


@pytest.mark.parametrize("content", [b"", b"not an archive", b"\x1f\x8b\x08\x00"])
def test_what_is_no_backup_is_refused(site: Site, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    with pytest.raises(InvalidError, match="无法读取"):
        archive.read(file)


def test_a_backup_cut_short_is_refused(site: Site, file: Path) -> None:
    site.backup(file)
    file.write_bytes(file.read_bytes()[:-2000])
    with pytest.raises(InvalidError, match="无法读取"):
        archive.read(file)


def test_a_database_whose_log_was_changed_is_not_backed_up(site: Site, file: Path) -> None:
    site.create_account("first")
    with sqlite3.connect(site.settings.instance.database) as connection:
        for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'").fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE audit_entry SET leaf = x'7b7d' WHERE leaf_index = 1")
    connection.close()
    with pytest.raises(IntegrityFailureError, match="第 2 条"):
        site.backup(file)
    assert not file.exists()


def test_a_backup_never_overwrites_a_file_or_grows_inside_the_instance(site: Site, file: Path) -> None:
    file.write_text("mine")
    for target in (file, site.path / "copy"):
        with pytest.raises(InvalidError, match="新文件"):
            site.backup(target)
    assert file.read_text() == "mine"
