"""Strict YAML: every scalar is text as written, every value knows its line.

- Only mappings with unique plain keys, sequences and scalars; no anchors, aliases, tags, merge keys or
  second documents. ``4.50`` stays ``"4.50"``, ``on`` stays ``"on"``, nothing becomes a float or a date.
- An empty value (``key:``) is the empty text.
- Conversion to numbers, dates and enums is the schema's work, never this reader's.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from service import yamlfaults
from service.errors import InvalidError, Problem

Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"
Place = tuple[str | int, ...]

MAX_CHARACTERS = 8_000_000
MAX_DEPTH = 60


def spell(place: Place) -> str:
    """Return the dotted form of a place, e.g. ``results.A11.level`` or ``evidence[2].code``."""
    text = ""
    for step in place:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


@dataclass(frozen=True, slots=True)
class YamlText:
    """A parsed document.

    Args:
        root: nested dict, list and str.
        file: name for messages.
        lines: line (from 1) where the value of each place starts; a mapping's value counts from its key.
    """

    root: Tree
    file: str
    lines: Mapping[Place, int]

    def line(self, place: Place) -> int | None:
        """Return the line of `place`, or of its nearest ancestor that stands in the file."""
        for end in range(len(place), -1, -1):
            if place[:end] in self.lines:
                return self.lines[place[:end]]
        return None

    def value(self, place: Place) -> str | None:
        """Return the text written at `place`; None if nothing or no scalar stands there."""
        node: Any = self.root
        for step in place:
            try:
                node = node[step]
            except (KeyError, IndexError, TypeError):
                return None
        return node if isinstance(node, str) else None

    def problem(self, place: Place, message: str, *, allowed: str = "", cure: str = "") -> Problem:
        """Return a problem that carries file, line, path and the value read at `place`."""
        return Problem(
            message,
            path=spell(place),
            value=self.value(place),
            allowed=allowed,
            cure=cure,
            file=self.file,
            line=self.line(place),
        )


def read_file(path: Path) -> YamlText:
    """Return the document stored at `path` (UTF-8, with or without a byte order mark).

    Raises:
        InvalidError: the file is missing, not UTF-8, or not strict YAML; every problem is listed.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        message, cure = yamlfaults.unreadable(error)
        raise InvalidError(Problem(message, file=str(path), value=str(path), cure=cure)) from None
    except UnicodeDecodeError as error:
        raise InvalidError(
            Problem(
                "不是 UTF-8 文字",
                file=str(path),
                line=error.object[: error.start].count(b"\n") + 1,
                value=f"第 {error.start + 1} 个字节",
                allowed="UTF-8 编码的 YAML 文字",
                cure="在编辑器里另存为 UTF-8（不要用 GBK、ANSI）；不是文字文件的，换一个文件",
            )
        ) from None
    return read(text, file=str(path))


def read(text: str, *, file: str) -> YamlText:
    """Return `text` as a tree of text; the whole document is read before problems are raised.

    Raises:
        InvalidError: the first syntax fault, and every duplicate key, alias, anchor and tag before it.
    """
    if len(text) > MAX_CHARACTERS:
        raise InvalidError(
            Problem(
                "文件过大",
                file=file,
                value=f"{len(text)} 字",
                allowed=f"{MAX_CHARACTERS} 字以内",
                cure="长的原文改放佐证文件",
            )
        )
    line = _one_line(text)
    if line is not None:
        return YamlText(line, file, {(): 1})
    builder = _Builder(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
    except MarkedYAMLError as error:
        builder.problems.append(_syntax(error, text, file))
    except YAMLError as error:
        start = getattr(error, "position", None)
        builder.problems.append(
            Problem(
                f"不是正确的 YAML：有控制字符 {yamlfaults.unprintable(text.replace(chr(13), ''))}",
                file=file,
                line=text[:start].count("\n") + 1 if isinstance(start, int) else None,
                cure="删去这个看不见的字符",
            )
        )
    if not builder.problems and builder.root is None:
        builder.problems.append(Problem("文件是空的", file=file, line=1, cure="至少写一个 format 字段"))
    if builder.problems:
        raise InvalidError(builder.problems)
    assert builder.root is not None
    return YamlText(builder.root, file, builder.lines)


def write_line(tree: Tree) -> str:
    """Return YAML on one line, in its JSON form, that `read` turns into the same tree at once."""
    return json.dumps(tree, ensure_ascii=False)


def _one_line(text: str) -> Tree | None:
    """Return the tree of a text `write_line` made; None for any other, which is read with all its faults.

    Scanning YAML costs some 5 ms a line; a batch of thousands of frameworks cannot wait for that.
    """
    if not text.startswith("{") or "\n" in text or "\\" in text or yamlfaults.unprintable(text):
        return None
    try:
        found = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and _only_text(found, 0) else None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs) or "<<" in made:
        raise ValueError
    return made


def _only_text(node: Any, depth: int) -> bool:
    if isinstance(node, str):
        return True
    if depth > MAX_DEPTH or not isinstance(node, dict | list):
        return False
    return all(_only_text(each, depth + 1) for each in (node.values() if isinstance(node, dict) else node))


def _syntax(error: MarkedYAMLError, text: str, file: str) -> Problem:
    said = str(error.problem or error.context or "")
    marks = [error.problem_mark, error.context_mark]
    mark = next((m for m in (marks[::-1] if yamlfaults.stands_before(said) else marks) if m), None)
    message, cure = yamlfaults.explain(said)
    written = text.split("\n")[mark.line].strip() if mark and mark.line <= text.count("\n") else ""
    return Problem(
        message, file=file, line=mark.line + 1 if mark else None, value=written[:60] or None, cure=cure
    )


def write(tree: Tree) -> str:
    """Return YAML that `read` turns into the same tree; text with line breaks becomes a literal block."""
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.width = 110
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.representer.add_representer(str, _represent_text)
    stream = io.StringIO()
    yaml.dump(tree, stream)
    return stream.getvalue()


def _represent_text(representer: Any, text: str) -> Any:
    literal = "\n" in text and not any(line != line.rstrip() for line in text.split("\n"))
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if literal else None)


class _Builder:
    """Turns parser events into a tree, with a stack instead of recursion; collects problems."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.root: Tree | None = None
        self.lines: dict[Place, int] = {}
        self.problems: list[Problem] = []
        self._stack: list[tuple[Tree, Place]] = []
        self._key: list[tuple[str, int] | None] = []
        self._documents = 0
        self._end = -1

    def take(self, event: Any) -> None:
        kind = type(event).__name__
        line = event.start_mark.line + 1
        if kind == "DocumentStartEvent":
            self._documents += 1
            if self._documents == 2:
                self._complain("只能有一个文档，不能再有“---”", line, cure="删去“---”，或分成两个文件")
        elif kind == "AliasEvent":
            self._complain(f"不能用别名“*{event.anchor}”", line, cure="把内容完整写出来")
            self._add("", line)
        elif kind == "ScalarEvent":
            self._check_plain(event, line)
            self._check_text(event, line)
            self._scalar(event.value, line)
            self._end = event.end_mark.index
        elif kind in ("MappingStartEvent", "SequenceStartEvent"):
            self._check_plain(event, line)
            self._open({} if kind == "MappingStartEvent" else [], line)
        elif kind in ("MappingEndEvent", "SequenceEndEvent"):
            self._stack.pop()
            self._key.pop()

    def _complain(self, message: str, line: int, *, cure: str = "") -> None:
        place = spell(self._stack[-1][1]) if self._stack else ""
        self.problems.append(Problem(message, path=place, file=self.file, line=line, cure=cure))

    def _check_plain(self, event: Any, line: int) -> None:
        if event.anchor is not None:
            self._complain(f"不能用锚点“&{event.anchor}”", line, cure="去掉锚点，内容各写各的")
        if getattr(event, "tag", None) is not None:
            self._complain(f"不能用类型标记“{event.tag}”", line, cure="去掉标记，一律按文字书写")

    def _check_text(self, event: Any, line: int) -> None:
        """Complain of unprintable characters, and of a key without colon inside braces."""
        hidden = yamlfaults.unprintable(event.value)
        if hidden:
            self._complain(f"有看不见的字符 {hidden}", line, cure="删去这个字符")
        bare = event.value == "" and event.style is None and event.start_mark.index == self._end
        if bare and self._stack and isinstance(self._stack[-1][0], dict) and self._key[-1] is not None:
            word = self._key[-1][0]
            self._complain(
                f"花括号里“{word}”后面没有冒号和值",
                line,
                cure="逗号是值的一部分时，给整个值加引号；否则写成“字段: 值”",
            )

    def _wants_key(self) -> bool:
        return bool(self._stack) and isinstance(self._stack[-1][0], dict) and self._key[-1] is None

    def _scalar(self, text: str, line: int) -> None:
        if not self._wants_key():
            self._add(text, line)
            return
        mapping, place = self._stack[-1]
        assert isinstance(mapping, dict)
        if text in mapping:
            first = self.lines[(*place, text)]
            self.problems.append(
                Problem(
                    f"字段“{text}”重复，第 {first} 行已写过",
                    path=spell((*place, text)),
                    file=self.file,
                    line=line,
                    cure="合并成一个或删去一个",
                )
            )
        if text == "<<":
            self._complain("不能用合并键“<<”", line, cure="把内容完整写出来")
        self._key[-1] = (text, line)

    def _open(self, container: Tree, line: int) -> None:
        if self._wants_key():
            self._complain(
                "字段名必须是一个词，不能是列表或对象", line, cure="改成“字段: 值”；值里有括号的加引号"
            )
            self._key[-1] = (f"?{line}", line)
            self._stack.append((container, self._stack[-1][1]))
        else:
            self._stack.append((container, self._add(container, line)))
        self._key.append(None)
        if len(self._stack) > MAX_DEPTH:
            raise InvalidError(
                [
                    *self.problems,
                    Problem(
                        "层次过深",
                        file=self.file,
                        line=line,
                        allowed=f"{MAX_DEPTH} 层以内",
                        cure="检查括号是否成对",
                    ),
                ]
            )

    def _add(self, value: Tree, line: int) -> Place:
        if not self._stack:
            if self.root is None:
                self.root = value
                self.lines[()] = line
            return ()
        parent, place = self._stack[-1]
        if isinstance(parent, list):
            here: Place = (*place, len(parent))
            parent.append(value)
        else:
            assert isinstance(parent, dict)
            key, line = self._key[-1] or ("", line)
            here = (*place, key)
            if key not in parent:
                parent[key] = value
            self._key[-1] = None
        self.lines.setdefault(here, line)
        return here
