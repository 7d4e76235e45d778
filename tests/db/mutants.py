"""Ways a database superuser, or somebody with the disk, may tamper with a finished instance.

Each function changes one thing at random and returns the index of the entry a verification has to name, or
None where no single entry is meant. `Unfit` says that chance picked something that cannot be done there.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from sqlalchemy import MetaData, Row, bindparam, text
from sqlalchemy.exc import DBAPIError, StatementError

from service.audit.canonical import decode_strict
from service.audit.merkle import leaf_hash
from service.models.base import audited_tables
from tests.db.test_audit_verify import Superuser, spoilt

NOT_LOGGED = {("account", "password_hash")}


class Unfit(Exception):
    """Chance picked something that cannot be done to these rows."""


@dataclass
class Tamper:
    """A superuser with chance, and what the log says about every row."""

    user: Superuser
    random: Random
    tables: MetaData = field(default_factory=MetaData)

    def __post_init__(self) -> None:
        self.tables.reflect(self.user.connection)
        self.leaves = [decode_strict(bytes(row.leaf)) for row in self.rows("audit_entry", order="leaf_index")]
        self.ids = {leaf["id"]: index for index, leaf in enumerate(self.leaves)}
        self.last: dict[tuple[str, str], int] = {}
        for index, leaf in enumerate(self.leaves):
            for change in leaf["changes"]:
                self.last[change["t"], change["pk"]] = index

    def rows(self, name: str, order: str = "id") -> list[Row[Any]]:
        """Return all rows of a table."""
        columns = self.tables.tables[name].c
        keys = (order,) if order in columns else tuple(columns.keys())[:3]
        quoted = ", ".join(f'"{key}"' for key in keys)
        return list(self.user.rows(f'SELECT * FROM "{name}" ORDER BY {quoted}'))

    def some_row(self) -> tuple[str, Row[Any]]:
        """Return a row of a business table."""
        name = self.random.choice([each for each in audited_tables() if self.rows(each)])
        return name, self.random.choice(self.rows(name))

    def some_pair(self) -> tuple[str, Row[Any], Row[Any]]:
        """Return two rows of one business table."""
        name = self.random.choice([each for each in audited_tables() if len(self.rows(each)) > 1])
        first, second = self.random.sample(self.rows(name), 2)
        return name, first, second

    def put(self, name: str, column: str, value: Any, **key: Any) -> None:
        """Set one cell by text, as somebody at the console would; raises `Unfit` if the database will not."""
        table = self.tables.tables[name]
        place = " AND ".join(f'"{each}" = :key_{each}' for each in key)
        typed = [bindparam("new", value, type_=table.c[column].type)]
        typed += [bindparam(f"key_{each}", known, type_=table.c[each].type) for each, known in key.items()]
        self.run(text(f'UPDATE "{name}" SET "{column}" = :new WHERE {place}').bindparams(*typed))

    def run(self, statement: Any, **values: Any) -> None:
        """Execute and commit; raises `Unfit` if the database will not, or if nothing was touched."""
        try:
            changed = self.user.run(statement, **values)
        except (DBAPIError, StatementError) as error:
            self.user.connection.rollback()
            raise Unfit(str(error)) from error
        if changed == 0:
            raise Unfit("nothing there")

    def index(self) -> int:
        """Return the place of an entry."""
        return self.random.randrange(len(self.leaves))

    def maybe_mend(self) -> None:
        """Make head and frontier fit the log again, or leave them."""
        if self.random.random() < 0.6:
            self.user.mend_head()


def _other(tamper: Tamper, value: Any, kind: object) -> Any:
    """Return a value that says something else than `value`."""
    if isinstance(value, int) and str(kind).startswith("BOOL"):
        return not value
    if isinstance(value, str):
        try:
            plain = json.loads(value)
        except ValueError:
            return spoilt(tamper.random, value or "x")
        if isinstance(plain, (dict, list)):
            return json.dumps([plain, tamper.random.random()])
    if value is None:
        return "X"
    return spoilt(tamper.random, value)


# Rows ------------------------------------------------------------------------------------------------


def edit_cell(tamper: Tamper) -> int | None:
    """One value of one business row is another."""
    name, row = tamper.some_row()
    column = tamper.random.choice(list(row._mapping))
    if (name, column) in NOT_LOGGED:
        raise Unfit("not in the log by design")
    old = row._mapping[column]
    new = (
        None
        if old not in (None, "") and tamper.random.random() < 0.1
        else _other(tamper, old, tamper.tables.tables[name].c[column].type)
    )
    if new == old:
        raise Unfit("the same")
    tamper.put(name, column, new, id=row.id)
    return tamper.last[name, row.id]


def delete_row(tamper: Tamper) -> int | None:
    """One business row is gone."""
    name, row = tamper.some_row()
    tamper.run(f'DELETE FROM "{name}" WHERE id = :id', id=row.id)
    return tamper.last[name, row.id]


def swap_cells(tamper: Tamper) -> int | None:
    """Two rows of one table have exchanged a value."""
    name, first, second = tamper.some_pair()
    columns = [each for each in first._mapping if first._mapping[each] != second._mapping[each]]
    column = tamper.random.choice([each for each in columns if each != "id"])
    one, other = first._mapping[column], second._mapping[column]
    if (name, column) in NOT_LOGGED:
        raise Unfit("not in the log by design")
    if isinstance(one, str):
        tamper.put(name, column, "~", id=first.id)
    tamper.put(name, column, one, id=second.id)
    tamper.put(name, column, other, id=first.id)
    return min(tamper.last[name, first.id], tamper.last[name, second.id])


def swap_rows(tamper: Tamper) -> int | None:
    """Two rows have exchanged their identifiers, hence everything else."""
    name, first, second = tamper.some_pair()
    for new, key in (("~", first.id), (first.id, second.id), (second.id, "~")):
        tamper.put(name, "id", new, id=key)
    return min(tamper.last[name, first.id], tamper.last[name, second.id])


def smuggle_row(tamper: Tamper) -> int | None:
    """A row stands there that no act put there; it cites the entry of the row it was copied from."""
    name, row = tamper.some_row()
    copy = row._asdict() | {"id": "smuggled"}
    for column in {
        "code",
        "login",
        "number",
        "node",
        "subject",
        "section",
        "path",
        "round",
        "part",
    } & copy.keys():
        copy[column] = copy[column] + (100 if isinstance(copy[column], int) else "Z")
    names = ", ".join(f'"{each}"' for each in copy)
    marks = ", ".join(f":{each}" for each in copy)
    typed = [
        bindparam(each, value, type_=tamper.tables.tables[name].c[each].type) for each, value in copy.items()
    ]
    tamper.run(text(f'INSERT INTO "{name}" ({names}) VALUES ({marks})').bindparams(*typed))
    return tamper.ids[row.last_audit]


def edit_framework(tamper: Tamper) -> int | None:
    """The words of the framework in force are others; they are in the log by their digest only."""
    row = tamper.random.choice(tamper.rows("framework_version"))
    tamper.put("framework_version", "body", row.body.replace('"40"', '"41"', 1), id=row.id)
    return tamper.last["framework_version", row.id]


# The log ---------------------------------------------------------------------------------------------


def edit_entry(tamper: Tamper) -> int | None:
    """One byte of an entry is another; its hash is made to fit, or not."""
    index = tamper.index()
    leaf = spoilt(tamper.random, tamper.user.leaf(index))
    tamper.put("audit_entry", "leaf", leaf, leaf_index=index)
    if tamper.random.random() < 0.5:
        tamper.put("audit_entry", "leaf_hash", leaf_hash(leaf), leaf_index=index)
        tamper.maybe_mend()
    return index


def rewrite_entry(tamper: Tamper) -> int | None:
    """An entry says something else in good form: another actor, time, or value; everything is made to fit."""
    index = tamper.index()
    leaf = tamper.user.leaf(index)
    plain = tamper.leaves[index]
    old, new = tamper.random.choice(
        (
            (plain["actor"]["id"], "01a00000-0000-7000-8000-000000000000"),
            (plain["at"], "2020" + plain["at"][4:]),
            ('"rev":1', '"rev":2'),
            ('"outcome":"done"', '"outcome":"refused"'),
        )
    )
    if old.encode() not in leaf:
        raise Unfit("not in this entry")
    tamper.user.put(index, leaf.replace(old.encode(), new.encode(), 1))
    tamper.maybe_mend()
    return index


def edit_column(tamper: Tamper) -> int | None:
    """A column beside the entry is another than the entry says."""
    index = tamper.index()
    row = tamper.rows("audit_entry", order="leaf_index")[index]
    column = tamper.random.choice([each for each in row._mapping if each not in ("id", "leaf_index", "leaf")])
    tamper.put("audit_entry", column, _other(tamper, row._mapping[column], None), leaf_index=index)
    return index


def delete_entry(tamper: Tamper) -> int | None:
    """An entry is gone; those behind it close up, or leave the gap."""
    index = tamper.index()
    tamper.run("DELETE FROM audit_entry WHERE leaf_index = :i", i=index)
    if tamper.random.random() < 0.5:
        for later in range(index + 1, len(tamper.leaves)):
            tamper.run(
                "UPDATE audit_entry SET leaf_index = leaf_index - 1, id = id - 1 WHERE leaf_index = :i",
                i=later,
            )
    tamper.maybe_mend()
    return index


def swap_entries(tamper: Tamper) -> int | None:
    """Two entries have exchanged their places."""
    one, other = sorted(tamper.random.sample(range(len(tamper.leaves)), 2))
    first, second = tamper.user.leaf(one), tamper.user.leaf(other)
    tamper.put("audit_entry", "entry_id", "~", leaf_index=one)
    for index, leaf in ((other, first), (one, second)):
        tamper.user.put(index, leaf)
        tamper.put("audit_entry", "entry_id", decode_strict(leaf)["id"], leaf_index=index)
    tamper.maybe_mend()
    return one


def truncate_log(tamper: Tamper) -> int | None:
    """The end of the log is cut off, with what hangs on it."""
    kept = tamper.index()
    tamper.run("DELETE FROM audit_entry WHERE leaf_index >= :k", k=kept)
    for table in ("audit_disclosure", "audit_field"):
        if tamper.random.random() < 0.7:
            tamper.user.run(f"DELETE FROM {table} WHERE entry_id NOT IN (SELECT entry_id FROM audit_entry)")
    tamper.maybe_mend()
    return kept


def repeat_entry(tamper: Tamper) -> int | None:
    """An entry stands in the place of another."""
    one, other = tamper.random.sample(range(len(tamper.leaves)), 2)
    tamper.user.put(other, tamper.user.leaf(one))
    tamper.maybe_mend()
    return other


# What hangs on the log -------------------------------------------------------------------------------


def edit_disclosure(tamper: Tamper) -> int | None:
    """The words behind a commitment are others, moved, or gone."""
    row = tamper.random.choice(tamper.rows("audit_disclosure"))
    key = {"entry_id": row.entry_id, "path": row.path}
    column = tamper.random.choice(("body", "salt", "digest", "path", "erased", "half", "deleted"))
    if column == "deleted":
        tamper.run("DELETE FROM audit_disclosure WHERE entry_id = :entry_id AND path = :path", **key)
    elif column in ("erased", "half"):
        tamper.put("audit_disclosure", "salt", None, **key)
        if column == "erased":
            tamper.put("audit_disclosure", "body", None, **key)
    else:
        tamper.put("audit_disclosure", column, spoilt(tamper.random, row._mapping[column]), **key)
    return tamper.ids[row.entry_id]


def swap_disclosures(tamper: Tamper) -> int | None:
    """Two commitments have exchanged their words."""
    one, other = tamper.random.sample(tamper.rows("audit_disclosure"), 2)
    for row, given in ((one, other), (other, one)):
        for column in ("salt", "body"):
            key = {"entry_id": row.entry_id, "path": row.path}
            tamper.put("audit_disclosure", column, given._mapping[column], **key)
    return min(tamper.ids[one.entry_id], tamper.ids[other.entry_id])


def edit_field_index(tamper: Tamper) -> int | None:
    """The index of who changed which field says something else."""
    row = tamper.random.choice(tamper.rows("audit_field"))._asdict()
    place = " AND ".join(f'"{name}" = :{name}' for name in ("entry_id", "table", "pk", "field"))
    key = {name: row[name] for name in ("entry_id", "table", "pk", "field")}
    if tamper.random.random() < 0.5:
        tamper.run(f"DELETE FROM audit_field WHERE {place}", **key)
    else:
        tamper.put("audit_field", "field", row["field"] + "X", **key)
    return tamper.ids[row["entry_id"]]


def edit_head(tamper: Tamper) -> int | None:
    """The head of the log is another."""
    row = tamper.rows("audit_head")[0]
    column = tamper.random.choice(("size", "frontier", "last_at", "origin"))
    tamper.put("audit_head", column, spoilt(tamper.random, row._mapping[column]), id=row.id)
    return None


def edit_checkpoint(tamper: Tamper) -> int | None:
    """A copy of a signed checkpoint is another, or an older one is gone."""
    rows = sorted(tamper.rows("audit_checkpoint"), key=lambda row: row.size)
    if tamper.random.random() < 0.3:
        tamper.run("DELETE FROM audit_checkpoint WHERE id = :id", id=rows[0].id)
    else:
        row = tamper.random.choice(rows)
        column = tamper.random.choice(("note", "root", "size"))
        tamper.put("audit_checkpoint", column, spoilt(tamper.random, row._mapping[column]), id=row.id)
    return None


Mutant = Callable[[Tamper], int | None]
MUTANTS: tuple[Mutant, ...] = (
    edit_cell, edit_cell, edit_cell, edit_cell, edit_cell, edit_cell, delete_row, delete_row, swap_cells, swap_cells,
    swap_rows, smuggle_row, edit_framework, edit_entry, edit_entry, rewrite_entry, rewrite_entry, edit_column,
    delete_entry, delete_entry, swap_entries, truncate_log, truncate_log, repeat_entry, edit_disclosure,
    edit_disclosure, swap_disclosures, edit_field_index, edit_head, edit_checkpoint,
)  # fmt: skip
