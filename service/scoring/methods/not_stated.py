"""来源未载: the source states no rule, so the rule's figure is not computable and nothing stands in for it.

Formula: none. Worked (S2 项目决策, 13 分): published 11;
the 2 points are one deduction whose split is 来源未载.
"""

from __future__ import annotations

from dataclasses import dataclass

from service.scoring.methods.base import Context, Rule, RuleResult
from service.scoring.states import NotComputableError


@dataclass(frozen=True)
class NotStated(Rule):
    """See the module."""

    kind = "not_stated"

    def evaluate(self, context: Context) -> RuleResult:
        """Never return.

        Raises:
            NotComputableError: always.
        """
        raise NotComputableError("评分规则来源未载，规则得分不能计算")
