"""``pingji organisation``: the organisations that duties are granted for and cases name."""

from __future__ import annotations

import click

from service.actions.accounts import create_organisation
from service.cli import console
from service.cli.actor import actor_named
from service.cli.chinese import ChineseGroup
from service.cli.options import account_option, json_option, opened
from service.extensions import db
from service.queries.grants import organisation_lines


@click.group(cls=ChineseGroup, name="organisation")
def command() -> None:
    """单位：新建、列出。"""


@command.command()
@click.argument("code", metavar="单位编号")
@click.option("--name", required=True, metavar="名称", help="单位全称")
@account_option
@json_option
def create(code: str, name: str, account: str, as_json: bool) -> None:
    """新建单位；编号已有的，不改动它。"""
    with opened():
        known = dict(organisation_lines(db.session()))
        made = create_organisation(actor_named(account), code=code, name=name)
    if as_json:
        console.emit({"id": made, "code": code, "name": known.get(code, name), "created": code not in known})
    else:
        found = f"单位 {code} 已有：{known[code]}" if code in known else f"已建立单位 {code}：{name}"
        console.say(found)


@command.command(name="list")
@json_option
def list_(as_json: bool) -> None:
    """列出单位的编号和名称。"""
    with opened():
        lines = organisation_lines(db.session())
    if as_json:
        console.emit([{"code": code, "name": name} for code, name in lines])
    else:
        console.table(("编号", "名称"), lines)
