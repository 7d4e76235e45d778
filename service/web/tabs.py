"""The parts a case is shown in, in the order of its life, and the acts offered on them.

A tab is shown if its page exists and the person may see it; so a page can be added without touching others.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, current_app, url_for

from service import clock
from service.extensions import db
from service.queries.choices import options
from service.queries.doable import Doable, open_among
from service.queries.people import roles_held
from service.queries.reader import OpenCase
from service.web.access import login_now
from service.web.forms.act import Act, acts_of
from service.workflow.actions import Action
from service.workflow.kinds import KINDS
from service.workflow.roles import Role
from service.workflow.stages import Stage

Shown = Callable[[OpenCase], bool]


def _always(case: OpenCase) -> bool:
    return True


def _scores(case: OpenCase) -> bool:
    return case.scores


def _history(case: OpenCase) -> bool:
    return case.history


def _held(stage: Stage) -> Shown:
    return lambda case: stage in KINDS[case.row.kind].stages


def _team(case: OpenCase) -> bool:
    return bool(case.roles & {Role.EV, Role.EX, Role.EL}) and case.scores


def _writes(case: OpenCase) -> bool:
    """The team, and whoever may write the correction that is open."""
    correcting = case.row.stage is Stage.SIGNED and bool(case.row.facts.get("correction"))
    return _team(case) or (correcting and case.permits(Action.CORRECTION_EDIT))


@dataclass(frozen=True, slots=True)
class Tab:
    """One part of a case: its name, its label, the endpoint of its page and who sees it."""

    name: str
    label: str
    endpoint: str
    shown: Shown = _always


TABS: tuple[Tab, ...] = (
    Tab("overview", "概况", "cases.overview"),
    Tab("people", "人员与回避", "team.show"),
    Tab("plan", "工作方案", "planning.show", _held(Stage.CONSULTATION)),
    Tab("self", "自评", "unit.show"),
    Tab("review", "材料审核", "review.show", _held(Stage.MATERIAL_REVIEW)),
    Tab("visit", "现场核查", "visit.show", _held(Stage.ON_SITE_VERIFICATION)),
    Tab("evidence", "佐证材料", "cases.evidence"),
    Tab("grid", "评分办理", "grid.show", _team),
    Tab("scores", "评分表", "cases.scores", _scores),
    Tab("opinions", "征求意见", "consultation.show", _held(Stage.CONSULTATION)),
    Tab("quotations", "引用核对", "cases.quotations", _scores),
    Tab("writing", "报告撰写", "writing.show", _writes),
    Tab("report", "报告与签发", "signing.show", _scores),
    Tab("prints", "打印表单", "prints.show"),
    Tab("history", "留痕", "cases.history", _history),
)


MAIN: tuple[tuple[str, str], ...] = (
    ("待办", "todo.show"),
    ("评价项目", "cases.index"),
    ("台账统计", "portfolio.show"),
    ("新建评价", "commission.show"),
    ("批量登记", "intake.index"),
    ("指标体系库", "library.index"),
    ("报告模板", "templates.index"),
    ("勾稽核对", "linting.index"),
    ("审计检索", "auditsearch.show"),
    ("人员与授权", "people.index"),
    ("运行状态", "system.show"),
)
"""Label and endpoint of the parts of the site; shown if the page exists to whom `MAIN_SHOWN` names."""

MAIN_SHOWN: dict[str, frozenset[Role]] = {
    "portfolio.show": frozenset({Role.FO, Role.FR, Role.FA, Role.AU}),
    "commission.show": frozenset({Role.FO}),
    "intake.index": frozenset({Role.FO}),
    "library.index": frozenset({Role.FO, Role.FR, Role.FA}),
    "templates.index": frozenset({Role.FO, Role.FR, Role.FA}),
    "linting.index": frozenset({Role.FO, Role.FR, Role.FA, Role.IR, Role.AU}),
    "auditsearch.show": frozenset({Role.FO, Role.FR, Role.FA, Role.AU, Role.AA}),
    "people.index": frozenset({Role.SA, Role.SE}),
    "system.show": frozenset({Role.SA, Role.SE, Role.AA}),
}


CASE_SHOWN: dict[str, frozenset[Role]] = {
    "library.index": frozenset({Role.EL}),
    "linting.index": frozenset({Role.EL, Role.EV, Role.EX}),
    "templates.index": frozenset({Role.EL}),
    "auditsearch.show": frozenset({Role.EL}),
}
"""Shown also to who plays the part in some case: a leader takes framework and layout from there, a team
checks reports."""


def init_app(app: Flask) -> None:
    """Let the templates of `app` name the parts of the site and the addresses of acts."""
    app.jinja_env.globals.update(act_url=act_url, main_links=main_links, fresh_key=fresh_key)


def fresh_key() -> str:
    """Return a key by which one sending of a form is known again."""
    return secrets.token_urlsafe(18)


def main_links() -> list[tuple[str, str]]:
    """Return label and address of the parts of the site this person has business in."""
    login = login_now()
    if login is None:
        return []
    today = clock.local_date(clock.now())
    held, played = roles_held(db.session(), login.account, today=today)
    return [
        (label, url_for(endpoint))
        for label, endpoint in MAIN
        if endpoint in current_app.view_functions and _shown_to(endpoint, held, played)
    ]


def _shown_to(endpoint: str, held: frozenset[Role], played: frozenset[Role]) -> bool:
    return (
        endpoint not in MAIN_SHOWN
        or bool(MAIN_SHOWN[endpoint] & held)
        or bool(CASE_SHOWN.get(endpoint, frozenset()) & played)
    )


def of(case: OpenCase) -> list[tuple[str, str, str]]:
    """Return name, label and address of every tab this person sees of this case."""
    return [
        (tab.name, tab.label, url_for(tab.endpoint, case=case.code))
        for tab in TABS
        if tab.endpoint in current_app.view_functions and tab.shown(case)
    ]


@dataclass(frozen=True, slots=True)
class Offers:
    """What a person may do on a case: `first` moves it, `parts` by tab, `waiting` with what is missing."""

    first: tuple[Act, ...]
    parts: dict[str, list[Act]]
    waiting: tuple[tuple[Act, tuple[str, ...]], ...]


def offered(case: OpenCase, found: Sequence[Doable]) -> Offers:
    """Return the acts that stand for what a person may do; one that has nothing to act on is left out."""
    pairs = [(act, each) for each in found for act in acts_of(each.action) if not act.hidden]
    lists: dict[str, bool] = {}
    ready = [act for act, each in pairs if each.open and _has_targets(case, act, lists)]
    labels = {tab.name: tab.label for tab in TABS}
    parts: dict[str, list[Act]] = {}
    for act in ready:
        if not act.consequence:
            parts.setdefault(labels.get(act.at, "本评价"), []).append(act)
    return Offers(
        first=tuple(act for act in ready if act.consequence),
        parts=parts,
        waiting=tuple((act, each.missing) for act, each in pairs if not each.open),
    )


def _has_targets(case: OpenCase, act: Act, known: dict[str, bool]) -> bool:
    """Return whether every list the act must choose from has something in it."""
    for field in act.form().fields.values():
        name = field.metadata.get("choices")
        if name is None or not field.required:
            continue
        if name not in known:
            known[name] = bool(options(db.session(), case.row, name))
        if not known[name]:
            return False
    return True


def may(case: OpenCase, *actions: Action) -> frozenset[Action]:
    """Return which of these acts, whose guards ask for the same facts, the person may do on the case now."""
    today = clock.local_date(clock.now())
    return open_among(db.session(), case.row, case.account, case.roles, actions, today=today)


def act_url(act: Act | str, case: str, **given: str) -> str:
    """Return the address of an act's form on a case, fields filled in as given."""
    path = act if isinstance(act, str) else act.path
    address: str = url_for(f"doing.show_{path.replace('.', '_')}", case=case, **given)  # type: ignore[arg-type]
    return address
