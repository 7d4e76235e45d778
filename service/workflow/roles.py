"""The parts people play in a case, and the groups the rule table speaks of."""

from __future__ import annotations

from enum import Enum


class Role(Enum):
    """A part played in a case or in the instance; one person may hold several."""

    DF = "DF"
    DH = "DH"
    SD = "SD"
    EV = "EV"
    EX = "EX"
    EL = "EL"
    IR = "IR"
    AS = "AS"
    FO = "FO"
    FR = "FR"
    FA = "FA"
    AU = "AU"
    SA = "SA"
    SE = "SE"
    AA = "AA"

    @property
    def label(self) -> str:
        """The Chinese name of the duty."""
        return ROLE_LABELS[self]


ROLE_LABELS: dict[Role, str] = {
    Role.DF: "填报人",
    Role.DH: "单位负责人",
    Role.SD: "主管部门审核",
    Role.EV: "评价员",
    Role.EX: "专家",
    Role.EL: "组长（主评人）",
    Role.IR: "机构内部复核",
    Role.AS: "机构用印",
    Role.FO: "组织方经办",
    Role.FR: "组织方复核",
    Role.FA: "组织方签发",
    Role.AU: "审计员",
    Role.SA: "系统管理员",
    Role.SE: "安全管理员",
    Role.AA: "审计管理员",
}

UNIT_ROLES: frozenset[Role] = frozenset({Role.DF, Role.DH})
TEAM_ROLES: frozenset[Role] = frozenset({Role.EV, Role.EX, Role.EL})
FIRM_ROLES: frozenset[Role] = frozenset({Role.IR, Role.AS})
ORGANISING_ROLES: frozenset[Role] = frozenset({Role.FO, Role.FR, Role.FA})
ADMINISTRATOR_ROLES: frozenset[Role] = frozenset({Role.SA, Role.SE, Role.AA})
BUSINESS_ROLES: frozenset[Role] = frozenset(Role) - ADMINISTRATOR_ROLES
