"""Schemas of nodes and blocks; rules are in `rules`, the sections of the head in `head`."""

from __future__ import annotations

from typing import Any

from service.frameworks.fields import (
    Choice,
    Code,
    Formula,
    Many,
    Named,
    Number,
    PointsText,
    QuantityText,
    Ratio,
    Text,
    Whole,
    YesNo,
    plain_name,
    refusal,
)
from service.frameworks.rule_base import ZERO_WORDS
from service.frameworks.rules_nested import RuleField
from service.frameworks.schema import Part, Strict, describe_schema
from service.scoring.framework import (
    BlockKind,
    PoolHow,
    Standard,
)
from service.scoring.measures import Declared, Measure
from service.scoring.modifiers import Modifier, ModifierKind
from service.scoring.rounding import Mode, Step
from service.scoring.states import State, Treat, Treatment

MAX_PLACES = 9


class StandardSchema(Strict):
    """标准值."""

    makes = Standard
    text = Text()
    source = Text()


class DeclaredSchema(Strict):
    """One declared input, without its name."""

    unit = Text()
    label = Text()
    bound = Choice(("number",))


class MeasureSchema(Strict):
    """One measure, without its name."""

    formula = Formula(required=True)
    use = Choice(("derived", "stated"))
    zero = QuantityText(words=ZERO_WORDS, data_key="zero_denominator")


class MeasureField(Part):
    """A formula alone, or a mapping with one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(MeasureSchema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return {"formula": Formula().deserialize(value)}
        return super()._deserialize(value, attr, data, **kwargs)

    def describe(self, defs: dict[str, Any]) -> dict[str, Any]:
        """Return both ways of writing it."""
        return {"anyOf": [{"type": "string"}, describe_schema(MeasureSchema, defs)]}


class TreatmentSchema(Strict):
    """How one missing state is treated."""

    makes = Treatment
    treat = Choice(Treat, required=True)
    ground = Text()
    level = Code()
    to = Code()
    within = Code()


class TreatmentField(Part):
    """A word alone, or a mapping."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(TreatmentSchema, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, str):
            return Treatment(Choice(Treat).deserialize(value))
        return super()._deserialize(value, attr, data, **kwargs)

    def describe(self, defs: dict[str, Any]) -> dict[str, Any]:
        """Return both ways of writing it."""
        return {"anyOf": [{"enum": [str(treat) for treat in Treat]}, describe_schema(TreatmentSchema, defs)]}


class MissingSchema(Strict):
    """A treatment per state."""

    not_given = TreatmentField()
    not_seen = TreatmentField()
    not_due = TreatmentField()
    not_measurable = TreatmentField()
    not_applicable = TreatmentField()
    not_stated = TreatmentField()

    @staticmethod
    def makes(**data: Treatment) -> dict[State, Treatment]:
        """Return treatments by state."""
        return {State(name): treatment for name, treatment in data.items()}


class ModifierSchema(Strict):
    """One modifier."""

    kind = Choice(ModifierKind, required=True)
    code = Code()
    name = Text()
    when = Formula(condition=True)
    share = Ratio()
    points = PointsText()
    value = Formula()
    always = YesNo()
    clause = Text()

    @staticmethod
    def makes(**data: Any) -> Modifier:
        """Return the modifier; its parts must fit its kind."""
        from_share = data.pop("share", None)
        points = data.pop("points", None)
        if from_share is not None:
            points = PointsText().deserialize(f"{from_share * 100}%")
        _check_modifier(data, points)
        return Modifier(limit=points, **data)


def _check_modifier(data: dict[str, Any], points: Any) -> None:
    kind = data["kind"]
    if kind in (ModifierKind.CAP, ModifierKind.FLOOR) and points is None:
        raise refusal("缺少界限", cure="写 share（如 80%）或 points")
    if kind is ModifierKind.COEFFICIENT and "value" not in data:
        raise refusal("缺少系数", cure="写 value（算式）")
    if "when" not in data and not data.get("code") and not data.get("always"):
        raise refusal("不知道何时使用", cure="写 when，或 code（由结果 apply 指定），或 always: yes")


class StepSchema(Strict):
    """Places and mode."""

    makes = Step
    places = Whole(least=0, most=MAX_PLACES, required=True)
    mode = Choice(Mode)


class PoolSchema(Strict):
    """A shared pool."""

    how = Choice(PoolHow, required=True)


class NodeSchema(Strict):
    """One indicator, without its children."""

    code = Code(required=True)
    name = Text(required=True, filled=True)
    max = Number(least="0", decimals=6)
    nature = Choice(("qualitative", "quantitative"))
    direction = Choice(("positive", "negative", "exact"))
    unit = Text()
    target = Text()
    explanation = Text()
    criteria = Text()
    standard = Part(StandardSchema)
    clause = Text()
    evidence = Many(Text(filled=True))
    flags = Many(Text(filled=True))
    inputs = Named(Part(DeclaredSchema), names=plain_name)
    measures = Named(MeasureField(), names=plain_name)
    rule = RuleField()
    missing = Part(MissingSchema)
    modifiers = Many(Part(ModifierSchema))
    share_of = Code()
    pool = Part(PoolSchema)
    rounding = Part(StepSchema)


class BlockSchema(Strict):
    """A block beside the tree, without its children."""

    code = Code(required=True)
    name = Text(required=True, filled=True)
    kind = Choice(BlockKind, required=True)
    floor = Number(none=True)
    cap = Number(none=True)


def declared_of(raw: dict[str, Any]) -> dict[str, Declared]:
    """Return declared inputs with their names."""
    return {
        name: Declared(name, part.get("unit", ""), part.get("label", ""), part.get("bound") == "number")
        for name, part in raw.items()
    }


def measures_of(raw: dict[str, Any]) -> dict[str, Measure]:
    """Return measures with their names."""
    return {
        name: Measure(name, part["formula"], part.get("use") == "stated", part.get("zero"))
        for name, part in raw.items()
    }
