"""A result between its plain form and the texts of a form, both ways; nothing stored is lost.

- Digits and signs are read full-width or half-width; a bare number takes the unit of its field.
- A value per part is typed ``甲：3万元；乙：4万元``.
- `typed` starts from what is stored: only the fields of the form are replaced, an empty one is taken out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any

from service.errors import Problem
from service.scoring.entry import PART, EntryField, EntryKind, Path
from service.scoring.quantities import is_exact

ILLEGAL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
PARTED = re.compile(r"[^：:；;0-9][^：:；;]*[：:]")
PARTLY = "part"
LIMIT = 2000
NARROW = frozenset({EntryKind.QUANTITY, EntryKind.POINTS, EntryKind.COUNT, EntryKind.ELEMENT})
LISTS = ("apply",)


def shown(field: EntryField, plain: Mapping[str, Any]) -> str:
    """Return what the field holds now, as it is typed."""
    path = named_path(field.path, plain)
    if field.path[0] == PART:
        return path[1]
    if field.kind is EntryKind.TICK:
        return "1" if path[1] in plain.get(path[0], ()) else ""
    held: Any = plain
    for step in path:
        held = held.get(step, "") if isinstance(held, Mapping) else ""
    if isinstance(held, Mapping):
        points = held.get("points")
        return f"{points}分" if points else "；".join(f"{key}：{text}" for key, text in held.items())
    return str(held)


def typed(fields: Iterable[EntryField], sent: Mapping[str, str], stored: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plain form after what was sent; a field that was not sent stays as stored."""
    plain = deepcopy(dict(stored))
    listed = [field for field in fields if field.name in sent]
    names = _part_names(listed, sent, stored)
    gone = {named_path(f.path, stored)[1] for f in listed if f.path[0] == PART} - set(names.values())
    for field in listed:
        if field.path[0] == PART:
            continue
        path = tuple(names.get(step, step) for step in field.path)
        if any(step.startswith(PART) for step in path):
            continue
        _put(plain, path, _value(field, sent[field.name]), tick=field.kind is EntryKind.TICK)
    for code in gone:
        for member in ("parts", "weights"):
            plain.get(member, {}).pop(code, None)
    return {name: held for name, held in plain.items() if held not in ("", {}, [])}


def unfit(fields: Iterable[EntryField], sent: Mapping[str, str]) -> tuple[Problem, ...]:
    """Return what of the texts sent cannot be kept, each at its field: nothing is dropped in silence."""
    found = []
    for field in fields:
        text = sent.get(field.name, "")
        if (bad := ILLEGAL.search(text)) is not None:
            words = f"含有不能保存的字符（第 {bad.start() + 1} 个）"
            found.append(Problem(f"{field.label}：{words}", path=field.name, cure="删去后重填"))
        elif len(text) > LIMIT:
            allowed = f"最多 {LIMIT} 字"
            found.append(Problem(f"{field.label}：共 {len(text)} 字", path=field.name, allowed=allowed))
    return tuple(found)


def named_path(path: Path, plain: Mapping[str, Any]) -> Path:
    """Return the path with the places of unnamed parts replaced by what the result calls them."""
    parts = list(plain.get("parts", {}))
    return tuple(_part(step, parts) if step.startswith(PART) and step != PART else step for step in path)


def _part(step: str, parts: list[str]) -> str:
    number = int(step[len(PART) :])
    return parts[number] if number < len(parts) else ""


def _part_names(
    fields: Iterable[EntryField], sent: Mapping[str, str], stored: Mapping[str, Any]
) -> dict[str, str]:
    """Return what each unnamed part is called now; one without a name has no entry."""
    found = {f.path[1]: _words(sent[f.name]) for f in fields if f.path[0] == PART}
    return {key: name for key, name in found.items() if name}


def _words(text: str) -> str:
    return unicodedata.normalize("NFC", ILLEGAL.sub("", text).replace("\r\n", "\n")).strip()


def _value(field: EntryField, text: str) -> Any:
    words = _words(text)
    if field.kind not in NARROW or not words:
        return words
    narrow = unicodedata.normalize("NFKC", words).replace("−", "-").strip()
    if field.kind is EntryKind.ELEMENT:
        return _element(narrow)
    if field.kind is EntryKind.POINTS:
        return narrow.removesuffix("分").strip()
    if field.kind is EntryKind.QUANTITY and PARTED.match(narrow):
        return _parted(field, narrow)
    return _with_unit(field, narrow)


def _element(text: str) -> Any:
    if text.endswith("分") and is_exact(text[:-1].strip()):
        return {"points": text[:-1].strip()}
    return {"是": "met", "否": "unmet", "满足": "met", "不满足": "unmet"}.get(text, text)


def _parted(field: EntryField, text: str) -> dict[str, str]:
    pairs = (part.replace(":", "：").partition("：") for part in re.split("[；;]", text) if part.strip())
    return {name.strip(): _with_unit(field, held.strip()) for name, _, held in pairs}


def _with_unit(field: EntryField, text: str) -> str:
    known = field.kind is EntryKind.QUANTITY and field.unit
    return f"{text}{field.unit}" if known and is_exact(text) and "/" not in text else text


def _put(plain: dict[str, Any], path: Path, value: Any, *, tick: bool) -> None:
    if tick:
        kept = [one for one in plain.get(path[0], []) if one != path[1]]
        plain[path[0]] = [*kept, path[1]] if value else kept
        return
    if value == "":
        _take_out(plain, path)
        return
    held = plain
    for step in path[:-1]:
        inner = held.get(step)
        held[step] = inner = inner if isinstance(inner, dict) else {}
        held = inner
    held[path[-1]] = value


def _take_out(plain: dict[str, Any], path: Path) -> None:
    """Leave neither the value nor a mapping that holds nothing else."""
    inner = plain.get(path[0])
    if len(path) == 1 or not isinstance(inner, dict):
        plain.pop(path[0], None)
        return
    _take_out(inner, path[1:])
    if not inner:
        plain.pop(path[0], None)


def left_over(fields: Iterable[EntryField], plain: Mapping[str, Any]) -> tuple[EntryField, ...]:
    """Return a field for every stored text that none of `fields` shows."""
    known = {named_path(field.path, plain) for field in fields}
    return tuple(
        EntryField(path, " · ".join(path), EntryKind.WORDS, aside=True)
        for path in _paths(plain)
        if path not in known and path[0] not in LISTS and not any(path[: len(one)] == one for one in known)
    )


def _paths(plain: Mapping[str, Any], above: Path = ()) -> Iterable[Path]:
    for name, held in plain.items():
        if isinstance(held, Mapping):
            yield from _paths(held, (*above, name))
        else:
            yield (*above, name)
