"""Print what verifying a million entries costs, online and offline, against a bare sha256 loop.

On SQLite and on a PostgreSQL cluster of its own. The root alone is computed by one process and by two, each
with its half of the file, split where the tree splits.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from service.audit import verifier
from service.audit.bundle import export
from service.audit.findings import Anchor
from service.audit.online import verify
from service.audit.stored import bundle_source, snapshot
from service.audit.verifier import tree_root, verify_bundle
from service.extensions import db
from tests.bench.fresh import DATABASES, fresh_database
from tests.bench.longlog import LongLog, filled
from tests.bench.rounds import Contenders, heading, interleave, options, show

FULL, QUICK, ROUNDS = 1_000_000, 500, 3
HASH, ONE, TWO = "逐条 sha256", "树的根，一个进程", "树的根，两个进程"
ONLINE, OFFLINE = "在线核验", "离线核验留痕包"
HALF = """
import sys
from hashlib import sha256
sys.path.insert(0, sys.argv[1])
from verifier import tree_root
with open(sys.argv[3]) as told:
    lengths = [int(each) for each in told.read().split()]
first, last = int(sys.argv[4]), int(sys.argv[5])
with open(sys.argv[2], "rb") as file:
    file.seek(sum(lengths[:first]))
    root = tree_root(sha256(b"\\0" + file.read(length)).digest() for length in lengths[first:last])
sys.stdout.write(root.hex())
"""


def _bare(log: LongLog) -> None:
    for leaf in log.each_leaf():
        hashlib.sha256(leaf).digest()


def _leaf_hash(leaf: bytes) -> bytes:
    return hashlib.sha256(b"\0" + leaf).digest()


def _halves(folder: Path, size: int) -> bytes:
    """Return the root, each side of its top node by a process of its own."""
    split = 1 << (size - 1).bit_length() - 1
    where = [str(Path(verifier.__file__).parent), str(folder / "leaves"), str(folder / "lengths")]
    started = [
        subprocess.Popen([sys.executable, "-c", HALF, *where, str(first), str(last)], stdout=subprocess.PIPE)
        for first, last in ((0, split), (split, size))
    ]
    sides = [bytes.fromhex(each.communicate()[0].decode()) for each in started]
    return hashlib.sha256(b"\x01" + b"".join(sides)).digest()


def _roots(folder: Path, log: LongLog) -> Contenders:
    """Return the ways to the root, after holding one against the other."""
    size = len(log.lengths)
    (folder / "lengths").write_text(" ".join(map(str, log.lengths)))
    if _halves(folder, size) != tree_root(map(_leaf_hash, log.each_leaf())):
        raise SystemExit("两个进程算出的根不同，比值没有意义")
    return {
        HASH: lambda: _bare(log),
        ONE: lambda: tree_root(map(_leaf_hash, log.each_leaf())),
        TWO: lambda: _halves(folder, size),
    }


def _compare(kind: str, folder: Path, *, count: int, rounds: int) -> None:
    log = filled(folder, count)
    with snapshot(db.session()) as connection:
        made = export(folder / "bundle", bundle_source(connection, log.signer))
    db.session.remove()

    def online() -> None:
        report = verify(db.session(), Anchor.of(log.signer))
        db.session.remove()
        if not report.ok or report.entries != made.size:
            raise SystemExit(report.text())

    def offline() -> None:
        found = verify_bundle(folder / "bundle", str(log.signer.verifier))
        if not found.ok:
            raise SystemExit(found.text())

    size = sum(log.lengths) / len(log.lengths)
    heading(
        f"核验：{made.size} 条留痕，平均 {size:.0f} 字节，{made.disclosures} 处披露，{kind}",
        "从文件读出同样的字节逐条 sha256",
        "在线含树、写法、连贯、披露、字段索引、现存行；离线只用标准库，从留痕包读起；除写明者外单进程",
    )
    contenders: Contenders = {**_roots(folder, log), ONLINE: online}
    if kind == DATABASES[0]:
        contenders = {**contenders, OFFLINE: offline}
    show(interleave(contenders, rounds=rounds, warm=False), baseline=HASH)


def main() -> None:
    """Make the log on each database, run the rounds, print the ratios."""
    chosen = options("核验", rounds=ROUNDS)
    for kind in DATABASES:
        with fresh_database(kind) as folder:
            _compare(kind, folder, count=chosen.count(FULL, QUICK), rounds=chosen.rounds)


if __name__ == "__main__":
    main()
