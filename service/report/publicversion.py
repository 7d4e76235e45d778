"""公开版: the report from the same frozen data without what may not be published, and the proof of it.

- What is left out is data of the profile (`PublicSpec`): sections and appendices, the reasons of some
  indicators, names of some parties, amounts, words.
- A name or word is replaced in every text of the data, an amount in every form it is printed in.
- The finished file is searched in every part, property and attribute; anything found refuses it. So a value
  that stands where nothing can be replaced (a measured result) is never published by mistake.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import is_zipfile

from docx.oxml.ns import qn
from lxml import etree

from service.errors import InvalidError, Problem
from service.report import package, plain
from service.report.figures import FORMATS
from service.report.profile import Profile, Section
from service.report.resolve import TOKEN
from service.report.revisions import parsed, text_of
from service.report.snapshot import CaseSnapshot
from service.report.textcheck import texts

ALL = "*"
LEAST_WORDS, LEAST_DIGITS = 8, 3
MONEY = ("wan", "wan2", "wan2s", "wan6", "yuan2s", "num", "score")
BY_NODE = ("claims", "deductions", "adjustments", "findings", "opinions")
WRITTEN = ("narrative", "notes", "problems", "suggestions", "tables", *BY_NODE)
_NUMBER = re.compile(r"-?\d+(?:\.\d+|/\d+)?")


@dataclass(frozen=True, slots=True)
class Public:
    """What is rendered instead, and every text that must not be in the file."""

    snapshot: CaseSnapshot
    profile: Profile
    hidden: tuple[str, ...]


def public(snapshot: CaseSnapshot, profile: Profile) -> Public:
    """Return the data and the layout of the public version of `snapshot`."""
    spec = profile.public
    gone = set(spec.sections)
    shorter = replace(
        profile,
        abstract="" if "abstract" in gone else profile.abstract,
        sections=_kept(profile.sections, gone),
        appendices=_kept(profile.appendices, gone),
    )
    hidden = _masks(snapshot, spec.parties, spec.amounts, spec.words, spec.mask)
    left = _left_out(snapshot, profile, shorter, frozenset(spec.nodes))
    tree = _masked(left.to_plain(), hidden)
    clean = CaseSnapshot.from_plain({**tree, "money": _without(tree["money"], spec.amounts)})
    kept = "\n".join((*texts(clean.to_plain()), *texts(plain.dump(shorter))))
    words = {line for line in _lines(snapshot) if line not in kept and len(line) >= LEAST_WORDS}
    return Public(clean, shorter, (*hidden, *sorted(words)))


def demand_clean(content: bytes, hidden: Sequence[str]) -> None:
    """Accept a file in which none of `hidden` stands anywhere.

    Raises:
        InvalidError: naming each text found and the part of the file.
    """
    found = [
        Problem(
            "公开版里还有不公开的内容",
            path=part,
            value=text[:40],
            cure="在报告样式里隐藏它所在的章节，或改写",
        )
        for part, said in sorted(_said(content))
        for text in hidden
        if _stands(text, said)
    ]
    if found:
        raise InvalidError(found)


def _kept(sections: Sequence[Section], gone: set[str]) -> tuple[Section, ...]:
    return tuple(replace(s, parts=_kept(s.parts, gone)) for s in sections if s.id not in gone)


def _kinds(sections: Sequence[Section]) -> set[str]:
    found = {content.kind for section in sections for content in section.content}
    return found.union(*(_kinds(section.parts) for section in sections), set())


def _left_out(
    snapshot: CaseSnapshot, profile: Profile, shorter: Profile, nodes: frozenset[str]
) -> CaseSnapshot:
    """Return the data without what only the sections left out would have said."""
    ids = set(shorter.section_ids())
    lost = _kinds((*profile.sections, *profile.appendices)) - _kinds((*shorter.sections, *shorter.appendices))
    changed: dict[str, Any] = {
        "narrative": {k: v for k, v in snapshot.narrative.items() if k in ids},
        "notes": {k: v for k, v in snapshot.notes.items() if k not in nodes},
        "tables": tuple(t for t in snapshot.tables if not t.section or t.section in ids),
        "images": tuple(i for i in snapshot.images if not i.section or i.section in ids),
    }
    for name in ("problems", "suggestions", "opinions", "evidence", "approvals", "stand_ins", "quotations"):
        if name in lost:
            changed[name] = ()
    for name in BY_NODE:
        rows = changed.get(name, getattr(snapshot, name))
        changed[name] = tuple(row for row in rows if getattr(row, "node", "") not in nodes)
    return replace(snapshot, **changed)


def _masks(
    snapshot: CaseSnapshot, parties: Sequence[str], amounts: Sequence[str], words: Sequence[str], mask: str
) -> dict[str, str]:
    """Return what is written instead of each text to hide, the longest first."""
    found = {o.name: f"某{o.part}" for o in snapshot.organisations if o.part in parties and o.name}
    found |= {word: mask for word in words if word}
    for money in snapshot.money:
        if money.fen is not None and _chosen(money.code, money.kind, amounts):
            forms = {FORMATS[form](Fraction(money.fen)) for form in MONEY} | {money.printed}
            found |= {form: mask for form in forms if sum(c.isdigit() for c in form) >= LEAST_DIGITS}
    return dict(sorted(found.items(), key=lambda pair: (-len(pair[0]), pair[0])))


def _chosen(code: str, kind: str, amounts: Sequence[str]) -> bool:
    return ALL in amounts or code in amounts or kind in amounts


def _masked(tree: Any, masks: Mapping[str, str]) -> Any:
    """Return the tree with every text masked; codes of figures and bare numbers stay what they are."""
    if isinstance(tree, str):
        if _NUMBER.fullmatch(tree):
            return tree
        ends = [0, *(end for m in TOKEN.finditer(tree) for end in m.span()), len(tree)]
        parts = [tree[a:b] for a, b in pairwise(ends)]
        return "".join(p if n % 2 else _replaced(p, masks) for n, p in enumerate(parts))
    if isinstance(tree, Mapping):
        return {name: _masked(value, masks) for name, value in tree.items()}
    return [_masked(value, masks) for value in tree] if isinstance(tree, (list, tuple)) else tree


def _replaced(text: str, masks: Mapping[str, str]) -> str:
    for hidden, mask in masks.items():
        text = re.sub(_pattern(hidden), lambda _, mask=mask: mask, text)  # type: ignore[misc]
    return text


def _pattern(hidden: str) -> str:
    """Return a pattern of the text; a number does not match inside a longer one."""
    ahead = r"(?<![\d.,])" if hidden[:1].isdigit() else ""
    behind = r"(?![\d]|[.,]\d)" if hidden[-1:].isdigit() else ""
    return f"{ahead}{re.escape(hidden)}{behind}"


def _stands(text: str, said: str) -> bool:
    return text in said and re.search(_pattern(text), said) is not None


def _without(money: Sequence[dict[str, Any]], amounts: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {**each, "fen": None, "printed": ""} if _chosen(each["code"], each["kind"], amounts) else each
        for each in money
    ]


def _lines(snapshot: CaseSnapshot) -> Iterator[str]:
    """Yield the plain stretches of everything written by hand or given as a reason."""
    tree = snapshot.to_plain()
    for name in WRITTEN:
        for text in texts(tree[name]):
            for row in text.split("\n"):
                for part in TOKEN.split(row)[::3]:
                    yield from (bit.strip(" 　#*-+") for bit in part.split("**"))


def _said(content: bytes, inside: str = "") -> Iterator[tuple[str, str]]:
    """Yield part and text of everything a package holds: paragraphs, attributes, other bytes as text."""
    for name, data in package.read(content).items():
        place = f"{inside}{name}"
        yield place, name
        if is_zipfile(BytesIO(data)):
            yield from _said(data, f"{place}/")
        elif name.endswith((".xml", ".rels")):
            yield from ((place, text) for text in _xml(data))
        else:
            yield place, data.decode("utf-8", "ignore")
            yield place, data.decode("utf-16-le", "ignore")


def _xml(data: bytes) -> Iterator[str]:
    root = parsed(data)
    for node in root.iter():
        if isinstance(node, etree._Comment | etree._ProcessingInstruction):
            yield node.text or ""
            continue
        yield from map(str, node.attrib.values())
        yield node.text or ""
        if node.tag == qn("w:p"):
            yield text_of(node)
