"""A case file is imported: opened with the people of the file, played, and closed as read-only for ever.

- One entry opens the import and one closes it; both name the SHA-256 of the file as their source.
- The people exist only in this case: their roles end with it and nobody knows their passwords.
- From its first moment the case is read-only to everybody but its own import (`transaction`), so an
  import that broke off leaves nothing that could be carried on or signed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from service.actions.accounts import hash_password, instance_action
from service.actions.commissioning import CreateEvaluation, add_case, check_creation
from service.actions.transaction import Actor, Transaction, transaction
from service.models.evaluation import IMPORTING
from service.models.organisation import Account, GrantState, Organisation, RoleGrant
from service.passwords import random_password
from service.queries.people import instance_roles
from service.workflow.actions import Action
from service.workflow.facts import Facts
from service.workflow.machine import plan
from service.workflow.roles import Role


@dataclass(frozen=True, slots=True)
class ImportedPlayer:
    """One person of the file: code, duty, code of the organisation, and the roles held in this case."""

    code: str
    duty: str
    organisation: str
    roles: frozenset[Role]
    division: str = ""


@dataclass(frozen=True, slots=True)
class OpenImport:
    """What stands before the first act; organisations are named by their codes in the file.

    Args:
        evaluation: the case, its parties given by those codes.
        organisations: code → name.
    """

    evaluation: CreateEvaluation
    organisations: Mapping[str, str]
    players: tuple[ImportedPlayer, ...]


@dataclass(frozen=True, slots=True)
class ImportOpened:
    """Ids in the database: of the case, and of organisations and accounts by their codes in the file."""

    evaluation: str
    organisations: Mapping[str, str]
    accounts: Mapping[str, str]


def open_import(actor: Actor, command: OpenImport) -> ImportOpened:
    """Return the ids of the new case and its people; only acts played from `actor.source` can change it.

    The actor may read the case as its FO.

    Raises:
        NotPermittedError: if the actor is nobody's FO.
        InvalidError: if the case lacks what every new case needs.
    """
    framework = check_creation(command.evaluation)
    password = hash_password(random_password())
    lacking = () if actor.source else ("案例文件的 SHA-256",)
    title = f"导入案例文件：{command.evaluation.title}"
    with instance_action(
        actor, Action.CASE_IMPORT, reason=title, given=lambda _: {"target_missing": lacking}
    ) as tx:
        organisations = _organisations(tx, command)
        case = add_case(tx, _creation(command.evaluation, organisations, actor), framework)
        accounts = {}
        for player in command.players:
            account = _account(tx, player, command, organisations, password)
            accounts[player.code] = account.id
            for role in sorted(player.roles, key=lambda r: r.value):
                tx.add(_grant(account.id, role, case.id, by=actor.account))
        tx.add(_grant(actor.account, Role.FO, case.id, by=actor.account))
        return ImportOpened(case.id, organisations, accounts)


def _creation(command: CreateEvaluation, organisations: Mapping[str, str], actor: Actor) -> CreateEvaluation:
    parties = {part: tuple(organisations[c] for c in codes) for part, codes in command.parties.items()}
    facts = {**command.facts, IMPORTING: actor.source}
    return replace(command, parties=parties, facts=facts, imported=True)


def _organisations(tx: Transaction, command: OpenImport) -> dict[str, str]:
    found = {}
    for code, name in command.organisations.items():
        row = Organisation(code=f"{command.evaluation.code}.{code}", name=name)
        tx.add(row)
        found[code] = row.id
    tx.session.flush()
    return found


def _account(
    tx: Transaction,
    player: ImportedPlayer,
    command: OpenImport,
    organisations: Mapping[str, str],
    password: str,
) -> Account:
    row = Account(
        login=f"{command.evaluation.code}.{player.code}",
        duty=player.duty,
        organisation_id=organisations[player.organisation],
        division=player.division,
        password_hash=password,
    )
    tx.add(row)
    tx.session.flush()
    return row


def _grant(account: str, role: Role, case: str, *, by: str) -> RoleGrant:
    return RoleGrant(
        account_id=account,
        role=role,
        evaluation_id=case,
        state=GrantState.CONFIRMED,
        proposed_by=by,
        confirmed_by=by,
    )


def close_import(actor: Actor, evaluation: str) -> None:
    """The imported case is read-only to everybody, its own import included.

    Raises:
        NotPermittedError: if the actor is nobody's FO.
        ActionRefusedError: if it is not open, or opened from another file.
    """
    with transaction(actor, Action.CASE_IMPORT, evaluation=evaluation, reason="导入完成，案卷只读") as tx:
        tx.demand_writable()
        roles = instance_roles(tx.session, actor.person, today=tx.on)
        plan(None, None, None, Action.CASE_IMPORT, roles, Facts(target_missing=()))
        tx.case.facts = {name: value for name, value in tx.case.facts.items() if name != IMPORTING}
