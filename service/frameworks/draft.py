"""First pass: walk the tree, convert each part on its own, keep going after a fault."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from service.errors import Problem
from service.frameworks.fields import Fault, refusal, shape
from service.frameworks.head import HeadSchema
from service.frameworks.parts import BlockSchema, NodeSchema
from service.frameworks.schema import Strict
from service.yamltext import Place, YamlText, spell

MAX_LEVELS = 9
MAX_NODES = 5000


@dataclass
class Draft:
    """One node or block: `data` is None where its own fields have faults."""

    place: Place
    code: str
    data: dict[str, Any] | None
    children: list[Draft] = field(default_factory=list)
    parent: Draft | None = None
    block: str = ""
    level: int = 1

    @property
    def leaf(self) -> bool:
        """Return whether nothing stands below."""
        return not self.children

    def walk(self) -> Iterator[Draft]:
        """Yield this draft and all below."""
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass
class Reading:
    """The document, what could be converted, and every problem so far."""

    document: YamlText
    head: dict[str, Any] = field(default_factory=dict)
    nodes: list[Draft] = field(default_factory=list)
    blocks: list[Draft] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def walk(self) -> Iterator[Draft]:
        """Yield every node of the tree, then of the blocks."""
        for draft in self.nodes:
            yield from draft.walk()
        for block in self.blocks:
            for child in block.children:
                yield from child.walk()

    def complain(self, place: Place, message: str, *, allowed: str = "", cure: str = "") -> None:
        """Add a problem at `place`; inside a node the path starts with the node's code."""
        problem = self.document.problem(place, message, allowed=allowed, cure=cure)
        self.problems.append(
            Problem(
                problem.message,
                path=self._path(place),
                value=problem.value,
                allowed=problem.allowed,
                cure=problem.cure,
                file=problem.file,
                line=problem.line,
            )
        )

    def _path(self, place: Place) -> str:
        for end in range(len(place), 1, -1):
            code = self.document.value((*place[:end], "code"))
            if code and place[end - 2] in ("nodes", "children", "blocks"):
                rest = spell(place[end:])
                return f"{place[0]}.{code}" + (f".{rest}" if rest else "")
        return spell(place)

    def spread(self, place: Place, messages: Any) -> None:
        """Add the nested messages of a ValidationError, each at its own place."""
        if isinstance(messages, dict):
            for key, inner in messages.items():
                self.spread(place if key == "_schema" else (*place, key), inner)
            return
        for fault in messages if isinstance(messages, list) else [messages]:
            if isinstance(fault, Fault):
                self.complain(place, str(fault), allowed=fault.allowed, cure=fault.cure)
            else:
                self.complain(place, str(fault))

    def convert(self, schema: Strict, value: Any, place: Place) -> dict[str, Any] | None:
        """Return the converted fields; None after adding the problems."""
        try:
            found: dict[str, Any] = schema.load_part(value)
        except ValidationError as error:
            self.spread(place, error.messages)
            return None
        return found


def read_draft(document: YamlText) -> Reading:
    """Return everything that could be converted, with the problems met on the way."""
    reading = Reading(document)
    root = document.root
    if not isinstance(root, dict):
        reading.complain(
            (), f"指标体系应是一组字段，读到{shape(root)}", cure="从 format: pingji-framework/1 写起"
        )
        return reading
    head = {key: value for key, value in root.items() if key not in ("nodes", "blocks")}
    _read_head(reading, head)
    reading.nodes = _read_list(reading, root.get("nodes"), ("nodes",), needed=True)
    for n, value in enumerate(_as_list(reading, root.get("blocks"), ("blocks",), needed=False)):
        block = _read_one(reading, value, ("blocks", n), BlockSchema())
        block.children = _read_list(
            reading,
            value.get("children") if isinstance(value, dict) else None,
            ("blocks", n, "children"),
            needed=True,
            block=block.code or "?",
        )
        reading.blocks.append(block)
    return reading


def _read_head(reading: Reading, head: dict[str, Any]) -> None:
    """Fill the head field by field, so that one bad section hides no other."""
    schema = HeadSchema()
    known = schema.keys()
    for name in [key for key in head if key not in known]:
        reading.convert(
            schema,
            {"format": "pingji-framework/1", "code": "x", "name": "x", "version": "x", name: head[name]},
            (),
        )
    for name, form in schema.fields.items():
        if name not in head:
            if form.required:
                reading.spread((name,), [form.error_messages["required"]])
            continue
        try:
            reading.head[name] = form.deserialize(head[name])
        except ValidationError as error:
            reading.spread((name,), error.messages)


def _as_list(reading: Reading, value: Any, place: Place, *, needed: bool) -> list[Any]:
    if value is None and not needed:
        return []
    if not isinstance(value, list) or not value:
        message = "至少要有一个指标" if value is None or value == [] else f"应是一列指标，读到{shape(value)}"
        reading.spread(place, refusal(message, allowed="列表", cure="每个指标以“- code: …”开头").messages)
        return []
    return value


def _read_list(
    reading: Reading, value: Any, place: Place, *, needed: bool, block: str = "", parent: Draft | None = None
) -> list[Draft]:
    drafts = []
    level = parent.level + 1 if parent else 1
    if level > MAX_LEVELS:
        reading.complain(place, "级数过多", allowed=f"{MAX_LEVELS} 级以内", cure="合并层级")
        return []
    for n, one in enumerate(_as_list(reading, value, place, needed=needed)):
        here = (*place, n)
        draft = _read_one(reading, one, here, NodeSchema())
        draft.parent, draft.block, draft.level = parent, block, level
        drafts.append(draft)
        if isinstance(one, dict) and "children" in one:
            draft.children = _read_list(
                reading, one["children"], (*here, "children"), needed=True, block=block, parent=draft
            )
    return drafts


def _read_one(reading: Reading, value: Any, place: Place, schema: Strict) -> Draft:
    own = (
        {key: part for key, part in value.items() if key != "children"} if isinstance(value, dict) else value
    )
    data = reading.convert(schema, own, place)
    code = own.get("code", "") if isinstance(own, dict) else ""
    return Draft(place, code if isinstance(code, str) else "", data)
