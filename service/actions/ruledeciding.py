"""Rules proposed for an imported indicator table: confirmed, replaced or taken away again, one act each.

- The draft changes in the same commit as the entry that says who decided what on which words.
- A proposal is never in the draft before that; there is no act for all of them at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.actions.proposals import library_action
from service.actions.transaction import Actor
from service.actions.workingcopies import keep_within
from service.models.library import RuleDecision, RuleVerdict
from service.workflow.actions import Action

FORM = "library"
"""The form under which drafts of the library are kept."""
Plain = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided on one leaf: its words and their cell, what was proposed, what stands now."""

    node: str
    name: str
    place: str
    wording: str
    proposed: dict[str, Any] | None
    adopted: dict[str, Any] | None

    @property
    def verdict(self) -> RuleVerdict:
        """Return what that is called."""
        if self.adopted is None:
            return RuleVerdict.REOPENED
        return RuleVerdict.CONFIRMED if self.adopted == self.proposed else RuleVerdict.REPLACED


@dataclass(frozen=True, slots=True)
class DecideRules:
    """Decisions on the draft `target`, which then holds `data`.

    Args:
        organisation: whose library it is for; `book`, `book_sha256` the table it came from.
        stamp: state of the draft the person saw.
    """

    organisation: str
    target: str
    data: Plain
    stamp: str
    book: str
    book_sha256: str
    decided: Sequence[Decided]


def decide_rules(actor: Actor, command: DecideRules) -> str:
    """Return the id of the entry; the draft holds the decided rules.

    Raises:
        NotFoundError, NotPermittedError, ActionRefusedError: no part in that organisation's library.
        StaleError: the draft has moved on.
    """
    words = "；".join(f"{one.node} {one.name}：{one.verdict.label}" for one in command.decided)
    with library_action(
        actor, Action.FRAMEWORK_RULE, lambda _: command.organisation, reason=words[:2000]
    ) as tx:
        for one in command.decided:
            tx.add(
                RuleDecision(
                    organisation_id=command.organisation,
                    book=command.book[:300],
                    book_sha256=command.book_sha256,
                    place=one.place[:120],
                    node=one.node,
                    name=one.name[:300],
                    wording=one.wording,
                    proposed=one.proposed,
                    adopted=one.adopted,
                    verdict=one.verdict,
                    decided_by=actor.person,
                )
            )
        keep_within(tx.session, actor.account, FORM, command.target, command.data, stamp=command.stamp)
    return tx.receipt.entry_id
