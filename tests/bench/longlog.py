"""A long log made quickly: entries as the service would write them, put into the tables in large batches.

Written through `transaction()` a million entries would take hours; what is measured is reading them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection, insert, update

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit.leaf import Change, FieldChange, LeafActor, LeafFacts, Part, build_parts
from service.audit.signer import Signer
from service.audit.stored import anchor, stored_frontier
from service.extensions import WRITING, db
from service.models.audit import AuditDisclosure, AuditEntry, AuditField, AuditHead
from service.models.base import new_id
from service.models.evaluation import Evaluation, MoneyFact
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from tests.bench.fresh import ORIGIN

SUMS, BATCH = 60, 6_000
ROW = "UPDATE money_fact SET version = ?, last_audit = ?, fen = ?, printed = ?, source = ? WHERE id = ?"
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class LongLog:
    """A signed log about the sums of one evaluation.

    `leaves` is a file of the entries' bytes in order, their lengths in `lengths`.
    """

    case: str
    sums: tuple[str, ...]
    signer: Signer
    leaves: Path
    lengths: tuple[int, ...]

    def each_leaf(self) -> Iterator[bytes]:
        """Yield the bytes of every entry, read from the file."""
        with self.leaves.open("rb") as file:
            for length in self.lengths:
                yield file.read(length)


def filled(folder: Path, count: int) -> LongLog:
    """Write `count` entries beyond the first two, sign them, and return what was written."""
    case, sums = _case()
    signer = Signer.create(folder / "signer", ORIGIN)
    leaves, lengths = folder / "leaves", list[int]()
    facts = _facts(case, sums, count)
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, leaves.open("wb") as file:
        while batch := [(each, build_parts(each, new_id)[0]) for each in islice(facts, BATCH)]:
            with connection.begin():
                _append(connection, batch)
            for _, part in batch:
                file.write(part.data)
                lengths.append(len(part.data))
        with connection.begin():
            anchor(connection, signer, at=START + timedelta(seconds=count))
    return LongLog(case, tuple(sums), signer, leaves, tuple(lengths))


def _case() -> tuple[str, list[str]]:
    """Store one evaluation with its sums of money and return their ids."""
    actor = Actor(account=new_id(), name="评价员", roles=frozenset({Role.EV}), organisation=new_id())
    case = Evaluation(code="c", title="t", kind=Kind.DEPARTMENT, year="y", subject_name="s", profile="p")
    with transaction(actor, Action.EVALUATION_CREATE) as tx:
        tx.add(case)
        key = case.id
        sums = [
            MoneyFact(evaluation_id=key, code=f"c{number}", name="预算", kind="budget", fen=0)
            for number in range(SUMS)
        ]
        tx.add(*sums)
        ids = [each.id for each in sums]
    return key, ids


def _facts(case: str, sums: Sequence[str], count: int) -> Iterator[LeafFacts]:
    """Yield acts that change one sum each, in turn."""
    actor = LeafActor(account=new_id(), role=Role.EV.value, organisation=new_id())
    for number in range(count):
        rev = number // SUMS + 2
        before, after = (rev - 2) * 10_000, (rev - 1) * 10_000
        fields = {
            "fen": FieldChange(before, after),
            "printed": FieldChange(f"{before // 100}.00元" if before else "", f"{after // 100}.00元"),
            "source": FieldChange(f"第{rev - 1}次填报" if before else "", f"第{rev}次填报"),
        }
        yield LeafFacts(
            log=ORIGIN,
            entry_id=new_id(),
            at=START + timedelta(seconds=number),
            actor=actor,
            action=Action.EVALUATION_EDIT.value,
            reason=f"第{number}次核对凭证后更正金额，依据见所附材料",
            evaluation=case,
            stage="material_review",
            changes=(Change("money_fact", sums[number % SUMS], "update", rev, fields),),
        )


def _append(connection: Connection, made: Sequence[tuple[LeafFacts, Part]]) -> None:
    """Write the entries at the end of the log, the rows they are about first."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    # As raw text: rows under audit are refused to every statement made of tables.
    connection.exec_driver_sql(ROW.replace("?", mark), [_row(facts, part) for facts, part in made[-SUMS:]])
    _, frontier = stored_frontier(connection)
    first = frontier.size
    frontier.extend(part.hash for _, part in made)
    head = {"size": frontier.size, "frontier": frontier.pack(), "last_at": made[-1][0].at}
    connection.execute(update(AuditHead.__table__).values(**head))
    connection.execute(
        insert(AuditEntry.__table__), [_entry(at, *each) for at, each in enumerate(made, start=first)]
    )
    connection.execute(insert(AuditDisclosure.__table__), [each for _, part in made for each in _told(part)])
    connection.execute(insert(AuditField.__table__), [each for one in made for each in _touched(*one)])


def _row(facts: LeafFacts, part: Part) -> tuple[object, ...]:
    change = part.changes[0]
    return (change.rev, facts.entry_id, *(each.after for each in change.fields.values()), change.pk)


def _entry(index: int, facts: LeafFacts, part: Part) -> dict[str, object]:
    return {
        "id": index + 1, "leaf_index": index, "entry_id": part.entry_id, "leaf": part.data,
        "leaf_hash": part.hash, "evaluation_id": facts.evaluation, "actor_id": facts.actor.account,
        "role": facts.actor.role, "action": facts.action, "outcome": facts.outcome, "at": facts.at,
    }  # fmt: skip


def _told(part: Part) -> Iterator[dict[str, object]]:
    for each in part.disclosures:
        known = {"digest": each.digest, "salt": each.salt, "body": each.body}
        yield {"entry_id": part.entry_id, "path": each.path, **known}


def _touched(facts: LeafFacts, part: Part) -> Iterator[dict[str, object]]:
    for change in part.changes:
        for name in change.fields:
            place = {"table": change.table, "pk": change.pk, "field": name}
            yield {"entry_id": part.entry_id, "evaluation_id": facts.evaluation, **place}
