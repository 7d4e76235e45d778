"""Print what verifying 100,000 entries costs, online and offline, against a bare sha256 loop."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, update

from service.actions.actor import Actor
from service.actions.transaction import transaction
from service.audit.bundle import export
from service.audit.findings import Anchor
from service.audit.leaf import Change, FieldChange, LeafActor, LeafFacts, Part, build_parts
from service.audit.online import verify
from service.audit.signer import Signer
from service.audit.stored import anchor, bundle_source, snapshot, stored_frontier
from service.audit.verifier import verify_bundle
from service.extensions import WRITING, db
from service.models.audit import AuditDisclosure, AuditEntry, AuditField, AuditHead
from service.models.base import new_id
from service.models.evaluation import Evaluation, MoneyFact
from service.workflow.actions import Action
from service.workflow.kinds import Kind
from service.workflow.roles import Role
from tests.bench.fresh import ORIGIN, fresh_database
from tests.bench.rounds import heading, interleave, options, show

FULL, QUICK, SUMS, BATCH = 100_000, 500, 60, 5_000
START = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
_ROW = "UPDATE money_fact SET version = ?, last_audit = ?, fen = ?, printed = ?, source = ? WHERE id = ?"
HASH, ONLINE, OFFLINE = "逐条 sha256", "在线核验", "离线核验留痕包"


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
    for facts, part in made[-SUMS:]:
        change = part.changes[0]
        values = [each.after for each in change.fields.values()]
        connection.exec_driver_sql(_ROW, (change.rev, facts.entry_id, *values, change.pk))
    _, frontier = stored_frontier(connection)
    first = frontier.size
    frontier.extend(part.hash for _, part in made)
    head = {"size": frontier.size, "frontier": frontier.pack(), "last_at": made[-1][0].at}
    connection.execute(update(AuditHead.__table__).values(**head))
    numbered = list(enumerate(made, start=first))
    for start in range(0, len(numbered), BATCH):
        some = numbered[start : start + BATCH]
        connection.execute(insert(AuditEntry.__table__), [_entry(at, *each) for at, each in some])
        told = [each for _, (_, part) in some for each in _told(part)]
        connection.execute(insert(AuditDisclosure.__table__), told)
        touched = [each for _, one in some for each in _touched(*one)]
        connection.execute(insert(AuditField.__table__), touched)


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


def _filled(folder: Path, count: int) -> tuple[Signer, list[bytes]]:
    """Write and sign a log of about `count` entries and return its signer and leaves."""
    case, sums = _case()
    made = [(facts, build_parts(facts, new_id)[0]) for facts in _facts(case, sums, count)]
    signer = Signer.create(folder / "signer", ORIGIN)
    with db.engine.connect().execution_options(**{WRITING: True}) as connection:
        with connection.begin():
            _append(connection, made)
        with connection.begin():
            anchor(connection, signer, at=made[-1][0].at)
    return signer, [part.data for _, part in made]


def _compare(folder: Path, *, count: int, rounds: int) -> None:
    signer, leaves = _filled(folder, count)
    with snapshot(db.session()) as connection:
        made = export(folder / "bundle", bundle_source(connection, signer))

    def bare() -> None:
        for leaf in leaves:
            hashlib.sha256(leaf).digest()

    def online() -> None:
        report = verify(db.session(), Anchor.of(signer))
        if not report.ok or report.entries != made.size:
            raise SystemExit(report.text())

    def offline() -> None:
        found = verify_bundle(folder / "bundle", str(signer.verifier))
        if not found.ok:
            raise SystemExit(found.text())

    size = sum(map(len, leaves)) / len(leaves)
    heading(
        f"核验：{made.size} 条留痕，平均 {size:.0f} 字节，{made.disclosures} 处披露，单进程，SQLite",
        "对同样的字节逐条 sha256",
        "在线含树、写法、连贯、披露、字段索引、现存行；离线只用标准库，从留痕包读起",
    )
    contenders = {HASH: bare, ONLINE: online, OFFLINE: offline}
    show(interleave(contenders, rounds=rounds, warm=False), baseline=HASH)


def main() -> None:
    """Make the log, run the rounds, print the ratios."""
    chosen = options("核验")
    with fresh_database() as folder:
        _compare(folder, count=chosen.count(FULL, QUICK), rounds=chosen.rounds)


if __name__ == "__main__":
    main()
