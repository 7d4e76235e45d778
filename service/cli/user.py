"""``pingji user``: accounts and the duties they hold."""

from __future__ import annotations

import secrets

import click

from service.actions.accounts import NewAccount, create_account, disable_account, hand_over
from service.cli import console
from service.cli.actor import actor_named
from service.cli.chinese import ChineseGroup
from service.cli.options import account_option, json_option, opened
from service.extensions import db
from service.queries.people import account_by_login
from service.setup import PASSWORD_BYTES


@click.group(cls=ChineseGroup, name="user")
def command() -> None:
    """账户：新建、停用、移交职责。"""


@command.command()
@click.argument("login", metavar="账户")
@click.option("--duty", required=True, metavar="职责", help="职责名称，如 经办")
@account_option
@json_option
def create(login: str, duty: str, account: str, as_json: bool) -> None:
    """新建账户；尚无任何角色，初始密码只显示这一次。"""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    with opened():
        made = create_account(actor_named(account), NewAccount(login=login, duty=duty, password=password))
    if as_json:
        console.emit({"id": made, "login": login, "duty": duty, "password": password})
    else:
        console.say(f"已建立账户 {login}（{duty}），初始密码：{password}")


@command.command()
@click.argument("login", metavar="账户")
@click.option("--reason", required=True, metavar="原因", help="停用的原因，写入留痕")
@account_option
@json_option
def disable(login: str, reason: str, account: str, as_json: bool) -> None:
    """停用账户；其登录立即失效。"""
    with opened():
        target = account_by_login(db.session(), login).id
        disable_account(actor_named(account), account=target, reason=reason)
    console.emit({"id": target, "login": login}) if as_json else console.say(f"已停用账户 {login}")


@command.command()
@click.argument("leaver", metavar="移交人")
@click.argument("successor", metavar="接收人")
@click.option("--reason", required=True, metavar="原因", help="移交的原因，写入留痕")
@account_option
@json_option
def handover(leaver: str, successor: str, reason: str, account: str, as_json: bool) -> None:
    """把一人的全部职责一次移交给另一人，并停用移交人。"""
    with opened():
        old, new = (account_by_login(db.session(), login).id for login in (leaver, successor))
        count = hand_over(actor_named(account), leaver=old, successor=new, reason=reason)
    if as_json:
        console.emit({"leaver": leaver, "successor": successor, "duties": count})
    else:
        console.say(f"已移交 {count} 项职责：{leaver} → {successor}")
