"""The folder an installation lives in: made once, demo or live for ever.

- The kind is written into the origin of the audit log, so it cannot be changed without breaking the log.
- Every folder is 0700 and every secret 0600; `open_instance` refuses what others can read.
- Layout: ``instance.json``, ``pingji.db``, ``keys/``, ``signer/``, ``evidence/``, ``reports/``,
  ``usage.db``, ``broker/``, ``fonts/``, ``checks/``, ``accounts.txt``; while a signer process serves, its
  socket ``signer.sock``.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path

from service import clock
from service.errors import InvalidError, Problem, UnavailableError

FORMAT = "pingji-instance/1"
FOLDERS = ("keys", "evidence", "reports", "broker", "fonts")
SECRET_BYTES = 32
_ORIGIN = re.compile(r"pingji/(demo|live)/[0-9a-f]{16}")


class InstanceKind(Enum):
    """Whether an installation shows invented people or does real work."""

    DEMO = "demo"
    LIVE = "live"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return {InstanceKind.DEMO: "演示", InstanceKind.LIVE: "正式"}[self]


@dataclass(frozen=True, slots=True)
class Instance:
    """An existing instance folder: where everything of one installation lies.

    Args:
        path: absolute folder.
        kind: demo or live, for ever.
        origin: name of the audit log, e.g. ``pingji/demo/0f3a…``; unique per installation.
        created: when the folder was made, UTC text of `clock.stamp`.
    """

    path: Path
    kind: InstanceKind
    origin: str
    created: str

    @property
    def database(self) -> Path:
        """Return where the embedded SQLite database lies."""
        return self.path / "pingji.db"

    @property
    def keys(self) -> Path:
        """Return the folder of signing keys and the session secret."""
        return self.path / "keys"

    @property
    def signer(self) -> Path:
        """Return the folder of the checkpoint signer's own state."""
        return self.path / "signer"

    @property
    def evidence(self) -> Path:
        """Return the folder of the evidence store."""
        return self.path / "evidence"

    @property
    def reports(self) -> Path:
        """Return the folder finished reports are written to."""
        return self.path / "reports"

    @property
    def checks(self) -> Path:
        """Return the folder of what was found on drafts; it can be lost and is made again."""
        return self.path / "checks"

    @property
    def broker(self) -> Path:
        """Return the folder of the embedded broker."""
        return self.path / "broker"

    @property
    def fonts(self) -> Path:
        """Return the folder a site mounts its licensed fonts in."""
        return self.path / "fonts"

    @property
    def heartbeat(self) -> Path:
        """Return the file every worker of this machine touches while it lives."""
        return self.path / "worker.alive"

    @property
    def last_backup(self) -> Path:
        """Return the file that says when the newest backup was made and read back."""
        return self.path / "last-backup.json"

    @property
    def workbooks(self) -> Path:
        """Return the folder of workbooks that wait for their confirmation; empty or missing is fine."""
        return self.path / "workbooks"

    @property
    def archives(self) -> Path:
        """Return the folder of archive packages to be taken away within a day; made when the first one is."""
        return self.path / "archives"

    @property
    def uploads(self) -> Path:
        """Return the folder of files that are still coming in; made when the first one comes."""
        return self.path / "uploads"

    @property
    def usage(self) -> Path:
        """Return the file in which requests are counted; it may be deleted while the service stands still."""
        return self.path / "usage.db"

    @property
    def previews(self) -> Path:
        """Return the folder of drawn previews; it may be deleted, they are drawn anew."""
        return self.path / "previews"

    @property
    def accounts(self) -> Path:
        """Return the file that lists the demo accounts and their passwords."""
        return self.path / "accounts.txt"

    @property
    def session_secret(self) -> Path:
        """Return the file of the key that signs login cookies."""
        return self.keys / "session.key"


def create_instance(path: Path, kind: InstanceKind, *, at: datetime) -> Instance:
    """Make the folder with its kind, origin, session secret and empty parts; 0700 throughout.

    Raises:
        InvalidError: something else already lies there.
    """
    path = path.absolute()
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise InvalidError(
            Problem("目录已有内容，不能再次初始化", value=str(path), cure="换一个空目录，或直接使用已有实例")
        )
    make_private_folder(path)
    for name in FOLDERS:
        make_private_folder(path / name)
    instance = Instance(path, kind, f"pingji/{kind.value}/{secrets.token_hex(8)}", clock.stamp(at))
    write_secret(instance.session_secret, secrets.token_hex(SECRET_BYTES))
    # Last: a folder without this file was never finished.
    write_secret(
        path / "instance.json",
        json.dumps(
            {"format": FORMAT, "kind": kind.value, "origin": instance.origin, "created": instance.created},
            indent=1,
        )
        + "\n",
    )
    return instance


def open_instance(path: Path) -> Instance:
    """Return the instance in `path` after checking its marker and that nobody else can read it.

    Raises:
        UnavailableError: there is no instance.
        InvalidError: the marker is damaged, or folder or secrets are open to others.
    """
    path = path.absolute()
    marker = path / "instance.json"
    if not marker.is_file():
        raise UnavailableError(
            Problem("这里没有评迹实例", value=str(path), cure="先运行 pingji init 或 ./dev run")
        )
    instance = _read_marker(marker)
    # The signer makes its own folder once; until then there is none.
    present = ("signer",) if instance.signer.exists() else ()
    problems = [p for name in ("", *FOLDERS, *present) for p in _exposure(path / name, wanted=0o700)]
    for secret in sorted(instance.keys.glob("*")):
        problems += _exposure(secret, wanted=0o600)
    if problems:
        raise InvalidError(problems)
    return instance


def _read_marker(marker: Path) -> Instance:
    try:
        found = json.loads(marker.read_text(encoding="utf-8"))
        kind = InstanceKind(found["kind"])
        origin, created, form = str(found["origin"]), str(found["created"]), found["format"]
    except (ValueError, KeyError, TypeError) as error:
        raise InvalidError(
            Problem("实例标记无法读取", file=str(marker), value=str(error), cure="从备份恢复该文件")
        ) from error
    match = _ORIGIN.fullmatch(origin)
    if form != FORMAT or match is None or match.group(1) != kind.value:
        raise InvalidError(
            Problem(
                "实例标记与其留痕源名不一致",
                file=str(marker),
                value=f"{form} {kind.value} {origin}",
                allowed=f"{FORMAT}，源名写明同一种类",
                cure="从备份恢复该文件；实例的种类永不改变",
            )
        )
    return Instance(marker.parent, kind, origin, created)


def _exposure(path: Path, *, wanted: int) -> list[Problem]:
    """Return a problem if `path` is missing or anybody but its owner has a right on it."""
    if not path.exists():
        return [Problem("实例缺少此部分", file=str(path), cure="从备份恢复，或建立同名空目录（0700）")]
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        return [
            Problem(
                "他人可以读写", file=str(path), value=f"{mode:04o}", allowed=f"{wanted:04o}",
                cure=f"chmod {wanted:04o} {path}",
            )
        ]  # fmt: skip
    return []


def make_private_folder(path: Path) -> None:
    """Make `path` a folder only its owner can enter; parents are made as usual."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)


def write_secret(path: Path, text: str) -> None:
    """Write `text` to `path` so that only its owner could ever read it; complete or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
