"""Who outside the database is to hold our checkpoints: read from the settings, checked before the start.

- Only what the operator writes here is ever contacted; nothing a document or a visitor says is an address.
- A checkpoint is no secret; a password is, so it never goes over an unencrypted line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from service.audit.checkpoint import SignerKey
from service.audit.verifier import WITNESS_KEY, Key, Policy, Refused
from service.audit.ways import Way
from service.errors import InvalidError, Problem
from service.outbound import demand_address

MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class MailServer:
    """Where mail is handed in: ``smtp`` in the clear, ``smtp+starttls`` or ``smtps`` encrypted."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)

    @classmethod
    def parse(cls, text: str, user: str = "", password: str = "") -> MailServer:
        """Return the server written as ``smtps://host[:port]``.

        Raises:
            InvalidError: malformed, or a password would travel in the clear.
        """
        parts = urlsplit(text)
        allowed = "、".join(f"{each}://主机[:端口]" for each in MAIL_PORTS)
        try:
            port = parts.port or MAIL_PORTS[parts.scheme]
        except (ValueError, KeyError) as error:
            raise InvalidError(Problem("邮件服务器写法不对", value=text, allowed=allowed)) from error
        if not parts.hostname or parts.path or parts.query or parts.fragment or "@" in parts.netloc:
            raise InvalidError(Problem("邮件服务器写法不对", value=text, allowed=allowed))
        if user and parts.scheme == "smtp":
            cure = "改用 smtp+starttls:// 或 smtps://"
            raise InvalidError(Problem("口令不能经未加密的连接发送", value=text, cure=cure))
        return cls(parts.scheme, parts.hostname, port, user, password)


@dataclass(frozen=True, slots=True)
class Mailing:
    """From whom and to whom checkpoints are mailed, and through which server."""

    server: MailServer
    sender: str
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Stamping:
    """The time-stamp authority, and the file of certificates that vouch for it."""

    address: str
    roots: Path


@dataclass(frozen=True, slots=True)
class Cosigner:
    """A witness of another organisation that countersigns checkpoints (C2SP tlog-witness)."""

    label: str
    key: Key
    address: str


@dataclass(frozen=True, slots=True)
class Cosigning:
    """Every witness with an address, and the policy that says how many must have seen a checkpoint."""

    cosigners: tuple[Cosigner, ...]
    policy: str


@dataclass(frozen=True, slots=True)
class Witnesses:
    """Everything configured; all of it may be missing.

    Args:
        file: file on another medium that every checkpoint is appended to.
        mail: the audit office's mailbox.
        stamping: the time-stamp authority.
        cosigning: witnesses of other organisations.
    """

    file: Path | None = None
    mail: Mailing | None = None
    stamping: Stamping | None = None
    cosigning: Cosigning | None = None

    def names(self) -> tuple[tuple[Way, str], ...]:
        """Return every configured witness: way, and name as people know it."""
        found: list[tuple[Way, str]] = []
        if self.file is not None:
            found.append((Way.FILE, str(self.file)))
        if self.mail is not None:
            found.append((Way.MAIL, "、".join(self.mail.to)))
        if self.stamping is not None:
            found.append((Way.TSA, self.stamping.address))
        if self.cosigning is not None:
            found += [(Way.WITNESS, each.key.name) for each in self.cosigning.cosigners]
        return tuple(found)


def file_of(text: str, instance: Path) -> Path | None:
    """Return the witness file, None if not set.

    Raises:
        InvalidError: it is relative, or lies inside the instance, where it would witness nothing.
    """
    if not text:
        return None
    path = Path(text)
    if not path.is_absolute():
        raise InvalidError(
            Problem("见证文件须写绝对路径", value=text, allowed="如 /mnt/audit/checkpoints.jsonl")
        )
    if path.resolve().is_relative_to(instance.resolve()):
        cure = "放到另一块介质或另一台机器的共享目录"
        raise InvalidError(Problem("见证文件不能放在实例目录之内", value=text, cure=cure))
    return path


def mailing_of(to: str, server: str, sender: str, *, user: str = "", password: str = "") -> Mailing | None:
    """Return how checkpoints are mailed, None if no recipient is set.

    Raises:
        InvalidError: with everything that is malformed or missing.
    """
    recipients = tuple(to.split())
    if not recipients:
        return None
    problems = [
        Problem("不是邮件地址", value=each) for each in (*recipients, sender) if not _ADDRESS.match(each)
    ]
    if bool(user) != bool(password):
        problems.append(
            Problem("邮件账户与口令须一起设置", cure="PINGJI_MAIL_USER 与 PINGJI_MAIL_PASSWORD_FILE")
        )
    try:
        found = MailServer.parse(server, user, password)
    except InvalidError as error:
        raise InvalidError([*problems, *error.problems]) from error
    if problems:
        raise InvalidError(problems)
    return Mailing(found, sender, recipients)


def stamping_of(address: str, roots: str) -> Stamping | None:
    """Return the time-stamp authority, None if not set.

    Raises:
        InvalidError: the address is malformed, or nothing says who may vouch for the authority.
    """
    if not address:
        return None
    demand_address(address)
    if not roots or not Path(roots).is_file():
        cure = "用 PINGJI_TSA_CERTS 写明时间戳机构根证书的 PEM 文件"
        raise InvalidError(Problem("没有时间戳机构的证书文件", value=roots or None, cure=cure))
    return Stamping(address, Path(roots))


def cosigning_of(file: str) -> Cosigning | None:
    """Return the witnesses of a C2SP policy file with their addresses, None if not set.

    Raises:
        InvalidError: it cannot be read, is no policy, or brings keys of a log.
    """
    if not file:
        return None
    try:
        text = Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidError(Problem("见证策略文件读不出来", value=file)) from error
    rows = [line.split() for line in text.splitlines()]
    if any(row[:1] == ["log"] for row in rows):
        raise InvalidError(
            Problem("见证策略文件里不写日志的公钥", value=file, cure="删去 log 行，由本系统写入")
        )
    own = SignerKey.generate("pingji/none").verifier
    try:
        Policy.parse(f"log {own}\n{text}")
        found = tuple(
            Cosigner(row[1], Key.parse(row[2], WITNESS_KEY), demand_address(row[3].rstrip("/")))
            for row in rows
            if row[:1] == ["witness"] and len(row) == 4
        )
    except Refused as error:
        raise InvalidError(Problem(str(error), file=file)) from error
    if not found:
        allowed = "witness 名称 公钥 https://地址"
        raise InvalidError(Problem("见证策略文件里没有写明地址的见证人", value=file, allowed=allowed))
    return Cosigning(found, text if text.endswith("\n") else f"{text}\n")
