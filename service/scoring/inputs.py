"""What was measured or judged at one node, in the plain form of FORMAT.md section 16."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from service.errors import InvalidError, Problem
from service.scoring.quantities import is_exact, read_quantity
from service.scoring.states import State

Plain = Mapping[str, Any]
YES = {"yes": True, "no": False, "是": True, "否": False}


@dataclass(frozen=True, slots=True)
class LeafInput:
    """One result as text; nothing is interpreted before a rule reads it. See FORMAT.md for each member."""

    value: str = ""
    inputs: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    met: str = ""
    level: str = ""
    points: str = ""
    elements: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    count: str = ""
    counts: Mapping[str, str] = field(default_factory=dict)
    deduct: Mapping[str, str] = field(default_factory=dict)
    step_ruling: str = ""
    survey: Mapping[str, str | Mapping[str, str]] = field(default_factory=dict)
    record: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, LeafInput] = field(default_factory=dict)
    parts: Mapping[str, LeafInput] = field(default_factory=dict)
    weights: Mapping[str, str] = field(default_factory=dict)
    apply: tuple[str, ...] = ()
    state: State | None = None
    ground: str = ""
    awarded: str = ""
    reason: str = ""
    actual: str = ""
    note: str = ""

    @classmethod
    def from_plain(cls, plain: Plain) -> LeafInput:
        """Return the typed form of a mapping of text.

        Raises:
            InvalidError: every member that is unknown or of the wrong shape, with path and cure.
        """
        reader = _Reader()
        given = reader.read(plain, "")
        if reader.problems:
            raise InvalidError(reader.problems)
        return given

    def to_plain(self) -> dict[str, Any]:
        """Return the mapping that `from_plain` turns into the same value; empty members are left out."""
        plain: dict[str, Any] = {}
        for member in fields(self):
            held = getattr(self, member.name)
            if member.name in ("rules", "parts"):
                held = {code: part.to_plain() for code, part in held.items()}
            elif isinstance(held, Mapping):
                held = {key: dict(part) if isinstance(part, Mapping) else part for key, part in held.items()}
            if held:
                plain[member.name] = (
                    list(held) if isinstance(held, tuple) else str(held) if isinstance(held, State) else held
                )
        return plain

    @property
    def used(self) -> frozenset[str]:
        """Return the members that are filled."""
        return frozenset(member.name for member in fields(self) if getattr(self, member.name))

    @property
    def decided(self) -> bool:
        """Return whether anything here can lead to points (not only remarks)."""
        return bool(self.used - REMARKS)


REMARKS = frozenset({"actual", "note", "reason", "ground", "record"})
_MAPS = {"counts", "deduct", "record", "weights"}
_NESTED = {"rules", "parts"}
_MIXED = {"inputs", "elements", "survey"}
_FLAT = "把内容写在冒号后面，不要分成下级"
_NUMBERS = {"points", "awarded", "count"}


class _Reader:
    """Walks a plain form and collects every problem."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def _refuse(self, path: str, message: str, value: Any, *, allowed: str = "", cure: str = "") -> None:
        self.problems.append(
            Problem(
                message,
                path=path,
                value=value if isinstance(value, str) else None,
                allowed=allowed,
                cure=cure,
            )
        )

    def read(self, plain: Any, path: str) -> LeafInput:
        if not isinstance(plain, Mapping):
            self._refuse(path, "结果应是一组“字段: 值”", plain, cure="写成 {value: 63.8%} 这样的形式")
            return LeafInput()
        known = {member.name for member in fields(LeafInput)}
        given: dict[str, Any] = {}
        for name, held in plain.items():
            place = f"{path}.{name}" if path else str(name)
            if name not in known:
                self._refuse(
                    place,
                    f"结果没有“{name}”这个字段",
                    held,
                    allowed="、".join(sorted(known)),
                    cure="见指标体系格式第 16 节",
                )
            else:
                given[name] = self._member(name, held, place)
        return LeafInput(**{name: held for name, held in given.items() if held is not None})

    def _member(self, name: str, held: Any, path: str) -> Any:
        if name in _NESTED:
            return {
                code: self.read(part, f"{path}.{code}") for code, part in self._mapping(held, path).items()
            }
        if name in _MIXED:
            return {
                key: self._mixed(part, f"{path}.{key}") for key, part in self._mapping(held, path).items()
            }
        if name in _MAPS:
            return self._texts(held, path)
        if name == "apply":
            return self._list(held, path)
        return self._scalar(name, held, path)

    def _mapping(self, held: Any, path: str) -> Mapping[str, Any]:
        if isinstance(held, Mapping):
            return held
        self._refuse(path, "应是一组“编号: 值”", held, cure="写成 {编号: 值}")
        return {}

    def _texts(self, held: Any, path: str) -> dict[str, str]:
        kept = {}
        for key, part in self._mapping(held, path).items():
            if isinstance(part, str):
                kept[key] = part.strip()
            else:
                self._refuse(f"{path}.{key}", "应是一段文字", part, allowed="文字", cure=_FLAT)
        return kept

    def _mixed(self, held: Any, path: str) -> Any:
        return self._texts(held, path) if isinstance(held, Mapping) else self._text(held, path)

    def _text(self, held: Any, path: str) -> str:
        if isinstance(held, str):
            return held.strip()
        self._refuse(path, "应是一段文字", held, allowed="文字", cure=_FLAT)
        return ""

    def _list(self, held: Any, path: str) -> tuple[str, ...]:
        if isinstance(held, (list, tuple)) and all(isinstance(part, str) for part in held):
            return tuple(held)
        self._refuse(path, "应是一列编号", held, cure="写成 [编号, 编号]")
        return ()

    def _scalar(self, name: str, held: Any, path: str) -> Any:
        text = self._text(held, path)
        if name == "state":
            if text in set(State):
                return State(text)
            self._refuse(
                path,
                "不是缺失状态",
                text,
                allowed="、".join(f"{s}（{s.label}）" for s in State),
                cure="从允许的词中选一个",
            )
            return None
        if name in _NUMBERS and not self._numeric(name, text):
            self._refuse(path, "不是数", text, allowed="小数如 4.5", cure="去掉说明文字，只留数字")
            return None
        if name == "met" and text not in YES:
            self._refuse(path, "应写是或否", text, allowed="yes、no、是、否", cure="改成 yes 或 no")
            return None
        return text

    @staticmethod
    def _numeric(name: str, text: str) -> bool:
        if name == "count":
            return read_quantity(text) is not None or text in set(State)
        return is_exact(text)
