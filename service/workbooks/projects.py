"""项目清单: many evaluations on one sheet, a row each; and the blank 自评表 that comes back in an archive."""

from __future__ import annotations

from service.workbooks.claimform import HEAD
from service.workbooks.kinds import Column, TableKind, Value
from service.workbooks.official import FUNDS, SELF
from service.workbooks.write import Block, workbook_bytes

PROJECTS = TableKind(
    "projects",
    "项目清单",
    (
        Column(
            "code",
            "项目编号",
            Value.TEXT,
            ("编号", "项目代码", "项目编码"),
            required=True,
            limit=60,
            width=16,
        ),
        Column(
            "subject_name", "项目名称", Value.TEXT, ("名称", "评价对象"), required=True, limit=200, width=34
        ),
        Column(
            "title", "评价名称", Value.TEXT, ("案卷名称",), limit=200, width=30, example="某项目绩效评价报告"
        ),
        Column("kind", "评价方式", Value.TEXT, ("评价类型",), limit=40, width=16, example="单位自评"),
        Column("year", "评价年度", Value.TEXT, ("年度", "预算年度"), limit=20, width=10, example="2025"),
        Column(
            "evaluated", "被评价单位", Value.TEXT, ("项目单位", "实施单位", "填报单位"), limit=200, width=24
        ),
        Column("supervisor", "主管部门", Value.TEXT, (), limit=200, width=22),
        Column("agency", "评价机构", Value.TEXT, ("第三方机构",), limit=200, width=22),
        Column("secrecy", "密级", Value.TEXT, (), limit=20, width=8, example="内部"),
        Column("publicity", "公开属性", Value.TEXT, ("公开方式",), limit=40, width=12, example="依申请公开"),
        Column(
            "self_due_on", "自评截止日", Value.TEXT, ("自评期限",), limit=20, width=14, example="2026-06-30"
        ),
        Column("policy", "岗位设置", Value.TEXT, (), limit=20, width=10, example="市级"),
        Column(
            "framework", "指标体系", Value.TEXT, ("自评指标体系",), limit=120, width=18, example="rules-10"
        ),
        Column("profile", "报告样式", Value.TEXT, (), limit=120, width=16, example="standard"),
    ),
    totals=("合计", "总计"),
    where="新建评价 → 按清单建立",
)
NOTES = (
    "每行一项评价。项目编号、项目名称必填；年度、组织方和密级没有写的，用上传页所填的。",
    "评价方式写：单位自评、部门评价、部门评价（简易程序）、财政评价、财政评价（委托机构）。单位自评须写指标体系编号。",
)


def blank_projects() -> bytes:
    """Return the sheet to list projects on."""
    return workbook_bytes(
        "项目清单", (Block(PROJECTS, (), spare=50),), {"kind": "projects", "version": "1"}, NOTES
    )


FORM_NOTE = "各项目的自评表放进一个压缩包（*.zip）上传。项目编号照清单填写；没有得满分的写明原因。"
_WHOLE = {"name": "年度资金总额", "max": "10"}
_PARTS = tuple({"name": name} for name in ("其中：当年财政拨款", "上年结转资金", "其他资金"))
_LEVELS = (
    ("产出指标", "数量指标"),
    ("产出指标", "质量指标"),
    ("产出指标", "时效指标"),
    ("产出指标", "成本指标"),
    ("效益指标", "社会效益指标"),
    ("效益指标", "可持续影响指标"),
    ("满意度指标", "服务对象满意度"),
)


def blank_form() -> bytes:
    """Return the 自评表 of 附件1 with its head, for units whose forms come back in an archive."""
    rows = [{"level1": level1, "level2": level2} for level1, level2 in _LEVELS]
    blocks = (Block(FUNDS, (_WHOLE, *_PARTS)), Block(SELF, rows, {"level1": "总分", "max": "100"}))
    return workbook_bytes(
        "项目支出绩效自评表",
        blocks,
        {"kind": "self", "version": SELF.version},
        (FORM_NOTE,),
        head=tuple(names[0] for names in HEAD.values()),
    )
