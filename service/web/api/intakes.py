"""Many at once: an archive of 自评表 or a list of projects in, what came of it, returns, the 汇总表."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from flask import Response, request
from werkzeug.datastructures import MultiDict

from service import clock
from service.actions.intakes import note_draw
from service.errors import InvalidError, Problem
from service.extensions import db
from service.queries.bulk import candidates, selection_of
from service.queries.intakes import PAGE, PROJECTS, SELF, IntakeShown, Item, intakes_of, ranked
from service.scoring.claimchecks import Check
from service.scoring.quantities import exact_text
from service.web import intakework as work
from service.web.access import Entry
from service.web.api.acts import owner
from service.web.api.root import JSON, answered, body_now, operation, query
from service.web.api.workbooks import MULTIPART
from service.web.bulk import begin, confirm, job_of_selection
from service.web.downloads import handed_out
from service.web.exchange import CSV, XLSX
from service.web.forms.act import from_page
from service.web.intake import ACT, mine
from service.web.intakeexport import csv_of, workbook_of
from service.web.outside import demand_role
from service.workflow.roles import Role

TAG = "批量登记"
FILTERS = (
    query("state", "结论", enum=[*work.STATES]),
    query("check", "发现", enum=["", *(check.value for check in Check)]),
    query("text", "编号、名称、单位、文件中的字", maxLength=80),
)


@dataclass(frozen=True, slots=True)
class IntakeView:
    """One intake: what was handed in and how far it is; `absent` numbers on its list nobody reported for."""

    id: str
    kind: str
    name: str
    sha256: str
    confirmed: bool
    over: bool
    size: int
    counts: dict[str, int]
    checks: dict[str, int]
    absent: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Intakes:
    """The newest intakes of the token's owner."""

    intakes: tuple[IntakeView, ...]


@dataclass(frozen=True, slots=True)
class FindingView:
    """What a check found in which cell; `hard` if it has to be put right."""

    check: str
    label: str
    hard: bool
    place: str
    subject: str
    value: str
    allowed: str
    cure: str


@dataclass(frozen=True, slots=True)
class ReasonView:
    """Why an item was not taken in."""

    place: str
    message: str
    value: str
    allowed: str
    cure: str


@dataclass(frozen=True, slots=True)
class ItemView:
    """One workbook or row; `over` the points claimed beyond the rules, `computed` the total they give."""

    number: int
    path: str
    state: str
    code: str
    title: str
    unit: str
    case: str
    stage: str
    total: str
    computed: str
    over: str
    findings: tuple[FindingView, ...]
    problems: tuple[ReasonView, ...]


@dataclass(frozen=True, slots=True)
class Items:
    """One page of items, the most concerning first; `found` how many there are in all."""

    items: tuple[ItemView, ...]
    found: int
    page: int


@dataclass(frozen=True, slots=True)
class Returning:
    """A return under way: the background job that does it, and how many cases it is for."""

    job: str
    able: int
    unable: int


def _view(one: IntakeShown) -> IntakeView:
    return IntakeView(
        one.id,
        one.kind,
        one.name,
        one.sha256,
        one.confirmed,
        one.over,
        one.size,
        dict(one.counts),
        dict(one.checks),
        one.absent,
    )


def _item(item: Item) -> ItemView:
    findings = (
        FindingView(
            f.check.value, f.check.label, f.check.hard, f.place, f.subject, f.value, f.allowed, f.cure
        )
        for f in item.findings
    )
    problems = (ReasonView(p.path, p.message, p.value, p.allowed, p.cure) for p in item.problems)
    return ItemView(
        number=item.number,
        path=item.path,
        state=item.state,
        code=item.code,
        title=item.title,
        unit=item.unit,
        case=item.case,
        stage=item.stage,
        total=item.total,
        computed=item.facts.get("computed", ""),
        over=exact_text(item.stake_points),
        findings=tuple(findings),
        problems=tuple(problems),
    )


@operation("GET", "/intakes", Entry.LOGGED_IN, "intakes", summary="批量登记的各批", tag=TAG, answer=Intakes)
def index() -> Response:
    """Answer the newest intakes."""
    demand_role(Role.FO, act=ACT)
    return answered(Intakes(tuple(_view(one) for one in intakes_of(db.session(), owner().account))))


def _field(words: str, **schema: Any) -> dict[str, Any]:
    return {"type": "string", "description": words, **schema}


_COMMON = {
    "year": _field("年度"),
    "organiser": _field("组织方（单位 id），须是本人担任经办的单位"),
    "secrecy": _field("密级", enum=["公开", "内部"]),
    "publicity": _field("公开属性，密级为公开的必填"),
    "policy": _field("岗位设置", enum=["city", "county"]),
}
_FILE = _field("压缩包（*.zip）或清单（*.xlsx）", format="binary")
_SELF = {
    "listed": _field("项目清单（*.xlsx），可不附", format="binary"),
    "caps": _field("执行率封顶，每行“<80% 89”"),
}


def _take(kind: str, summary: str, fields: dict[str, Any]) -> None:
    shape = {
        "type": "object",
        "properties": {"file": _FILE, **_COMMON, **fields},
        "required": ["file", "year", "organiser", "secrecy", "policy"],
    }

    @operation(
        "POST",
        f"/intakes/{kind}",
        Entry.LOGGED_IN,
        f"intake.{kind}",
        summary=summary,
        tag=TAG,
        answer=IntakeView,
        body={MULTIPART: shape},
    )
    def take() -> Response:
        demand_role(Role.FO, act=ACT)
        key = work.received(kind, from_page(work.FORMS[kind], request.form, request.files))
        return answered(_view(mine(key)))


_take(SELF, "上传一批自评表，等待确认", _SELF)
_take(PROJECTS, "上传项目清单，等待确认", {})


@operation(
    "GET", "/intakes/<intake>", Entry.LOGGED_IN, "intake", summary="一批的进度", tag=TAG, answer=IntakeView
)
def show(intake: str) -> Response:
    """Answer one intake with its counts."""
    return answered(_view(mine(intake)))


@operation(
    "POST",
    "/intakes/<intake>/confirm",
    Entry.LOGGED_IN,
    "intake.confirm",
    summary="确认登记一批；后台逐项办理",
    tag=TAG,
    answer=IntakeView,
    body={JSON: {"type": "object", "properties": {"count": {"type": "integer"}}, "required": ["count"]}},
)
def go(intake: str) -> Response:
    """Have the intake carried out, if the count given is how many items can be."""
    found, given = mine(intake), body_now().get("count")
    able = found.counts.get("waiting", 0)
    if not found.confirmed and (given != able or not able or isinstance(given, bool)):
        value = "" if given is None else str(given)[:20]
        raise InvalidError(Problem("与可登记的项数不符", path="count", value=value, allowed=str(able)))
    work.confirmed(found)
    return answered(_view(mine(intake)))


@operation(
    "GET",
    "/intakes/<intake>/items",
    Entry.LOGGED_IN,
    "intake.items",
    summary="一批的各项，按关注程度",
    tag=TAG,
    answer=Items,
    parameters=(*FILTERS, query("page", "第几页", pattern="^[1-9][0-9]{0,5}$")),
)
def items(intake: str) -> Response:
    """Answer one page of the items asked for."""
    found, asked = mine(intake), work.filter_of(request.args)
    page = work.page_of(request.args, found.size, PAGE)
    rows, count = ranked(db.session(), found.id, asked, page=page)
    return answered(Items(tuple(map(_item, rows)), count, page))


_DRAW = {
    "type": "object",
    "properties": {
        "seed": _field("种子", minLength=1, maxLength=60),
        "size": {"type": "integer", "minimum": 1, "maximum": work.MOST_SAMPLED, "description": "抽取几项"},
        "state": _field("结论", enum=[*work.STATES]),
        "check": _field("发现", enum=["", *(check.value for check in Check)]),
        "text": _field("编号、名称、单位、文件中的字", maxLength=80),
    },
    "required": ["seed", "size"],
}


@operation(
    "POST",
    "/intakes/<intake>/sample",
    Entry.LOGGED_IN,
    "intake.sample",
    summary="按种子抽查；同一种子总是同样的项目",
    tag=TAG,
    answer=Items,
    body={JSON: _DRAW},
)
def sample(intake: str) -> Response:
    """Answer the items a seed draws, and keep the draw."""
    found = mine(intake)
    sent = {name: str(value) for name, value in body_now().items() if value is not None}
    seed, size, rows = work.drawn(found, sent)
    note_draw(owner().account, found.id, seed=seed, size=size, query=work.filter_of(sent).query())
    return answered(Items(tuple(map(_item, rows)), len(rows), 1))


_RETURN = {
    "type": "object",
    "properties": {
        "numbers": {"type": "array", "items": {"type": "integer"}, "description": "各项的 number"},
        "doubts": {"type": "boolean", "description": "疑点也写进退回事项"},
    },
    "required": ["numbers"],
}


@operation(
    "POST",
    "/intakes/<intake>/return",
    Entry.LOGGED_IN,
    "intake.return",
    summary="成批退回自评表，各带本项的单元格问题",
    tag=TAG,
    answer=Returning,
    body={JSON: _RETURN},
)
def give_back(intake: str) -> Response:
    """Return these items to their units, each with its own findings, as a background job."""
    found, body = mine(intake), body_now()
    numbers = body.get("numbers")
    if not isinstance(numbers, list):
        raise InvalidError(Problem("没有写退回哪些项", path="numbers", value="", allowed="各项的 number"))
    sent = MultiDict([("pick", str(number)) for number in numbers])
    account = owner().account
    key = work.return_selection(found, sent, doubts=body.get("doubts") is True)
    chosen = selection_of(db.session(), account, key)
    rows = candidates(db.session(), account, chosen, today=clock.local_date(clock.now()))
    confirm(account, chosen, rows, ())
    begin(chosen)
    job = job_of_selection(account, key)
    able = sum(1 for row in rows if not row.cause)
    return answered(Returning(job.id if job else "", able, len(chosen.versions) - able))


@operation(
    "GET",
    "/intakes/<intake>/summary",
    Entry.LOGGED_IN,
    "intake.summary",
    summary="汇总表（xlsx 或 csv）",
    tag=TAG,
    parameters=(*FILTERS, query("media", "格式", enum=["xlsx", "csv"])),
)
def summary(intake: str) -> Any:
    """Hand out the 汇总表 of what the filter finds."""
    found, asked = mine(intake), work.filter_of(request.args)
    rows, _ = ranked(db.session(), found.id, asked, size=None)
    if request.args.get("media") == "csv":
        return handed_out(BytesIO(csv_of(rows)), "汇总表.csv", CSV)
    return handed_out(BytesIO(workbook_of(found, asked, rows)), "汇总表.xlsx", XLSX)
