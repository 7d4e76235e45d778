"""A form to be printed, as data: facts, tables, words and cells to sign in; its short code is of its content.

Who printed it, when, and what else happened in the case do not enter the short code: two prints of the same
content have the same one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from fractions import Fraction
from typing import Any

from service.audit.canonical import Plain, encode
from service.report.figures import DASH, exact, grouped, rate, score

CODE_HALF = 4


@dataclass(frozen=True, slots=True)
class Column:
    """One column: head, width class (``w6`` … ``w30`` in percent, "" for the rest), whether of numbers."""

    label: str
    width: str = ""
    number: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """One part of a form, top to bottom: words, then a table, then cells to sign in.

    Args:
        rows: cells as text, one per column; a row in `strong` (by index) is a total or a heading.
        blank: height of empty room to write in, in lines; with rows, of each row.
    """

    title: str = ""
    words: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    strong: tuple[int, ...] = ()
    signs: tuple[str, ...] = ()
    blank: int = 0


@dataclass(frozen=True, slots=True)
class Printout:
    """One form; `key` and `item` name it in addresses, `wide` asks for landscape, `version` says of what."""

    key: str
    name: str
    title: str
    case: str
    version: str
    item: str = ""
    to: str = ""
    facts: tuple[tuple[str, str], ...] = ()
    blocks: tuple[Block, ...] = field(default=())
    wide: bool = False

    @property
    def code(self) -> str:
        """Return the short code of the content, as ``7F3A-91C2``."""
        content = {name: value for name, value in asdict(self).items() if name != "version"}
        digest = hashlib.sha256(encode(_plain(content))).hexdigest()[: 2 * CODE_HALF].upper()
        return f"{digest[:CODE_HALF]}-{digest[CODE_HALF:]}"


def _plain(tree: Any) -> Plain:
    if isinstance(tree, dict):
        return {str(key): _plain(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return [_plain(each) for each in tree]
    return tree if tree is None or isinstance(tree, bool | int) else str(tree)


def points(text: str | None) -> str:
    """Return points with two decimals, more only if two are not exact; the dash for None."""
    value = exact(text)
    if value is None:
        return DASH
    places = 2 if (value * 100).denominator == 1 else 4
    return f"{'' if (value * 10**places).denominator == 1 else '≈'}{score(value, places)}"


def minus(text: str | None) -> str:
    """Return points taken away; the dash for none."""
    value = exact(text)
    return DASH if not value else points(str(abs(value)))


def percent(text: str | None) -> str:
    """Return a ratio as percent; the dash for None."""
    value = exact(text)
    return DASH if value is None else rate(value)


def wan(fen: int | None) -> str:
    """Return money in 万元; the dash for None."""
    return DASH if fen is None else grouped(Fraction(fen, 1_000_000), 2 if fen % 10_000 == 0 else 6)


def day(value: date | None) -> str:
    """Return ``2026年6月30日``; room to write it in for None."""
    return f"{value.year}年{value.month}月{value.day}日" if value else "　　年　月　日"


def filled(rows: Iterable[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Return the rows with a dash where nothing stands."""
    return tuple(tuple(cell or DASH for cell in row) for row in rows)
