"""Import a case file as a read-only case: its acts are played as in a replay, but nobody approves anything.

- Works in a live instance too, for it touches nobody there: the people of the file exist only in the case.
- Reviews, certificate, seal, signature and corrections are left out, and with them every frozen report.
"""

from __future__ import annotations

from dataclasses import replace

from service.actions.actor import Actor
from service.actions.importing import ImportedPlayer, OpenImport, close_import, open_import
from service.actions.workshop import Workshop
from service.cases.acts import Planned
from service.cases.company import ON_THE_CASE, Company, Operator
from service.cases.handlers_before import creation
from service.cases.performance import Performance
from service.cases.press import Press, PressHere
from service.cases.replay import Replayed, Tell, free_code, perform, result_of
from service.cases.script import Act, Cast
from service.cases.source import CaseFile
from service.workflow.actions import Action

APPROVALS = frozenset(
    {
        Action.REPORT_INTERNAL_REVIEW,
        Action.REPORT_FREEZE,
        Action.REPORT_CERTIFY,
        Action.REPORT_SEAL,
        Action.REPORT_SECOND_REVIEW,
        Action.REPORT_SIGN,
        Action.CORRECTION_REQUEST,
        Action.CORRECTION_EDIT,
        Action.CORRECTION_FREEZE,
        Action.CORRECTION_SIGN,
    }
)
"""Acts an import never does, on paper or otherwise."""


def import_case(
    file: CaseFile,
    workshop: Workshop,
    *,
    operator: Actor,
    press: Press | None = None,
    tell: Tell = lambda _: None,
) -> Replayed:
    """Return the case as imported: every act up to the approvals was played, and it is read-only for ever.

    Args:
        operator: who imports; an FO of this instance.

    Raises:
        NotPermittedError: the operator is nobody's FO.
        InvalidError: the case cannot be played as written.
        ActionRefusedError: the process refuses an act; what was played so far stays, read-only.
    """
    planned = Planned(file)
    importer = replace(operator, source=file.sha256)
    play = _opened(file, planned, importer, Performance(
        file,
        planned,
        free_code(file.case.case),
        Operator(operator.account, operator.name, file.sha256, operator.request_id),
        Company(organisations={party.code: party.code for party in planned.cast.parties}),
        workshop.store,
        press or PressHere(workshop),
        workshop,
    ))  # fmt: skip
    stage = perform(play, _without_approvals(planned), tell=tell)
    close_import(importer, play.evaluation)
    return result_of(play, stage, (), demo=workshop.demo)


def _opened(file: CaseFile, planned: Planned, importer: Actor, play: Performance) -> Performance:
    """Return `play` with the case and its people in the database."""
    names = {party.code: party.name for party in planned.cast.parties}
    opened = open_import(importer, OpenImport(creation(play), names, _players(planned.cast)))
    company = Company(dict(opened.organisations), dict(opened.accounts))
    return replace(play, evaluation=opened.evaluation, company=company)


def _players(cast: Cast) -> tuple[ImportedPlayer, ...]:
    """Return the people; members of the team get their roles by the acts of the file."""
    return tuple(
        ImportedPlayer(p.code, p.duty, p.organisation, p.roles - ON_THE_CASE, p.division)
        for p in cast.players
    )


def _without_approvals(planned: Planned) -> tuple[Act, ...]:
    left_out = {Action.EVALUATION_CREATE, *APPROVALS}
    return tuple(a for a in planned.acts if not {a.action, a.payload.get("behind")} & left_out)
