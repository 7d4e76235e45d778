"""What a table people exchange is, as data: its columns in order, what each may be called and holds.

- A local variant is another `TableKind` made by `variant`, or read from plain data by `from_plain`: no code.
- The words a template prints, the check and the message of a fault come from the same column.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any


class Value(StrEnum):
    """What a column holds; `LABEL` names the row and is never imported."""

    LABEL = "label"
    CODE = "code"
    TEXT = "text"
    QUANTITY = "quantity"
    POINTS = "points"
    WAN = "wan"
    PERCENT = "percent"
    COUNT = "count"
    CHOICE = "choice"
    FLAG = "flag"
    CODES = "codes"


FLAGS = ("是", "否")


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Args:
        name: what the program calls it.
        header: what the template prints; `synonyms` what else it may be called.
        required: the column must be there; `needed`: a row must say it.
        options: the words a `CHOICE` takes; `gap`: the word for what the source does not state.
        example, hint: for the template and for faults.
    """

    name: str
    header: str
    value: Value = Value.TEXT
    synonyms: tuple[str, ...] = ()
    required: bool = False
    needed: bool = False
    limit: int = 300
    options: tuple[str, ...] = ()
    gap: str = ""
    example: str = ""
    hint: str = ""
    width: int = 14

    @property
    def imported(self) -> bool:
        """Return whether what stands in it is taken in."""
        return self.value not in (Value.LABEL, Value.CODE)


@dataclass(frozen=True, slots=True)
class TableKind:
    """One kind of table.

    Args:
        name: in addresses and in the stamp; `version` of its template.
        label: what people call it.
        key: names of the columns that name a row, joined; `named`: the label column a row without a key may
            be known by.
        grows: whether a row without a key is a new one; `keyed`: a new row brings its own key.
        totals: what the row of the sum calls itself in any label column.
    """

    name: str
    label: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ("code",)
    named: str = ""
    grows: bool = False
    keyed: bool = False
    totals: tuple[str, ...] = ()
    version: str = "1"
    where: str = ""

    @property
    def names_rows(self) -> bool:
        """Return whether new rows bring the key they are known by."""
        return self.grows and (self.keyed or len(self.key) > 1)

    def column(self, name: str) -> Column:
        """Return the column of this name."""
        return next(column for column in self.columns if column.name == name)

    def variant(self, name: str, label: str, **headers: Sequence[str]) -> TableKind:
        """Return a local variant: other headings (first printed, the rest synonyms) for columns by name."""
        columns = tuple(
            replace(c, header=headers[c.name][0], synonyms=(c.header, *c.synonyms, *headers[c.name][1:]))
            if c.name in headers
            else c
            for c in self.columns
        )
        return replace(self, name=name, label=label, columns=columns)


def from_plain(plain: Mapping[str, Any]) -> TableKind:
    """Return the kind that plain data describes, with the names of the fields of `TableKind` and `Column`."""
    columns = tuple(
        Column(
            **{
                **each,
                "value": Value(each.get("value", "text")),
                "synonyms": tuple(each.get("synonyms", ())),
                "options": tuple(each.get("options", ())),
            }
        )
        for each in plain["columns"]
    )
    lists = {name: tuple(plain[name]) for name in ("key", "totals") if name in plain}
    return TableKind(**{**plain, **lists, "columns": columns})
