"""A declarative form for every rule kind, made from the schemas that read rules; a page only renders it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from service.frameworks import fields as f
from service.frameworks.form_words import KINDS_HELP, YES_NO, choices_of, words_of
from service.frameworks.rule_base import RuleField, RuleSchema
from service.frameworks.rules_nested import SCHEMAS
from service.frameworks.schema import Part, Strict
from service.scoring.methods import LABELS

_TYPES: tuple[tuple[type[Any], str], ...] = (
    (f.Code, "code"),
    (f.YesNo, "choice"),
    (f.Choice, "choice"),
    (f.Number, "number"),
    (f.Ratio, "ratio"),
    (f.PointsText, "points"),
    (f.IntervalText, "interval"),
    (f.QuantityText, "quantity"),
    (f.Text, "text"),
    (RuleField, "rule"),
    (f.Many, "list"),
    (Part, "group"),
)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a rule form.

    Args:
        name: as written in the framework.
        type: ``text code number ratio points interval quantity formula condition choice`` for one line of
            text; ``group`` and ``list`` hold `fields` once or in rows; ``rule`` holds a whole rule.
        choices: stored word and label of each choice; `words` that may stand in place of a number.
        least: rows a list must have once it is written.
    """

    name: str
    label: str
    type: str
    required: bool
    help: str = ""
    example: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    words: tuple[str, ...] = ()
    fields: tuple[FormField, ...] = ()
    least: int = 0


@dataclass(frozen=True, slots=True)
class RuleForm:
    """The form of one rule kind; the kind itself is chosen before and is not among the fields."""

    kind: str
    label: str
    help: str
    fields: tuple[FormField, ...]


@lru_cache
def rule_form(kind: str) -> RuleForm:
    """Return the form of a kind.

    Raises:
        KeyError: there is no such kind.
    """
    return RuleForm(kind, LABELS[kind], KINDS_HELP[kind], _fields(SCHEMAS[kind]))


def rule_forms() -> tuple[RuleForm, ...]:
    """Return the forms of all kinds, in the order of FORMAT.md section 5."""
    return tuple(rule_form(kind) for kind in SCHEMAS)


def _fields(schema: type[Strict]) -> tuple[FormField, ...]:
    """Return the fields of a schema; printed remarks stand last."""
    title = schema.__name__.removesuffix("Schema")
    chosen = "kind" if issubclass(schema, RuleSchema) else ""
    made = ((field.data_key or key, field) for key, field in schema().fields.items())
    found = [_field(title, name, field) for name, field in made if name != chosen]
    return tuple(sorted(found, key=lambda one: one.name in ("clause", "note")))


def _field(schema: str, name: str, made: Any) -> FormField:
    words = words_of(schema, name)
    inner = made.inner if isinstance(made, f.Many) else made
    return FormField(
        name=name,
        label=words.label,
        type=_type(made),
        required=made.required,
        help=words.help,
        example=words.example,
        choices=_choices(schema, name, made),
        words=_words(made),
        fields=_fields(inner.schema) if isinstance(inner, Part) else (),
        least=made.least if isinstance(made, f.Many) else 0,
    )


def _type(made: Any) -> str:
    if isinstance(made, f.Formula):
        return "condition" if made.condition else "formula"
    return next(name for known, name in _TYPES if isinstance(made, known))


def _choices(schema: str, name: str, made: Any) -> tuple[tuple[str, str], ...]:
    if isinstance(made, f.YesNo):
        return YES_NO
    if not isinstance(made, f.Choice):
        return ()
    labels = choices_of(schema, name)
    return tuple((word, labels[word]) for word in made.values)


def _words(made: Any) -> tuple[str, ...]:
    if isinstance(made, f.QuantityText):
        return made.words
    return ("none",) if getattr(made, "none", False) else ()
