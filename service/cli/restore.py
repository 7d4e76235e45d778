"""``pingji restore``: an instance as it was; the restore stands in its log with two names."""

from __future__ import annotations

import os
from pathlib import Path

import click

from service import clock, create_app
from service.backup import restore
from service.cli import console
from service.cli.actor import actor_named
from service.cli.chinese import ChineseCommand
from service.cli.options import account_option, json_option
from service.settings import Settings, instance_path
from service.setup import only_one, prepare


@click.command(cls=ChineseCommand, name="restore")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@account_option
@click.option("--with", "second", required=True, metavar="账户", help="同意恢复的另一名人员")
@click.option("--reason", required=True, metavar="原因", help="恢复的原因，写入留痕")
@json_option
def command(file: Path, account: str, second: str, reason: str, as_json: bool) -> None:
    """从备份恢复实例，逐项核对，并由两名人员具名写入留痕；原实例目录改名保留，其签名器继续使用。"""
    target = instance_path(os.environ)
    with console.progress("恢复") as step, restore.unpacked(file, target, at=clock.now(), tell=step) as found:
        manifest, former = found
        settings = Settings.from_env(os.environ)
        with only_one(settings.instance), create_app(settings).app_context():
            restore.fill(settings, former, tell=step)
            prepare(settings.instance)
            people = (actor_named(account), actor_named(second))
            note = restore.record(
                settings, manifest, actor=people[0], second=people[1], reason=reason, tell=step
            )
    if as_json:
        console.emit({
            "instance": str(target), "origin": manifest.origin, "entries": manifest.size + 1,
            "former": str(former) if former else None, "checkpoint": note,
        })  # fmt: skip
        return
    console.say(f"已恢复到 {target}：留痕 {manifest.size} 条，另加本次恢复 1 条，签名器已接受")
    if former:
        console.say(f"原实例目录保留在 {former}")
