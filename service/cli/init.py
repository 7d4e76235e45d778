"""``pingji init``: an empty live instance with its first administrators."""

from __future__ import annotations

import os

import click

from service import clock, create_app
from service.cli import console
from service.cli.chinese import ChineseCommand
from service.cli.options import json_option
from service.instance import InstanceKind, create_instance
from service.settings import Settings, instance_path
from service.setup import found, prepare


@click.command(cls=ChineseCommand, name="init")
@json_option
def command(as_json: bool) -> None:
    """新建一个空的正式实例（目录由 PINGJI_INSTANCE 指定），设立首批管理员；不含任何演示数据。"""
    instance = create_instance(instance_path(os.environ), InstanceKind.LIVE, at=clock.now())
    with create_app(Settings.from_env(os.environ)).app_context():
        prepare(instance)
        founders = found(instance)
    if as_json:
        accounts = [{"account": f.login, "duty": f.duty, "role": f.role.value} for f in founders]
        console.emit({
            "instance": str(instance.path), "kind": instance.kind.value, "origin": instance.origin,
            "accounts": accounts, "passwords": str(instance.accounts),
        })  # fmt: skip
        return
    console.say(f"已建立正式实例：{instance.path}")
    console.say(f"留痕源名：{instance.origin}")
    for founder in founders:
        console.say(f"账户 {founder.login}：{founder.duty}")
    console.say(f"初始密码在 {instance.accounts}（仅本人可读）；登录后请修改，并删除该文件")
