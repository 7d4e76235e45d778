"""What proposing a framework and deciding on one takes."""

from __future__ import annotations

from service.web.forms.fields import Choice, Form, Upload, Words, shown


class Proposal(Form):
    """A framework proposed for an organisation's library."""

    organisation = Choice(required=True, metadata=shown("所属单位", widget="choice", choices="desks"))
    year = Words(limit=20, load_default="", metadata=shown("适用年度", "例：2026"))
    area = Words(limit=80, load_default="", metadata=shown("适用领域", "例：信息化、基础设施"))
    kind = Words(limit=80, load_default="", metadata=shown("适用的评价", "例：财政评价、部门评价"))
    note = Words(
        limit=2000,
        required=True,
        metadata=shown("说明", "与前一版有什么不同、为什么改", widget="area", rows=3),
    )


class UploadForm(Form):
    """A framework written elsewhere."""

    file = Upload(required=True, metadata=shown("指标体系文件", "YAML 文件，UTF-8 编码", widget="upload"))


class TableForm(Form):
    """An indicator table an office already uses."""

    organisation = Choice(required=True, metadata=shown("所属单位", widget="choice", choices="desks"))
    file = Upload(
        required=True,
        metadata=shown(
            "指标表",
            "Excel 工作簿（*.xlsx）或 CSV：一级、二级、三级指标，分值（或写在名称后面的括号里），评分标准",
            widget="upload",
        ),
    )


class Decision(Form):
    """Why a version goes back or is retired."""

    reason = Words(limit=2000, required=True, metadata=shown("理由", "写入留痕", widget="area", rows=3))
