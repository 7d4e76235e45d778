"""What a case holds of the tables people take out and bring back: those of the 自评."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from sqlalchemy.orm import Session

from service.models.evaluation import Evaluation
from service.queries.particulars import particulars_of
from service.queries.selfparts import SubProject, Survey
from service.queries.unitpage import ClaimRow, MoneyLine, UnitPage, unit_page
from service.scoring.quantities import exact_text
from service.workbooks.compare import (
    Comparison,
    Judge,
    Objection,
    RowChange,
    Standing,
    compare,
    digest_of,
    judged,
)
from service.workbooks.kinds import Column, TableKind, Value
from service.workbooks.official import FUNDS, MONEY, SELF, SUBPROJECTS, SURVEY
from service.workbooks.table import Table
from service.workbooks.write import Block
from service.workflow.moneykinds import MONEY_KINDS

WAN = 1_000_000
"""分 in one 万元."""
CLOSED = "这一项现在不能修改"


def _nothing(row: RowChange) -> Iterable[Objection]:
    return ()


@dataclass(frozen=True)
class CaseTable:
    """One table of a case as it stands.

    Args:
        before: blocks shown above it in the workbook, for reading only.
        total: the sum that stands, None where none is kept; `most_total` what it may be at most.
        versions: of the rows by key, 0 for one nobody wrote.
        seen: names of the parts of the 自评 as they stand.
        spare: empty rows offered for new ones.
        judge: what is wrong with a row though every cell is right.
        late: whether a change has to say where it comes from.
    """

    kind: TableKind
    standing: tuple[Standing, ...]
    before: tuple[Block, ...] = ()
    notes: tuple[str, ...] = ()
    total: str | None = None
    most_total: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    seen: Mapping[str, str] = field(default_factory=dict)
    spare: int = 0
    judge: Judge = _nothing
    late: bool = False

    @property
    def digest(self) -> str:
        """Return the name of what stands; another name means somebody changed it."""
        return digest_of(self.standing, self.total or "")

    def blocks(self) -> tuple[Block, ...]:
        """Return it as it is written out, the table itself last."""
        total = None
        if self.total is not None:
            points = next(c.name for c in self.kind.columns if c.value is Value.POINTS)
            total = {
                self.kind.columns[0].name: self.kind.totals[0],
                "max": self.most_total,
                points: self.total,
            }
        return (*self.before, Block(self.kind, [row.values for row in self.standing], total, self.spare))

    def compared(self, table: Table) -> Comparison:
        """Return what taking in a workbook's table would do."""
        found = compare(table, self.standing, total=self.total, most_total=self.most_total)
        return judged(found, self.judge)


def self_table(session: Session, case: Evaluation, today: date) -> CaseTable:
    """Return the 自评表: its indicators with what the unit wrote, the money above them."""
    page = unit_page(session, case, today=today)
    return CaseTable(
        SELF,
        tuple(_claim(row) for row in page.rows),
        before=(Block(FUNDS, _funds(page.money)),),
        notes=(
            "灰色格子供对照，上传时不读入；项目资金由组织方登记。列的顺序可以改，表头和“指标编码”请保留。",
        ),
        total=page.total or "",
        most_total=page.max or "",
        versions={row.code: row.version for row in page.rows},
        seen=page.seen,
    )


def _claim(claim: ClaimRow) -> Standing:
    levels = claim.above.split(" / ") if claim.above else []
    values = {
        "level1": levels[0] if levels else "",
        "level2": " / ".join(levels[1:]),
        "name": claim.name,
        "target": claim.target,
        "actual": claim.actual,
        "max": claim.max or "",
        "points": claim.points or "",
        "deviation": claim.deviation,
        "code": claim.code,
    }
    most = {"points": claim.max} if claim.max else {}
    return Standing(claim.code, f"{claim.code} {claim.name}", values, "" if claim.open else CLOSED, most)


def _funds(money: Iterable[MoneyLine]) -> list[dict[str, str]]:
    """Return the rows of the official money block; the largest fact of a kind is the whole."""
    largest: dict[str, int] = {}
    for fact in money:
        if fact.fen is not None:
            largest[fact.kind] = max(fact.fen, largest.get(fact.kind, 0))
    columns = {"initial": ("initial", "budget"), "adjusted": ("adjusted",), "paid": ("paid",)}
    whole = {"name": "年度资金总额"}
    for column, kinds in columns.items():
        whole[column] = next((wan(largest[kind]) for kind in kinds if kind in largest), "")
    return [whole, *({"name": name} for name in ("其中：当年财政拨款", "上年结转资金", "其他资金"))]


def wan(fen: int | None) -> str:
    """Return 分 of yuan as the plain number of 万元, "" for None."""
    return "" if fen is None else exact_text(Fraction(fen, WAN))


def subproject_table(session: Session, case: Evaluation, today: date) -> CaseTable:
    """Return the sub-projects with their money."""
    page = unit_page(session, case, today=today)
    locked = _locked(case, page, "subprojects")
    return CaseTable(
        SUBPROJECTS,
        tuple(_subproject(row, locked) for row in page.subprojects),
        notes=("金额以万元计。新增的子项目写在后面的空行；表中没有的子项目保持原样。",),
        seen=page.seen,
        spare=10,
    )


def _locked(case: Evaluation, page: UnitPage, part: str) -> str:
    return "" if case.stage.value == "self_assessment" or part in page.opened else CLOSED


def _subproject(row: SubProject, locked: str) -> Standing:
    plain = row.to_plain()
    values = {
        name: wan(value) if isinstance(value, int) or value is None else str(value)
        for name, value in plain.items()
    }
    return Standing(f"{row.group}/{row.name}", row.name, values, locked)


ITEMS: tuple[tuple[str, str, Value, int], ...] = (
    ("population", "服务对象总数", Value.COUNT, 12),
    ("invited", "发出问卷", Value.COUNT, 12),
    ("answered", "收回问卷", Value.COUNT, 12),
    ("excluded", "剔除的无效问卷", Value.COUNT, 12),
    ("rate", "满意率", Value.PERCENT, 60),
    ("weights", "各档权重", Value.TEXT, 300),
    ("note", "调查说明", Value.TEXT, 3000),
)
"""Field of the survey, its row in the table, what it holds and how long it may be."""


def survey_table(session: Session, case: Evaluation, today: date) -> CaseTable:
    """Return the satisfaction survey, one row per item."""
    page = unit_page(session, case, today=today)
    locked = _locked(case, page, "survey")
    plain = page.survey.to_plain()
    rows = []
    for name, label, value, limit in ITEMS:
        held = plain[name]
        values = {"item": label, "value": "" if held is None else str(held)}
        own = Column("value", label, value, limit=limit)
        rows.append(Standing(label, label, values, locked, columns={"value": own}))
    return CaseTable(SURVEY, tuple(rows), seen=page.seen, notes=("没有做调查的不必填写。",))


def money_table(session: Session, case: Evaluation, today: date) -> CaseTable:
    """Return the sums of the case, in the order of their codes; fixed once the team submitted its scores."""
    found = particulars_of(session, case, today=today)
    locked = "" if found.money_open else "评分已提交，资金不再修改"
    rows = [
        Standing(
            one.code,
            f"{one.code} {one.name}",
            {
                "code": one.code,
                "name": one.name,
                "kind": MONEY_KINDS.get(one.kind, one.kind),
                "fen": wan(one.fen),
                "printed": one.printed,
                "source": one.source,
            },
            locked,
        )
        for one in found.money
    ]
    notes = ("金额以万元计，最多六位小数（精确到分）；来源没有写的留空。新增的写在后面的空行，编号自定。",)
    return CaseTable(MONEY, tuple(rows), notes=notes, spare=10)


def survey_from(values: Mapping[str, str]) -> Survey:
    """Return the survey whose items have these texts."""
    plain: dict[str, object] = {}
    for name, label, value, _ in ITEMS:
        text = values.get(label, "")
        plain[name] = (int(text) if text else None) if value is Value.COUNT else text
    return Survey(**plain)  # type: ignore[arg-type]
