"""``pingji db``: the tables."""

from __future__ import annotations

import click

from service.cli import console
from service.cli.chinese import ChineseGroup
from service.cli.options import json_option, opened
from service.setup import apply_grants, grant_statements, prepare, restore_guards, revision


@click.group(cls=ChineseGroup, name="db")
def command() -> None:
    """数据库：升级表结构，给服务的数据库角色授权。"""


@command.command()
@json_option
def upgrade(as_json: bool) -> None:
    """把表结构升到最新版本，补齐防护触发器；已是最新则不做改动。"""
    with opened() as app:
        before, newest = revision()
        changed = prepare(app.config["PINGJI"].instance)
        lacked = restore_guards()
    if as_json:
        console.emit({
            "before": before, "after": newest, "changed": changed or bool(lacked), "guards": list(lacked),
        })  # fmt: skip
        return
    console.say(f"数据库版本 {before} → {newest}" if before != newest else f"数据库已是最新版本 {newest}")
    for each in lacked:
        console.say(f"  {each}，已补上")
    if lacked:
        console.say("缺失期间的改动不受防护，请运行 pingji audit verify 核验")


@command.command()
@click.option("--role", required=True, metavar="角色", help="服务运行时使用的数据库角色，须已存在")
@click.option("--print", "only_print", is_flag=True, help="只显示要执行的语句，不执行")
@json_option
def grants(role: str, only_print: bool, as_json: bool) -> None:
    """由表的属主给服务的 PostgreSQL 角色授权：留痕只能查和加，业务表不能删；可重复执行，升级后再执行一次。"""
    with opened():
        statements = grant_statements(role)
        if not only_print:
            apply_grants(statements)
    if as_json:
        console.emit({"role": role, "applied": not only_print, "statements": list(statements)})
        return
    for statement in statements:
        console.say(f"{statement};")
    if not only_print:
        console.note(f"已给角色 {role} 授权 {len(statements)} 项；请让服务改用这个角色的数据库地址")
