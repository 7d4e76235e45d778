"""公开版: what is hidden is chosen, the file is proven clean, and that it was taken stands in the log."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from flask import Blueprint, request

from service.actions.publicversion import MARK, Hiding, frozen_snapshot, public_version, take_public
from service.actions.transaction import Actor
from service.actions.workshop import workshop_of
from service.errors import RepeatedError, ServiceError
from service.extensions import db
from service.queries.publiccopies import public_taken
from service.queries.reader import OpenCase
from service.report import profile as profiles
from service.report.profile import Profile, Section
from service.report.snapshot import CaseSnapshot
from service.web.access import Doing, access
from service.web.cases import case_page, settings
from service.web.doing import actor_now
from service.web.downloads import TYPES, handed_out
from service.web.errors import status_of
from service.workflow.actions import Action

pages = Blueprint("publiccopy", __name__)
TAKING = Doing(Action.PUBLIC_TAKE)
LISTS = ("sections", "parties", "amounts", "nodes")


@pages.get("/cases/<case>/report/<int:number>/public")
@access(TAKING)
def show(case: OpenCase, number: int) -> str:
    """Show what is hidden anyway and what may be hidden besides."""
    return _page(case, number)


@pages.post("/cases/<case>/report/<int:number>/public")
@access(TAKING)
def take(case: OpenCase, number: int) -> Any:
    """Hand out the public version with what was chosen hidden."""
    hiding = Hiding(
        **{name: tuple(request.form.getlist(name)) for name in LISTS},
        words=tuple(_words(request.form.get("words", ""))),
        stock=bool(request.form.get("stock")),
    )
    try:
        return public_file(case, number, hiding, actor_now(case, key=request.form.get("key", "")))
    except ServiceError as refused:
        db.session.rollback()
        return _page(case, number, refused), status_of(refused)


def _words(typed: str) -> Iterator[str]:
    for line in typed.replace("、", "\n").splitlines():
        if line.strip():
            yield line.strip()


def public_file(case: OpenCase, number: int, hiding: Hiding, actor: Actor) -> Any:
    """Return the public version as an attachment; the same request twice is one taking."""
    workshop, code = workshop_of(settings()), case.code
    try:
        content = take_public(actor, db.session(), case.row, number, workshop, hiding)
    except RepeatedError:
        db.session.rollback()
        content = public_version(db.session(), case.row, number, workshop, hiding)[0]
    return handed_out(BytesIO(content), f"{code}-v{number}-{MARK}.docx", TYPES["docx"])


def _page(case: OpenCase, number: int, refused: ServiceError | None = None) -> str:
    snapshot = frozen_snapshot(db.session(), case.row, number, workshop_of(settings()))
    layout = profiles.load(snapshot.profile)
    sent = {name: request.form.getlist(name) for name in LISTS}
    return case_page(
        "public",
        case,
        number=number,
        lists=_lists(snapshot, layout),
        always=layout.public,
        sent=sent,
        words=request.form.get("words", ""),
        stock=bool(request.form.get("stock")),
        template=snapshot.template,
        taken=public_taken(db.session(), case.row),
        key=secrets.token_urlsafe(18),
        problems=refused.problems if refused is not None else (),
    )


def _lists(snapshot: CaseSnapshot, layout: Profile) -> list[tuple[str, str, str, list[tuple[str, str]]]]:
    """Return name, heading, help and choices of every list; empty ones are left out."""
    abstract = [("abstract", layout.abstract)] if layout.abstract else []
    sections = [*abstract, *_sections((*layout.sections, *layout.appendices))]
    parties = {org.part: f"{org.part}（{org.name}，印作“某{org.part}”）" for org in snapshot.organisations}
    amounts = [("*", "全部金额"), *((m.code, f"{m.name} {m.printed}") for m in snapshot.money)]
    leaves = [(node.code, f"{node.code} {node.name}") for node in snapshot.framework.nodes if node.leaf]
    found = [
        ("sections", "不公开的章节和附件", "整节不印", sections),
        ("parties", "不公开名称的单位", "全文替换，文件各处都不再出现", list(parties.items())),
        ("amounts", "不公开的金额", "各种写法都替换", amounts if snapshot.money else []),
        ("nodes", "不公开扣分理由的指标", "得分照印，理由、发现和意见不印", leaves),
    ]
    return [each for each in found if each[3]]


def _sections(sections: tuple[Section, ...]) -> Iterator[tuple[str, str]]:
    for section in sections:
        if section.title:
            yield section.id, section.title.replace("{n}", "")
        yield from _sections(section.parts)
