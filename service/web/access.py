"""Who may open which route: one declaration per route, and no route without one.

- `access(Entry.ANYONE)`: the login page and nothing that says anything.
- `access(Entry.ENTERING)`: the pages on which one-time codes are set up, before anything else opens.
- `access(Entry.RENEWING)`: the page on which a password is changed, before anything else opens.
- `access(Entry.LOGGED_IN)`: lists that scope themselves by the account.
- `access(Action.X)`: a page of one case. The case named in the address is opened as the account may see
  it (a stranger gets what a missing case gets), then the rule table is asked for `X`.
- `access(Doing(Action.X))`: a page that does `X` on a case; only that some row of the table allows it is
  asked here, the act asks the rest.
- Who has not yet declared his interests in a running case is led to that first (`declaration`).
- `demand_declared` runs at the end of `create_app`: a route that declares nothing stops the start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import Any

from flask import Flask, current_app, redirect, url_for
from flask_login import current_user

from service import clock
from service.errors import InvalidError, NotPermittedError, Problem
from service.extensions import db
from service.queries.logins import Login
from service.queries.reader import OpenCase, open_case
from service.web import declaration
from service.workflow.actions import Action
from service.workflow.roles import FIRM_ROLES, ORGANISING_ROLES, TEAM_ROLES, Role
from service.workflow.stages import Stage

View = Callable[..., Any]


class Entry(Enum):
    """What is needed where no case is named."""

    ANYONE = "anyone"
    ENTERING = "entering"
    RENEWING = "renewing"
    LOGGED_IN = "logged_in"


@dataclass(frozen=True, slots=True)
class Doing:
    """What is needed to do `action` on the case named: that the rule table has a row for it here and now.

    Whether everything the act asks for is there is said by the act itself, under the lock.

    Args:
        signed: the act by which the same is done to a signed case, where only a correction changes anything.
    """

    action: Action
    signed: Action | None = None

    def on(self, case: OpenCase) -> Action:
        """Return which of the two acts it is on this case."""
        return self.signed if self.signed and case.row.stage is Stage.SIGNED else self.action


@dataclass(frozen=True, slots=True)
class Inside:
    """What a workplace needs: to read as `reading` says, and to work on the case or answer for it.

    It shows more than what was issued, so the evaluated side enters only where it does `act` itself.
    """

    reading: Action
    act: Action


INSIDE: frozenset[Role] = TEAM_ROLES | FIRM_ROLES | ORGANISING_ROLES | {Role.AU}
Need = Entry | Action | Doing | Inside
STATIC: frozenset[str] = frozenset({"static", "bootstrap.static", "parts.htmx"})
"""Endpoints of files that are the same for everybody and say nothing of any case."""


def access(need: Need) -> Callable[[View], View]:
    """Declare what a route needs; a view that needs an `Action` is called with the opened case first."""

    def declare(view: View) -> View:
        @wraps(view)
        def guarded(**arguments: Any) -> Any:
            if need is Entry.ANYONE:
                return view(**arguments)
            login = login_now()
            if login is None:
                return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
            if login.due and need is not Entry.ENTERING:
                return redirect(url_for("account.factor"))
            if login.stale and need not in (Entry.ENTERING, Entry.RENEWING):
                return redirect(url_for("account.show"))
            if isinstance(need, Entry):
                return view(**arguments)
            name = arguments.pop("case")
            today = clock.local_date(clock.now())
            opened = open_case(db.session(), login.account, name, today=today)
            _demand(opened, need)
            return declaration.lead(opened) or view(opened, **arguments)

        guarded.access = need  # type: ignore[attr-defined]
        return guarded

    return declare


def _demand(case: OpenCase, need: Action | Doing | Inside) -> None:
    if isinstance(need, Doing):
        case.demand_row(need.on(case))
        return
    case.demand(need.reading if isinstance(need, Inside) else need)
    if isinstance(need, Inside) and not case.roles & INSIDE and not case.permits(need.act):
        raise NotPermittedError(Problem("这里是评价组和组织方的办理页面", cure="得分请在“评分表”查阅"))


def login_now() -> Login | None:
    """Return the login of this request, None for a visitor."""
    found: Login | None = getattr(current_user, "login", None)
    return found


def declared(app: Flask, endpoint: str) -> Need | None:
    """Return what the route needs, None if it declares nothing."""
    if endpoint in STATIC:
        return Entry.ANYONE
    need: Need | None = getattr(app.view_functions[endpoint], "access", None)
    return need


def demand_declared(app: Flask) -> None:
    """Accept only an application whose every route declares its access.

    Raises:
        InvalidError: naming every route that does not, or that opens a case without naming one.
    """
    problems = []
    for rule in app.url_map.iter_rules():
        need = declared(app, rule.endpoint)
        if need is None:
            problems.append(Problem("路由没有声明访问条件", path=rule.rule, value=rule.endpoint))
        elif isinstance(need, Action | Doing | Inside) is not ("case" in rule.arguments):
            problems.append(
                Problem(
                    "路由的访问条件与地址不符", path=rule.rule, value=str(need), cure="案卷的路由须声明操作"
                )
            )
    if problems:
        raise InvalidError(problems)
