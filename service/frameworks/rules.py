"""Schemas of the rule kinds that stand alone; each makes its frozen rule of `service.scoring.methods`."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

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
    refusal,
)
from service.frameworks.rule_base import ZERO_WORDS, RuleSchema
from service.frameworks.schema import Part, Strict
from service.scoring.methods.all_or_nothing import AllOrNothing
from service.scoring.methods.bands import Band, Bands
from service.scoring.methods.bonus import Bonus
from service.scoring.methods.checklist import Checklist, Element
from service.scoring.methods.discretionary import Discretionary
from service.scoring.methods.levels import Level, Levels
from service.scoring.methods.linear import Corner, Linear
from service.scoring.methods.lower_better import Fall, LowerBetter
from service.scoring.methods.not_stated import NotStated
from service.scoring.methods.occurrence import CountStep, Item
from service.scoring.methods.per_occurrence import PerOccurrence
from service.scoring.methods.proportional import Proportional
from service.scoring.methods.reverse import Reverse
from service.scoring.points import Points


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


class NotStatedSchema(RuleSchema):
    """来源未载."""

    rule = NotStated
