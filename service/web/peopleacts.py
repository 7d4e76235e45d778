"""The acts of the system and the security administrator on accounts: what each takes and how it is done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from service.actions import accounts, revocations
from service.actions.actor import Actor
from service.passwords import random_password
from service.web.forms.fields import Choice, Form, Words, shown
from service.web.identity import house
from service.workflow.roles import Role

ROLES = {role.value: role.label for role in Role}


class NewOrganisation(Form):
    """A unit, department, bureau or agency."""

    code = Words(required=True, limit=80, metadata=shown("单位编码", "如统一社会信用代码；不能与已有的相同"))
    name = Words(required=True, limit=200, metadata=shown("单位名称"))


class NewAccount(Form):
    """An account named by duty."""

    login = Words(required=True, limit=80, metadata=shown("登录名", "字母、数字，不用真实姓名"))
    duty = Words(required=True, limit=80, metadata=shown("职责名称", "如 绩效科经办"))
    organisation = Choice(load_default="", metadata=shown("单位", choices="organisations", widget="choice"))
    division = Words(limit=80, load_default="", metadata=shown("处室", "部门评价按处室判断是否独立"))


class EndAccount(Form):
    """An account that opens nothing any more."""

    account = Choice(required=True, metadata=shown("账号", choices="accounts", widget="choice"))
    reason = Words(required=True, limit=300, metadata=shown("停用理由"))


class Grant(Form):
    """A duty for an account, at an organisation or, for auditors and administrators, everywhere."""

    account = Choice(required=True, metadata=shown("账号", choices="accounts", widget="choice"))
    role = Choice(required=True, metadata=shown("职责", widget="choice", options=ROLES))
    organisation = Choice(
        load_default="",
        metadata=shown("在哪个单位", "审计员和三员不选", choices="organisations", widget="choice"),
    )


class ConfirmGrant(Form):
    """A proposed duty that counts from now on."""

    grant = Choice(required=True, metadata=shown("待确认的授权", choices="grants", widget="choice"))


class EndGrant(Form):
    """A duty that is to be taken back."""

    grant = Choice(required=True, metadata=shown("收回哪项授权", choices="held", widget="choice"))
    reason = Words(required=True, limit=500, metadata=shown("收回理由", widget="area", rows=2))


class ConfirmEnd(Form):
    """A proposed end of a duty that takes effect."""

    revocation = Choice(required=True, metadata=shown("待确认的收回", choices="revocations", widget="choice"))


class Reject(Form):
    """A proposal of the other administrator that never takes effect."""

    proposal = Choice(required=True, metadata=shown("待确认的事项", choices="proposals", widget="choice"))
    reason = Words(required=True, limit=500, metadata=shown("驳回理由", widget="area", rows=2))


class Leave(Form):
    """All duties of a leaver for one successor."""

    leaver = Choice(required=True, metadata=shown("离岗人", choices="accounts", widget="choice"))
    successor = Choice(required=True, metadata=shown("接任人", choices="accounts", widget="choice"))
    reason = Words(required=True, limit=500, metadata=shown("移交理由", widget="area", rows=2))


class ConfirmLeave(Form):
    """A proposed hand-over that takes effect."""

    handover = Choice(required=True, metadata=shown("待确认的移交", choices="handovers", widget="choice"))


@dataclass(frozen=True, slots=True)
class Told:
    """What the person is told; `secret` is shown once and kept nowhere."""

    text: str
    secret: str = ""


Run = Callable[[Actor, dict[str, Any], bool], Told]


@dataclass(frozen=True, slots=True)
class DeskAct:
    """One act: name in addresses, button, who does it, what follows, whether it needs a fresh proof.

    Not `listed`: it is begun beside what it is about.
    """

    name: str
    button: str
    role: Role
    form: type[Form]
    run: Run
    consequence: str = ""
    fresh: bool = False
    listed: bool = True


def _organisation(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    accounts.create_organisation(actor, code=data["code"], name=data["name"])
    return Told(f"单位“{data['name']}”已登记")


def _account(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    policy = house().passwords
    password = random_password(policy)
    made = accounts.NewAccount(
        login=data["login"],
        duty=data["duty"],
        password=password,
        organisation=data["organisation"] or None,
        division=data["division"],
    )
    accounts.create_account(actor, made, policy)
    return Told(f"账号 {data['login']} 已建立，尚无任何职责", password)


def _disable(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    accounts.disable_account(actor, account=data["account"], reason=data["reason"])
    return Told("账号已停用，其登录立即失效")


def _propose(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    role, home = Role(data["role"]), data["organisation"] or None
    accounts.propose_grant(actor, account=data["account"], role=role, organisation=home)
    return Told(f"{role.label}授权已提出，待安全管理员确认后生效")


def _confirm(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    accounts.confirm_grant(actor, grant=data["grant"], fresh=fresh)
    return Told("授权已确认，本人须重新登录后生效")


def _end_grant(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    revocations.propose_revocation(actor, grant=data["grant"], reason=data["reason"])
    return Told("收回授权已提出，待安全管理员确认；确认之前授权仍然有效")


def _revoke(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    revocations.revoke_grant(actor, revocation=data["revocation"], fresh=fresh)
    return Told("授权已收回，本人的登录立即失效")


def _reject(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    revocations.reject_proposal(actor, proposal=data["proposal"], reason=data["reason"])
    return Told("已驳回，理由写入留痕；该事项不生效")


def _leave(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    accounts.propose_handover(
        actor, leaver=data["leaver"], successor=data["successor"], reason=data["reason"]
    )
    return Told("移交已提出，待安全管理员确认")


def _hand_over(actor: Actor, data: dict[str, Any], fresh: bool) -> Told:
    count = accounts.hand_over(actor, handover=data["handover"], fresh=fresh)
    return Told(f"移交完成：{count} 项职责已转给接任人，离岗人的账号已停用")


_ONCE = "初始口令只显示一次，由本人登录后修改。"
_ENDS = "停用后立即不能登录；留痕仍保留其名义。"
_TWO = "提出人不能确认；任何人不能给自己授权；三员互斥。"
_TAKEN = "确认之前授权仍然有效；提出人不能确认，任何人不能收回本人的授权。评价组成员在评价项目里调整。"
_GONE = "确认后立即失去该职责，其登录失效；需要时可重新提出授权。"
_NEVER = "驳回后不生效；提出人或当事人不能驳回，理由写入留痕。"
_COUNTS = "确认后立即生效，并写入留痕。"
_ALL = "离岗人的全部职责一次转给接任人。"
_FINAL = "确认后职责立即转移，离岗人的账号停用，不能撤回。"
_ACTS = (
    DeskAct("account.create", "新建账号", Role.SA, NewAccount, _account, _ONCE),
    DeskAct("account.disable", "停用账号", Role.SA, EndAccount, _disable, _ENDS),
    DeskAct("grant.propose", "提出授权", Role.SA, Grant, _propose, _TWO),
    DeskAct("grant.confirm", "确认授权", Role.SE, ConfirmGrant, _confirm, _COUNTS, fresh=True),
    DeskAct("grant.end", "提出收回授权", Role.SA, EndGrant, _end_grant, _TAKEN),
    DeskAct("grant.revoke", "确认收回授权", Role.SE, ConfirmEnd, _revoke, _GONE, fresh=True),
    DeskAct("proposal.reject", "驳回授权事项", Role.SE, Reject, _reject, _NEVER, listed=False),
    DeskAct("handover.propose", "提出职责移交", Role.SA, Leave, _leave, _ALL),
    DeskAct("handover.confirm", "确认职责移交", Role.SE, ConfirmLeave, _hand_over, _FINAL, fresh=True),
    DeskAct("organisation.create", "登记单位", Role.SA, NewOrganisation, _organisation),
)
DESK_ACTS = {act.name: act for act in _ACTS}
"""Every act by its name."""
