"""Which acts ask for which facts, read off the guards of the rule table.

Facts nobody asks for are not gathered; they keep their refusing default.
"""

from __future__ import annotations

from functools import cache

from service.workflow.actions import Action
from service.workflow.guards import Guard
from service.workflow.rules import RULES


@cache
def guards_of(action: Action) -> frozenset[Guard]:
    """Return every guard of every rule of the act, and what waivers may answer among them."""
    found = {guard for rule in RULES if rule.action is action for guard in rule.guards}
    return frozenset(found | {guard.waives for guard in found if guard.waives is not None})


def asks(action: Action, *guards: Guard) -> bool:
    """Return whether a rule of the act has one of these guards."""
    return not guards_of(action).isdisjoint(guards)
