"""What a new evaluation takes, and what of it may be changed afterwards."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from marshmallow import ValidationError

from service.actions.commissioning import CreateEvaluation
from service.actions.secrecy import secrecy_problem
from service.web.forms.fields import Choice, Day, Flag, Form, Lines, Several, Words, shown
from service.workflow.facts import Policy
from service.workflow.kinds import Kind

CODE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff._-]{0,59}\Z")
YEAR = re.compile(r"(19|20)\d\d(-(19|20)\d\d)?\Z")
MOST_ROUNDS = 20
KIND_HELP = {
    Kind.UNIT_SELF: "单位给自己的项目打分，报主管部门审核；没有评价组、方案和现场核查，现在就选指标体系",
    Kind.DEPARTMENT: "主管部门组织评价下属单位的项目；可以请机构参与",
    Kind.SIMPLIFIED: "部门评价的简易程序；材料审核、现场核查可以登记为未开展",
    Kind.FISCAL: "财政部门自己组织评价，不委托机构",
    Kind.FISCAL_FIRM: "财政部门委托第三方机构评价；报告须主评人签字、机构用印",
}
KINDS = {kind.value: f"{kind.label}：{words}" for kind, words in KIND_HELP.items()}
SUBJECTS = {"project": "项目", "policy": "政策或专项资金", "unit": "单位整体支出"}
SECRECY = {
    "公开": "公开",
    "内部": "内部（不涉密，不对外公开）",
    "秘密": "秘密",
    "机密": "机密",
    "绝密": "绝密",
}
PUBLICITY = {"主动公开": "主动公开", "依申请公开": "依申请公开", "不予公开": "不予公开"}
POLICIES = {
    Policy.CITY.value: "市级：经办、复核、签发分由三人担任，经办不得兼复核",
    Policy.COUNTY.value: "县级：只有三个岗位，经办可以兼组长或复核",
}
PARTS = {
    "evaluated": "被评价单位",
    "supervisor": "主管部门",
    "organiser": "组织方",
    "agency": "评价机构",
    "finance": "财政部门",
    "commissioner": "委托方",
}


class Code(Words):
    """The number of a case: it stands in addresses and file names."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text and not CODE.match(text):
            raise ValidationError("只能用汉字、字母、数字和 . _ -，60 字以内；例：2026-012")
        return text


class Year(Words):
    """A year or a span of years."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text and not YEAR.match(text):
            raise ValidationError("不是年度；例：2025，跨年写 2023-2025")
        return text


class Secrecy(Choice):
    """密级: what is classified does not belong here."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        problem = secrecy_problem(text)
        if problem is not None:
            raise ValidationError(problem.message)
        return text


class Rounds(Words):
    """A count of rounds as text of a whole number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if not (text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_ROUNDS):
            raise ValidationError(f"应为 1 到 {MOST_ROUNDS} 的整数")
        return text


def secrecy_field(**more: Any) -> Secrecy:
    """Return the field for 密级, with the sentence that classified projects do not belong here."""
    help = "涉密项目不得在本系统办理。标有国家秘密的，请停止录入，按保密规定另行处理"
    return Secrecy(metadata=shown("密级", help, widget="choice", options=SECRECY), **more)


class Creation(Form):
    """A new evaluation."""

    code = Code(limit=60, required=True, metadata=shown("编号", "系统内不重复，定了以后不能改"))
    title = Words(limit=200, required=True, metadata=shown("名称", "例：2025年某项目绩效评价报告"))
    kind = Choice(required=True, metadata=shown("评价方式", widget="radio", options=KINDS))
    year = Year(limit=20, required=True, metadata=shown("评价年度", "跨年的写 2023-2025", widget="short"))
    subject_name = Words(
        limit=200, required=True, metadata=shown("评价对象", "项目、政策或单位的名称，依批复文件填写")
    )
    subject_kind = Choice(
        required=True, metadata=shown("对象种类", widget="radio", options=SUBJECTS, default="project")
    )
    secrecy = secrecy_field(required=True)
    publicity = Choice(
        load_default="",
        metadata=shown("公开属性", "密级为“公开”的必须写明", widget="choice", options=PUBLICITY),
    )
    policy = Choice(
        required=True,
        metadata=shown("岗位设置", "下达后不能改", widget="radio", options=POLICIES, default="city"),
    )
    profile = Choice(
        required=True, metadata=shown("报告样式", "封面、章节和用语依此", widget="choice", choices="profiles")
    )
    evaluated = Several(required=True, metadata=shown("被评价单位", widget="parties"))
    supervisor = Several(load_default=(), metadata=shown("主管部门", "没有的不选", widget="parties"))
    organiser = Choice(
        required=True,
        metadata=shown("组织方", "本人担任经办的单位", widget="choice", choices="desks"),
    )
    agency = Several(load_default=(), metadata=shown("评价机构", "委托机构参与的才选", widget="parties"))
    firm = Flag(metadata=shown("部门评价请机构参与（机构内部复核、用印）", widget="tick"))
    self_due_on = Day(load_default=None, metadata=shown("自评截止日", widget="day"))
    framework = Choice(
        load_default="",
        metadata=shown(
            "自评指标体系",
            "只有单位自评现在选定；其他方式在方案中起草",
            widget="choice",
            choices="frameworks",
        ),
    )
    round_limit = Rounds(
        load_default="2", metadata=shown("补正轮次上限", "超过后按现有材料评价", widget="short", default="2")
    )
    silence_is_consent = Flag(metadata=shown("逾期未反馈视为无意见（须在征求意见函中写明）", widget="tick"))
    documents = Lines(
        load_default=(),
        metadata=shown("应审材料", "每行一项；审核时逐项认定", widget="lines", rows=4),
    )


class Particulars(Form):
    """What of the particulars may be put right; once issued the fixed ones are not shown."""

    title = Words(limit=200, required=True, metadata=shown("名称"))
    secrecy = secrecy_field(required=True)
    publicity = Choice(load_default="", metadata=shown("公开属性", widget="choice", options=PUBLICITY))
    reason = Words(limit=500, load_default="", metadata=shown("修改理由", "下达后修改必须写明，写入留痕"))


class DraftParticulars(Particulars):
    """Everything that is open before 下达."""

    year = Year(limit=20, required=True, metadata=shown("评价年度", widget="short"))
    subject_name = Words(limit=200, required=True, metadata=shown("评价对象"))
    policy = Choice(required=True, metadata=shown("岗位设置", widget="radio", options=POLICIES))
    profile = Choice(required=True, metadata=shown("报告样式", widget="choice", choices="profiles"))
    self_due_on = Day(load_default=None, metadata=shown("自评截止日", widget="day"))
    evaluated = Several(load_default=(), metadata=shown("再加被评价单位", widget="parties"))
    supervisor = Several(load_default=(), metadata=shown("再加主管部门", widget="parties"))
    agency = Several(load_default=(), metadata=shown("再加评价机构", widget="parties"))


class Settings(Form):
    """Settings that are open before 下达."""

    subject_kind = Choice(required=True, metadata=shown("对象种类", widget="radio", options=SUBJECTS))
    round_limit = Rounds(required=True, metadata=shown("补正轮次上限", widget="short"))
    silence_is_consent = Flag(metadata=shown("逾期未反馈视为无意见", widget="tick"))
    documents = Lines(load_default=(), metadata=shown("应审材料", "每行一项", widget="lines", rows=4))
    reason = Words(limit=500, required=True, metadata=shown("修改理由", "写入留痕"))


class ReportDate(Form):
    """The day printed under the report, open at any time before it is signed."""

    report_on = Day(load_default=None, metadata=shown("报告落款日期", "已冻结的报告须重新冻结", widget="day"))
    reason = Words(limit=500, required=True, metadata=shown("修改理由", "写入留痕"))


def command_of(data: dict[str, Any], *, framework: str) -> CreateEvaluation:
    """Return the command a filled form stands for; `framework` is the YAML text chosen, "" for none."""
    facts: dict[str, Any] = {
        "round_limit": int(data["round_limit"]),
        "silence_is_consent": data["silence_is_consent"],
    }
    if data["documents"]:
        facts["documents"] = list(data["documents"])
    if data["firm"]:
        facts["firm"] = True
    parties = {
        "evaluated": data["evaluated"],
        "supervisor": data["supervisor"],
        "organiser": (data["organiser"],),
        "agency": data["agency"],
    }
    due: date | None = data["self_due_on"]
    return CreateEvaluation(
        code=data["code"],
        title=data["title"],
        kind=Kind(data["kind"]),
        year=data["year"],
        subject_name=data["subject_name"],
        subject_kind=data["subject_kind"],
        secrecy=data["secrecy"],
        publicity=data["publicity"],
        policy=data["policy"],
        profile=data["profile"],
        parties={part: ids for part, ids in parties.items() if ids},
        self_due_on=due,
        facts=facts,
        framework=framework,
    )
