"""The cast and the acts of a replay, as plain values: who plays what, who does what when.

- A player named in the case keeps his code; a part nobody is named for gets a stand-in player.
- An act nobody is named for goes to the first who holds the role and did nothing that bars him.
- An act without a date takes the latest date before it, else the first known one of the case.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from service.cases.model import Case, Person
from service.cases.model import Organisation as CaseOrganisation
from service.cases.model_scoring import Adjustment, Deduction, Revision, Withdrawal
from service.cases.model_stages import Return
from service.errors import InvalidError, Problem
from service.workflow.actions import Action
from service.workflow.exclusive import exclusive
from service.workflow.facts import Policy
from service.workflow.kinds import KINDS, Kind
from service.workflow.roles import ROLE_LABELS, Role

STAND_IN = "none"
NOT_IN_SOURCE = "来源未载"


@dataclass(frozen=True, slots=True)
class Player:
    """One person of a replay; `stand_in` if the source names nobody for the part."""

    code: str
    duty: str
    organisation: str
    roles: frozenset[Role]
    division: str = ""
    stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Party:
    """One organisation of a replay with its parts."""

    code: str
    name: str
    parts: tuple[str, ...]
    stand_in: bool = False


@dataclass(frozen=True, slots=True)
class Act:
    """One act of a replay.

    Args:
        by: code of the player; `role` the part he does it in, `roles` the parts it may be done in.
        on: business date; None only if the case names no date at all. `dated` tells it is the source's.
        payload: values of the case file the act carries out.
        stand_in: what the act stands in for, in words; empty if the source states it.
    """

    action: Action
    role: Role
    by: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    on: date | None = None
    dated: bool = False
    source: str = ""
    stand_in: str = ""
    roles: tuple[Role, ...] = ()


class Cast:
    """Parties and players of a case, completed with stand-ins."""

    def __init__(self, case: Case) -> None:
        self.kind = Kind(case.kind)
        self.certifies = KINDS[self.kind].certifies
        self.parties = _parties(case, self.kind)
        self.firm = self.kind is Kind.FISCAL_FIRM or (
            self.kind in (Kind.DEPARTMENT, Kind.SIMPLIFIED) and bool(self._with("agency"))
        )
        evaluated, supervisor = self._with("evaluated"), self._with("supervisor")
        self.supervised = bool(supervisor) and supervisor[0] not in evaluated
        self.players = [_player(person) for person in case.people]
        for role in self._needed(case):
            self._fill(role)

    def _with(self, part: str) -> list[str]:
        return [party.code for party in self.parties if part in party.parts]

    def side(self, role: Role) -> str:
        """Return the code of the organisation whose people play `role`."""
        parts = {Role.DF: "evaluated", Role.DH: "evaluated", Role.SD: "supervisor"}
        team = role in (Role.EL, Role.EV, Role.EX, Role.IR, Role.AS)
        part = parts.get(role, "agency" if team and self.firm else "organiser")
        return (self._with(part) or self._with("organiser"))[0]

    def _needed(self, case: Case) -> list[Role]:
        if self.kind is Kind.UNIT_SELF:
            reviewer = [Role.SD] if self.supervised else []
            return [Role.DF, Role.DH, Role.FO, *reviewer, Role.FA]
        needed = [Role.DF, Role.DH, Role.FO, Role.FR, Role.FA, Role.EL]
        needed += [Role.SD] if self.supervised else []
        needed += [Role.EV] if case.on_site and case.on_site.findings else []
        return needed + ([Role.IR, Role.AS] if self.firm else [])

    def _fill(self, role: Role) -> None:
        if any(role in player.roles for player in self.players):
            return
        duty = f"{ROLE_LABELS[role]}（替身）"
        taken = {player.code for player in self.players}
        code = next(c for c in (f"{role.value.lower()}{n or ''}" for n in range(99)) if c not in taken)
        self.players.append(Player(code, duty, self.side(role), frozenset({role}), stand_in=True))

    def add(self, role: Role) -> str:
        """Return the code of a further stand-in player of `role`."""
        held = self.players
        self.players = [p for p in held if role not in p.roles]
        names = {p.code for p in held}
        self.players += [p for p in held if role in p.roles]
        code = next(c for c in (f"{role.value.lower()}_{n}" for n in range(2, 99)) if c not in names)
        duty = f"{ROLE_LABELS[role]}（替身）"
        self.players.append(Player(code, duty, self.side(role), frozenset({role}), stand_in=True))
        return code

    def who(self, by: str, roles: Iterable[Role]) -> tuple[str, Role]:
        """Return who acts in which part: the person named, else the first who holds one of `roles`.

        A person named who holds none of them gets the first; `checks_people` refuses such a case.
        """
        wanted = list(roles)
        if by:
            player = next(p for p in self.players if p.code == by)
            return by, next((role for role in wanted if role in player.roles), wanted[0])
        for role in wanted:
            for player in self.players:
                if role in player.roles:
                    return player.code, role
        raise InvalidError(Problem("没有人担任所需角色", allowed="、".join(role.value for role in wanted)))

    @property
    def stand_ins(self) -> list[str]:
        """Return one line for every party and player the source does not name."""
        lines = [f"单位：{party.name}" for party in self.parties if party.stand_in]
        return lines + [f"人员：{player.duty}" for player in self.players if player.stand_in]


def _player(person: Person) -> Player:
    roles = frozenset(Role(role) for role in person.roles)
    return Player(
        person.code, person.duty, person.organisation, roles, person.division, person.source == STAND_IN
    )


def _parties(case: Case, kind: Kind) -> list[Party]:
    parties = [_party(organisation) for organisation in case.organisations]

    def has(part: str) -> bool:
        return any(part in party.parts for party in parties)

    if not has("evaluated"):
        name = f"被评价单位（{NOT_IN_SOURCE}）"
        parties.append(Party("evaluated_unit", name, ("evaluated",), stand_in=True))
    if not has("organiser"):
        fiscal = kind in (Kind.FISCAL, Kind.FISCAL_FIRM)
        for part in ("finance",) if fiscal else ("supervisor", "evaluated"):
            if has(part):
                index = next(i for i, party in enumerate(parties) if part in party.parts)
                parties[index] = replace(parties[index], parts=(*parties[index].parts, "organiser"))
                break
        else:
            parties.append(Party("organiser", f"组织方（{NOT_IN_SOURCE}）", ("organiser",), stand_in=True))
    if kind is Kind.FISCAL_FIRM and not has("agency"):
        parties.append(Party("agency", f"评价机构（{NOT_IN_SOURCE}）", ("agency",), stand_in=True))
    return parties


def _party(organisation: CaseOrganisation) -> Party:
    stand_in = organisation.source == STAND_IN
    return Party(organisation.code, organisation.name, organisation.parts, stand_in)


@dataclass(frozen=True, slots=True)
class Change:
    """A change of points after submission: revising or withdrawing `item` as `change` says."""

    action: Action
    item: Deduction | Adjustment
    change: Revision | Withdrawal


class Script:
    """The growing list of acts of one case; while `repeating`, dates of the first way are not used again.

    `returned` is the newest return played, `horizon` the day of the next one: what is dated later waits
    for it in `deferred` (changes of points) or is simply not yet `done` (opinions).
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.cast = Cast(case)
        self.policy = Policy(case.settings.policy if case.settings else "city")
        self.acts: list[Act] = []
        self.repeating = False
        self.returned: Return | None = None
        self.horizon: date | None = None
        self.done: set[str] = set()
        self.did: defaultdict[str, set[Action]] = defaultdict(set)
        self.deferred: list[Change] = []

    def reached(self, on: date | None) -> bool:
        """Return whether something of this day comes before the next return."""
        return on is None or self.horizon is None or on <= self.horizon

    @property
    def lacking_words(self) -> str:
        """Return the stand-in for a report whose words the case does not have, empty if it has some."""
        return "" if self.case.narrative else f"报告正文（{NOT_IN_SOURCE}）"

    def add(
        self,
        action: Action,
        roles: Iterable[Role],
        *,
        by: str = "",
        on: date | None = None,
        source: str = "",
        stand_in: str = "",
        **payload: Any,
    ) -> None:
        """Append an act; `source` none or a `stand_in` text makes it a stand-in."""
        wanted = tuple(roles)
        code, role = self.cast.who(by or self._free(action, wanted), wanted)
        self.did[code].add(action)
        if self.repeating and on is not None and any(act.on and act.on > on for act in self.acts):
            on = None
        words = stand_in or (f"{action.label}（{NOT_IN_SOURCE}）" if source == STAND_IN else "")
        told = "" if source == STAND_IN else source
        self.acts.append(Act(action, role, code, payload, on, on is not None, told, words, wanted))

    def _free(self, action: Action, roles: tuple[Role, ...]) -> str:
        """Return the first who holds one of `roles` and whom no own act bars, empty if there is nobody."""
        for role in roles:
            for player in self.cast.players:
                did = frozenset(self.did[player.code])
                if role in player.roles and not exclusive(self.policy, did, action, kind=self.cast.kind):
                    return player.code
        return ""

    def dated(self) -> tuple[Act, ...]:
        """Return the acts, each with a date if the case names any."""
        known = [act.on for act in self.acts if act.on is not None]
        current = known[0] if known else None
        filled = []
        for act in self.acts:
            if act.on is not None:
                current = max(current, act.on) if current else act.on
            filled.append(act if act.on is not None else replace(act, on=current))
        return tuple(filled)
