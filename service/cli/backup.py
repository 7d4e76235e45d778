"""``pingji backup``: everything an instance cannot be rebuilt without, in one file."""

from __future__ import annotations

from pathlib import Path

import click

from service import clock
from service.backup.make import backup
from service.cli import console
from service.cli.chinese import ChineseCommand
from service.cli.options import json_option, opened
from service.extensions import db


@click.command(cls=ChineseCommand, name="backup")
@click.argument("file", metavar="文件", type=click.Path(path_type=Path))
@json_option
def command(file: Path, as_json: bool) -> None:
    """把数据库、佐证材料、报告、密钥与签名器状态备份成一个文件，写完读回核对；文件含密钥，请妥善保管。"""
    with opened() as app, console.progress("备份") as step:
        made = backup(app.config["PINGJI"], db.engine, file, at=clock.now(), tell=step)
    manifest = made.manifest
    if as_json:
        console.emit({
            "file": str(file), "bytes": made.size, "origin": manifest.origin, "entries": manifest.size,
            "root": manifest.root, "evidence": made.evidence, "members": len(manifest.members),
        })  # fmt: skip
        return
    console.say(f"已备份到 {file}（{made.size / 1e6:.1f} MB，{len(manifest.members)} 个文件）")
    console.say(f"留痕 {manifest.size} 条，佐证材料 {made.evidence} 份，均已核对")
