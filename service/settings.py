"""Everything an operator can set, read once from the environment and checked as a whole.

- Every setting has a working default inside the instance folder; a fresh instance needs no settings.
- A secret (database address, broker address, session key) may be given as ``NAME_FILE`` instead.
- A dangerous value refuses the start; all problems are named at once.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import TypeVar

from service.errors import InvalidError, Problem
from service.instance import Instance, open_instance
from service.limits import STANDARD as USUAL
from service.limits import Kind, Limit, limits_of
from service.passwords import STANDARD, PasswordPolicy, policy_of
from service.witnesses import Witnesses, cosigning_of, file_of, mailing_of, stamping_of

T = TypeVar("T")
DEFAULT_INSTANCE = "instance"
DEFAULT_PORT = 8750
MIN_SECRET = 32
_WEAK = ("secret", "changeme", "change-me", "password", "default", "test")
KNOWN = frozenset(
    f"PINGJI_{name}"
    for name in (
        "INSTANCE", "DATABASE", "DATABASE_FILE", "BROKER", "BROKER_FILE", "EVIDENCE", "SECRET_FILE",
        "HOST", "WORKERS", "TRUSTED_HOSTS", "TRUSTED_PROXY", "SECURE_COOKIES", "SOFFICE", "FONTS",
        "PASSWORDS", "LIMITS", "WITNESS_FILE", "WITNESS_MAIL", "MAIL_SERVER", "MAIL_FROM", "MAIL_USER",
        "MAIL_PASSWORD", "MAIL_PASSWORD_FILE",
        "TSA", "TSA_CERTS", "WITNESSES", "DEBUG", "DEEP", "SEEDS", "SLICE", "TRACE",
    )
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation's settings; immutable after start.

    Args:
        instance: the folder everything lies in.
        database_url: SQLAlchemy address; SQLite in the instance unless given.
        broker_url: Celery broker; ``filesystem://`` in the instance unless given.
        evidence_url: fsspec address of the evidence store.
        secret_key: signs login cookies; 32 characters or more.
        host, port: where the embedded web server listens.
        workers: bodies run at the same time by the embedded worker.
        trusted_hosts: Host headers answered; empty means any on the loopback address.
        trusted_proxy: addresses of the proxies that speak TLS for us; only their word on a visitor's address
            and scheme is taken, and nobody else but this machine is answered.
        secure_cookies: cookies only over TLS; off only on the loopback address.
        soffice: path or name of the LibreOffice program.
        passwords: what a new password must be.
        limits: how often who may ask.
        witnesses: who outside is given every checkpoint.
        fonts: folder of additional faces for the report: the instance's own, or those ``./dev`` fetched.
    """

    instance: Instance
    database_url: str = field(repr=False)
    broker_url: str = field(repr=False)
    evidence_url: str
    secret_key: str = field(repr=False)
    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    workers: int = 2
    trusted_hosts: tuple[str, ...] = ()
    trusted_proxy: tuple[str, ...] = ()
    secure_cookies: bool = False
    soffice: str = "soffice"
    passwords: PasswordPolicy = STANDARD
    limits: Mapping[Kind, Limit] = field(default_factory=lambda: USUAL)
    witnesses: Witnesses = field(default_factory=Witnesses)
    fonts: Path

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> Settings:
        """Return the settings of the instance that `environ` names.

        Raises:
            InvalidError: with every value that is unknown, malformed or dangerous.
            UnavailableError: there is no instance.
        """
        instance = open_instance(instance_path(environ))
        reader = _Reader(environ)
        reader.refuse_unknown()
        reader.refuse_debug()
        host = reader.text("PINGJI_HOST", "127.0.0.1")
        settings = cls(
            instance=instance,
            database_url=reader.secret("PINGJI_DATABASE", f"sqlite:///{instance.database}"),
            broker_url=reader.secret("PINGJI_BROKER", "filesystem://"),
            evidence_url=reader.text("PINGJI_EVIDENCE", f"file://{instance.evidence}"),
            secret_key=reader.session_key(instance.session_secret),
            host=host,
            port=reader.number("PORT", DEFAULT_PORT, low=1, high=65535),
            workers=reader.number("PINGJI_WORKERS", 2, low=1, high=32),
            trusted_hosts=tuple(reader.text("PINGJI_TRUSTED_HOSTS", "").split()),
            trusted_proxy=reader.addresses("PINGJI_TRUSTED_PROXY"),
            secure_cookies=reader.flag("PINGJI_SECURE_COOKIES", default=False),
            soffice=reader.text("PINGJI_SOFFICE", "soffice"),
            passwords=reader.passwords("PINGJI_PASSWORDS"),
            limits=reader.limits("PINGJI_LIMITS"),
            witnesses=reader.witnesses(instance),
            fonts=Path(reader.text("PINGJI_FONTS", str(_fonts(instance)))),
        )
        reader.check_addresses(settings)
        reader.check_exposure(settings)
        if reader.problems:
            raise InvalidError(reader.problems)
        return settings

    @property
    def demo(self) -> bool:
        """Return whether every page and report must say 演示."""
        return self.instance.kind.value == "demo"


def instance_path(environ: Mapping[str, str]) -> Path:
    """Return the absolute folder ``PINGJI_INSTANCE`` names, ``./instance`` by default."""
    return Path(environ.get("PINGJI_INSTANCE") or DEFAULT_INSTANCE).absolute()


def _fonts(instance: Instance) -> Path:
    own = any(instance.fonts.glob("*.[ot]tf"))
    return instance.fonts if own else Path(".fonts").absolute()


class _Reader:
    """Reads single settings and collects what is wrong with them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self.problems: list[Problem] = []

    def refuse(self, name: str, message: str, *, value: str | None = None, allowed: str = "") -> None:
        self.problems.append(Problem(message, path=name, value=value, allowed=allowed))

    def refuse_unknown(self) -> None:
        for name in sorted(self._environ):
            if name.startswith("PINGJI_") and name not in KNOWN:
                self.refuse(name, "没有这个设置项", allowed="、".join(sorted(KNOWN)))

    def refuse_debug(self) -> None:
        for name in ("PINGJI_DEBUG", "FLASK_DEBUG"):
            if self._environ.get(name, "0").lower() not in ("", "0", "false", "no"):
                self.refuse(name, "不允许以调试方式启动", value=self._environ[name], allowed="不设置")

    def text(self, name: str, default: str) -> str:
        return self._environ.get(name) or default

    def number(self, name: str, default: int, *, low: int, high: int) -> int:
        written = self._environ.get(name) or str(default)
        if not written.isascii() or not written.isdigit() or not low <= int(written) <= high:
            self.refuse(name, "不是允许的整数", value=written, allowed=f"{low}–{high}")
            return default
        return int(written)

    def addresses(self, name: str) -> tuple[str, ...]:
        written = self.text(name, "").split()
        found = []
        for each in written:
            try:
                found.append(str(ip_address(each)))
            except ValueError:
                self.refuse(name, "不是网络地址", value=each, allowed="代理的 IP 地址，以空格分隔")
        return tuple(found)

    def passwords(self, name: str) -> PasswordPolicy:
        written = self.text(name, "standard")
        try:
            return policy_of(written)
        except InvalidError as error:
            for problem in error.problems:
                self.refuse(name, problem.message, value=problem.value, allowed=problem.allowed)
            return STANDARD

    def limits(self, name: str) -> Mapping[Kind, Limit]:
        try:
            return limits_of(self.text(name, ""))
        except InvalidError as error:
            for problem in error.problems:
                self.refuse(name, problem.message, value=problem.value, allowed=problem.allowed)
            return USUAL

    def witnesses(self, instance: Instance) -> Witnesses:
        password = self.secret("PINGJI_MAIL_PASSWORD", "")
        to, server, sender, user = (
            self.text(f"PINGJI_{name}", "")
            for name in ("WITNESS_MAIL", "MAIL_SERVER", "MAIL_FROM", "MAIL_USER")
        )
        file, address = self.text("PINGJI_WITNESS_FILE", ""), self.text("PINGJI_TSA", "")
        roots, policy = self.text("PINGJI_TSA_CERTS", ""), self.text("PINGJI_WITNESSES", "")
        return Witnesses(
            self._of("PINGJI_WITNESS_FILE", lambda: file_of(file, instance.path)),
            self._of(
                "PINGJI_WITNESS_MAIL", lambda: mailing_of(to, server, sender, user=user, password=password)
            ),
            self._of("PINGJI_TSA", lambda: stamping_of(address, roots)),
            self._of("PINGJI_WITNESSES", lambda: cosigning_of(policy)),
        )

    def _of(self, name: str, make: Callable[[], T]) -> T | None:
        try:
            return make()
        except InvalidError as error:
            self._refused(name, error)
            return None

    def _refused(self, name: str, error: InvalidError) -> None:
        for each in error.problems:
            cure = f"{each.allowed}；{each.cure}" if each.allowed and each.cure else each.allowed or each.cure
            self.refuse(name, each.message, value=each.value, allowed=cure)

    def flag(self, name: str, *, default: bool) -> bool:
        written = self._environ.get(name) or ("1" if default else "0")
        if written not in ("0", "1"):
            self.refuse(name, "开关只能是 0 或 1", value=written, allowed="0、1")
        return written == "1"

    def secret(self, name: str, default: str) -> str:
        file = self._environ.get(f"{name}_FILE")
        if file and self._environ.get(name):
            self.refuse(name, f"与 {name}_FILE 只能给出一个")
        return self._private_text(f"{name}_FILE", Path(file)) if file else self.text(name, default)

    def session_key(self, default: Path) -> str:
        name = "PINGJI_SECRET_FILE"
        key = self._private_text(name, Path(self._environ.get(name) or default))
        if key and (len(key) < MIN_SECRET or len(set(key)) < 8 or any(word in key.lower() for word in _WEAK)):
            self.refuse(name, "会话密钥过短或过于简单", allowed=f"至少 {MIN_SECRET} 个随机字符")
        return key

    def _private_text(self, name: str, path: Path) -> str:
        try:
            mode = stat.S_IMODE(path.stat().st_mode)
            text = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            self.refuse(name, "秘密文件无法读取", value=f"{path}（{type(error).__name__}）")
            return ""
        if not text:
            self.refuse(name, "秘密文件是空的", value=str(path))
        if mode & 0o077:
            self.refuse(name, "秘密文件他人可读", value=f"{path} {mode:04o}", allowed="0600")
        return text

    def check_addresses(self, settings: Settings) -> None:
        for name, value, schemes in (
            ("PINGJI_DATABASE", settings.database_url, ("sqlite", "postgresql", "postgresql+psycopg")),
            ("PINGJI_BROKER", settings.broker_url, ("filesystem", "amqp", "amqps", "redis", "rediss")),
            ("PINGJI_EVIDENCE", settings.evidence_url, ("file", "s3", "memory")),
        ):
            scheme, mark, _ = value.partition("://")
            if not mark or scheme not in schemes:
                # The address may carry a password: only its scheme is shown.
                self.refuse(name, "地址的种类不受支持", value=scheme, allowed="、".join(schemes))

    def check_exposure(self, settings: Settings) -> None:
        if settings.host in ("127.0.0.1", "::1", "localhost"):
            return
        if settings.demo:
            self.refuse("PINGJI_HOST", "演示实例只在本机开放", value=settings.host, allowed="127.0.0.1")
        if not settings.trusted_hosts:
            self.refuse("PINGJI_TRUSTED_HOSTS", "对外开放时必须写明主机名", value="")
        if not settings.secure_cookies:
            self.refuse("PINGJI_SECURE_COOKIES", "对外开放时必须为 1", value="0", allowed="1")
        if not settings.trusted_proxy:
            allowed = "负责加密传输的代理的 IP 地址"
            self.refuse("PINGJI_TRUSTED_PROXY", "对外开放时必须经由加密的代理", value="", allowed=allowed)
