"""``pingji help``: the manuals and the help of any command."""

from __future__ import annotations

from importlib.resources import files

import click

from service.cli import console
from service.cli.chinese import ChineseCommand
from service.errors import NotFoundError, Problem

MANUALS = {
    "case": ("service.cases", "MANUAL.md"),
    "framework": ("service.frameworks", "FORMAT.md"),
    "api": ("service.web.api", "EXAMPLES.md"),
}


@click.command(cls=ChineseCommand, name="help")
@click.argument("topic", nargs=-1, metavar="[主题]...")
@click.pass_context
def command(context: click.Context, topic: tuple[str, ...]) -> None:
    """显示说明：help case 案例手册，help framework 指标体系，help api 接口三例，help 子命令 其用法。"""
    if len(topic) == 1 and topic[0] in MANUALS:
        package, name = MANUALS[topic[0]]
        console.say(files(package).joinpath(name).read_text(encoding="utf-8"))
        return
    found, path = context.find_root().command, context.find_root()
    for word in topic:
        nested = found.get_command(path, word) if isinstance(found, click.Group) else None
        if nested is None:
            allowed = "、".join([*MANUALS, *_names(context.find_root())])
            raise NotFoundError(Problem("没有这个主题", value=" ".join(topic), allowed=allowed))
        found, path = nested, click.Context(nested, parent=path, info_name=word)
    console.say(found.get_help(path))


def _names(context: click.Context) -> list[str]:
    group = context.command
    return group.list_commands(context) if isinstance(group, click.Group) else []
