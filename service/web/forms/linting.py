"""What a report to be checked comes with."""

from __future__ import annotations

from service.web.forms.fields import Choice, Form, Upload, shown

SHOWN = {"all": "全部", "review": "错误和待核", "error": "只看错误"}
RESULTS = {"page": "在本页列出", "xlsx": "下载 Excel 表"}


class LintForm(Form):
    """A report of anybody's, and how its findings are to be given back."""

    file = Upload(
        required=True,
        metadata=shown(
            "报告文件",
            "docx、pdf（带文字）、xlsx 或 txt，不超过 20 MB；只在核对时读取，不保存",
            widget="upload",
        ),
    )
    severity = Choice(
        load_default="all",
        metadata=shown("列出哪些", widget="radio", options=SHOWN, default="all"),
    )
    result = Choice(
        load_default="page", metadata=shown("结果", widget="radio", options=RESULTS, default="page")
    )
