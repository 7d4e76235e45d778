"""``pingji signer``: the signer of checkpoints in a process of its own."""

from __future__ import annotations

import os

import click

from service.audit.signer_client import door_of
from service.audit.signer_server import serve
from service.cli import console
from service.cli.chinese import ChineseCommand
from service.instance import open_instance
from service.server import stoppable
from service.settings import instance_path


@click.command(cls=ChineseCommand, name="signer")
def command() -> int:
    """单独运行留痕签名器：只有它读取签名密钥，网站和后台任务经由实例目录里的 signer.sock 请它签检查点。

    pingji run 会自行启动一个；以别的方式部署时用本命令，按 Ctrl-C 停止。同一份状态只能有一个。
    """
    directory = open_instance(instance_path(os.environ)).signer
    door = door_of(directory)
    try:
        with stoppable():
            serve(directory, door, ready=lambda: console.say(f"签名器：{door}；按 Ctrl-C 停止"))
    except KeyboardInterrupt:
        console.say("已停止")
    return console.OK
