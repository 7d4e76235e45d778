"""``pingji doctor``: is everything there that the instance needs, and is it safe?"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import click
from flask import Flask
from sqlalchemy.exc import SQLAlchemyError

from service.cli import console
from service.cli.chinese import ChineseCommand
from service.cli.options import json_option, opened
from service.errors import ServiceError
from service.report import pdf
from service.setup import demand_ready, demand_signer, role_excess

FREE_BYTES = 1 << 30
GOOD, POOR, BAD = "正常", "欠缺", "不可用"


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at: what, how it stands, and what follows."""

    what: str
    state: str
    words: str = ""


@click.command(cls=ChineseCommand, name="doctor")
@json_option
def command(as_json: bool) -> int:
    """检查运行环境与实例：欠缺的说明后果，不可用的以退出码 1 报告。"""
    found = [*machine()]
    try:
        with opened() as app:
            found += examine(app)
    except ServiceError as error:
        found.append(Examined("实例", BAD, str(error)))
    if as_json:
        console.emit([{"what": e.what, "state": e.state, "words": e.words} for e in found])
    else:
        console.table(("检查项", "状态", "说明"), [(e.what, e.state, e.words) for e in found])
    return console.FINDINGS if any(e.state == BAD for e in found) else console.OK


def machine() -> Iterator[Examined]:
    """Look at the machine, without any instance."""
    version = ".".join(map(str, sys.version_info[:3]))
    yield Examined("Python", GOOD if sys.version_info >= (3, 11) else BAD, version)
    reason = pdf.available()
    yield Examined(
        "PDF 转换", POOR if reason else GOOD, f"{reason}；报告改为 .docx 加独立签名" if reason else ""
    )
    for program, without in (("pdfinfo", "PDF 没有独立核对"), ("openssl", "签名没有独立核对")):
        yield Examined(program, GOOD, "") if shutil.which(program) else Examined(program, POOR, without)


def examine(app: Flask) -> Iterator[Examined]:
    """Look at the opened instance: folder, space, database, guards, signer, broker, first passwords."""
    settings = app.config["PINGJI"]
    instance = settings.instance
    yield Examined("实例", GOOD, f"{instance.path}（{instance.kind.label}）")
    free = shutil.disk_usage(instance.path).free
    yield Examined("磁盘空间", GOOD if free >= FREE_BYTES else POOR, f"可用 {free / FREE_BYTES:.1f} GiB")
    yield _tried("数据库与防护", demand_ready)
    yield from _role()
    yield _tried("留痕签名器", lambda: demand_signer(instance))
    embedded = settings.broker_url.startswith("filesystem:")
    yield Examined("消息通道", GOOD, "实例内嵌" if embedded else settings.broker_url.partition(":")[0])
    if not settings.demo and instance.accounts.exists():
        yield Examined("初始密码", POOR, f"{instance.accounts} 仍在，修改密码后请删除")


def _role() -> Iterator[Examined]:
    """Look at what the database role may do, where the database has roles."""
    try:
        found = role_excess()
    except (ServiceError, SQLAlchemyError):
        return  # The line before has said that the database does not answer.
    if found is not None:
        cure = "由属主运行 pingji db grants --role 角色，并让服务用该角色连接"
        yield Examined(
            "数据库角色", POOR if found else GOOD, f"{'；'.join(found)}；办法：{cure}" if found else ""
        )


def _tried(what: str, check: Callable[[], object]) -> Examined:
    try:
        check()
    except ServiceError as error:
        return Examined(what, BAD, str(error))
    return Examined(what, GOOD)
