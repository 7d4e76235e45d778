"""Schemas of the rule kinds; each makes the frozen rule of `service.scoring.methods`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields

from service.frameworks.fields import (
    Choice,
    Code,
    Formula,
    IntervalText,
    Many,
    Number,
    PointsText,
    QuantityText,
    Ratio,
    Text,
    YesNo,
    closest,
    refusal,
    shape,
)
from service.frameworks.schema import Part, Strict, describe_schema
from service.scoring.methods import KINDS
from service.scoring.methods.all_or_nothing import AllOrNothing
from service.scoring.methods.bands import Band, Bands
from service.scoring.methods.base import Rule
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.checklist import Checklist, Element
from service.scoring.methods.combination import Combination, How, SubRule
from service.scoring.methods.discretionary import Discretionary
from service.scoring.methods.levels import Level, Levels
from service.scoring.methods.linear import Corner, Linear
from service.scoring.methods.lower_better import Fall, LowerBetter
from service.scoring.methods.not_stated import NotStated
from service.scoring.methods.occurrence import CountStep, Item
from service.scoring.methods.per_occurrence import PerOccurrence
from service.scoring.methods.per_part import Join, PerPart
from service.scoring.methods.per_part import Part as RulePart
from service.scoring.methods.proportional import Proportional
from service.scoring.methods.reverse import Reverse
from service.scoring.methods.survey import Survey, Weighted
from service.scoring.points import Points

ZERO_WORDS = ("not_computable",)


class RuleField(fields.Field[Any]):
    """A rule of any kind; gives the rule alone (`clause` and `note` stay in the tree)."""

    default_error_messages = Text.default_error_messages

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Rule:
        if not isinstance(value, dict):
            raise refusal(
                f"规则应是一组字段，读到{shape(value)}", allowed="、".join(KINDS), cure="写成 {kind: …, …}"
            )
        kind = value.get("kind")
        if not isinstance(kind, str) or kind not in SCHEMAS:
            message = "没有这种规则" if kind else "缺少规则种类"
            fault = refusal(message, allowed="、".join(KINDS), cure=closest(str(kind or ""), KINDS)).messages
            raise ValidationError({"kind": fault})
        rule: Rule = SCHEMAS[kind]().load_part(value)
        return rule

    def describe(self, defs: dict[str, Any]) -> dict[str, Any]:
        """Return one alternative per kind."""
        return {"oneOf": [describe_schema(schema, defs) for schema in SCHEMAS.values()]}


class RuleSchema(Strict):
    """Fields every kind has."""

    kind = Choice(KINDS, required=True)
    clause = Text()
    note = Text()

    def make_rule(self, **data: Any) -> Any:
        """Return the rule without the fields that are only printed."""
        for name in ("kind", "clause", "note"):
            data.pop(name, None)
        return self.rule(**data)

    rule: Any = None
    makes: Any = property(lambda self: self.make_rule)


class AllOrNothingSchema(RuleSchema):
    """全有或全无."""

    rule = AllOrNothing
    met = IntervalText()
    when = Formula(condition=True)
    value = Formula()
    points = PointsText()
    otherwise = PointsText(data_key="else")


class ProportionalSchema(RuleSchema):
    """按比例."""

    rule = Proportional
    target = Formula()
    value = Formula()
    cap = Ratio(none=True)
    pass_mark = Ratio()
    zero = QuantityText(words=ZERO_WORDS, data_key="zero_denominator")


class CornerSchema(Strict):
    """One end of a line."""

    makes = Corner
    at = QuantityText(required=True)
    points = PointsText(required=True)


class LinearSchema(RuleSchema):
    """两点之间直线."""

    rule = Linear
    first = Part(CornerSchema, required=True, data_key="from")
    last = Part(CornerSchema, required=True, data_key="to")
    below = PointsText()
    above = PointsText()
    value = Formula()
    zero = QuantityText(words=ZERO_WORDS, data_key="zero_denominator")


class BandSchema(Strict):
    """One band."""

    makes = Band
    when = IntervalText(required=True)
    points = PointsText(required=True)
    code = Code()
    text = Text()


class BandsSchema(RuleSchema):
    """分档."""

    bands = Many(Part(BandSchema), least=1, required=True)
    gaps = Choice(("refused", "undetermined"))
    domain = IntervalText()
    value = Formula()
    zero = QuantityText(words=ZERO_WORDS, data_key="zero_denominator")

    @staticmethod
    def rule(**data: Any) -> Bands:
        """Return the rule with `gaps` as a truth."""
        return Bands(**{**data, "gaps": data.get("gaps") == "undetermined"})


class LevelSchema(Strict):
    """One level."""

    makes = Level
    code = Code(required=True)
    points = PointsText(required=True)
    text = Text()


class LevelsSchema(RuleSchema):
    """分级."""

    rule = Levels
    levels = Many(Part(LevelSchema), least=1, required=True)


class ItemSchema(Strict):
    """One kind of occurrence."""

    makes = Item
    code = Code(required=True)
    name = Text()
    per = PointsText()
    unit = QuantityText()
    value = Formula()
    step = Choice(CountStep)
    loss_cap = PointsText()
    fatal = YesNo()


class EventItemSchema(ItemSchema):
    """One kind of occurrence that may trigger an event."""

    event = Code()


class PerOccurrenceSchema(RuleSchema):
    """按次扣分."""

    per = PointsText()
    unit = QuantityText()
    value = Formula()
    step = Choice(CountStep)
    fatal = YesNo()
    items = Many(Part(ItemSchema), least=1)
    floor = PointsText()
    loss_cap = PointsText()

    @staticmethod
    def rule(**data: Any) -> PerOccurrence:
        """Return the rule; one unnamed item when `per` is written directly."""
        own = {name: data.pop(name) for name in ("per", "unit", "value", "step", "fatal") if name in data}
        if own and "items" in data:
            raise refusal("写了 items 就不再直接写 per、unit、value、step、fatal", cure="移到各项里")
        if not own and "items" not in data:
            raise ValidationError({"per": refusal("缺少每次的分值", cure="写 per，或写 items").messages})
        return PerOccurrence(**{"items": (Item(**own),), **data})


class ElementSchema(Strict):
    """One element; `share` is a way to write points."""

    code = Code(required=True)
    name = Text()
    points = PointsText()
    share = Ratio()
    loss = Choice(("partial", "whole"))
    gate = YesNo()

    @staticmethod
    def makes(**data: Any) -> Element:
        """Return the element."""
        share = data.pop("share", None)
        if share is not None and "points" in data:
            raise refusal("points 与 share 只能写一个", cure="删去其中一个")
        if share is not None:
            data["points"] = Points(share, share, share=True)
        return Element(whole=data.pop("loss", "") == "whole", **data)


class ChecklistSchema(RuleSchema):
    """要点."""

    rule = Checklist
    elements = Many(Part(ElementSchema), least=1, required=True)


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


class DiscretionarySchema(RuleSchema):
    """酌情."""

    rule = Discretionary
    low = PointsText(data_key="from")
    high = PointsText(data_key="to")
    step = Number()


class LowerBetterSchema(RuleSchema):
    """越小越好."""

    rule = LowerBetter
    target = Formula(required=True)
    how = Choice(Fall)
    worst_at = Formula(data_key="worst")
    value = Formula()
    pass_mark = Ratio()
    zero = QuantityText(words=ZERO_WORDS, data_key="zero_denominator")


class BonusSchema(RuleSchema):
    """加分."""

    per = PointsText()
    unit = QuantityText()
    value = Formula()
    step = Choice(CountStep)
    cap = Number(none=True, required=True)

    @staticmethod
    def rule(**data: Any) -> Bonus:
        """Return the rule with its one item."""
        cap = data.pop("cap")
        return Bonus(items=(Item(**data),), cap=cap)


class ReverseSchema(RuleSchema):
    """倒扣."""

    rule = Reverse
    floor = Number(required=True)
    items = Many(Part(EventItemSchema))


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


class NotStatedSchema(RuleSchema):
    """来源未载."""

    rule = NotStated


SCHEMAS: Mapping[str, type[RuleSchema]] = {
    "all_or_nothing": AllOrNothingSchema,
    "proportional": ProportionalSchema,
    "linear": LinearSchema,
    "bands": BandsSchema,
    "levels": LevelsSchema,
    "per_occurrence": PerOccurrenceSchema,
    "checklist": ChecklistSchema,
    "survey": SurveySchema,
    "combination": CombinationSchema,
    "discretionary": DiscretionarySchema,
    "lower_better": LowerBetterSchema,
    "bonus": BonusSchema,
    "reverse": ReverseSchema,
    "per_part": PerPartSchema,
    "not_stated": NotStatedSchema,
}
