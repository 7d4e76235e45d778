"""What a 自评表 is asked before anybody believes it: weights, sums, claims against the rule, money, causes.

- `findings` names everything at once, each with its cell, what was read, what would be right and what to do.
- Hard findings contradict the form itself or the rule; doubts are told to the officer, who decides.
- The figures that differ from place to place are a `Norm`, kept with the batch: no code.
- Source: 财预〔2020〕10号 第11、13、16条 and 附1; 财预〔2021〕101号 for completion far ahead of execution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from service.scoring.claims import ClaimForm, FormLine, reached
from service.scoring.quantities import exact, exact_text, is_exact, read_quantity, show
from service.scoring.rounding import Mode, round_points

ZERO, HUNDRED = Fraction(0), Fraction(100)
PLACES = 2


class Check(Enum):
    """One thing that is asked; its value is stored and public."""

    WEIGHT_TOTAL = "weight_total"
    WEIGHT_LEVEL = "weight_level"
    NO_ACTUAL = "no_actual"
    NO_POINTS = "no_points"
    OUT_OF_RANGE = "out_of_range"
    ABOVE_RULE = "above_rule"
    BELOW_RULE = "below_rule"
    ROUNDING = "rounding"
    SUM = "sum"
    CAP = "cap"
    NO_REASON = "no_reason"
    RATE = "rate"
    MONEY_SUM = "money_sum"
    OVERSPENT = "overspent"
    FULL_MARKS = "full_marks"
    AHEAD = "ahead"
    YEAR = "year"

    @property
    def label(self) -> str:
        """Return the Chinese name."""
        return _LABELS[self]

    @property
    def hard(self) -> bool:
        """Return whether it has to be put right; else it is a doubt."""
        return self not in _DOUBTS


_LABELS = {
    Check.WEIGHT_TOTAL: "分值合计不是 100",
    Check.WEIGHT_LEVEL: "一级指标分值与规定不同",
    Check.NO_ACTUAL: "缺实际完成值",
    Check.NO_POINTS: "缺得分",
    Check.OUT_OF_RANGE: "得分不在 0 至分值之间",
    Check.ABOVE_RULE: "得分高于按规则计算",
    Check.BELOW_RULE: "得分低于按规则计算",
    Check.ROUNDING: "得分与规则差在尾数",
    Check.SUM: "总分与各行得分之和不符",
    Check.CAP: "总分超过执行率封顶",
    Check.NO_REASON: "缺偏差原因",
    Check.RATE: "执行率与金额不符",
    Check.MONEY_SUM: "资金分项与总额不符",
    Check.OVERSPENT: "执行数大于预算数",
    Check.FULL_MARKS: "所有指标满分",
    Check.AHEAD: "完成情况明显快于预算执行",
    Check.YEAR: "年度与本批不同",
}
_DOUBTS = frozenset(
    {
        Check.WEIGHT_LEVEL,
        Check.BELOW_RULE,
        Check.ROUNDING,
        Check.OVERSPENT,
        Check.FULL_MARKS,
        Check.AHEAD,
    }
)


@dataclass(frozen=True, slots=True)
class Norm:
    """What is asked for here: local settings with the national figures as defaults.

    Args:
        levels: words of a first level and the 分 all its lines have together.
        caps: execution rate below which the total is at most so many 分, lowest first.
        far: how far from its target a value has to be for a cause to be asked for, as a ratio.
        ahead: by which share of itself completion may be ahead of execution.
        slack: difference in 分 that is only a matter of rounding.
    """

    levels: tuple[tuple[str, Fraction], ...] = (
        ("预算执行", Fraction(10)),
        ("产出", Fraction(50)),
        ("效益", Fraction(30)),
        ("满意", Fraction(10)),
    )
    caps: tuple[tuple[Fraction, Fraction], ...] = ((Fraction(8, 10), Fraction(89)),)
    far: Fraction = Fraction(3, 10)
    ahead: Fraction = Fraction(5, 100)
    slack: Fraction = Fraction(5, 100)

    def cap(self, rate: Fraction | None) -> tuple[Fraction, Fraction] | None:
        """Return the bound and the most 分 the total may have at this execution rate, None for no cap."""
        return next(((below, most) for below, most in self.caps if rate is not None and rate < below), None)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found: the cell, what it holds, what would be right, what to do."""

    check: Check
    place: str
    subject: str
    value: str
    allowed: str
    cure: str

    @property
    def sentence(self) -> str:
        """Return it as one line of a return to the unit."""
        where = f"{self.place} " if self.place else ""
        return (
            f"{where}{self.subject}：{self.check.label}。读到 {self.value}；应为 {self.allowed}。{self.cure}"
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A form with what its rules give per line, in 分; None where nothing can be computed."""

    form: ClaimForm
    rule: Mapping[str, Fraction | None]
    norm: Norm
    year: str = ""


def findings(asked: Asked) -> tuple[Finding, ...]:
    """Return everything the checks find, in the order of the form: lines, then the whole."""
    found = [each for line in asked.form.lines for each in _of_line(asked, line)]
    return (*found, *(each for check in _WHOLE for each in check(asked)))


def at_stake(asked: Asked) -> Fraction:
    """Return by how many 分 the lines claim more than their rules give."""
    over = ZERO
    for line in asked.form.lines:
        rule, claimed = asked.rule.get(line.code), number(line.points)
        if rule is not None and claimed is not None:
            over += max(ZERO, claimed - round_points(rule, places=PLACES, mode=Mode.HALF_UP))
    return over


def number(text: str) -> Fraction | None:
    """Return the exact number, None for an empty or unreadable text."""
    return exact(text) if is_exact(text) else None


def claimed_sum(form: ClaimForm) -> Fraction:
    """Return the sum of what the lines claim, in 分."""
    return sum((number(line.points) or ZERO for line in form.lines), ZERO)


def _of_line(asked: Asked, line: FormLine) -> Iterator[Finding]:
    claimed, full = number(line.points), number(line.max)
    if not line.actual and not line.execution:
        yield _at(line, "actual", Check.NO_ACTUAL, "空", "实际完成值", "补填实际完成值")
    if claimed is None:
        yield _at(line, "points", Check.NO_POINTS, line.points or "空", "分数", "补填得分")
        return
    if full is not None and not ZERO <= claimed <= full:
        yield _at(line, "points", Check.OUT_OF_RANGE, line.points, f"0 至 {line.max} 分", "改正得分")
        return
    yield from _against_rule(asked, line, claimed)
    if not line.deviation and full is not None:
        yield from _cause(asked.norm, line, lost=claimed < full)


def _against_rule(asked: Asked, line: FormLine, claimed: Fraction) -> Iterator[Finding]:
    rule = asked.rule.get(line.code)
    if rule is None:
        return
    right = round_points(rule, places=PLACES, mode=Mode.HALF_UP)
    if claimed == right:
        return
    check = Check.ABOVE_RULE if claimed > right else Check.BELOW_RULE
    if abs(claimed - right) <= asked.norm.slack:
        check = Check.ROUNDING
    by = "执行率" if line.execution else f"完成 {line.actual}、目标 {line.target}"
    allowed = f"{exact_text(right)} 分（按{by}计算）"
    yield _at(line, "points", check, f"{line.points} 分", allowed, "按规则改正得分，或改正完成值")


def _cause(norm: Norm, line: FormLine, *, lost: bool) -> Iterator[Finding]:
    share = None if line.execution else reached(line)
    if lost and not line.execution:
        said, allowed = f"得 {line.points} 分，满分 {line.max} 分，原因为空", "没有得满分的写明原因"
    elif share is not None and abs(share - 1) >= norm.far:
        percent = show(norm.far * 100, 0)
        said = f"完成值为目标的 {show(share * 100, PLACES)}%，原因为空"
        allowed = f"与目标相差 {percent}% 以上的写明原因"
    else:
        return
    yield _at(line, "deviation", Check.NO_REASON, said, allowed, "补写偏差原因及改进措施")


def _at(line: FormLine, column: str, check: Check, value: str, allowed: str, cure: str) -> Finding:
    return Finding(check, line.places.get(column, ""), line.name, value, allowed, cure)


def _weights(asked: Asked) -> Iterator[Finding]:
    form = asked.form
    total = sum((number(line.max) or ZERO for line in form.lines), ZERO)
    if total != HUNDRED:
        place = form.places.get("max", "")
        yield Finding(
            Check.WEIGHT_TOTAL,
            place,
            "分值",
            f"{exact_text(total)} 分",
            "100 分",
            "核对各行分值，合计 100 分",
        )
    for words, wanted in asked.norm.levels:
        lines = [line for line in form.lines if words in (line.name if line.execution else line.level1)]
        got = sum((number(line.max) or ZERO for line in lines), ZERO)
        if got != wanted:
            place = lines[0].places.get("max", "") if lines else form.places.get("max", "")
            yield Finding(
                Check.WEIGHT_LEVEL,
                place,
                f"{words}类指标",
                f"{exact_text(got)} 分",
                f"{exact_text(wanted)} 分",
                "按规定的一级指标分值调整，确需不同的说明理由",
            )


def _sum(asked: Asked) -> Iterator[Finding]:
    form, stated, summed = asked.form, number(asked.form.total), claimed_sum(asked.form)
    if stated != summed:
        value = form.total or "空"
        allowed = f"{exact_text(summed)} 分（各行得分之和）"
        yield Finding(Check.SUM, form.places.get("total", ""), "总分", value, allowed, "核对各行得分和总分")


def _cap(asked: Asked) -> Iterator[Finding]:
    form, rate = asked.form, asked.form.execution
    cap = asked.norm.cap(rate)
    stated = number(form.total)
    if cap is not None and rate is not None and stated is not None and stated > cap[1]:
        allowed = f"不高于 {exact_text(cap[1])} 分（执行率低于 {_percent(cap[0])}）"
        value = f"{form.total} 分，执行率 {_percent(rate)}"
        yield Finding(
            Check.CAP, form.places.get("total", ""), "总分", value, allowed, "按执行率对应的上限压减总分"
        )


def _rate(asked: Asked) -> Iterator[Finding]:
    form, rate = asked.form, asked.form.execution
    stated = read_quantity(form.rate) if form.rate else None
    if rate is None or stated is None:
        return
    places = len(form.rate.rstrip("%％").partition(".")[2])
    if round_points(rate * 100, places=places, mode=Mode.HALF_UP) != stated.number * 100:
        allowed = f"{show(rate * 100, max(places, PLACES))}%（执行数除以预算数）"
        yield Finding(
            Check.RATE, form.places.get("rate", ""), "执行率", form.rate, allowed, "核对金额，改正执行率"
        )


def _money(asked: Asked) -> Iterator[Finding]:
    form, whole = asked.form, asked.form.whole
    if whole is None:
        return
    for column, label in (("initial", "年初预算数"), ("adjusted", "全年预算数"), ("paid", "全年执行数")):
        parts = [getattr(row, column) for row in form.funds[1:]]
        stated = getattr(whole, column)
        if stated is None or not parts or all(part is None for part in parts):
            continue
        summed = sum(part or 0 for part in parts)
        if summed != stated:
            yield Finding(
                Check.MONEY_SUM, form.places.get(column, whole.place), label,
                f"{_wan(stated)} 万元", f"{_wan(summed)} 万元（各项之和）", "核对资金总额与各项",
            )  # fmt: skip
    if whole.paid is not None and whole.adjusted is not None and whole.paid > whole.adjusted:
        yield Finding(
            Check.OVERSPENT, form.places.get("paid", whole.place), "全年执行数",
            f"{_wan(whole.paid)} 万元", f"不大于 {_wan(whole.adjusted)} 万元", "核对金额，属实的说明来源",
        )  # fmt: skip


def _everywhere(asked: Asked) -> Iterator[Finding]:
    form = asked.form
    full = [number(line.max) == number(line.points) for line in form.lines if number(line.max)]
    if full and all(full):
        value = f"{len(full)} 行全部满分"
        yield Finding(
            Check.FULL_MARKS, form.places.get("total", ""), "得分", value, "如实评分", "核实各项完成值和佐证"
        )


def _ahead(asked: Asked) -> Iterator[Finding]:
    form, rate = asked.form, asked.form.execution
    lines = [line for line in form.lines if not line.execution]
    full = sum((number(line.max) or ZERO for line in lines), ZERO)
    got = sum((number(line.points) or ZERO for line in lines), ZERO)
    if rate is None or not full or not got:
        return
    share = got / full
    if (share - rate) / share > asked.norm.ahead:
        value = f"得分率 {_percent(share)}，执行率 {_percent(rate)}"
        allowed = f"两者相差不超过得分率的 {_percent(asked.norm.ahead)}"
        place = form.places.get("rate", "")
        yield Finding(
            Check.AHEAD, place, "指标完成", value, allowed, "核实完成值，或说明资金结转、节约的原因"
        )


def _year(asked: Asked) -> Iterator[Finding]:
    form = asked.form
    if asked.year and form.year and form.year != asked.year:
        yield Finding(
            Check.YEAR, form.places.get("year", ""), "年度", form.year, asked.year, "核对所报的年度"
        )


def _percent(ratio: Fraction) -> str:
    return f"{show(ratio * 100, PLACES)}%"


def _wan(fen: int) -> str:
    return exact_text(Fraction(fen, 1_000_000))


_WHOLE: tuple[Callable[[Asked], Iterator[Finding]], ...] = (
    _weights,
    _sum,
    _cap,
    _rate,
    _money,
    _everywhere,
    _ahead,
    _year,
)
