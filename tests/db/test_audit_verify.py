"""Whoever changes the log or the rows behind its back is found, and the first bad entry is named."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, MetaData, Row, Table, bindparam, text

from service.actions.actor import Actor
from service.actions.entries import append
from service.actions.transaction import StoredFile, transaction
from service.audit.bundle import export
from service.audit.canonical import decode_strict
from service.audit.findings import Anchor, Report
from service.audit.leaf import LeafActor, LeafFacts, RestoreFact
from service.audit.merkle import Frontier, leaf_hash
from service.audit.online import verify
from service.audit.signer import NamedPerson, RestoreEvent, Signer
from service.audit.stored import anchor, bundle_source, entries, leaf_hashes, snapshot, stored_frontier
from service.audit.verifier import verify_bundle
from service.errors import ActionRefusedError, IntegrityFailureError
from service.extensions import WRITING, db
from service.models.base import audited_tables, new_id
from service.models.evaluation import MoneyFact
from service.models.organisation import Organisation
from service.workflow.actions import Action
from tests.db.conftest import ORIGIN, Database

AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
FILE = b"evidence"
Make = Callable[..., str]


def anchored(database: Database, signer: Signer) -> str:
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        return anchor(connection, signer, at=AT)


def fill(actor: Actor, make_organisation: Make, make_evaluation: Make, make_account: Make) -> None:
    """Eight acts: inserts, updates of inline and committed fields, a file, a refusal."""
    key = make_organisation()
    evaluation = make_evaluation()
    make_account()
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=evaluation, reason="更正名称") as tx:
        tx.case.title = "某项目（二期）"
        tx.case.facts = {"places": ["一", "二"]}
        tx.files.append(StoredFile(hashlib.sha256(FILE).hexdigest(), len(FILE), "text/plain"))
    with pytest.raises(ActionRefusedError), transaction(actor, Action.EVALUATION_EDIT, evaluation=evaluation):
        raise ActionRefusedError("尚缺材料")
    for name in ("乙单位", "丙单位"):
        with transaction(actor, Action.ACCOUNT_CREATE, reason="更名") as tx:
            tx.get(Organisation, key).name = name
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=evaluation) as tx:
        tx.case.facts = {"places": []}


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return Signer.create(tmp_path / "signer", ORIGIN)


@pytest.fixture
def filled(
    database: Database,
    actor: Actor,
    signer: Signer,
    make_organisation: Make,
    make_evaluation: Make,
    make_account: Make,
) -> Database:
    """A database with a log signed after five and after eight entries."""
    make_organisation("U0")
    anchored(database, signer)
    fill(actor, make_organisation, make_evaluation, make_account)
    anchored(database, signer)
    return database


def checked(signer: Signer, **more: Any) -> Report:
    db.session.rollback()
    return verify(db.session(), Anchor.of(signer), **more)


def verdicts(report: Report) -> set[str]:
    return {name for name, count in report.counts.items() if count}


class Superuser:
    """Somebody with every right in the database, and all guards off."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        if connection.dialect.name == "sqlite":
            driver: Any = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys=OFF")
            driver.execute("PRAGMA ignore_check_constraints=ON")
            for row in self.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                self.run(f'DROP TRIGGER "{row.name}"')
        else:
            self.run("SET session_replication_role = replica")
            query = "SELECT conrelid::regclass AS place, conname FROM pg_constraint WHERE contype = 'c'"
            for row in self.rows(f"{query} AND conrelid::regclass::text LIKE 'audit%'"):
                self.run(f'ALTER TABLE {row.place} DROP CONSTRAINT "{row.conname}"')

    def run(self, statement: Any, **values: Any) -> int:
        """Execute, commit, and return the number of rows changed."""
        clause = text(statement) if isinstance(statement, str) else statement
        changed = self.connection.execute(clause, values).rowcount
        self.connection.commit()
        return changed

    def rows(self, statement: Any, **values: Any) -> Sequence[Row[Any]]:
        clause = text(statement) if isinstance(statement, str) else statement
        found = self.connection.execute(clause, values).all()
        self.connection.commit()
        return found

    def leaf(self, index: int) -> bytes:
        return bytes(self.rows("SELECT leaf FROM audit_entry WHERE leaf_index = :i", i=index)[0].leaf)

    def put(self, index: int, leaf: bytes) -> None:
        said = {"leaf": leaf, "hash": leaf_hash(leaf), "i": index}
        self.run("UPDATE audit_entry SET leaf = :leaf, leaf_hash = :hash WHERE leaf_index = :i", **said)

    def mend_head(self) -> None:
        frontier = Frontier()
        for row in self.rows("SELECT leaf_hash FROM audit_entry ORDER BY leaf_index"):
            frontier.append(bytes(row.leaf_hash))
        self.run("UPDATE audit_head SET size = :s, frontier = :f", s=frontier.size, f=frontier.pack())


@pytest.fixture
def superuser(filled: Database) -> Iterator[Superuser]:
    db.session.remove()
    with filled.engine() as engine, engine.connect() as plain:
        yield Superuser(plain)


def test_an_honest_log_passes_and_says_how_much_is_not_yet_anchored(
    filled: Database, signer: Signer, make_account: Make
) -> None:
    report = checked(signer)
    assert report.findings == []
    assert (report.ok, report.entries, report.anchored, report.unanchored) == (True, 9, 9, 0)
    make_account("later")
    report = checked(signer)
    assert (report.ok, report.unanchored) == (True, 1)
    assert "尚有 1 条记录未被检查点覆盖" in report.text()
    assert report.plain()["first_bad"] is None


def test_a_log_never_signed_verifies_but_nothing_of_it_is_anchored(
    database: Database, signer: Signer, make_account: Make
) -> None:
    make_account()
    report = checked(signer)
    assert (report.ok, report.entries, report.unanchored) == (True, 1, 1)


def test_an_auditor_measures_against_a_note_kept_at_home(
    filled: Database, signer: Signer, superuser: Superuser
) -> None:
    note = decode_strict(signer.history()[0].encode())["note"]
    kept = Anchor.kept(signer.verifier, note)
    assert verify(db.session(), kept).ok
    assert verify(db.session(), kept).unanchored == 8
    superuser.put(0, superuser.leaf(0).replace(b'"rev":1', b'"rev":2'))
    assert "tree" in verdicts(verify(db.session(), kept))
    with pytest.raises(IntegrityFailureError):
        Anchor.kept(signer.verifier, note.replace("\n1\n", "\n2\n"))


def test_an_edited_entry_is_named(superuser: Superuser, signer: Signer) -> None:
    superuser.run("UPDATE audit_entry SET leaf = :l WHERE leaf_index = 4", l=superuser.leaf(4) + b" ")
    report = checked(signer)
    first = report.first_bad
    assert first is not None
    assert first.index == 4
    assert {"tree", "entries"} <= verdicts(report)


def test_an_edited_entry_made_consistent_again_is_named_exactly(superuser: Superuser, signer: Signer) -> None:
    """Hash, head and frontier are mended; only what was signed outside still differs."""
    leaf = superuser.leaf(7)
    forged = leaf.replace('["乙单位","丙单位"]'.encode(), '["乙单位","丁单位"]'.encode())
    assert forged != leaf
    superuser.put(7, forged)
    superuser.run("UPDATE organisation SET name = '丁单位' WHERE code = 'U1'")
    superuser.mend_head()
    report = checked(signer)
    first = report.first_bad
    assert first is not None
    assert (verdicts(report), first.index) == ({"tree"}, 7)


def test_without_the_signers_leaf_hashes_the_change_is_bracketed_by_roots(
    superuser: Superuser, signer: Signer
) -> None:
    forged = superuser.leaf(7).replace("丙单位".encode(), "丁单位".encode())
    superuser.put(7, forged)
    superuser.mend_head()
    (signer.directory / "leaves").write_bytes(b"")
    found = [each for each in checked(signer).findings if each.verdict == "tree"]
    assert [each.index for each in found] == [1]
    assert "改动在序号 1 至 8" in found[0].message


def test_a_deleted_entry_is_named_even_with_the_head_mended(superuser: Superuser, signer: Signer) -> None:
    superuser.run("DELETE FROM audit_entry WHERE leaf_index = 3")
    superuser.mend_head()
    first = checked(signer).first_bad
    assert first is not None
    assert first.index == 3
    assert "缺失" in first.message


def test_entries_closed_up_after_a_deletion_are_named(superuser: Superuser, signer: Signer) -> None:
    superuser.run("DELETE FROM audit_entry WHERE leaf_index = 3")
    for index in range(4, 9):
        superuser.run(
            "UPDATE audit_entry SET leaf_index = leaf_index - 1, id = id - 1 WHERE leaf_index = :i", i=index
        )
    superuser.mend_head()
    first = checked(signer).first_bad
    assert first is not None
    assert first.index == 3


def test_a_damaged_entry_is_named_before_the_rows_it_no_longer_explains(
    superuser: Superuser, signer: Signer
) -> None:
    superuser.run("UPDATE audit_entry SET leaf = :l WHERE leaf_index = 7", l=b"{" + superuser.leaf(7))
    report = checked(signer)
    assert any(each.verdict == "rows" and (each.index or 0) < 7 for each in report.findings)
    assert report.first_bad is not None
    assert report.first_bad.index == 7


def test_a_missing_entry_is_named_and_not_the_whole_stretch_to_the_next_root(
    superuser: Superuser, signer: Signer
) -> None:
    superuser.run("DELETE FROM audit_entry WHERE leaf_index = 6")
    found = [each.index for each in checked(signer).findings if each.verdict in ("tree", "entries")]
    assert min(index for index in found if index is not None) == 6


@pytest.mark.parametrize("kept", [0, 1, 5, 8])
def test_a_cut_tail_below_the_checkpoint_is_found_with_everything_else_rewound(
    superuser: Superuser, signer: Signer, kept: int
) -> None:
    superuser.run("DELETE FROM audit_entry WHERE leaf_index >= :k", k=kept)
    for table in ("audit_disclosure", "audit_field"):
        superuser.run(f"DELETE FROM {table} WHERE entry_id NOT IN (SELECT entry_id FROM audit_entry)")
    superuser.mend_head()
    report = checked(signer)
    assert any(each.index == kept and "曾签署到 9 条" in each.message for each in report.findings)


def test_two_swapped_entries_are_named(superuser: Superuser, signer: Signer) -> None:
    first, second = superuser.leaf(6), superuser.leaf(7)
    superuser.put(6, second)
    superuser.put(7, first)
    superuser.mend_head()
    named = checked(signer).first_bad
    assert named is not None
    assert named.index == 6


def test_an_entry_put_in_between_is_named(superuser: Superuser, signer: Signer) -> None:
    superuser.run("UPDATE audit_entry SET leaf_index = 100, id = 101 WHERE leaf_index = 8")
    superuser.mend_head()
    named = checked(signer).first_bad
    assert named is not None
    assert named.index == 8


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("evaluation_id", "'other'"),
        ("evaluation_id", "NULL"),
        ("actor_id", "'other'"),
        ("role", "'FA'"),
        ("action", "'report.sign'"),
        ("outcome", "'refused'"),
        ("at", "'2020-01-01 00:00:00.000000'"),
        ("entry_id", "'other'"),
    ],
)
def test_a_query_column_that_differs_from_its_leaf_is_named(
    superuser: Superuser, signer: Signer, column: str, value: str
) -> None:
    superuser.run(f'UPDATE audit_entry SET "{column}" = {value} WHERE leaf_index = 4')
    report = checked(signer)
    assert any(
        (each.verdict, each.index) == ("entries", 4) and column in each.message for each in report.findings
    )


LIVE = {
    "a changed text": "UPDATE organisation SET name = '别的' WHERE code = 'U1'",
    "a changed committed text": "UPDATE evaluation SET facts = '{}'",
    "a changed date": "UPDATE evaluation SET self_due_on = '2026-01-01'",
    "a changed flag": "UPDATE evaluation SET scores_submitted = NOT scores_submitted",
    "an unknown value": "UPDATE evaluation SET stage = 'nirvana'",
    "broken JSON": "UPDATE evaluation SET facts = '{'",
    "a changed version": "UPDATE evaluation SET version = version + 1",
    "another citation": "UPDATE evaluation SET last_audit = 'other'",
    "a deleted row": "DELETE FROM evaluation",
}


@pytest.mark.parametrize("name", LIVE)
def test_a_live_row_changed_past_the_log_names_the_entry_it_contradicts(
    superuser: Superuser, signer: Signer, name: str
) -> None:
    superuser.run(LIVE[name])
    report = checked(signer)
    assert verdicts(report) == {"rows"}
    (finding,) = report.findings
    assert finding.index == (7 if "organisation" in LIVE[name] else 8)
    assert finding.entry == decode_strict(superuser.leaf(finding.index))["id"]


def test_a_live_row_without_any_entry_is_found(superuser: Superuser, signer: Signer) -> None:
    row = superuser.rows("SELECT * FROM organisation WHERE code = 'U0'")[0]._asdict()
    row |= {"id": "smuggled", "code": "U9"}
    names = ", ".join(f'"{name}"' for name in row)
    marks = ", ".join(f":{name}" for name in row)
    superuser.run(f"INSERT INTO organisation ({names}) VALUES ({marks})", **row)
    report = checked(signer)
    assert verdicts(report) == {"rows"}
    assert "数据库中有，日志中没有" in report.findings[0].message


DERIVED = {
    "an altered text": (
        "disclosures",
        "UPDATE audit_disclosure SET body = '\"别的\"' WHERE path = '/reason'",
    ),
    "an altered salt": (
        "disclosures",
        "UPDATE audit_disclosure SET salt = '00000000000000000000000000000000'",
    ),
    "an altered digest": ("disclosures", "UPDATE audit_disclosure SET digest = 'x'"),
    "half an erasure": ("disclosures", "UPDATE audit_disclosure SET salt = NULL"),
    "an erasure nobody explained": ("disclosures", "UPDATE audit_disclosure SET salt = NULL, body = NULL"),
    "a deleted text": ("disclosures", "DELETE FROM audit_disclosure WHERE path = '/reason'"),
    "a moved text": ("disclosures", "UPDATE audit_disclosure SET path = '/nowhere' WHERE path = '/problems'"),
    "an orphan text": ("disclosures", "UPDATE audit_disclosure SET entry_id = 'x' WHERE path = '/problems'"),
    "a deleted index row": ("index", "DELETE FROM audit_field WHERE field = 'name'"),
    "a moved index row": ("index", "UPDATE audit_field SET field = 'code' WHERE field = 'name'"),
    "an orphan index row": ("index", "UPDATE audit_field SET entry_id = 'x' WHERE field = 'title'"),
    "a deleted copy": ("checkpoints", "DELETE FROM audit_checkpoint WHERE size = 1"),
    "an altered copy": ("checkpoints", "UPDATE audit_checkpoint SET note = 'x' WHERE size = 1"),
    "an altered size beside a copy": ("checkpoints", "UPDATE audit_checkpoint SET size = 2 WHERE size = 1"),
    "an altered head size": ("tree", "UPDATE audit_head SET size = 8"),
    "an altered head time": ("tree", "UPDATE audit_head SET last_at = '2020-01-01 00:00:00.000000'"),
    "another origin": ("tree", "UPDATE audit_head SET origin = 'pingji/live/1'"),
    "no head": ("tree", "DELETE FROM audit_head"),
}


@pytest.mark.parametrize("name", DERIVED)
def test_what_hangs_on_the_log_is_compared_with_it(superuser: Superuser, signer: Signer, name: str) -> None:
    verdict, statement = DERIVED[name]
    assert superuser.run(statement) > 0
    assert verdict in verdicts(checked(signer))


@pytest.mark.parametrize(
    ("verdict", "column", "table"),
    [
        ("disclosures", "body", "audit_disclosure"),
        ("disclosures", "salt", "audit_disclosure"),
        ("disclosures", "path", "audit_disclosure"),
        ("entries", "action", "audit_entry"),
        ("entries", "leaf", "audit_entry"),
        ("entries", "leaf_hash", "audit_entry"),
        ("entries", "at", "audit_entry"),
        ("index", "field", "audit_field"),
        ("checkpoints", "note", "audit_checkpoint"),
        ("tree", "origin", "audit_head"),
        ("tree", "frontier", "audit_head"),
        ("tree", "last_at", "audit_head"),
        ("rows", "title", "evaluation"),
        ("rows", "facts", "evaluation"),
        ("rows", "stage", "evaluation"),
        ("rows", "scores_submitted", "evaluation"),
        ("rows", "name", "organisation"),
    ],
)
def test_garbage_where_sqlite_checks_nothing_is_a_finding_and_no_crash(
    sqlite: Database, signer: Signer, actor: Actor, verdict: str, column: str, table: str,
    make_organisation: Make, make_evaluation: Make, make_account: Make,
) -> None:  # fmt: skip
    fill(actor, make_organisation, make_evaluation, make_account)
    anchored(sqlite, signer)
    db.session.remove()
    with sqlite.engine() as engine, engine.connect() as plain:
        changed = Superuser(plain).run(
            f"UPDATE OR IGNORE {table} SET \"{column}\" = CAST(x'ff00fe22' AS TEXT)"
        )
    assert changed > 0
    report = checked(signer)
    assert verdict in verdicts(report)
    report.text().encode()


def test_the_databases_own_checkpoints_are_never_believed(
    superuser: Superuser, signer: Signer, tmp_path: Path
) -> None:
    """A rewritten log with its own forged signer and copies still differs from the real signer's memory."""
    superuser.put(7, superuser.leaf(7).replace("丙单位".encode(), "丁单位".encode()))
    superuser.mend_head()
    superuser.run("DELETE FROM audit_checkpoint")
    forger = Signer.create(tmp_path / "forger", ORIGIN)
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        anchor(connection, forger, at=AT)
    assert {"tree", "checkpoints"} <= verdicts(checked(signer))


def test_a_lost_copy_of_a_checkpoint_is_added_with_the_next(
    filled: Database, superuser: Superuser, signer: Signer
) -> None:
    superuser.run("DELETE FROM audit_checkpoint")
    anchored(filled, signer)
    assert len(superuser.rows("SELECT id FROM audit_checkpoint")) == 2
    assert checked(signer).ok


def test_a_rolled_back_database_is_not_signed(superuser: Superuser, filled: Database, signer: Signer) -> None:
    superuser.run("DELETE FROM audit_entry WHERE leaf_index >= 5")
    superuser.mend_head()
    with pytest.raises(IntegrityFailureError, match="拒绝签署"):
        anchored(filled, signer)


def test_a_log_of_another_name_is_not_signed(filled: Database, tmp_path: Path) -> None:
    other = Signer.create(tmp_path / "other", "pingji/live/1")
    with pytest.raises(IntegrityFailureError):
        anchored(filled, other)


def test_a_split_entry_verifies_with_its_rows(
    filled: Database, signer: Signer, actor: Actor, make_evaluation: Make
) -> None:
    key = make_evaluation("E2")
    with transaction(actor, Action.EVALUATION_EDIT, evaluation=key, reason="批量") as tx:
        for number in range(600):
            tx.add(MoneyFact(evaluation_id=key, code=f"c{number}", name="预算", kind="budget", fen=number))
    anchored(filled, signer)
    report = checked(signer)
    assert report.ok, report.text()
    assert report.entries > 12


def test_a_restored_backup_is_signed_only_after_two_persons_answered_for_it(
    sqlite: Database, signer: Signer, make_account: Make, tmp_path: Path
) -> None:
    """A copied file is put back after more was signed; the lost tail stays cited for ever."""
    make_account("one")
    anchored(sqlite, signer)
    db.session.remove()
    db.engine.dispose()
    file = Path(sqlite.url.removeprefix("sqlite:///"))
    backup = shutil.copy(file, tmp_path / "backup.db")
    make_account("two")
    anchored(sqlite, signer)
    db.session.remove()
    db.engine.dispose()
    for left in file.parent.glob(file.name + "*"):
        left.unlink()
    shutil.copy(backup, file)
    assert verdicts(checked(signer)) == {"tree"}
    with pytest.raises(IntegrityFailureError, match="拒绝签署"):
        anchored(sqlite, signer)
    persons = (NamedPerson("account-1", "系统管理员"), NamedPerson("account-2", "审计员"))
    state = signer.state()
    facts = LeafFacts(
        ORIGIN, new_id(), AT, LeafActor("account-1", "SA"), "system.restore", reason="磁盘损坏",
        restore=RestoreFact(state.size, state.root.hex(), ("account-1", "account-2")),
    )  # fmt: skip
    with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
        receipt = append(connection, facts)
    with snapshot(db.session()) as connection:
        _, frontier = stored_frontier(connection)
        leaf = next(
            bytes(e.values["leaf"]) for page in entries(connection) for e in page if e.id == receipt.index + 1
        )
        event = RestoreEvent(leaf, receipt.index, frontier.size, frontier.root(), persons, "磁盘损坏")
        signer.accept_restore(event, leaf_hashes(connection), at=AT)
    make_account("three")
    anchored(sqlite, signer)
    report = checked(signer)
    assert report.ok, report.text()
    with snapshot(db.session()) as connection:
        export(tmp_path / "bundle", bundle_source(connection, signer))
    assert verify_bundle(tmp_path / "bundle", str(signer.verifier)).ok


def test_contents_of_bound_files_are_looked_at_when_asked(filled: Database, signer: Signer) -> None:
    asked: list[tuple[str, int]] = []

    def missing(sha256: str, size: int) -> str | None:
        asked.append((sha256, size))
        return "文件缺失"

    report = checked(signer, check_file=missing)
    assert asked == [(hashlib.sha256(FILE).hexdigest(), len(FILE))]
    assert [(each.verdict, each.index) for each in report.findings] == [("files", 4)]


def test_the_exported_bundle_verifies_offline(filled: Database, signer: Signer, tmp_path: Path) -> None:
    with snapshot(db.session()) as connection:
        summary = export(tmp_path / "bundle", bundle_source(connection, signer))
    assert (summary.size, summary.files) == (9, 1)
    outcome = verify_bundle(tmp_path / "bundle", str(signer.verifier))
    assert outcome.ok, outcome.text()


def test_a_hundred_random_changes_of_single_values_are_all_found(
    superuser: Superuser, signer: Signer
) -> None:
    """Any column of any row of the log or of an audited table, save those the log leaves out."""
    choice = random.Random(20260302)
    metadata = MetaData()
    metadata.reflect(superuser.connection)
    names = [
        *audited_tables(),
        "audit_entry",
        "audit_disclosure",
        "audit_field",
        "audit_checkpoint",
        "audit_head",
    ]
    left_out = {
        ("account", "password_hash"),
        ("audit_checkpoint", "id"),
        ("audit_checkpoint", "at"),
        ("audit_head", "id"),
    }
    cells = [
        (name, column.name, row)
        for name in names
        for row in superuser.rows(metadata.tables[name].select())
        for column in metadata.tables[name].columns
        if (name, column.name) not in left_out and row._mapping[column.name] is not None
    ]
    for name, column, row in choice.sample(cells, min(100, len(cells))):
        table, old = metadata.tables[name], row._mapping[column]
        new = spoilt(choice, old)
        key = {each.name: row._mapping[each.name] for each in table.primary_key}
        overwrite(superuser, table, column, value=new, key=key)
        assert not checked(signer).ok, (name, column, old, new)
        overwrite(superuser, table, column, value=old, key=key | ({column: new} if column in key else {}))
    assert checked(signer).ok


def overwrite(superuser: Superuser, table: Table, column: str, *, value: Any, key: dict[str, Any]) -> None:
    """Set one cell by text, because the guards refuse statements that know our tables."""
    place = " AND ".join(f'"{name}" = :key_{name}' for name in key)
    typed = [bindparam("new", value, type_=table.c[column].type)]
    typed += [bindparam(f"key_{name}", each, type_=table.c[name].type) for name, each in key.items()]
    statement = text(f'UPDATE "{table.name}" SET "{column}" = :new WHERE {place}').bindparams(*typed)
    assert superuser.run(statement) == 1


def spoilt(choice: random.Random, value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + choice.choice((50, 500, 5000))
    if isinstance(value, bytes):
        at = choice.randrange(len(value))
        return value[:at] + bytes([value[at] ^ (1 << choice.randrange(8))]) + value[at + 1 :]
    if isinstance(value, str):
        at = choice.randrange(len(value) or 1)
        return value[:at] + "X" + value[at + 1 :]
    return value.replace(year=value.year - 1)
