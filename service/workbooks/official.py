"""The tables that can be taken out and brought back, with their columns in official order.

Source: 自评表 财预〔2020〕10号 附件1; 编码 stands last, so the official columns come first and in order.
"""

from __future__ import annotations

from dataclasses import replace

from service.workbooks.kinds import FLAGS, Column, TableKind, Value
from service.workflow.moneykinds import MONEY_KINDS

_CODE = Column("code", "指标编码", Value.CODE, ("编码", "指标代码"), width=12, hint="请勿改动")
NOT_STATED = "来源未载"
"""What a table says for points the source does not state."""
_MONEY_WORDS = tuple(MONEY_KINDS.values())
_LEVELS = (
    Column("level1", "一级指标", Value.LABEL, ("一级",), width=12),
    Column("level2", "二级指标", Value.LABEL, ("二级",), width=14),
)
_NODE = Column(
    "name", "三级指标", Value.LABEL, ("指标名称", "指标", "末级指标", "绩效指标", "三级"), width=24
)
_MAX = Column("max", "分值", Value.LABEL, ("满分", "权重", "标准分", "指标分值"), width=8)

SELF = TableKind(
    "self",
    "自评表",
    (
        *_LEVELS,
        _NODE,
        Column(
            "target",
            "年度指标值",
            Value.QUANTITY,
            ("年度目标值", "指标值", "目标值", "年初指标值", "预期指标值"),
            example="≥95%",
            width=16,
        ),
        Column(
            "actual",
            "实际完成值",
            Value.QUANTITY,
            ("完成值", "实际完成情况", "实际值", "全年完成值", "实际完成"),
            required=True,
            example="94.35%",
            width=16,
        ),
        _MAX,
        Column(
            "points",
            "得分",
            Value.POINTS,
            ("自评得分", "自评分", "自评"),
            required=True,
            example="9.5",
            width=8,
        ),
        Column(
            "deviation",
            "偏差原因分析及改进措施",
            Value.TEXT,
            (
                "偏差原因",
                "偏差原因及改进措施",
                "未完成原因及改进措施",
                "未完成原因分析",
                "未完成原因和改进措施",
            ),
            limit=2000,
            example="设备到货推迟，已于次年一月装完",
            width=34,
        ),
        _CODE,
    ),
    named="name",
    totals=("总分", "合计", "总计", "总得分"),
    where="自评 → 指标完成与自评分",
)

FUNDS = TableKind(
    "funds",
    "项目资金",
    (
        Column("name", "项目资金", Value.CODE, ("资金来源", "项目资金(万元)", "资金"), width=22),
        Column("initial", "年初预算数", Value.WAN, ("年初预算",), example="120.5"),
        Column(
            "adjusted",
            "全年预算数",
            Value.WAN,
            ("全年预算", "预算数", "调整预算数"),
            required=True,
            example="120.5",
        ),
        Column(
            "paid", "全年执行数", Value.WAN, ("全年执行", "执行数", "实际支出"), required=True, example="118"
        ),
        Column("max", "分值", Value.POINTS, ("权重",), example="10"),
        Column("rate", "执行率", Value.PERCENT, ("预算执行率",), example="97.93%"),
        Column("points", "得分", Value.POINTS, ("自评得分",), example="9.79"),
    ),
    key=("name",),
    where="自评 → 资金与子项目",
)
"""The money block of the official 自评表, above its indicators; read from a workbook of a unit."""

SUBPROJECTS = TableKind(
    "subprojects",
    "资金与子项目",
    (
        Column("group", "类别", Value.TEXT, ("子项目类别", "资金类别"), limit=120),
        Column(
            "name",
            "子项目名称",
            Value.CODE,
            ("子项目", "项目名称", "名称", "明细项目"),
            required=True,
            needed=True,
            limit=200,
            width=28,
        ),
        Column("approved", "批复", Value.WAN, ("批复金额", "批复数", "预算批复"), example="120.5"),
        Column("adjusted", "调整后", Value.WAN, ("调整后金额", "调整后预算", "调整数"), example="118"),
        Column("received", "到位", Value.WAN, ("到位金额", "到位资金", "实际到位"), example="118"),
        Column(
            "paid", "支出", Value.WAN, ("支出金额", "实际支出", "支出数"), required=True, example="117.25"
        ),
        Column("balance", "结余", Value.WAN, ("结余金额", "结转结余"), example="0.75"),
        Column(
            "state",
            "状态",
            Value.CHOICE,
            ("完成状态", "进展"),
            options=("已完成", "进行中", "未开展", "已取消"),
        ),
        Column("reason", "原因说明", Value.TEXT, ("原因", "未完成原因", "说明"), limit=1000, width=30),
    ),
    key=("group", "name"),
    grows=True,
    totals=("合计", "总计"),
    where="自评 → 资金与子项目",
)

MONEY = TableKind(
    "money",
    "资金",
    (
        Column(
            "code",
            "编号",
            Value.CODE,
            ("资金编号",),
            required=True,
            needed=True,
            limit=60,
            example="预算批复",
        ),
        Column("name", "名称", Value.TEXT, ("资金名称",), required=True, needed=True, limit=120, width=28),
        Column("kind", "口径", Value.CHOICE, ("资金口径",), required=True, needed=True, options=_MONEY_WORDS),
        Column("fen", "金额", Value.WAN, ("金额数",), required=True, example="4495.11"),
        Column("printed", "原文所印", Value.TEXT, ("原文",), limit=60, example="4,495.11万元"),
        Column("source", "来源", Value.TEXT, ("出处",), limit=300, width=30),
    ),
    grows=True,
    keyed=True,
    where="修改评价 → 资金",
)
"""The sums of a case with what each is; a new one brings the code rules call it by."""

SURVEY = TableKind(
    "survey",
    "满意度调查",
    (
        Column("item", "调查项目", Value.CODE, ("项目", "内容", "调查内容"), required=True, width=20),
        Column(
            "value",
            "填写内容",
            Value.QUANTITY,
            ("内容", "数值", "份数", "填报"),
            required=True,
            limit=3000,
            example="320",
            width=40,
        ),
    ),
    key=("item",),
    where="自评 → 满意度",
)

SCORES = TableKind(
    "scores",
    "评分表",
    (
        *_LEVELS,
        _NODE,
        _MAX,
        Column("field", "评分项", Value.LABEL, ("评分依据项", "填写项"), width=24),
        Column(
            "value",
            "填写内容",
            Value.QUANTITY,
            ("评分依据", "填写值", "取值"),
            required=True,
            limit=2000,
            example="95%",
            width=36,
        ),
        Column("awarded", "评定得分", Value.LABEL, ("评价得分", "得分"), width=10),
        replace(_CODE, required=True),
        Column("path", "评分项编码", Value.CODE, (), required=True, width=18, hint="请勿改动"),
    ),
    key=("code", "path"),
    grows=True,
    where="评分办理",
)

DEDUCTIONS = TableKind(
    "deductions",
    "扣分清单",
    (
        Column("code", "编号", Value.CODE, ("扣分编号", "序号"), width=10, hint="新增的行留空"),
        Column("node", "指标编码", Value.TEXT, ("指标代码", "指标"), required=True, needed=True, limit=120),
        Column("name", "指标名称", Value.LABEL, ("三级指标",), width=22),
        Column(
            "amount",
            "扣分",
            Value.POINTS,
            ("扣分值", "扣减分值"),
            required=True,
            needed=True,
            gap=NOT_STATED,
            example="1.5",
            width=8,
        ),
        Column(
            "reason",
            "扣分理由",
            Value.TEXT,
            ("理由", "扣分原因", "原因", "存在问题"),
            required=True,
            needed=True,
            limit=2000,
            width=40,
        ),
        Column(
            "clause",
            "依据条款",
            Value.TEXT,
            ("依据", "评分规则", "条款"),
            required=True,
            needed=True,
            width=28,
        ),
        Column("evidence", "佐证", Value.CODES, ("佐证编号", "佐证材料"), example="E001、E002", width=16),
        Column("no_evidence", "没有佐证的原因", Value.TEXT, ("无佐证原因",), width=22),
        Column("bonus", "加分", Value.FLAG, ("是否加分",), options=FLAGS, width=8),
        Column("state", "状态", Value.LABEL, (), width=10),
    ),
    grows=True,
    totals=("合计", "总计"),
    where="评分办理 → 扣分",
)

ISSUES = TableKind(
    "issues",
    "问题清单",
    (
        Column("code", "问题编号", Value.CODE, ("编号", "序号"), width=10, hint="新增的行留空"),
        Column(
            "nodes",
            "涉及指标",
            Value.CODES,
            ("指标编码", "关联指标", "涉及指标编码"),
            example="B1、C2",
            width=18,
        ),
        Column(
            "text",
            "问题描述",
            Value.TEXT,
            ("问题", "存在问题", "发现的问题", "问题内容"),
            required=True,
            needed=True,
            limit=2000,
            width=50,
        ),
        Column("state", "状态", Value.LABEL, ("确认情况",), width=12),
        Column("response", "单位说明", Value.LABEL, ("单位意见", "被评价单位意见"), width=30),
    ),
    grows=True,
    where="现场核查 → 发现",
)

OPINIONS = TableKind(
    "opinions",
    "意见",
    (
        Column("code", "意见编号", Value.CODE, ("编号", "序号"), width=10, hint="新增的行留空"),
        Column(
            "organisation",
            "反馈单位",
            Value.TEXT,
            ("单位", "提出单位", "单位名称"),
            required=True,
            needed=True,
            limit=120,
            width=22,
        ),
        Column("agrees", "无意见", Value.FLAG, ("是否无意见",), options=FLAGS, width=8),
        Column("node", "涉及指标", Value.TEXT, ("指标编码", "指标"), limit=60, width=14),
        Column("place", "报告位置", Value.TEXT, ("位置", "章节"), limit=200, width=18),
        Column(
            "text",
            "意见内容",
            Value.TEXT,
            ("意见", "反馈意见", "修改意见"),
            required=True,
            limit=4000,
            width=50,
        ),
        Column("verdict", "采纳情况", Value.LABEL, ("处理意见",), width=12),
        Column("answer", "处理理由", Value.LABEL, ("未采纳理由",), width=30),
    ),
    grows=True,
    where="征求意见",
)

KINDS: dict[str, TableKind] = {
    kind.name: kind for kind in (SELF, SUBPROJECTS, SURVEY, MONEY, SCORES, DEDUCTIONS, ISSUES, OPINIONS)
}
"""Every table that can be taken out and brought back, by name."""
