"""Schemas of nodes, blocks and the sections of the head; rules are in `rules`."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError

from service.frameworks.fields import (
    Choice,
    Code,
    Formula,
    IntervalText,
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
from service.frameworks.rules import ZERO_WORDS, RuleField
from service.frameworks.schema import Part, Strict, describe_schema
from service.scoring.framework import (
    Basis,
    BlockKind,
    Cap,
    CapBand,
    Consequence,
    Dimension,
    Effect,
    Event,
    Phase,
    PoolHow,
    PrintedDefect,
    Standard,
    Subtotal,
    TotalKind,
)
from service.scoring.grades import Gap, GradeBand, Grades
from service.scoring.measures import Declared, Measure
from service.scoring.modifiers import Modifier, ModifierKind
from service.scoring.rounding import Mode, Place, Rounding, Step
from service.scoring.states import State, Treat, Treatment

FORMAT = "pingji-framework/1"
MAX_PLACES = 9


class BasisSchema(Strict):
    """One rule the framework rests on."""

    makes = Basis
    title = Text(required=True, filled=True)
    clause = Text()
    note = Text()


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


class RoundingSchema(Strict):
    """取整."""

    places = Whole(least=0, most=MAX_PLACES)
    mode = Choice(Mode)
    at = Many(Choice(Place))
    rate_places = Whole(least=0, most=MAX_PLACES)
    rate_mode = Choice(Mode)
    grade_on = Choice(("exact", "rounded"))
    overrides = Named(Part(StepSchema), names=lambda key: "" if key in set(Place) else f"没有取整处“{key}”")

    @staticmethod
    def makes(**data: Any) -> Rounding:
        """Return the rounding with defaults filled."""
        mode = data.get("mode", Mode.HALF_UP)
        return Rounding(
            Step(data.get("places", 2), mode),
            frozenset(data.get("at", (Place.TOTAL,))),
            Step(data.get("rate_places", 2), data.get("rate_mode", Mode.HALF_UP)),
            data.get("grade_on", "exact") == "rounded",
            {Place(place): step for place, step in data.get("overrides", {}).items()},
        )


class GradeBandSchema(Strict):
    """One grade."""

    makes = GradeBand
    name = Text(required=True, filled=True)
    low = Number(required=True, data_key="from")
    high = Number(data_key="to")


class GradesSchema(Strict):
    """等次."""

    unit = Choice(("points", "percent"))
    bands = Many(Part(GradeBandSchema), least=1, required=True)
    gap = Choice(Gap)

    @staticmethod
    def makes(**data: Any) -> Grades:
        """Return the bands; they must fall from best to worst without overlap."""
        bands = data["bands"]
        for n, band in enumerate(bands):
            better = bands[n - 1] if n else None
            if better is not None and (band.low >= better.low or (band.high or band.low) >= better.low):
                fault = refusal("等次要从高到低，互不重叠", cure="调整次序或界限").messages
                raise ValidationError({"bands": {n: fault}})
            if band.high is not None and band.high < band.low:
                fault = refusal("上限低于下限", cure="对调 from 与 to").messages
                raise ValidationError({"bands": {n: fault}})
            if band.name in [other.name for other in bands[:n]]:
                raise ValidationError({"bands": {n: {"name": refusal("等次重名", cure="改名").messages}}})
        return Grades(bands, data.get("unit") == "percent", data.get("gap", Gap.UNDETERMINED))


class DimensionSchema(Strict):
    """One weighted dimension."""

    makes = Dimension
    node = Code(required=True)
    weight = Ratio(required=True)


class SubtotalSchema(Strict):
    """An extra subtotal."""

    makes = Subtotal
    flag = Text(required=True, filled=True)
    name = Text(required=True, filled=True)


class EventSchema(Strict):
    """Something that lowers total or grade."""

    code = Code(required=True)
    name = Text(required=True, filled=True)
    effect = Choice(Effect, required=True)
    by = Whole(least=1, most=9)
    grade = Text()
    points = Number()
    clause = Text()

    @staticmethod
    def makes(**data: Any) -> Event:
        """Return the event; its parts must fit its effect."""
        needed = {Effect.GRADE: "grade", Effect.CAP: "points"}.get(data["effect"])
        if needed and needed not in data:
            raise refusal(f"这种事项要写 {needed}", cure=f"补上 {needed}")
        return Event(**data)


class CapBandSchema(Strict):
    """One band of a cap."""

    makes = CapBand
    when = IntervalText(required=True)
    cap = Number()


class CapSchema(Strict):
    """A cap of the total."""

    makes = Cap
    code = Code(required=True)
    name = Text()
    value = Formula(required=True)
    bands = Many(Part(CapBandSchema), least=1, required=True)


class ConsequenceSchema(Strict):
    """What a result leads to."""

    makes = Consequence
    text = Text(required=True, filled=True)
    grade = Text()
    when = IntervalText()
    clause = Text()


class DefectSchema(Strict):
    """A declared fault of the original."""

    makes = PrintedDefect
    path = Text(required=True, filled=True)
    printed = Text(required=True)
    computed = Text()
    note = Text()


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


class HeadSchema(Strict):
    """Everything of a framework but nodes and blocks."""

    format = Choice((FORMAT,), required=True)
    code = Code(required=True)
    name = Text(required=True, filled=True)
    version = Text(required=True, filled=True)
    note = Text()
    template = YesNo()
    basis = Many(Part(BasisSchema))
    levels = Many(Text(filled=True))
    max = Number(least="0", decimals=6)
    total = Choice(TotalKind)
    composite = Many(Part(DimensionSchema))
    subtotals = Many(Part(SubtotalSchema))
    rounding = Part(RoundingSchema)
    grades = Part(GradesSchema)
    events = Many(Part(EventSchema))
    caps = Many(Part(CapSchema))
    consequences = Many(Part(ConsequenceSchema))
    missing = Part(MissingSchema)
    order = Many(Choice(Phase))
    printed_defects = Many(Part(DefectSchema))


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
