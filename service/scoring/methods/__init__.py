"""The closed set of rule kinds, one module each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from service.scoring.methods.all_or_nothing import AllOrNothing
from service.scoring.methods.bands import Bands
from service.scoring.methods.base import Rule
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.checklist import Checklist
from service.scoring.methods.combination import Combination
from service.scoring.methods.discretionary import Discretionary
from service.scoring.methods.levels import Levels
from service.scoring.methods.linear import Linear
from service.scoring.methods.lower_better import LowerBetter
from service.scoring.methods.not_stated import NotStated
from service.scoring.methods.per_occurrence import PerOccurrence
from service.scoring.methods.per_part import PerPart
from service.scoring.methods.proportional import Proportional
from service.scoring.methods.reverse import Reverse
from service.scoring.methods.survey import Survey

LABELS: Mapping[str, str] = MappingProxyType(
    {
        "all_or_nothing": "全有或全无",
        "proportional": "按比例",
        "linear": "两点之间直线",
        "bands": "分档",
        "levels": "分级",
        "per_occurrence": "按次扣分",
        "checklist": "要点",
        "survey": "问卷",
        "combination": "组合",
        "discretionary": "酌情",
        "lower_better": "越小越好",
        "bonus": "加分",
        "reverse": "倒扣",
        "per_part": "分部分",
        "not_stated": "来源未载",
    }
)
KINDS: Mapping[str, type[Rule]] = MappingProxyType(
    {
        kind.kind: kind
        for kind in (
            AllOrNothing,
            Proportional,
            Linear,
            Bands,
            Levels,
            PerOccurrence,
            Checklist,
            Survey,
            Combination,
            Discretionary,
            LowerBetter,
            Bonus,
            Reverse,
            PerPart,
            NotStated,
        )
    }
)
