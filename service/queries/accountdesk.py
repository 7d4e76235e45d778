"""Accounts, duties and organisations as the administrators see them; of cases they only learn how many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, func, or_, select, true
from sqlalchemy.orm import Session

from service.models.organisation import Account, GrantState, Handover, Organisation, Revocation, RoleGrant

PAGE = 50
Options = dict[str, str]
PROPOSED = ("grants", "revocations", "handovers")


@dataclass(frozen=True, slots=True)
class AccountFilter:
    """Which accounts are asked for; "" asks for all."""

    text: str = ""
    organisation: str = ""
    state: str = ""
    page: int = 1

    @property
    def asked(self) -> dict[str, str]:
        """Return what is asked for by name, for addresses."""
        names = ("text", "organisation", "state")
        return {name: value for name in names if (value := getattr(self, name))}


@dataclass(frozen=True, slots=True)
class GrantShown:
    """One duty of one account: where it holds, who proposed and confirmed it, until when."""

    id: str
    holder: str
    role: str
    where: str
    waiting: bool
    proposed_by: str
    confirmed_by: str
    until: date | None
    mine: bool
    own: bool
    ending: bool = False


@dataclass(frozen=True, slots=True)
class RevocationShown:
    """One end of a grant that waits: of whose duty, why, proposed by whom."""

    id: str
    grant: str
    holder: str
    role: str
    where: str
    reason: str
    proposed_by: str
    mine: bool


@dataclass(frozen=True, slots=True)
class AccountShown:
    """One account with its duties; `cases` counts those it holds in single cases."""

    id: str
    login: str
    duty: str
    organisation: str
    active: bool
    factor: bool
    grants: tuple[GrantShown, ...]
    cases: int


@dataclass(frozen=True, slots=True)
class HandoverShown:
    """One hand-over that waits: of whom, to whom, why, proposed by whom."""

    id: str
    leaver: str
    successor: str
    reason: str
    proposed_by: str
    mine: bool


@dataclass(frozen=True, slots=True)
class Desk:
    """The page: accounts asked for, what waits for a second person, organisations with their accounts."""

    accounts: tuple[AccountShown, ...]
    found: int
    total: int
    page: int
    pages: int
    waiting: tuple[GrantShown, ...]
    revocations: tuple[RevocationShown, ...]
    handovers: tuple[HandoverShown, ...]
    organisations: tuple[tuple[str, str, int], ...]
    choices: Options


def account_desk(session: Session, wanted: AccountFilter, *, me: str) -> Desk:
    """Return the page for the administrator `me`."""
    names, homes = _names(session), _organisations(session)
    chosen = select(Account).where(*_conditions(wanted))
    found = session.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    pages = max(1, -(-found // PAGE))
    page = min(max(1, wanted.page), pages)
    rows = session.scalars(chosen.order_by(Account.login).limit(PAGE).offset((page - 1) * PAGE)).all()
    held, cases = _grants(session, [row.id for row in rows], names, homes, me=me)
    counts = Counter(session.scalars(select(Account.organisation_id).where(Account.active)))
    open_grants = session.scalars(select(RoleGrant).where(RoleGrant.state == GrantState.PROPOSED))
    return Desk(
        accounts=tuple(
            AccountShown(
                row.id, row.login, row.duty, homes.get(row.organisation_id or "", ""), row.active, row.factor,
                tuple(held.get(row.id, ())), cases[row.id],
            )
            for row in rows
        ),
        found=found,
        total=len(names),
        page=page,
        pages=pages,
        waiting=tuple(_grant(row, names, homes, me=me) for row in open_grants),
        revocations=_revocations(session, names, homes, me=me),
        handovers=_handovers(session, names, me=me),
        organisations=tuple((key, name, counts[key]) for key, name in homes.items()),
        choices=dict(homes),
    )  # fmt: skip


def _conditions(wanted: AccountFilter) -> list[ColumnElement[bool]]:
    text = wanted.text
    said = [
        column.contains(text, autoescape=True) for column in (Account.login, Account.duty, Account.division)
    ]
    return [
        or_(*said) if text else true(),
        Account.organisation_id == wanted.organisation if wanted.organisation else true(),
        Account.active.is_(wanted.state == "active") if wanted.state else true(),
    ]


def _names(session: Session) -> Options:
    query = select(Account.id, Account.duty, Account.login).order_by(Account.login)
    return {row.id: f"{row.duty}（{row.login}）" for row in session.execute(query)}


def _organisations(session: Session) -> Options:
    query = select(Organisation.id, Organisation.name).order_by(Organisation.name)
    return {row.id: row.name for row in session.execute(query)}


def _grants(
    session: Session, accounts: Sequence[str], names: Options, homes: Options, *, me: str
) -> tuple[dict[str, list[GrantShown]], Counter[str]]:
    live = RoleGrant.state != GrantState.REVOKED
    query = select(RoleGrant).where(RoleGrant.account_id.in_(accounts), live).order_by(RoleGrant.id)
    ending = set(session.scalars(select(Revocation.grant_id).where(Revocation.decided_by.is_(None))))
    held: dict[str, list[GrantShown]] = {}
    cases: Counter[str] = Counter()
    for row in session.scalars(query):
        if row.evaluation_id is not None:
            cases[row.account_id] += 1
        else:
            shown = _grant(row, names, homes, me=me, ending=row.id in ending)
            held.setdefault(row.account_id, []).append(shown)
    return held, cases


def _grant(row: RoleGrant, names: Options, homes: Options, *, me: str, ending: bool = False) -> GrantShown:
    where = "一项评价" if row.evaluation_id else homes.get(row.organisation_id or "", "全实例")
    return GrantShown(
        id=row.id,
        holder=names.get(row.account_id, ""),
        role=row.role.label,
        where=where,
        waiting=row.state is GrantState.PROPOSED,
        proposed_by=names.get(row.proposed_by, ""),
        confirmed_by=names.get(row.confirmed_by or "", ""),
        until=row.until,
        mine=me in (row.proposed_by, row.account_id),
        own=me == row.account_id,
        ending=ending,
    )


def open_revocation() -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which the end of a grant waits; the grant still counts."""
    counting = select(RoleGrant.id).where(RoleGrant.state == GrantState.CONFIRMED)
    return Revocation.decided_by.is_(None), Revocation.grant_id.in_(counting)


def _revocations(session: Session, names: Options, homes: Options, *, me: str) -> tuple[RevocationShown, ...]:
    query = select(Revocation, RoleGrant).join(RoleGrant, RoleGrant.id == Revocation.grant_id)
    found = []
    for row, grant in session.execute(query.where(*open_revocation()).order_by(Revocation.id)):
        shown = _grant(grant, names, homes, me=me)
        mine = me in (row.proposed_by, grant.account_id)
        proposer = names.get(row.proposed_by, "")
        found.append(
            RevocationShown(
                row.id, grant.id, shown.holder, shown.role, shown.where, row.reason, proposer, mine
            )
        )
    return tuple(found)


def _handovers(session: Session, names: Options, *, me: str) -> tuple[HandoverShown, ...]:
    rows = session.scalars(select(Handover).where(Handover.confirmed_by.is_(None)).order_by(Handover.id))
    return tuple(
        HandoverShown(
            row.id, names.get(row.leaver, ""), names.get(row.successor, ""), row.reason,
            names.get(row.proposed_by, ""), me in (row.leaver, row.successor, row.proposed_by),
        )
        for row in rows
    )  # fmt: skip


def desk_choices(session: Session) -> dict[str, Options]:
    """Return the lists the administrators' forms offer, by name."""
    active = select(Account.id, Account.duty, Account.login).where(Account.active).order_by(Account.login)
    names = _names(session)
    grants = session.scalars(select(RoleGrant).where(RoleGrant.state == GrantState.PROPOSED))
    homes = _organisations(session)
    shown = (_grant(row, names, homes, me="") for row in grants)
    waiting = {
        "accounts": {row.id: f"{row.duty}（{row.login}）" for row in session.execute(active)},
        "organisations": homes,
        "grants": {g.id: f"{g.holder}：{g.role}（{g.where}），由{g.proposed_by}提出" for g in shown},
        "held": {g.id: f"{g.holder}：{g.role}（{g.where}）" for g in _revocable(session, names, homes)},
        "revocations": {
            r.id: f"{r.holder}：{r.role}（{r.where}），由{r.proposed_by}提出收回"
            for r in _revocations(session, names, homes, me="")
        },
        "handovers": {
            h.id: f"{h.leaver} 移交给 {h.successor}，由{h.proposed_by}提出"
            for h in _handovers(session, names, me="")
        },
    }
    proposals = {key: words for name in PROPOSED for key, words in waiting[name].items()}
    return {**waiting, "proposals": proposals}


def _revocable(session: Session, names: Options, homes: Options) -> list[GrantShown]:
    """Return the grants outside any case that count and whose end nobody has proposed yet."""
    ending = select(Revocation.grant_id).where(Revocation.decided_by.is_(None))
    query = select(RoleGrant).where(
        RoleGrant.state == GrantState.CONFIRMED,
        RoleGrant.evaluation_id.is_(None),
        RoleGrant.id.not_in(ending),
    )
    shown = (_grant(row, names, homes, me="") for row in session.scalars(query))
    return sorted(shown, key=lambda grant: (grant.holder, grant.role))
