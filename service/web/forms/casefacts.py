"""What 经办 puts on file beside the particulars: sums of money and the papers of a 主评人."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from service.web.forms.creation import CODE
from service.web.forms.fields import Choice, Day, Flag, Form, Wan, Words, shown
from service.workflow.moneykinds import MONEY_KINDS

MOST_YEARS = 60


class MoneyCode(Words):
    """The short name rules and tables call a sum by."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if text and not CODE.match(text):
            raise ValidationError("只能用汉字、字母、数字和 . _ -；例：预算批复")
        return text


class Years(Words):
    """A number of years as text of a whole number."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> str:
        text = super()._deserialize(value, attr, data, **more)
        if not (text.isascii() and text.isdigit() and int(text) <= MOST_YEARS):
            raise ValidationError(f"应为 0 到 {MOST_YEARS} 的整数")
        return text


class MoneyForm(Form):
    """One sum of money."""

    code = MoneyCode(limit=60, required=True, metadata=shown("编号", "已有的编号会被改写；规则里用它取数"))
    name = Words(limit=120, required=True, metadata=shown("名称", "例：项目预算批复数"))
    kind = Choice(required=True, metadata=shown("口径", widget="choice", options=MONEY_KINDS))
    fen = Wan(load_default=None, metadata=shown("金额（万元）", "来源没有写的不填", widget="money"))
    printed = Words(limit=60, load_default="", metadata=shown("原文所印", "文件上怎样写的"))
    source = Words(limit=300, load_default="", metadata=shown("来源", "文件名称和文号"))
    reason = Words(limit=500, required=True, metadata=shown("修改理由", "写入留痕"))


class PapersForm(Form):
    """The papers of one 主评人."""

    account = Choice(required=True, metadata=shown("主评人", widget="choice", choices="leaders"))
    qualification = Words(limit=200, required=True, metadata=shown("职称或执业资格", "写明证书编号"))
    years = Years(required=True, metadata=shown("工作年限", "须满 5 年"))
    evaluating_years = Years(required=True, metadata=shown("其中从事绩效评价的年限", "须满 3 年"))
    clean_record = Flag(metadata=shown("本人承诺近年没有不良执业记录，组织方也未掌握", widget="tick"))
    valid_until = Day(load_default=None, metadata=shown("证书有效期至", "没有期限的不填", widget="day"))
    reason = Words(limit=500, required=True, metadata=shown("登记理由", "写入留痕"))
