"""Two households in one instance that must know nothing of each other, and who may read which words.

- North is the world of all page tests; south has a unit, a bureau, a firm and a team of its own (logins end
  in 2) and cases in four states. The auditor reads both; stranger and administrators read neither.
- `SECRETS` says who may ever read what, from who takes part and what was issued, not from the rule table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from flask.testing import FlaskClient

from service.actions import material_review, scoring
from service.actions import site_verification as site
from service.actions.commissioning import declare_conflict
from service.actions.evidence import AddEvidence, add_evidence
from service.actions.finalisation import Words, write_report
from service.actions.library import ProposeFramework, propose_framework
from service.actions.reporting import freeze_now
from service.actions.workshop import workshop_of
from service.extensions import db
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DESK_ROLES, FRAMEWORK, CaseBuilder, People, make_neighbours
from tests.web.conftest import ORIGIN, STRANGER, Site, World, csrf_of, running_copy

SOUTH = "2"
NORTH_PEOPLE = ("df", "dh", "fo", "fr", "fa", "el", "ev")
FIRM = ("ir", "as")
EVERYBODY = (
    *NORTH_PEOPLE,
    *FIRM,
    *(login + SOUTH for login in (*NORTH_PEOPLE, *FIRM)),
    *("au", STRANGER, "admin", "security"),
)
DESK, TEAM, UNIT = ("fo", "fr", "fa"), ("el", "ev"), ("df", "dh")
NORTH_CASES = ("draft", "review", "visit", "asked", "final")
SOUTH_STAGES = {
    "s-draft": None,
    "s-visit": Stage.ON_SITE_VERIFICATION,
    "s-asked": Stage.CONSULTATION,
    "s-final": Stage.FINALISATION,
}
LIBRARY = FRAMEWORK.replace("code: small\nname: 小体系", "code: dykes\nname: 堤防密体系")
BODY = "试点文件".encode()


def south(*logins: str) -> frozenset[str]:
    """The same people of the south."""
    return frozenset(login + SOUTH for login in logins)


READERS: dict[str, frozenset[str]] = {
    # Before 下达 a case is known to the organising side alone.
    "draft": frozenset((*DESK, "au")),
    **dict.fromkeys(NORTH_CASES[1:], frozenset((*NORTH_PEOPLE, "au"))),
    "s-draft": south(*DESK) | {"au"},
    **dict.fromkeys(("s-asked", "s-final"), south(*NORTH_PEOPLE) | {"au"}),
    # The firm takes part where it was commissioned, nowhere else.
    "s-visit": south(*NORTH_PEOPLE, *FIRM) | {"au"},
}
"""Who takes part in which case."""
_NORTH, _SOUTH = READERS["visit"], READERS["s-asked"] | READERS["s-visit"]
SECRETS: dict[str, frozenset[str]] = {
    "窗口设备更新": _NORTH,
    "河堤加固": _SOUTH,
    # A team's figures and reasons before it submits them: the team and the auditor.
    "暗访两台停用": frozenset((*TEAM, "au")),
    "暗访堤脚渗水": south(*TEAM) | {"au"},
    # What goes between team and unit in these two cases.
    "石料单据": READERS["s-visit"],
    "现场密记北": _NORTH,
    "现场密记南": READERS["s-visit"],
    "补正密件北": _NORTH,
    # Words of a report that is not issued yet; a framework under way, which is its organisation's own.
    "更换服务大厅的终端": _NORTH,
    "砌石护坡已完工": READERS["s-final"],
    "堤防密体系": south(*DESK, *TEAM) | {"au"},
    # Parts of the one figure awarded in these two cases.
    "47.31": READERS["s-final"],
}
"""Who may read which words."""
CODES = {f"/cases/{code}": people for code, people in READERS.items()}
"""Who may see the address of which case."""


@dataclass
class Street:
    """The running instance of both households."""

    site: Site
    south: World

    @property
    def cases(self) -> dict[str, str]:
        """Ids of all cases by code."""
        return {**self.site.world.cases, **self.south.cases}


@contextmanager
def street(world: World, path: Path) -> Iterator[Street]:
    """A copy of the world with the second household in it."""
    with running_copy(world, path) as running:
        with running.app.app_context():
            made = World(path, make_neighbours(world.people, SOUTH))
            _north(running)
            _build(made, running)
            db.session.remove()
        yield Street(running, made)


def _north(running: Site) -> None:
    """North has further rows with words of their own."""
    people, cases = running.world.people, running.world.cases
    visit = site.OpenVisit(on=people.on, place="大厅", method="访谈")
    code = site.open_visit(people.actor(Role.EL), cases["visit"], visit)
    found = site.RecordFinding("现场密记北：柜台缺失", nodes=("B1",), visit=code)
    site.record_finding(people.actor(Role.EV), cases["visit"], found)
    asked = material_review.RequestSupplement(("补正密件北",), people.on.replace(year=2031))
    material_review.request_supplement(people.actor(Role.EL), cases["review"], asked)
    reason = scoring.Reason(
        node="B1", amount="1.7", reason="暗访两台停用", clause="方案三", no_evidence="口述"
    )
    scoring.draft_deduction(people.actor(Role.EV), cases["visit"], reason)


def _build(made: World, running: Site) -> None:
    people, workshop = made.people, workshop_of(running.app.config["PINGJI"])
    for code, stage in SOUTH_STAGES.items():
        kind = Kind.FISCAL_FIRM if code == "s-visit" else Kind.DEPARTMENT
        builder = _Dyke(people, kind=kind, code=code, subject="河堤加固")
        builder.until(stage) if stage else builder.create()
        made.cases[code] = builder.id
        for role in DESK_ROLES if stage else ():
            declare_conflict(people.actor(role), builder.id, conflict=False, statement="无利害关系")
    _visit(people, made, workshop.store)
    final = made.cases["s-final"]
    words = (Words("section", "background", "砌石护坡已完工。"),)
    write_report(people.actor(Role.EL), final, words=words)
    freeze_now(people.actor(Role.EL), final, workshop)
    proposal = ProposeFramework(people.organisations["bureau"], LIBRARY)
    propose_framework(people.actor(Role.FO), proposal)


class _Dyke(CaseBuilder):
    """A case of the south: another figure at the end."""

    def score(self, *, points: str = "50") -> CaseBuilder:
        return super().score(points="47.31" if self.code == "s-final" else points)


def _visit(people: People, made: World, store: object) -> None:
    case = made.cases["s-visit"]
    new = AddEvidence(
        name="石料单据", filename="石料单据.txt", content="石料单据".encode(), links=(("node", "B1"),)
    )
    made.evidence = add_evidence(people.actor(Role.EV), case, new, store=store)  # type: ignore[arg-type]
    visit = site.open_visit(
        people.actor(Role.EL), case, site.OpenVisit(on=people.on, place="堤上", method="察看")
    )
    found = site.RecordFinding("现场密记南：堤脚渗水", nodes=("B1",), visit=visit)
    site.record_finding(people.actor(Role.EV), case, found)
    reason = scoring.Reason(
        node="B1", amount="1.3", reason="暗访堤脚渗水", clause="方案三", no_evidence="目测"
    )
    scoring.draft_deduction(people.actor(Role.EV), case, reason)


def begun(client: FlaskClient, case: str) -> str:
    """The id of a file its sender has begun to hand in."""
    digest = hashlib.sha256(BODY).hexdigest()
    sent = {"filename": f"{case}.txt", "size": str(len(BODY)), "sha256": digest}
    return str(_post(client, f"/cases/{case}/uploads", sent).json["id"])  # type: ignore[index]


def ordered(client: FlaskClient, case: str) -> str:
    """The id of the printing of a copy its reader has asked for."""
    return _post(client, f"/cases/{case}/writing-copy", {}).location.rpartition("/")[2]


def picked(client: FlaskClient, case: str) -> str:
    """The key of a selection of cases to remind."""
    return _post(client, "/portfolio/select", {"pick": case, "due": ""}).location.rpartition("/")[2]


def drafted(client: FlaskClient) -> None:
    """A framework of one's own is being drafted."""
    _post(client, "/library", {"source": "", "do": "begin"})


def _post(client: FlaskClient, path: str, sent: dict[str, str]):  # type: ignore[no-untyped-def]
    token = csrf_of(client.get("/account").text)
    answer = client.post(path, data={**sent, "csrf_token": token}, headers=ORIGIN)
    assert answer.status_code in (200, 303), (path, answer.status_code, answer.text[:2000])
    return answer
