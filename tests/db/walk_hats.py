"""People with several duties, and what they are tempted to do: judged apart from the code under test."""

from __future__ import annotations

from service.actions import commissioning
from service.workflow.actions import Action as A
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from tests.db import walk_acts_early as early
from tests.db.office import Look
from tests.db.walk_turn import Turn
from tests.unit.workflow.case_model import NEVER_AFTER, NEVER_BOTH, NEVER_BOTH_CITY

TEAM = {Role.EL, Role.EV, Role.EX}
UNIT = {Role.DF, Role.DH, Role.SD}
ELSE = {Role.FO, Role.FR, Role.FA, Role.IR, Role.AS}
CLASHING: tuple[tuple[set[Role], set[Role]], ...] = (
    ({Role.FR, Role.IR}, TEAM),
    ({Role.FA}, TEAM | {Role.FO, Role.FR}),
    ({Role.IR}, {Role.AS}),
    ({Role.IR, Role.AS}, {Role.FO, Role.FR, Role.FA}),
    (UNIT, TEAM | ELSE),
)
CLASHING_CITY: tuple[tuple[set[Role], set[Role]], ...] = (({Role.FO}, TEAM | {Role.FR}),)


def assign(turn: Turn) -> None:
    """Name somebody for the team; in a county often the clerk of the desk himself, as leader."""
    if city(turn.look) or turn.random.random() < 0.6:
        early.assign(turn)
        return
    account = turn.walk.office.accounts["fo"]
    commissioning.assign_member(
        turn.actor, turn.case, account=account, roles=(Role.EL, Role.EV), reason=turn.words("人手少")
    )


def city(look: Look) -> bool:
    """Say whether the strict profile holds."""
    return bool(look.case.policy == "city")


def clash(roles: frozenset[Role], look: Look) -> bool:
    """Say whether these are duties one person may not hold together in the case."""
    pairs = CLASHING + (CLASHING_CITY if city(look) else ())
    return any(one & roles and other & roles for one, other in pairs)


def forbidden(did: frozenset[A], look: Look) -> set[A]:
    """Return every act a person who did these may not do any more."""
    found = {second for first, second in NEVER_AFTER if first in did}
    for one, other in NEVER_BOTH + (NEVER_BOTH_CITY if city(look) else ()):
        if look.kind is Kind.UNIT_SELF and A.SELF_EDIT in one and A.SELF_REVIEW not in other:
            continue
        found |= (other if one & did else set()) | (one if other & did else set())
    return found
