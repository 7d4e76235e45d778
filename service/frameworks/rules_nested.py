"""Schemas of the rule kinds that hold other rules, and the register of all kinds."""

from __future__ import annotations

from typing import Any

from service.frameworks import rules
from service.frameworks.fields import (
    Choice,
    Code,
    Formula,
    Many,
    Number,
    PointsText,
    Ratio,
    Text,
)
from service.frameworks.rule_base import SCHEMAS, RuleField, RuleSchema
from service.frameworks.schema import Part, Strict
from service.scoring.methods.combination import Combination, How, SubRule
from service.scoring.methods.per_part import Join, PerPart
from service.scoring.methods.per_part import Part as RulePart
from service.scoring.methods.survey import Survey, Weighted


class WeightedSchema(Strict):
    """An answer level or respondent group."""

    makes = Weighted
    name = Text(required=True, filled=True)
    weight = Ratio(required=True)


class SurveySchema(RuleSchema):
    """问卷."""

    rule = Survey
    levels = Many(Part(WeightedSchema), least=1, required=True)
    groups = Many(Part(WeightedSchema))
    score = RuleField(required=True)
    min_valid = Number(least="0")
    min_response = Ratio()


class SubRuleSchema(Strict):
    """One sub-rule of a combination."""

    makes = SubRule
    code = Code(required=True)
    name = Text()
    max = PointsText()
    when = Formula(condition=True)
    rule = RuleField(required=True)


class CombinationSchema(RuleSchema):
    """组合."""

    rule = Combination
    how = Choice(How, required=True)
    rules = Many(Part(SubRuleSchema), least=1, required=True)
    floor = Number()
    cap = Number()


class PartSchema(Strict):
    """A fixed part."""

    makes = RulePart
    code = Code(required=True)
    name = Text()
    weight = Ratio()


class PerPartSchema(RuleSchema):
    """分部分."""

    inner = RuleField(required=True, data_key="rule")
    how = Choice(Join, required=True)
    parts = Many(Part(PartSchema))

    @staticmethod
    def rule(**data: Any) -> PerPart:
        """Return the rule with the one it repeats."""
        return PerPart(rule=data.pop("inner"), **data)


SCHEMAS.update(
    {
        "all_or_nothing": rules.AllOrNothingSchema,
        "proportional": rules.ProportionalSchema,
        "linear": rules.LinearSchema,
        "bands": rules.BandsSchema,
        "levels": rules.LevelsSchema,
        "per_occurrence": rules.PerOccurrenceSchema,
        "checklist": rules.ChecklistSchema,
        "survey": SurveySchema,
        "combination": CombinationSchema,
        "discretionary": rules.DiscretionarySchema,
        "lower_better": rules.LowerBetterSchema,
        "bonus": rules.BonusSchema,
        "reverse": rules.ReverseSchema,
        "per_part": PerPartSchema,
        "not_stated": rules.NotStatedSchema,
    }
)

__all__ = ["SCHEMAS", "RuleField"]
