"""The field that holds a rule of any kind, and what all rule schemas share."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields

from service.frameworks.fields import (
    Choice,
    Text,
    closest,
    refusal,
    shape,
)
from service.frameworks.schema import Strict, describe_schema
from service.scoring.methods import KINDS
from service.scoring.methods.base import Rule

SCHEMAS: dict[str, type[RuleSchema]] = {}
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
        ways = []
        for kind, schema in SCHEMAS.items():
            way = describe_schema(schema, defs)
            name = way["$ref"].rpartition("/")[2]
            if "properties" in defs[name]:
                defs[name]["properties"]["kind"] = {"const": kind}
            ways.append(way)
        return {"oneOf": ways}


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
