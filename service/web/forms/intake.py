"""What is filled in beside many workbooks or a list: whose they are, and what goes for all of them."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import ValidationError

from service.scoring.quantities import exact, exact_text
from service.web.forms import creation
from service.web.forms.fields import Choice, Form, Lines, Upload, shown

_CAP = re.compile(r"[<＜]?\s*(\d{1,3}(?:\.\d{1,2})?)\s*[%％]\s*[,，:： ]\s*(\d{1,3}(?:\.\d{1,2})?)\s*分?\Z")
USUAL_CAPS = "<80% 89"
SECRECY = {name: words for name, words in creation.SECRECY.items() if name in ("公开", "内部")}


class Caps(Lines):
    """Execution rate below which the total has a most: a line each, ``<80% 89``; lowest first."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **more: Any) -> Any:
        lines = super()._deserialize(value, attr, data, **more)
        found = [_CAP.match(line) for line in lines]
        wrong = [line for line, each in zip(lines, found, strict=True) if each is None]
        if wrong:
            raise ValidationError(f"读到“{wrong[0][:40]}”；每行写“<执行率 最高分”，例：{USUAL_CAPS}")
        pairs = sorted((exact(each[1]) / 100, exact(each[2])) for each in found if each)
        return tuple([exact_text(below), exact_text(most)] for below, most in pairs)


class _Many(Form):
    """What both have in common."""

    year = creation.Year(limit=20, required=True, metadata=shown("年度", widget="short"))
    organiser = Choice(
        required=True, metadata=shown("组织方", "本人担任经办的单位", widget="choice", choices="desks")
    )
    secrecy = Choice(required=True, metadata=shown("密级", widget="choice", options=SECRECY, default="内部"))
    publicity = Choice(
        load_default="",
        metadata=shown("公开属性", "密级为“公开”的必须写明", widget="choice", options=creation.PUBLICITY),
    )
    policy = Choice(
        required=True,
        metadata=shown("岗位设置", widget="radio", options=creation.POLICIES, default="city"),
    )


class SelfBatch(_Many):
    """An archive of 自评表."""

    file = Upload(
        required=True,
        metadata=shown(
            "自评表压缩包", "一个 *.zip，内为各项目的自评表（*.xlsx），不超过 24 MB、2000 份", widget="upload"
        ),
    )
    listed = Upload(
        load_default=None,
        metadata=shown(
            "项目清单（可不选）",
            "有“项目编号”一列的 Excel；清单以外的不登记，没有报的会列出",
            widget="upload",
        ),
    )
    caps = Caps(
        load_default=(),
        metadata=shown(
            "执行率对总分的封顶", "每行一档，当地没有规定的清空", widget="lines", rows=2, default=USUAL_CAPS
        ),
    )


class ProjectList(_Many):
    """A list of projects to be evaluated."""

    file = Upload(
        required=True, metadata=shown("项目清单", "Excel 工作簿（*.xlsx），每行一项评价", widget="upload")
    )
