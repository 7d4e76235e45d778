"""The instance pages are measured on: evaluations of every stage, a few of them with sixty indicators.

Patterns are carried by the real acts and copied (`tests.many`); a copy of the frozen one with its stage set
stands for a signed one.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import cycle
from pathlib import Path

from service import clock, create_app
from service.actions import scoring
from service.actions.accounts import create_organisation
from service.actions.actor import Actor
from service.actions.commissioning import declare_conflict
from service.actions.reporting import freeze_now
from service.actions.self_assessment import ClaimLine
from service.actions.workshop import workshop_of
from service.extensions import db
from service.instance import InstanceKind, create_instance
from service.models.report import ReportState
from service.settings import Settings
from service.setup import prepare
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.builders import DAY, DESK_ROLES, CaseBuilder, People, make_people
from tests.many import Pattern

LEAVES, UNITS = 60, 40
SIXTY = "sixty-1"
_KINDS = (
    "{kind: proportional, target: 100%}",
    "{kind: discretionary}",
    "{kind: checklist, elements: [{code: e1, name: 制度健全}, {code: e2, name: 流程合规}, {code: e3, name: 资料齐全}]}",
)
_GIVEN = (
    {"value": "96%"},
    {"points": "1.5", "reason": "两处台账与实物不一致，已当场核对"},
    {"elements": {"e1": "met", "e2": "met", "e3": "50%"}},
)
_HEAD = """\
format: pingji-framework/1
code: sixty
name: 六十个末级指标的体系
version: "1"
levels: [一级指标, 二级指标, 三级指标]
rounding: {places: "2", mode: half_up, at: [total], rate_places: "2", grade_on: exact}
grades: {unit: points, bands: [{name: 优, from: "90"}, {name: 良, from: "80"}, {name: 中, from: "60"}, {name: 差, from: "0"}]}
nodes:
"""


def settings_of(folder: Path, database: str | None) -> Settings:
    """Return the settings of the instance in `folder`."""
    given = {"PINGJI_INSTANCE": str(folder), "PINGJI_SOFFICE": "/nonexistent/soffice"}
    return Settings.from_env(given | ({"PINGJI_DATABASE": database} if database else {}))


def build(folder: Path, database: str | None, *, count: int) -> None:
    """Make the instance with `count` evaluations; nothing is left open."""
    instance = create_instance(folder, InstanceKind.DEMO, at=clock.now())
    app = create_app(settings_of(folder, database))
    with app.app_context():
        prepare(instance)
        people = make_people()
        made = _carried(people, app.config["PINGJI"])
        _copied(people, [Pattern(case) for case in made], count - len(made))
        db.session.remove()
        db.engine.dispose()


def _carried(people: People, settings: Settings) -> list[str]:
    """Carry one evaluation into every stage, and one with sixty indicators to the scored sheet."""
    stages = [Stage.SELF_ASSESSMENT, Stage.MATERIAL_REVIEW, Stage.ON_SITE_VERIFICATION, Stage.CONSULTATION]
    made = [CaseBuilder(people, code=f"stage-{n}").until(stage).id for n, stage in enumerate(stages)]
    frozen = CaseBuilder(people, code="frozen").until(Stage.FINALISATION)
    sixty = sixty_indicators(people)
    for case in (*made, frozen.id, sixty):
        for role in DESK_ROLES:
            declare_conflict(people.actor(role), case, conflict=False, statement="无利害关系")
    frozen.write()
    freeze_now(people.actor(Role.EL), frozen.id, workshop_of(settings))
    return [*made, frozen.id, sixty]


def sixty_indicators(people: People) -> str:
    """Carry one evaluation with sixty indicators into the site visit, every one of them scored."""
    codes = [f"{'ABC'[n // 20]}{n // 5 % 4 + 1}{n % 5 + 1:02}" for n in range(LEAVES)]
    claims = tuple(
        ClaimLine(code, "1.5", target="100%", actual="98%", deviation="一处推迟") for code in codes
    )
    case = CaseBuilder(people, code=SIXTY, framework=_framework(codes), claims=claims)
    case.until(Stage.ON_SITE_VERIFICATION)
    results = dict(zip(codes, cycle(_GIVEN), strict=False))
    scoring.record_results(people.actor(Role.EV), case.id, results=results)
    for code in codes[::6]:
        reason = scoring.Reason(
            node=code, amount="0.2", reason="凭证附件缺验收签字", clause="第三条", no_evidence="口头说明"
        )
        scoring.draft_deduction(people.actor(Role.EV), case.id, reason)
    return case.id


def _framework(codes: list[str]) -> str:
    kinds = dict(zip(codes, cycle(_KINDS), strict=False))
    lines: list[str] = []
    for code in codes:
        if code[2:] == "01":
            if code[1] == "1":
                lines += [f'  - {{code: {code[0]}, name: 方面{code[0]}, max: "33.4", children: [']
            lines += [f"      {{code: {code[:2]}, name: 分项{code[:2]}, children: ["]
        lines += [
            f'        {{code: {code}, name: 第{code}项工作的完成情况, max: "1.67", '
            f"criteria: 按合同约定的数量、质量和时间逐项核对，缺一项按比例扣分，扣完为止。, rule: {kinds[code]}}},"
        ]
        if code[2:] == "05":
            lines += ["      ]},"] + (["  ]}"] if code[1] == "4" else [])
    return _HEAD + "\n".join(lines) + "\n"


def _copied(people: People, patterns: list[Pattern], count: int) -> None:
    """Copy the patterns in turn, one in fifty the large one, spread over units, years and dates."""
    *small, sixty = patterns
    actor = people.actor(Role.FO)
    units = _units(people.actor(Role.SA))
    for number in range(count):
        large = number % 50 == 0
        pattern = sixty if large else small[number % len(small)]
        changes = {
            "evaluation": {
                "title": f"第{number}号项目绩效评价报告",
                "subject_name": f"第{number}号项目",
                "year": str(2021 + number % 5),
                "self_due_on": DAY + timedelta(days=number % 90),
            }
        }
        if not large and number % (2 * len(small)) == len(small) - 1:
            changes["evaluation"]["stage"] = Stage.SIGNED
            changes["report_version"] = {"state": ReportState.SIGNED}
        pattern.copy(actor, f"copy-{number:04}", unit=units[number % UNITS], **changes)


def _units(admin: Actor) -> list[str]:
    return [create_organisation(admin, code=f"unit-{n}", name=f"第{n}预算单位") for n in range(UNITS)]
