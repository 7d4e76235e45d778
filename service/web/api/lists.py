"""What is not of one case: who one is, the cases, what waits, the figures, jobs, frameworks."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from flask import Response, request

from service import clock
from service.errors import InvalidError, NotFoundError, Problem
from service.extensions import db
from service.queries.accountdesk import AccountFilter, Desk, account_desk
from service.queries.caselist import CaseFilter, ListedCase, cases_after
from service.queries.jobs import JobShown, job_of, jobs_of
from service.queries.library import LibraryLine, library_lines, library_version
from service.queries.people import case_roles, instance_roles
from service.queries.portfolio import Portfolio, portfolio
from service.queries.todo import Todo, todo_of
from service.queries.tokens import Scope
from service.web.access import Entry
from service.web.api.acts import owner
from service.web.api.root import answered, operation, query
from service.web.bearer import held_scopes
from service.web.outside import demand_role
from service.workflow.roles import Role

MOST, USUAL = 200, 50
LIMIT = {
    "name": "limit",
    "in": "query",
    "description": "一页几条",
    "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
}
CURSOR = query("cursor", "上一页答复中的 next", maxLength=400)
FILTERS = tuple(
    query(name, words, maxLength=80)
    for name, words in (
        ("year", "年度"),
        ("kind", "评价类型"),
        ("stage", "环节"),
        ("grade", "等次"),
        ("text", "名称或编号中的字"),
    )
)


@dataclass(frozen=True, slots=True)
class Me:
    """The owner of the token and what the token may be used for."""

    login: str
    duty: str
    organisation: str
    instance_roles: frozenset[Role]
    case_roles: frozenset[Role]
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True)
class Cases:
    """Some cases in a fixed order, newest year first; `next` continues, None at the end."""

    cases: tuple[ListedCase, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class Jobs:
    """The newest background jobs of the token's owner."""

    jobs: tuple[JobShown, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Every framework version the token's owner may see."""

    lines: tuple[LibraryLine, ...]


@dataclass(frozen=True, slots=True)
class LibraryText:
    """One framework version with its text in the format of FORMAT.md."""

    line: LibraryLine
    text: str


@operation("GET", "/me", Entry.LOGGED_IN, "me", summary="本人和令牌的范围", tag="本人", answer=Me)
def me() -> Response:
    """Answer who the token's owner is."""
    login, today = owner(), clock.local_date(clock.now())
    return answered(
        Me(
            login=login.name,
            duty=login.duty,
            organisation=login.organisation,
            instance_roles=instance_roles(db.session(), login.account, today=today),
            case_roles=case_roles(db.session(), login.account, today=today),
            scopes=held_scopes(),
        )
    )


@operation(
    "GET",
    "/cases",
    Entry.LOGGED_IN,
    "cases",
    summary="评价项目",
    tag="案卷",
    answer=Cases,
    parameters=(*FILTERS, LIMIT, CURSOR),
)
def cases() -> Response:
    """Answer the cases one may read, in pages that no new case can shift."""
    asked = {name: request.args.get(name, "").strip() for name in ("year", "kind", "stage", "grade", "text")}
    limit = _limit()
    found = cases_after(
        db.session(),
        owner().account,
        CaseFilter(**asked, page=1),
        after=_after(),
        limit=limit + 1,
        today=clock.local_date(clock.now()),
    )
    more = found[:limit]
    onward = _cursor(more[-1]) if len(found) > limit else None
    return answered(Cases(tuple(more), onward))


def _limit() -> int:
    asked = request.args.get("limit", str(USUAL))
    if not (asked.isascii() and asked.isdigit() and 1 <= len(asked) <= 3 and 1 <= int(asked) <= MOST):
        raise InvalidError(Problem("一页的条数不对", path="limit", value=asked[:20], allowed=f"1–{MOST}"))
    return int(asked)


def _cursor(last: ListedCase) -> str:
    return base64.urlsafe_b64encode(f"{last.year}\n{last.code}".encode()).decode().rstrip("=")


def _after() -> tuple[str, str] | None:
    asked = request.args.get("cursor", "")
    if not asked:
        return None
    try:
        text = base64.urlsafe_b64decode(asked + "=" * (-len(asked) % 4)).decode()
    except (binascii.Error, ValueError) as error:
        raise _no_cursor(asked) from error
    year, line, code = text.partition("\n")
    if not line or "\n" in code:
        raise _no_cursor(asked)
    return year, code


def _no_cursor(asked: str) -> InvalidError:
    return InvalidError(
        Problem("翻页标记不对", path="cursor", value=asked[:40], cure="用上一页答复中的 next，或从头读起")
    )


@operation("GET", "/todo", Entry.LOGGED_IN, "todo", summary="待办", tag="本人", answer=Todo)
def todo() -> Response:
    """Answer what waits for the token's owner."""
    return answered(todo_of(db.session(), owner().account, today=clock.local_date(clock.now())))


@operation(
    "GET",
    "/portfolio",
    Entry.LOGGED_IN,
    "portfolio",
    summary="台账统计",
    tag="案卷",
    answer=Portfolio,
    parameters=FILTERS[:2],
)
def figures() -> Response:
    """Answer the figures of all cases one may read."""
    demand_role(Role.FO, Role.FR, Role.FA, Role.AU, act="台账统计")
    year, kind = (request.args.get(name, "").strip()[:80] for name in ("year", "kind"))
    today = clock.local_date(clock.now())
    return answered(portfolio(db.session(), owner().account, year=year, kind=kind, today=today))


@operation("GET", "/jobs", Entry.LOGGED_IN, "jobs", summary="后台任务", tag="本人", answer=Jobs)
def jobs() -> Response:
    """Answer the newest jobs of the token's owner."""
    return answered(Jobs(tuple(jobs_of(db.session(), account=owner().account))))


@operation("GET", "/jobs/<job>", Entry.LOGGED_IN, "job", summary="一项后台任务", tag="本人", answer=JobShown)
def job(job: str) -> Response:
    """Answer how far one job is."""
    found = job_of(db.session(), job, account=owner().account)
    if found is None:
        raise NotFoundError("没有这项后台任务")
    return answered(found)


@operation(
    "GET", "/library", Entry.LOGGED_IN, "library", summary="指标体系库", tag="指标体系", answer=Library
)
def library() -> Response:
    """Answer every framework version one may see."""
    lines = library_lines(db.session(), owner().account, today=clock.local_date(clock.now()))
    return answered(Library(tuple(lines)))


@operation(
    "GET",
    "/library/<ref>",
    Entry.LOGGED_IN,
    "framework",
    summary="一版指标体系",
    tag="指标体系",
    answer=LibraryText,
)
def framework(ref: str) -> Response:
    """Answer one framework version with its text."""
    found = library_version(db.session(), owner().account, ref, today=clock.local_date(clock.now()))
    return answered(LibraryText(found.line, found.text))


@operation(
    "GET",
    "/accounts",
    Entry.LOGGED_IN,
    "accounts",
    summary="账号、职责和待确认的授权",
    tag="人员",
    answer=Desk,
    parameters=(query("text", "登录名或职责中的字", maxLength=80),),
)
def accounts() -> Response:
    """Answer accounts and duties, for the system and the security administrator."""
    demand_role(Role.SA, Role.SE, act="人员与授权")
    wanted = AccountFilter(text=request.args.get("text", "")[:80], organisation="", state="", page=1)
    return answered(account_desk(db.session(), wanted, me=owner().account))
