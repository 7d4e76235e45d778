"""The base schema: refuses unknown fields with what is allowed, and describes itself as JSON Schema."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, post_load

from service.frameworks.fields import Fault, Many, Named, Text, closest, refusal, shape


class Strict(Schema):
    """A mapping with known fields only; `makes` is called with the converted values."""

    makes: Any = dict

    class Meta:
        """Unknown fields are refused by `Strict.load_part`."""

        unknown = RAISE

    @post_load
    def make(self, data: dict[str, Any], **kwargs: Any) -> Any:
        """Return the object the fields describe."""
        return self.makes(**data)

    def load_part(self, value: Any) -> Any:
        """Return the loaded object.

        Raises:
            ValidationError: whose messages are nested mappings of `Fault` lists.
        """
        if not isinstance(value, dict):
            raise refusal(
                f"应是一组字段，读到{shape(value)}", allowed="、".join(self.keys()), cure="写成“字段: 值”"
            )
        try:
            return self.load(value)
        except ValidationError as error:
            raise ValidationError(self._explained(error.messages)) from None

    def keys(self) -> list[str]:
        """Return the names of the fields as written in a file."""
        return [field.data_key or name for name, field in self.fields.items()]

    def _explained(self, messages: Any) -> Any:
        for key, faults in messages.items():
            if faults == ["Unknown field."]:
                messages[key] = [
                    Fault(
                        f"没有“{key}”这个字段",
                        allowed="、".join(self.keys()),
                        cure=closest(str(key), self.keys()),
                    )
                ]
        return messages


class Part(fields.Field[Any]):
    """A nested mapping described by a `Strict` schema."""

    default_error_messages = Text.default_error_messages

    def __init__(self, schema: type[Strict], **kwargs: Any) -> None:
        self.schema = schema
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self.schema().load_part(value)


def describe(field: Any, defs: dict[str, Any]) -> dict[str, Any]:
    """Return the JSON Schema of a field; nested schemas go to `defs`."""
    own = getattr(field, "describe", None)
    if own is not None:
        found: dict[str, Any] = own(defs)
        return found
    if isinstance(field, Many):
        return {"type": "array", "items": describe(field.inner, defs), "minItems": field.least}
    if isinstance(field, Named):
        return {"type": "object", "additionalProperties": describe(field.inner, defs)}
    if isinstance(field, Part):
        return describe_schema(field.schema, defs)
    return dict(field.json)


def describe_schema(schema: type[Strict], defs: dict[str, Any]) -> dict[str, Any]:
    """Return a reference to the JSON Schema of a mapping, which is put into `defs`."""
    name = schema.__name__.removesuffix("Schema")
    if name not in defs:
        defs[name] = {}
        members = schema().fields
        defs[name] = {
            "type": "object",
            "properties": {field.data_key or key: describe(field, defs) for key, field in members.items()},
            "required": [field.data_key or key for key, field in members.items() if field.required],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{name}"}
