"""``pingji grant``: duties given to accounts, proposed by one administrator and confirmed by the other."""

from __future__ import annotations

from datetime import date, datetime

import click

from service.actions.accounts import confirm_grant, propose_grant
from service.actions.revocations import propose_revocation, reject_proposal, revoke_grant
from service.cli import console
from service.cli.actor import actor_named, demand_proof
from service.cli.chinese import ChineseGroup
from service.cli.options import account_option, json_option, opened
from service.extensions import db
from service.queries.grants import GrantLine, grant_lines, organisation_by_code
from service.queries.people import INSTANCE_ROLES, PART_OF_ROLE, account_by_login
from service.workflow.roles import Role

GRANTED = (*PART_OF_ROLE, *(role for role in Role if role in INSTANCE_ROLES))
ROLES = "；".join(f"{role.value} {role.label}" for role in GRANTED)


@click.group(cls=ChineseGroup, name="grant")
def command() -> None:
    """授权：由系统管理员提出，安全管理员确认；评价组成员在案卷里安排。"""


@command.command()
@click.option("--account", "login", required=True, metavar="账户", help="把职责给哪个账户")
@click.option(
    "--role",
    required=True,
    metavar="角色",
    type=click.Choice([role.value for role in GRANTED]),
    help=f"角色：{ROLES}",
)
@click.option("--organisation", "code", metavar="单位编号", help="在哪个单位；AU、SA、SE、AA 不写")
@click.option(
    "--until", metavar="日期", type=click.DateTime(["%Y-%m-%d"]), help="到哪一天为止（含当天），如 2026-12-31"
)
@account_option
@json_option
def propose(
    login: str, role: str, *, code: str | None, until: datetime | None, account: str, as_json: bool
) -> None:
    """提出一项授权，待安全管理员确认后生效。"""
    wanted, last = Role(role), until.date() if until else None
    if (code is None) != (wanted in INSTANCE_ROLES):
        how = "全实例的角色，不写 --organisation" if code else "须写 --organisation 单位编号"
        raise click.UsageError(f"{wanted.value}（{wanted.label}）{how}")
    with opened():
        target = account_by_login(db.session(), login).id
        place = organisation_by_code(db.session(), code) if code else None
        made = propose_grant(
            actor_named(account), account=target, role=wanted, organisation=place, until=last
        )
    if as_json:
        console.emit({"grant": made, "login": login, "role": role, "organisation": code, "until": _day(last)})
    else:
        console.say(f"已提出授权 {made}，待另一人确认：{login} {wanted.label}{f'（{code}）' if code else ''}")


@command.command()
@click.argument("grant", metavar="编号")
@account_option
@json_option
def confirm(grant: str, account: str, as_json: bool) -> None:
    """确认一项授权，即时生效；须由提出人以外的安全管理员办理并输入本人密码（启用了动态口令的，另输入动态口令）。"""
    with opened() as app:
        actor = actor_named(account)
        demand_proof(account, app.config["PINGJI"])
        confirm_grant(actor, grant=grant, fresh=True)
    console.emit({"grant": grant}) if as_json else console.say(f"已确认授权 {grant}")


@command.command()
@click.argument("grant", metavar="[授权编号]", required=False)
@click.option("--reason", metavar="原因", help="收回的原因，写入留痕")
@click.option(
    "--confirm", "revocation", metavar="编号", help="由另一人确认这项收回；须输入本人密码（和动态口令）"
)
@account_option
@json_option
def revoke(
    grant: str | None, *, reason: str | None, revocation: str | None, account: str, as_json: bool
) -> None:
    """提出收回一项授权；再由安全管理员以 --confirm 确认，即时失效。"""
    with opened() as app:
        actor = actor_named(account)
        if revocation is not None:
            demand_proof(account, app.config["PINGJI"])
            revoke_grant(actor, revocation=revocation, fresh=True)
            done, words = revocation, f"已收回授权（{revocation}）"
        elif grant and reason:
            done = propose_revocation(actor, grant=grant, reason=reason)
            words = f"已提出收回授权 {done}，待另一人确认；确认之前授权仍然有效"
        else:
            raise click.UsageError("请写明授权编号和 --reason，或以 --confirm 确认")
    console.emit({"revocation": done}) if as_json else console.say(words)


@command.command()
@click.argument("proposal", metavar="编号")
@click.option("--reason", required=True, metavar="原因", help="驳回的原因，写入留痕")
@account_option
@json_option
def reject(proposal: str, reason: str, account: str, as_json: bool) -> None:
    """驳回一项待确认的授权、收回或职责移交；须由提出人以外的安全管理员办理。"""
    with opened():
        reject_proposal(actor_named(account), proposal=proposal, reason=reason)
    console.emit({"proposal": proposal}) if as_json else console.say(f"已驳回 {proposal}")


@command.command(name="list")
@click.option("--waiting", is_flag=True, help="只列待确认的")
@json_option
def list_(waiting: bool, as_json: bool) -> None:
    """列出案卷以外的授权：谁、在哪个单位、什么角色、是否已确认。"""
    with opened():
        lines = grant_lines(db.session(), waiting=waiting)
    if as_json:
        console.emit([_plain(line) for line in lines])
        return
    headings = ("编号", "账户", "角色", "单位", "状态", "到期", "提出", "确认")
    console.table(headings, [_row(line) for line in lines])


def _row(line: GrantLine) -> tuple[str, ...]:
    return (
        line.id, line.login, f"{line.role.value} {line.role.label}", line.organisation or "全实例",
        " ".join(filter(None, (line.state_label, line.ending))),
        _day(line.until) or "—", line.proposed_by, line.confirmed_by or "—",
    )  # fmt: skip


def _plain(line: GrantLine) -> dict[str, str | None]:
    return {
        "grant": line.id, "login": line.login, "duty": line.duty, "role": line.role.value,
        "organisation": line.organisation, "state": line.state.value, "until": _day(line.until),
        "proposed_by": line.proposed_by, "confirmed_by": line.confirmed_by, "ending": line.ending,
    }  # fmt: skip


def _day(day: date | None) -> str | None:
    return day.isoformat() if day else None
