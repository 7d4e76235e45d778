"""``pingji user``: accounts and the duties they hold."""

from __future__ import annotations

import click

from service.actions.accounts import NewAccount, create_account, disable_account, hand_over, propose_handover
from service.actions.own import unlock as release
from service.cli import console
from service.cli.actor import actor_named, demand_proof
from service.cli.chinese import ChineseGroup
from service.cli.options import account_option, json_option, opened
from service.extensions import db
from service.passwords import random_password
from service.queries.people import account_by_login


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
    with opened() as app:
        policy = app.config["PINGJI"].passwords
        password = random_password(policy)
        new = NewAccount(login=login, duty=duty, password=password)
        made = create_account(actor_named(account), new, policy)
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
@click.argument("login", metavar="账户")
@click.option("--reason", required=True, metavar="核实经过", help="如何核实是本人，写入留痕")
@account_option
@json_option
def unlock(login: str, reason: str, account: str, as_json: bool) -> None:
    """解除一个账户的登录锁定；由安全管理员办理。"""
    with opened():
        target = release(actor_named(account), login=login, reason=reason)
    console.emit({"id": target, "login": login}) if as_json else console.say(f"已解除 {login} 的登录锁定")


@command.command()
@click.argument("leaver", metavar="[移交人]", required=False)
@click.argument("successor", metavar="[接收人]", required=False)
@click.option("--reason", metavar="原因", help="移交的原因，写入留痕")
@click.option(
    "--confirm", "handover", metavar="编号", help="由第三人确认这项移交；须输入本人密码（和动态口令）"
)
@account_option
@json_option
def handover(
    leaver: str | None, successor: str | None, *,
    reason: str | None, handover: str | None, account: str, as_json: bool,
) -> None:  # fmt: skip
    """提出把一人的全部职责移交给另一人；再由第三人以 --confirm 确认，即一次移交并停用移交人。"""
    with opened() as app:
        if handover is not None:
            actor = actor_named(account)
            demand_proof(account, app.config["PINGJI"])
            count = hand_over(actor, handover=handover, fresh=True)
            done, words = {"handover": handover, "duties": count}, f"已移交 {count} 项职责"
        else:
            if not (leaver and successor and reason):
                raise click.UsageError("请写明移交人、接收人和 --reason，或以 --confirm 确认")
            old, new = (account_by_login(db.session(), login).id for login in (leaver, successor))
            made = propose_handover(actor_named(account), leaver=old, successor=new, reason=reason)
            done, words = {"handover": made}, f"已提出移交 {made}，待第三人确认：{leaver} → {successor}"
    console.emit(done) if as_json else console.say(words)
