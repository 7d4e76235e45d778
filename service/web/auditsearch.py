"""审计检索: what an auditor asks of all cases he may read, and the proof of any entry."""

from __future__ import annotations

from io import BytesIO

from flask import Blueprint, render_template, request
from werkzeug.wrappers import Response

from service import clock
from service.audit.proofs import SUFFIX
from service.audit.signer_client import signer_at
from service.audit.stored import proven_entry, snapshot
from service.errors import NotPermittedError
from service.extensions import db
from service.queries.auditquestions import search_of
from service.queries.auditscope import offered
from service.queries.auditsearch import search
from service.queries.entrycase import entry_of_case, refusal_outside
from service.queries.people import instance_roles, roles_held
from service.queries.reader import OpenCase
from service.web.access import Entry, access, login_now
from service.web.cases import settings
from service.web.downloads import handed_out
from service.workflow.actions import Action
from service.workflow.roles import ORGANISING_ROLES, Role

pages = Blueprint("auditsearch", __name__)
SEARCHING = ORGANISING_ROLES | {Role.AU, Role.EL, Role.AA}
"""Who may read the history of some case or other, or the security log."""
SAMPLING = ORGANISING_ROLES | {Role.AU}
"""Who may draw a sample."""
ARGUMENTS = (
    "question", "kind", "organisation", "year", "case", "since", "until", "points", "total", "percent",
    "length", "page",
)  # fmt: skip
PROOF = "text/plain; charset=utf-8"


@pages.get("/audit/search")
@access(Entry.LOGGED_IN)
def show() -> str:
    """Show the answers to one question and how many the others have."""
    account, today = searcher(), clock.local_date(clock.now())
    wanted = search_of({name: request.args.get(name, "") for name in ARGUMENTS})
    return render_template(
        "web/audit_search.html",
        wanted=wanted,
        found=search(db.session(), account, wanted, today=today),
        offers=offered(db.session(), account, today=today),
        sampling=bool(instance_roles(db.session(), account, today=today) & SAMPLING),
    )


@pages.get("/cases/<case>/history/<entry>.tlog-proof")
@access(Action.HISTORY_READ)
def proof(case: OpenCase, entry: str) -> Response:
    """Hand out the proof that one entry of this case stands in the log its newest checkpoint signs.

    The entry itself goes with it where its contents may be read; else its hash alone.
    """
    return proof_file(case, entry)


def proof_file(case: OpenCase, entry: str) -> Response:
    """Return the proof of one entry of this case as an attachment.

    Raises:
        NotFoundError: the log of this case has no such entry.
        UnavailableError: no checkpoint covers it yet.
    """
    found = entry_of_case(db.session(), case.row, entry, scores=case.scores)
    return _proof(f"{case.code}-{found.index}", entry, enclosed=not found.hidden)


@pages.get("/audit/entries/<entry>.tlog-proof")
@access(Entry.LOGGED_IN)
def outside_proof(entry: str) -> Response:
    """Hand out the proof of a refusal that belongs to no case."""
    return outside_proof_file(entry)


def outside_proof_file(entry: str) -> Response:
    """Return the proof of a refusal outside any case as an attachment, with the entry itself.

    Raises:
        NotFoundError: there is none this person may read.
        UnavailableError: no checkpoint covers it yet.
    """
    account, today = searcher(), clock.local_date(clock.now())
    index = refusal_outside(db.session(), account, entry, today=today)
    return _proof(str(index), entry, enclosed=True)


def _proof(name: str, entry: str, *, enclosed: bool) -> Response:
    with snapshot(db.session()) as connection:
        text = proven_entry(connection, signer_at(settings().instance.signer), entry, enclosed=enclosed)
    return handed_out(BytesIO(text.encode()), f"{name}{SUFFIX}", PROOF)


def searcher() -> str:
    """Return the account; NotPermittedError for who reads the history of no case."""
    login = login_now()
    account = login.account if login else ""
    held, played = roles_held(db.session(), account, today=clock.local_date(clock.now()))
    if not (held | played) & SEARCHING:
        raise NotPermittedError(
            "审计检索供审计员、审计管理员、组织方和评价组组长使用；需要查阅的，请系统管理员提出授权"
        )
    return account
