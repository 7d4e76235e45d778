"""Schemas of the sections of a framework's head: everything but nodes and blocks."""

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
    Ratio,
    Text,
    Whole,
    YesNo,
    refusal,
)
from service.frameworks.parts import MAX_PLACES, MissingSchema, StepSchema
from service.frameworks.schema import Part, Strict
from service.scoring.framework import (
    Basis,
    Cap,
    CapBand,
    Consequence,
    Dimension,
    Effect,
    Event,
    Phase,
    PrintedDefect,
    Subtotal,
    TotalKind,
)
from service.scoring.grades import Gap, GradeBand, Grades
from service.scoring.rounding import Mode, Place, Rounding, Step

FORMAT = "pingji-framework/1"


class BasisSchema(Strict):
    """One rule the framework rests on."""

    makes = Basis
    title = Text(required=True, filled=True)
    clause = Text()
    note = Text()


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
