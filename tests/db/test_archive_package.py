"""The archive package of a signed case: whole, checked by itself alone, and refused when it is not."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select

from service import clock, create_app
from service.actions.actor import Actor
from service.actions.archiving import archive, seal
from service.actions.workshop import Workshop, workshop_of
from service.archive.check import FAILED, UNCHECKED, Examination, examine
from service.archive.package import LOG, MANIFEST, REPORT, SUMS, member
from service.audit.checkpoint import SignerKey
from service.audit.verifier import trusted, verify_proof
from service.cases import reader
from service.cases.replay import replay
from service.cli import entry
from service.errors import ActionRefusedError, InvalidError, NotFoundError, NotPermittedError
from service.extensions import db
from service.instance import InstanceKind, create_instance
from service.models.audit import AuditEntry
from service.models.evaluation import Evaluation
from service.models.organisation import Account, RoleGrant
from service.models.report import ArchivePackage
from service.queries.catalogue import case_named
from service.report.pdf import Converter
from service.settings import Settings
from service.setup import prepare
from service.workflow.roles import Role
from service.workflow.stages import Stage
from tests.cli.answers import document

CASES = Path(__file__).parents[1] / "cases"


@dataclass
class World:
    """A demo instance with one case carried to its signed report, and one left before that."""

    instance: Path
    workshop: Workshop
    code: str
    other: str

    def all(self, role: Role) -> list[Actor]:
        """Everybody who holds this part anywhere."""
        grants = select(RoleGrant.account_id).where(RoleGrant.role == role)
        found = db.session.scalars(select(Account).where(Account.id.in_(grants)).order_by(Account.id)).all()
        return [
            Actor(account=each.id, name=each.duty, roles=frozenset({role}), organisation=each.organisation_id)
            for each in found
        ]

    def actor(self, role: Role) -> Actor:
        """Whoever holds this part in the signed case, which was replayed first."""
        return self.all(role)[0]

    def id(self, code: str | None = None) -> str:
        return case_named(db.session(), code or self.code).id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("archive")
    instance = create_instance(folder / "instance", InstanceKind.DEMO, at=clock.now())
    settings = Settings.from_env({"PINGJI_INSTANCE": str(instance.path)})
    with create_app(settings).app_context():
        prepare(instance)
        made = workshop_of(settings)
        workshop = replace(made, converter=Converter(soffice="/nonexistent/soffice", fonts=settings.fonts))
        signed = replay(reader.load(CASES / "simplified.yaml"), workshop)
        unsigned = replay(reader.load(CASES / "opinions.yaml"), workshop, until=Stage.FINALISATION)
        try:
            yield World(instance.path, workshop, signed.code, unsigned.code)
        finally:
            db.session.remove()
            db.engine.dispose()


@pytest.fixture(scope="module")
def package(world: World, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("out") / "case.zip"
    seal(world.workshop)
    archive(world.actor(Role.FO), world.id(), world.workshop, target, retention="30年")
    db.session.rollback()
    return target


def failed(found: Examination) -> set[str]:
    return {item.title for item in found.items if item.result == FAILED}


def test_everything_is_in_it_and_every_check_has_its_evidence(world: World, package: Path) -> None:
    found = examine(package, trusted(str(world.workshop.signer.verifier)))
    assert found.ok, failed(found)
    assert {item.nature for item in found.items} == {"真实", "完整", "可用", "安全"}
    assert all(item.evidence for item in found.items)
    assert {item.title for item in found.items if item.result == UNCHECKED} == {"恶意代码", "载体与保管环境"}
    assert found.about.retention == "30年"
    with zipfile.ZipFile(package) as held:
        names = held.namelist()
        groups = {name.partition("/")[0] for name in names if "/" in name}
        assert groups == {"1_立项性材料", "2_证明性材料", "3_结论性材料", LOG}
        assert {MANIFEST, SUMS, REPORT, "目录.html", "目录.csv"} <= set(names)
        report = held.read(REPORT).decode()
        assert "不是任何机构的认证" in report
        assert "真实性" in report and "安全性" in report
        assert "评价报告" in held.read("目录.html").decode()
        assert held.read("目录.csv").decode("utf-8-sig").startswith("序号,类别,名称")
    case = db.session.get_one(Evaluation, world.id())
    mine = db.session.scalars(select(AuditEntry).where(AuditEntry.evaluation_id == case.id)).all()
    proofs = [name for name in names if name.endswith(".tlog-proof")]
    assert len(proofs) == len([row for row in mine if row.leaf_index < found.about.size])


def test_other_tools_agree(world: World, package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as held:
        held.extractall(tmp_path)
    done = subprocess.run(
        ["sha256sum", "-c", "--quiet", SUMS], cwd=tmp_path, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stdout
    for proof in sorted((tmp_path / LOG).glob("*.tlog-proof"))[::5]:
        assert verify_proof(proof, str(world.workshop.signer.verifier)).ok


def test_taking_it_is_an_entry_that_names_it(world: World, package: Path) -> None:
    row = db.session.scalars(select(ArchivePackage)).first()
    assert row is not None
    assert row.retention == "30年"
    leaf = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "archive.take")).first()
    assert leaf is not None
    assert (leaf.evaluation_id, leaf.outcome) == (world.id(), "done")
    assert row.sha256.encode() in leaf.leaf


def test_the_same_case_gives_the_same_bytes(world: World, tmp_path: Path) -> None:
    seal(world.workshop)
    made = []
    for name in ("a", "b"):
        # The taking itself is an entry: the second package is made of the same checkpoint, before the next one.
        made.append(
            archive(world.actor(Role.FO), world.id(), world.workshop, tmp_path / name, retention="10年")
        )
    assert made[0].sha256 == made[1].sha256
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_who_may_not_and_what_is_not_signed_is_refused(world: World, tmp_path: Path) -> None:
    target = tmp_path / "x.zip"
    for role in (Role.DF, Role.DH, Role.FR):
        with pytest.raises((NotPermittedError, NotFoundError)):
            archive(world.actor(role), world.id(), world.workshop, target, retention="永久")
    refused = []
    for desk in world.all(Role.FO):
        with pytest.raises((ActionRefusedError, NotPermittedError, NotFoundError)) as caught:
            archive(desk, world.id(world.other), world.workshop, target, retention="永久")
        refused.append(caught.type)
    assert set(refused) - {NotFoundError}, "one of them does the paperwork of the other case"
    with pytest.raises(InvalidError, match="保管期限"):
        archive(world.actor(Role.FO), world.id(), world.workshop, target, retention="一百年")
    assert not target.exists()
    target.write_bytes(b"mine")
    with pytest.raises(InvalidError, match="已存在"):
        archive(world.actor(Role.FO), world.id(), world.workshop, target, retention="永久")
    assert target.read_bytes() == b"mine"


Change = Callable[[dict[str, bytes]], None]


def rewritten(package: Path, target: Path, change: Change) -> Path:
    """The package with its members changed, as somebody with an archiver could."""
    with zipfile.ZipFile(package) as held:
        members = {name: held.read(name) for name in held.namelist()}
    change(members)
    with zipfile.ZipFile(target, "w") as made:
        for name, data in members.items():
            made.writestr(member(name), data)
    return target


def evidence_of(members: dict[str, bytes]) -> str:
    """A registered file whose bytes stand in the package once."""
    files = json.loads(members[MANIFEST])["files"]
    digests = [each["sha256"] for each in files]
    once = (each for each in files if each["registered"] and digests.count(each["sha256"]) == 1)
    return str(next(each["path"] for each in once))


def proof_of(members: dict[str, bytes], number: int = 3) -> str:
    return sorted(name for name in members if name.endswith(".tlog-proof"))[number]


def without(members: dict[str, bytes], path: str) -> None:
    """Take a file out of everything, as who hides it would."""
    del members[path]
    manifest = json.loads(members[MANIFEST])
    manifest["files"] = [each for each in manifest["files"] if each["path"] != path]
    if path.endswith(".tlog-proof"):
        manifest["log"]["entries"] -= 1
    members[MANIFEST] = json.dumps(
        manifest, ensure_ascii=False, sort_keys=True, separators=(",", ":")
    ).encode()
    members[SUMS] = "".join(f"{each['sha256']}  {each['path']}\n" for each in manifest["files"]).encode()


def flip(members: dict[str, bytes], path: str, at: int = -9) -> None:
    data = bytearray(members[path])
    data[at] ^= 1
    members[path] = bytes(data)


SPOILT: dict[str, tuple[Change, str]] = {
    "a bit of a piece": (lambda m: flip(m, evidence_of(m)), "每个文件的 SHA-256 和大小与清单一致"),
    "a piece gone": (lambda m: m.pop(evidence_of(m)) and None, "清单所列的文件齐全，没有清单之外的"),  # type: ignore[func-returns-value]
    "a piece hidden": (lambda m: without(m, evidence_of(m)), "留痕登记过的文件没有遗漏"),
    "an entry hidden": (lambda m: without(m, proof_of(m, 0)), "案卷的留痕从建立起没有间断"),
    "a bit of an entry": (lambda m: flip(m, proof_of(m), 60), "留痕记录在检查点之中，内容未改"),
    "a stranger's file": (
        lambda m: m.update({"2_证明性材料/x.txt": b"x"}),
        "清单所列的文件齐全，没有清单之外的",
    ),
    "a program": (lambda m: m.update({"run.exe": b"MZ"}), "包内没有加密、链接、越界路径和可执行文件"),
    "a path out of it": (lambda m: m.update({"../x.txt": b"x"}), "包内没有加密、链接、越界路径和可执行文件"),
    "texts gone": (lambda m: m.update({f"{LOG}/disclosures.jsonl": b""}), "留痕中的文字与承诺相符"),
    "other sums": (lambda m: flip(m, SUMS, 3), "清单所列的文件齐全，没有清单之外的"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_package_that_was_changed_is_found_out(package: Path, tmp_path: Path, how: str) -> None:
    change, title = SPOILT[how]
    assert title in failed(examine(rewritten(package, tmp_path / "x.zip", change)))


def test_another_key_or_nonsense_is_refused(package: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(package) as held:
        origin = json.loads(held.read(MANIFEST))["log"]["origin"]
    found = examine(package, trusted(str(SignerKey.generate(origin).verifier)))
    assert "检查点由日志的密钥签署" in failed(found)
    for data in (b"", b"PK\5\6" + bytes(18), b"hello", package.read_bytes()[:5000]):
        (tmp_path / "n").write_bytes(data)
        with pytest.raises(InvalidError, match="归档包"):
            examine(tmp_path / "n")


def test_the_command_takes_and_checks(
    world: World,
    package: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def run(*words: object) -> tuple[int, str, str]:
        return entry.run([str(each) for each in words]), *capfd.readouterr()

    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path / "nowhere"))
    key = str(world.workshop.signer.verifier)
    assert document(run("case", "archive", "--check", package, "--vkey", key, "--json"))["ok"] is True
    code, said, _ = run("case", "archive", "--check", package)
    assert (code, "完整性" in said, "未检查" in said) == (0, True, True)
    shutil.copy(package, tmp_path / "cut.zip")
    (tmp_path / "cut.zip").write_bytes(package.read_bytes()[:-50])
    assert run("case", "archive", "--check", tmp_path / "cut.zip")[0] == 1
    assert run("case", "archive", "x")[0] == 2
