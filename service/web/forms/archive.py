"""The act of taking the archive package of a signed case: for how long it is to be kept."""

from __future__ import annotations

from typing import Any

from service.actions.archiving import demand_retention
from service.archive.package import RETENTIONS
from service.jobs.archive import TAKE
from service.web.forms.act import Act, Asking, Done, declare
from service.web.forms.fields import Choice, Form, shown
from service.workflow.actions import Action


class Retention(Form):
    """How long the package is to be kept."""

    retention = Choice(
        required=True,
        metadata=shown(
            "保管期限",
            "写入归档包的清单和目录",
            widget="radio",
            options={each: each for each in RETENTIONS},
            default=RETENTIONS[-1],
        ),
    )


def _ordered(ask: Asking, data: dict[str, Any]) -> Done:
    demand_retention(data["retention"])
    args = {"actor": ask.actor.to_plain(), "evaluation": ask.evaluation, "retention": data["retention"]}
    return Done("正在生成归档包", job=(TAKE, args))


declare(
    Act(
        Action.ARCHIVE_TAKE,
        _ordered,
        Retention,
        button="生成归档包",
        consequence="先封存留痕，再由后台组包并做四性检查；取得人、文件指纹和保管期限写入留痕，案卷内容不变。",
        queued=True,
        at="report",
        hidden=True,
    ),
)
