"""Print what making and checking proofs costs in a tree of a million entries, against computing its root.

What an auditor asks for goes the whole way: leaf hashes read from the database, proof, file, check by the
verifier that stands alone.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from random import Random

from service.audit.checkpoint import Checkpoint, open_checkpoint
from service.audit.merkle import (
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from service.audit.stored import leaf_hashes, proven_entry, proven_growth
from service.audit.verifier import verify_proof
from service.extensions import db
from service.models.audit import AuditEntry
from tests.bench.fresh import DATABASES, fresh_database
from tests.bench.longlog import LongLog, filled
from tests.bench.rounds import Contenders, heading, interleave, options, show

FULL, QUICK, ROUNDS = 1_000_000, 500, 3
ROOT = "全树的根"


def _contenders(folder: Path, log: LongLog) -> Contenders:
    """Return the ways to proofs and their checks, each tried once before it is timed."""
    connection, vkey = db.session().connection(), str(log.signer.verifier)
    size = open_checkpoint(str(log.signer.newest()), [log.signer.verifier]).size
    leaves = list(leaf_hashes(connection)(0, size))
    root, at, early = root_of(leaves), Random(size).randrange(size), size // 3
    old = Checkpoint(log.signer.origin, early, root_of(leaves[:early]))
    inside, grown = inclusion_proof(leaves, at), consistency_proof(leaves, early)
    grows = partial(
        verify_consistency, old_size=early, old_root=old.root, new_size=size, new_root=root, proof=grown
    )
    entry = db.session.query(AuditEntry.entry_id).filter_by(leaf_index=at).scalar()
    file = folder / "one.tlog-proof"
    file.write_text(proven_entry(connection, log.signer, entry, enclosed=True))
    checks = (
        verify_inclusion(leaves[at], at, size=size, root=root, proof=inside),
        grows(),
        verify_proof(file, vkey).ok,
    )
    if not all(checks):
        raise SystemExit("证明没有通过核对，比值没有意义")
    return {
        ROOT: lambda: root_of(leaves),
        "包含证明（散列已在内存）": lambda: inclusion_proof(leaves, at),
        "增长证明（散列已在内存）": lambda: consistency_proof(leaves, early),
        "包含证明文件（从数据库起）": lambda: proven_entry(connection, log.signer, entry, enclosed=True),
        "增长证明文件（从数据库起）": lambda: proven_growth(connection, log.signer, old),
        "核对包含证明": lambda: verify_inclusion(leaves[at], at, size=size, root=root, proof=inside),
        "核对增长证明": grows,
        "核对证明文件（含签名，纯标准库）": lambda: verify_proof(file, vkey),
    }


def main() -> None:
    """Make the log on each database, run the rounds, print the ratios."""
    chosen = options("证明", rounds=ROUNDS)
    count = chosen.count(FULL, QUICK)
    for kind in DATABASES:
        with fresh_database(kind) as folder:
            contenders = _contenders(folder, filled(folder, count))
            heading(
                f"证明：{count} 条留痕，{kind}",
                "由内存中的叶散列算全树的根",
                "数据库不存中间层，证明由叶散列算出",
            )
            show(interleave(contenders, rounds=chosen.rounds), baseline=ROOT)


if __name__ == "__main__":
    main()
