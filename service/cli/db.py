"""``pingji db``: the tables."""

from __future__ import annotations

import click

from service.cli import console
from service.cli.chinese import ChineseGroup
from service.cli.options import json_option, opened
from service.setup import prepare, restore_guards, revision


@click.group(cls=ChineseGroup, name="db")
def command() -> None:
    """数据库：升级表结构。"""


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
