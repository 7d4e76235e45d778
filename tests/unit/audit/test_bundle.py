"""An auditor with the bundle, a key from elsewhere and one file finds every change and names the first."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from service.audit import verifier
from service.audit.bundle import TILE_WIDTH, tile_path
from service.audit.leaf import Change, FieldChange, LeafActor, LeafFacts, build
from service.audit.merkle import leaf_hash
from service.audit.verifier import Refused, Verification, main, tile_name, verify_bundle
from service.errors import IntegrityFailureError, InvalidError
from tests.unit.audit.conftest import FILE

VERIFIER = Path(verifier.__file__)


def verdict(outcome: Verification, name: str) -> verifier.Verdict:
    return outcome.verdicts[name]


def failed(outcome: Verification) -> set[str]:
    return {name for name, each in outcome.verdicts.items() if not each.ok}


@pytest.fixture
def bundle(log: Any, tmp_path: Path) -> Path:
    return log.export(tmp_path / "bundle")


def test_an_untouched_bundle_passes_every_verdict(log: Any, bundle: Path) -> None:
    outcome = verify_bundle(bundle, log.vkey)
    assert failed(outcome) == set()
    assert outcome.ok
    assert outcome.first_bad() is None
    assert outcome.size == len(log.parts)
    assert all(each.checked for each in outcome.verdicts.values())


def test_the_verifier_imports_nothing_but_the_standard_library() -> None:
    tree = ast.parse(VERIFIER.read_text(encoding="utf-8"))
    roots = {
        name.split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in (
            [node.module or ""] if isinstance(node, ast.ImportFrom) else [a.name for a in node.names]
        )
    }
    assert roots <= set(sys.stdlib_module_names) | {"__future__"}


def test_the_verifier_is_written_in_python_three_seven() -> None:
    ast.parse(VERIFIER.read_text(encoding="utf-8"), feature_version=(3, 7))


def pythons() -> Iterator[str]:
    """Every Python from 3.7 on of this machine; this one at least."""
    yield sys.executable
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    yield from (str(each) for each in sorted(pyenv.glob("versions/3.*/bin/python3")))
    yield from filter(None, (shutil.which(f"python3.{minor}") for minor in range(7, 16)))


def test_the_oldest_and_the_newest_python_of_this_machine_give_the_same_verdicts(
    log: Any, bundle: Path, tmp_path: Path
) -> None:
    spoilt = shutil.copytree(bundle, tmp_path / "spoilt")
    (spoilt / "disclosures.jsonl").write_bytes(b"")
    policy = tmp_path / "policy"
    policy.write_text(log.policy)
    asked = (
        "import sys; print(*map('{:03}'.format, sys.version_info[:3])); sys.exit(sys.version_info < (3, 7))"
    )
    runs = {each: subprocess.run([each, "-c", asked], capture_output=True, check=False) for each in pythons()}
    versions = sorted((made.stdout, each) for each, made in runs.items() if made.returncode == 0)
    chosen = (versions[0][1], versions[-1][1], sys.executable)
    told = {
        tuple(
            subprocess.run(
                [each, "-I", "-S", VERIFIER, path, "--policy", policy, "--json"],
                capture_output=True, check=False,
            ).stdout
            for path in (bundle, spoilt)
        )
        for each in chosen
    }  # fmt: skip
    assert len(told) == 1
    good, bad = (json.loads(each) for each in told.pop())
    assert (good["ok"], bad["ok"]) == (True, False)


def test_one_copied_file_run_alone_says_passed_and_failed_by_its_exit_code(
    log: Any, bundle: Path, tmp_path: Path
) -> None:
    alone = shutil.copy(VERIFIER, tmp_path / "alone.py")
    command = [sys.executable, "-I", "-S", str(alone), str(bundle), "--vkey", log.vkey]
    good = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (good.returncode, good.stderr) == (0, "")
    assert "核验通过" in good.stdout
    (bundle / "disclosures.jsonl").write_bytes(b"")
    bad = subprocess.run([*command, "--json"], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert bad.returncode == 1
    told = json.loads(bad.stdout)
    assert told["ok"] is False
    assert told["first_bad"]["verdict"] == "disclosures"
    assert told["first_bad"]["index"] == 0


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk", "utf-8"])
def test_a_console_without_chinese_is_answered_all_the_same(
    log: Any, bundle: Path, tmp_path: Path, encoding: str
) -> None:
    (bundle / "额外😀").write_bytes(b"")
    ran = subprocess.run(
        [sys.executable, "-S", VERIFIER, bundle, "--vkey", log.vkey],
        capture_output=True, check=False, env={"PYTHONIOENCODING": encoding, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    said = ran.stdout.decode(encoding if encoding == "gbk" else "utf-8")
    assert (ran.returncode, ran.stderr) == (1, b"")
    assert "核验未通过" in said
    assert "多出 额外" in said


def test_a_zip_of_the_bundle_is_read_like_the_directory(log: Any, bundle: Path, tmp_path: Path) -> None:
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", bundle)
    assert verify_bundle(Path(archive), log.vkey).ok


def _zipped(bundle: Path, path: Path, **more: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for each in sorted(bundle.rglob("*")):
            if each.is_file():
                with archive.open(each.relative_to(bundle).as_posix(), "w", force_zip64=True) as inside:
                    inside.write(each.read_bytes())
        for name, text in more.items():
            archive.writestr(name, text)
    return path


def test_a_zip_with_wide_sizes_and_a_note_is_read(log: Any, bundle: Path, tmp_path: Path) -> None:
    path = _zipped(bundle, tmp_path / "wide.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.comment = b"PK " * 20_000
    assert verify_bundle(path, log.vkey).ok


def test_a_zip_tells_of_each_file_once_and_in_ascii(log: Any, bundle: Path, tmp_path: Path) -> None:
    path = _zipped(bundle, tmp_path / "named.zip", 说明="")
    with pytest.raises(Refused, match="文件名不是 ASCII 字符"):
        verify_bundle(path, log.vkey)
    path = _zipped(bundle, tmp_path / "twice.zip", bundle_json="")
    path.write_bytes(path.read_bytes().replace(b"bundle_json", b"bundle.json"))
    with pytest.raises(Refused, match="重名文件"):
        verify_bundle(path, log.vkey)


LIES = {
    "crc": (16, 4, 1),
    "longer packed": (20, 4, 1),
    "longer": (24, 4, 1),
    "shorter": (24, 4, -1),
    "place": (42, 4, 1),
    "encrypted": (8, 2, 1),
    "method": (10, 2, 1),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_zip_that_tells_of_its_files_what_is_not_so_does_not_pass(
    log: Any, bundle: Path, tmp_path: Path, lie: str
) -> None:
    """Versions of zipfile let some of them pass, and others the rest."""
    at, width, more = LIES[lie]
    data = bytearray(Path(shutil.make_archive(str(tmp_path / "packed"), "zip", bundle)).read_bytes())
    at += data.rindex(b"checkpoints.jsonl") - 46
    data[at : at + width] = (int.from_bytes(data[at : at + width], "little") + more).to_bytes(width, "little")
    (tmp_path / "packed.zip").write_bytes(data)
    outcome = verify_bundle(tmp_path / "packed.zip", log.vkey)
    assert not outcome.ok
    assert "zip 中的 checkpoints.jsonl 已损坏，不能读出" in outcome.text()


@pytest.mark.parametrize(("at", "more"), [(10, 1), (10, -1), (12, 1), (12, -1)])
def test_a_zip_whose_directory_is_not_as_its_end_tells_is_none(
    log: Any, bundle: Path, tmp_path: Path, at: int, more: int
) -> None:
    data = bytearray(Path(shutil.make_archive(str(tmp_path / "packed"), "zip", bundle)).read_bytes())
    data[at - 22] += more
    (tmp_path / "packed.zip").write_bytes(data)
    with pytest.raises(Refused, match="既不是目录，也不是 zip"):
        verify_bundle(tmp_path / "packed.zip", log.vkey)


@pytest.mark.parametrize("size", [0, 1, 255, 256, 257, 513])
def test_bundles_of_every_tile_shape_verify(empty_log: Any, tmp_path: Path, size: int) -> None:
    for _ in range(size):
        empty_log.add("evaluation.edit")
    empty_log.sign()
    bundle = empty_log.export(tmp_path / "bundle")
    assert verify_bundle(bundle, empty_log.vkey).ok
    assert len(list((bundle / "tile").rglob("*"))) == 0 or size


def test_tile_paths_are_those_of_the_standard_and_the_same_on_both_sides() -> None:
    assert tile_path("0", 1234067, TILE_WIDTH) == "tile/0/x001/x234/067"
    assert tile_path("1", 0, 112) == "tile/1/000.p/112"
    for number in (0, 7, 999, 1000, 1001, 999_999, 1_000_000, 1_234_067):
        assert tile_path("3", number, 5) == tile_name("3", number, 5)


def test_entries_above_the_checkpoint_are_left_out(log: Any, tmp_path: Path) -> None:
    size = len(log.parts)
    log.add("evaluation.edit", reason="之后")
    outcome = verify_bundle(log.export(tmp_path / "bundle"), log.vkey)
    assert outcome.ok
    assert outcome.size == size


def test_contents_may_stay_at_home_and_the_verifier_says_so(log: Any, tmp_path: Path) -> None:
    outcome = verify_bundle(log.export(tmp_path / "bundle", blobs=False), log.vkey)
    assert outcome.ok
    assert "1 个文件只有散列，没有内容" in verdict(outcome, "files").notes


def test_a_selection_of_texts_is_said_to_be_one(log: Any, tmp_path: Path) -> None:
    few = log.disclosures[:2]
    outcome = verify_bundle(log.export(tmp_path / "few", disclosures=few, complete=False), log.vkey)
    assert outcome.ok
    assert any("未随包披露" in note for note in verdict(outcome, "disclosures").notes)
    outcome = verify_bundle(log.export(tmp_path / "all", disclosures=few), log.vkey)
    assert failed(outcome) == {"disclosures"}


def test_a_file_at_hand_is_one_the_log_registered_or_is_named(
    log: Any, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = tmp_path / "报告.pdf"
    for data, code in ((FILE, 0), (FILE + b"\n", 1), (b"", 1)):
        report.write_bytes(data)
        assert main([str(bundle), "--vkey", log.vkey, "--file", str(report)]) == code
    out = capsys.readouterr().out
    assert f"所给的 报告.pdf 是序号 4 {log.parts[4].entry_id} 于 2026-03-02T01:30:04.000000Z 登记的" in out
    assert out.count("所给的 报告.pdf 没有登记（SHA-256 ") >= 2
    assert main([str(bundle), "--vkey", log.vkey, "--file", str(tmp_path / "none")]) == 2
    assert "--file：没有这个文件" in capsys.readouterr().err


# --- what an export refuses -------------------------------------------------------------------


def test_a_log_that_is_not_the_signed_one_is_not_exported(log: Any, tmp_path: Path) -> None:
    leaves = [part.data for part in log.parts]
    for wrong in (leaves[:-1], leaves[1:], [leaves[1], leaves[0], *leaves[2:]]):
        with pytest.raises(IntegrityFailureError):
            log.export(tmp_path / "bundle", leaves=wrong)
        assert not (tmp_path / "bundle").exists()


def test_nothing_existing_is_written_over(log: Any, bundle: Path) -> None:
    with pytest.raises(InvalidError):
        log.export(bundle)
    assert verify_bundle(bundle, log.vkey).ok


# --- keys -------------------------------------------------------------------------------------


def test_a_key_inside_the_bundle_is_refused_as_argument_and_as_content(
    log: Any, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outside = tmp_path / "key.txt"
    outside.write_text(log.vkey + "\n")
    assert main([str(bundle), "--vkey", str(outside)]) == 0
    (bundle / "vkey").write_text(log.vkey)
    assert main([str(bundle), "--vkey", str(bundle / "vkey")]) == 2
    assert "另行得到的公钥" in capsys.readouterr().err
    assert main([str(bundle), "--vkey", str(outside)]) == 1
    assert "自带密钥" in capsys.readouterr().out


def test_another_key_or_a_malformed_one_proves_nothing(log: Any, other_log: Any, bundle: Path) -> None:
    assert failed(verify_bundle(bundle, other_log.vkey)) == {"signature"}
    renamed = other_log.signer.verifier.__class__(log.origin, other_log.signer.verifier.public)
    assert failed(verify_bundle(bundle, str(renamed))) == {"signature"}
    for vkey in ("", "a+b", log.vkey[:-1], log.vkey.replace("+", " ", 1)):
        with pytest.raises(Refused):
            verify_bundle(bundle, vkey)


def test_what_is_no_bundle_ends_with_exit_code_two(
    tmp_path: Path, log: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text").write_text("not a zip")
    assert main([str(tmp_path / "text"), "--vkey", log.vkey]) == 2
    assert main([str(tmp_path / "text"), "--vkey", "nonsense"]) == 2
    assert capsys.readouterr().out == ""


CALLS = {
    "nothing": ([], ["BUNDLE：没有给出留痕包", "--vkey：没有给出公钥"]),
    "no key": (["B"], ["--vkey：没有给出公钥；允许：公钥，或存有公钥的文件；办法："]),
    "key without value": (["B", "--vkey"], ["--vkey：缺少取值；允许："]),
    "option as value": (["B", "--vkey", "--json"], ["--vkey：缺少取值（读到“--json”）"]),
    "two bundles": (["B", "C", "--vkey", "K"], ["BUNDLE：只能给出一个（读到“B、C”）"]),
    "two keys": (["B", "--vkey", "K", "--vkey=K"], ["--vkey：只能给出一次（读到“K”）"]),
    "unknown option": (["B", "--vkey", "K", "--key"], ["选项：没有这个选项（读到“--key”）；允许：--vkey、"]),
    "flag with value": (["B", "--vkey", "K", "--json=1"], ["选项：没有这个选项（读到“--json=1”）"]),
    "word for no file": (
        ["B", "--vkey", "nonsense"],
        ["--vkey：既不是公钥，也没有这个文件（读到“nonsense”）"],
    ),
    "no such bundle": (["B", "--vkey", "KEY"], ["BUNDLE：没有这个目录或文件（读到“B”）；允许："]),
    "key of two parts": (["B", "--vkey", "a+b"], ["公钥：写法不对（读到“a+b”）；允许：名称+编号+base64"]),
    "key cut off": (
        ["B", "--vkey", "CUT"],
        ["公钥的 base64 部分：base64 写法不对（读到“", "；办法：向被审计单位"],
    ),
    "key of another kind": (
        ["B", "--vkey", "a+b+AgID"],
        ["不是 Ed25519 公钥（读到“3 字节，类型 2”）；允许："],
    ),
    "key under another name": (["B", "--vkey", "xKEY"], ["公钥的编号：与名称和内容不符（读到“", "；允许："]),
    "no such checkpoint": (
        ["B", "--vkey", "KEY", "--checkpoint", "C"],
        ["--checkpoint：没有这个文件（读到“C”）"],
    ),
    "checkpoint is a folder": (
        ["B", "--vkey", "KEY", "--checkpoint", "."],
        ["--checkpoint：是目录，不是文件"],
    ),
    "name too long": (["B", "--vkey", "k" * 5000], ["--vkey：既不是公钥，也没有这个文件（读到“kkk", "…”）"]),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_wrong_call_is_answered_in_chinese_with_place_and_cure(
    log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments, told = CALLS[name]
    made = [each.replace("KEY", log.vkey).replace("CUT", log.vkey[:-1]) for each in arguments]
    assert main(made) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert [words for words in told if words not in err] == []
    assert not re.search(r"usage|error|Errno|argument|required", err)


def test_every_fault_of_a_call_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--vkey", "--jsn"]) == 2
    assert main(["--nothing", "A", "B"]) == 2
    first, second = capsys.readouterr().err.split("用法：")[1:]
    assert (first.count("用法有误"), second.count("用法有误")) == (2, 3)


def test_help_names_every_option_and_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == main(["B", "-h"]) == 0
    out = capsys.readouterr().out
    for words in ("用法：", "--vkey", "--checkpoint", "--json", "0 核验通过", "1 发现问题", "2 用法有误"):
        assert out.count(words) >= 2


def test_a_file_of_the_auditor_that_is_none_of_ours_is_named(
    log: Any, bundle: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "photo").write_bytes(b"\xff\xd8\xff")
    assert main([str(bundle), "--vkey", str(tmp_path / "photo")]) == 2
    assert "--vkey：文件里不是文字" in capsys.readouterr().err
    assert main([str(bundle), "--vkey", log.vkey, "--checkpoint", str(tmp_path / "photo")]) == 1
    assert "核验人保存的检查点：检查点不是 UTF-8 文字" in capsys.readouterr().out


# --- bytes ------------------------------------------------------------------------------------


def test_a_flipped_byte_anywhere_in_any_file_is_found(log: Any, bundle: Path) -> None:
    """Some forty places of every file, its first and last bytes among them."""
    for path in sorted(bundle.rglob("*")):
        if path.is_dir() or path.name == "README.txt":
            continue
        data = path.read_bytes()
        places = {0, len(data) - 1, *range(0, len(data), max(1, len(data) // 20))}
        if path.name == "checkpoint":
            places = set(range(len(data)))
        for at in places:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert not verify_bundle(bundle, log.vkey).ok, (path.name, at)
        path.write_bytes(data)
    assert verify_bundle(bundle, log.vkey).ok


def test_a_missing_an_extra_or_a_linked_file_is_named(log: Any, bundle: Path) -> None:
    outcome = None
    for path in [each for each in sorted(bundle.rglob("*")) if each.is_file()]:
        data = path.read_bytes()
        path.unlink()
        outcome = verify_bundle(bundle, log.vkey)
        assert not outcome.ok, path.name
        path.write_bytes(data)
    extra = bundle / "tile" / "0" / "001"
    extra.write_bytes(b"")
    assert "多出 tile/0/001" in verify_bundle(bundle, log.vkey).text()
    extra.unlink()
    extra.symlink_to(bundle / "checkpoint")
    with pytest.raises(Refused):
        verify_bundle(bundle, log.vkey)


# --- structure --------------------------------------------------------------------------------


def entries_of(bundle: Path) -> tuple[Path, list[bytes]]:
    (path,) = [each for each in (bundle / "tile" / "entries").rglob("*") if each.is_file()]
    data, leaves, at = path.read_bytes(), [], 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 2], "big")
        leaves.append(data[at + 2 : at + 2 + length])
        at += 2 + length
    return path, leaves


def put_entries(path: Path, leaves: list[bytes]) -> None:
    path.write_bytes(b"".join(len(each).to_bytes(2, "big") + each for each in leaves))


MUTATIONS: dict[str, tuple[Callable[[list[bytes]], list[bytes]], int]] = {
    "delete the first": (lambda e: e[1:], 0),
    "delete one inside": (lambda e: e[:3] + e[4:], 3),
    "cut the tail": (lambda e: e[:-1], -1),
    "swap two": (lambda e: [*e[:2], e[3], e[2], *e[4:]], 2),
    "repeat one": (lambda e: [*e[:2], e[1], *e[2:]], 2),
    "replace one by another": (lambda e: [*e[:4], e[1], *e[5:]], 4),
    "append one": (lambda e: [*e, e[-1]], -2),
    "reverse": (lambda e: e[::-1], 0),
    "empty one": (lambda e: [*e[:2], b"", *e[3:]], 2),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_mutation_of_the_order_names_the_first_bad_entry(log: Any, bundle: Path, name: str) -> None:
    path, leaves = entries_of(bundle)
    mutate, expected = MUTATIONS[name]
    put_entries(path, mutate(leaves))
    outcome = verify_bundle(bundle, log.vkey)
    first = outcome.first_bad()
    assert first is not None
    if expected == -2:
        assert "之后另有内容" in outcome.text()
    else:
        assert first["index"] == expected % len(leaves)


def test_an_edited_entry_is_named_even_if_its_tile_was_recomputed(log: Any, bundle: Path) -> None:
    path, leaves = entries_of(bundle)
    forged = leaves[3].replace(b'"1.5"', b'"0.5"')
    assert forged != leaves[3]
    put_entries(path, [*leaves[:3], forged, *leaves[4:]])
    first = verify_bundle(bundle, log.vkey).first_bad()
    assert first is not None
    assert (first["index"], first["entry"]) == (3, log.parts[3].entry_id)
    (tile,) = [each for each in (bundle / "tile" / "0").rglob("*") if each.is_file()]
    tile.write_bytes(b"".join(leaf_hash(each) for each in [*leaves[:3], forged, *leaves[4:]]))
    outcome = verify_bundle(bundle, log.vkey)
    assert failed(outcome) == {"tree", "history"}
    first = outcome.first_bad()
    assert first is not None
    assert first["index"] == 3
    assert "改动在序号 3–" in first["message"]


def test_a_splice_from_another_log_is_named(log: Any, other_log: Any, bundle: Path) -> None:
    path, leaves = entries_of(bundle)
    put_entries(path, [*leaves[:2], other_log.parts[2].data, *leaves[3:]])
    outcome = verify_bundle(bundle, log.vkey)
    assert {"tree", "entries"} <= failed(outcome)
    first = outcome.first_bad()
    assert first is not None
    assert first["index"] == 2


def test_the_whole_bundle_of_another_log_is_refused(log: Any, other_log: Any, tmp_path: Path) -> None:
    foreign = other_log.export(tmp_path / "foreign")
    assert failed(verify_bundle(foreign, log.vkey)) == {"signature"}


def resigned(log: Any, tmp_path: Path, *leaves: bytes) -> Verification:
    """The verdicts over a log whose own signer signed these leaves: only their content can be wrong."""
    hashes = [leaf_hash(each) for each in leaves]
    signer = log.signer.__class__.create(tmp_path / "forger", log.origin)
    log.signer = signer
    size = len(leaves)
    log.note = signer.sign(size, verifier.tree_root(hashes), lambda a, b: hashes[a:b], at=log_start(log))
    return verify_bundle(
        log.export(tmp_path / "resigned", leaves=leaves, disclosures=[], complete=False), log.vkey
    )


def log_start(log: Any) -> datetime:
    return datetime.fromisoformat(json.loads(log.parts[0].data)["at"])


def change_leaf(log: Any, number: int, *changes: Change, entry_id: str = "") -> bytes:
    at = log_start(log) + timedelta(seconds=number)
    facts = LeafFacts(
        log.origin,
        entry_id or f"forged-{number}",
        at,
        LeafActor("account-1", "EV"),
        "score.input",
        changes=changes,
    )
    return build(facts)[0]


def amount(op: Any, rev: int, before: str | None, after: str) -> Change:
    return Change("score", "row", op, rev, {"amount": FieldChange(before, after)})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ([amount("insert", 1, None, "1"), amount("update", 3, "1", "2")], "版本由 1 跳到 3"),
        ([amount("insert", 1, None, "1"), amount("update", 2, "9", "2")], "旧值不是上一次的新值"),
        ([amount("insert", 1, None, "1"), amount("insert", 1, None, "2")], "重复新增"),
        (
            [amount("insert", 1, None, "1"), amount("update", 2, "1", "2"), amount("update", 2, "2", "3")],
            "版本由 2",
        ),
    ],
)
def test_a_signed_log_that_contradicts_itself_is_named(
    log: Any, tmp_path: Path, changes: list[Change], message: str
) -> None:
    leaves = [change_leaf(log, number, change) for number, change in enumerate(changes)]
    outcome = resigned(log, tmp_path, *leaves)
    assert failed(outcome) == {"continuity"}
    first = outcome.first_bad()
    assert first is not None
    assert first["index"] == len(changes) - 1
    assert message in outcome.text()


def test_a_change_of_a_row_never_inserted_is_named(log: Any, tmp_path: Path) -> None:
    outcome = resigned(log, tmp_path, change_leaf(log, 0, amount("update", 2, "1", "2")))
    assert "修改了从未新增的行" in outcome.text()


def test_a_signed_entry_of_another_form_is_named(log: Any, tmp_path: Path) -> None:
    good = [change_leaf(log, number) for number in range(3)]
    spaced = good[1].replace(b'"v":1', b'"v": 1')
    leaf = json.loads(good[1])
    extra = verifier.canonical_text({**leaf, "note": "x"}).encode()
    less = verifier.canonical_text({k: v for k, v in leaf.items() if k != "outcome"}).encode()
    twice = good[1].replace(b'"v":1', b'"v":1,"v":1')
    float_ = good[1].replace(b'"v":1', b'"v":1.0')
    odd = verifier.canonical_text({**leaf, "changes": [{"t": "x"}]}).encode()
    listed = verifier.canonical_text({**leaf, "actor": []}).encode()
    for number, bad in enumerate((extra, less, odd, listed)):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcome = resigned(log, folder, good[0], bad, good[2])
        first = outcome.first_bad()
        assert first is not None
        assert (first["index"], first["verdict"]) == (1, "entries")
    for bad in (spaced, twice, float_):
        with pytest.raises(Refused):
            verifier.read_json(bad)


def test_an_entry_id_used_twice_is_named(log: Any, tmp_path: Path) -> None:
    leaves = [change_leaf(log, 0, entry_id="same"), change_leaf(log, 1, entry_id="same")]
    assert "编号重复" in resigned(log, tmp_path, *leaves).text()


def test_time_running_backwards_is_noted_but_is_no_failure(log: Any, tmp_path: Path) -> None:
    outcome = resigned(log, tmp_path, change_leaf(log, 5), change_leaf(log, 1))
    assert outcome.ok
    assert any("时间早于" in note for note in verdict(outcome, "entries").notes)


def test_parts_out_of_order_or_missing_are_named(empty_log: Any, tmp_path: Path) -> None:
    rows = [Change("t", f"row-{n}", "insert", 1, {"code": FieldChange(None, "x" * 100)}) for n in range(1200)]
    empty_log.add("case.import", *rows)
    parts = [part.data for part in empty_log.parts]
    assert len(parts) >= 3
    cases = ([parts[1], parts[0], *parts[2:]], [parts[0], *parts[2:]], parts[:-1], [*parts[:-1], parts[0]])
    for number, leaves in enumerate(cases):
        folder = tmp_path / str(number)
        folder.mkdir()
        outcome = resigned(empty_log, folder, *leaves)
        assert "entries" in failed(outcome)
        assert re.search("分部的次序|缺少后续部分", outcome.text())


# --- history, kept checkpoints, restores --------------------------------------------------------


def test_a_changed_history_is_found(log: Any, tmp_path: Path, other_log: Any) -> None:
    lines = list(log.signer.history())
    cases = (
        lines[1:],
        lines[:1],
        lines[::-1],
        [],
        [*lines, lines[-1]],
        [lines[0].replace("checkpoint", "x"), lines[1]],
    )
    for number, history in enumerate((*cases, list(other_log.signer.history()))):
        bundle = log.export(tmp_path / f"bundle-{number}", history=history)
        assert failed(verify_bundle(bundle, log.vkey)) == {"history"}, number


def test_a_checkpoint_the_auditor_kept_is_compared(log: Any, bundle: Path, tmp_path: Path) -> None:
    early = json.loads(log.signer.history()[0])["note"]
    kept = tmp_path / "kept"
    kept.write_text(early, encoding="utf-8")
    assert main([str(bundle), "--vkey", log.vkey, "--checkpoint", str(kept)]) == 0
    log.add("evaluation.edit")
    kept.write_text(log.sign(), encoding="utf-8")
    outcome = verify_bundle(bundle, log.vkey, kept.read_bytes())
    assert failed(outcome) == {"history"}
    assert "曾签署到" in outcome.text()
    assert failed(verify_bundle(bundle, log.vkey, b"nonsense")) == {"history"}


def test_a_rewritten_history_signed_anew_is_found_by_the_kept_checkpoint(log: Any, tmp_path: Path) -> None:
    kept = json.loads(log.signer.history()[0])["note"].encode()
    leaves = [part.data for part in log.parts]
    forged = [change_leaf(log, 0), *leaves[1:]]
    forger = log.signer.__class__.create(tmp_path / "forger", log.origin)
    shutil.copy(log.signer.directory / "key", forger.directory / "key")
    log.signer = log.signer.__class__(forger.directory)
    hashes = [leaf_hash(each) for each in forged]
    at = log_start(log)
    log.note = log.signer.sign(len(hashes), verifier.tree_root(hashes), lambda a, b: hashes[a:b], at=at)
    ids = {json.loads(each)["id"] for each in forged}
    told = [each for each in log.disclosures if each.entry in ids]
    bundle = log.export(tmp_path / "bundle", leaves=forged, disclosures=told)
    assert "history" not in failed(verify_bundle(bundle, log.vkey))
    assert "history" in failed(verify_bundle(bundle, log.vkey, kept))


def test_a_restore_by_two_persons_verifies_and_is_told(log: Any, tmp_path: Path) -> None:
    abandoned = log.note.encode()
    log.restore(4)
    log.add("evaluation.edit")
    log.sign()
    bundle = log.export(tmp_path / "bundle")
    outcome = verify_bundle(bundle, log.vkey)
    assert failed(outcome) == set()
    assert any("系统管理员、审计员确认恢复：磁盘损坏" in note for note in verdict(outcome, "history").notes)
    assert failed(verify_bundle(bundle, log.vkey, abandoned)) == {"history"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"account-2"', '"account-1"'),
        ('"reason":"磁盘损坏"', '"reason":""'),
        ('"index":4', '"index":3'),
        ('"kind":"restore"', '"kind":"checkpoint"'),
    ],
)
def test_a_restore_line_that_differs_from_the_log_is_named(
    log: Any, tmp_path: Path, old: str, new: str
) -> None:
    log.restore(4)
    lines = list(log.signer.history())
    assert old in lines[-1]
    bundle = log.export(tmp_path / "bundle", history=[*lines[:-1], lines[-1].replace(old, new)])
    assert "history" in failed(verify_bundle(bundle, log.vkey))


# --- disclosures and files ----------------------------------------------------------------------


def test_an_erased_text_explained_in_the_log_passes_and_an_unexplained_one_is_named(
    log: Any, tmp_path: Path
) -> None:
    entry = log.parts[1].entry_id
    log.redact(entry, "/reason")
    log.sign()
    outcome = verify_bundle(log.export(tmp_path / "explained"), log.vkey)
    assert outcome.ok
    assert "1 处文字已隐去" in verdict(outcome, "disclosures").notes
    log.erase(log.parts[2].entry_id, "/reason")
    outcome = verify_bundle(log.export(tmp_path / "unexplained"), log.vkey)
    assert failed(outcome) == {"disclosures"}
    first = outcome.first_bad()
    assert first is not None
    assert (first["index"], first["entry"]) == (2, log.parts[2].entry_id)
    assert re.search("被隐去，日志中没有说明", first["message"])


def test_erased_values_leave_the_rest_of_the_continuity_checkable(log: Any, tmp_path: Path) -> None:
    log.redact(log.parts[3].entry_id, "/changes/0/f/note/0")
    log.sign()
    outcome = verify_bundle(log.export(tmp_path / "bundle"), log.vkey)
    assert outcome.ok
    assert any("不能比较" in note for note in verdict(outcome, "continuity").notes)


def test_disclosures_swapped_altered_doubled_or_invented_are_named(log: Any, bundle: Path) -> None:
    path = bundle / "disclosures.jsonl"
    lines = path.read_bytes().splitlines()
    first, second = json.loads(lines[0]), json.loads(lines[1])
    altered = {**first, "body": '"别的理由"'}
    swapped = {**first, "salt": second["salt"], "body": second["body"], "digest": second["digest"]}
    loose = {**first, "body": '"\\u4f9d"'}
    cases = (
        [altered],
        [swapped],
        [loose],
        [first, first],
        [first, {**first, "path": "/nowhere"}],
        [first, {**first, "entry": "entry-x"}],
        [{**first, "salt": None}],
    )
    for case in cases:
        made = [verifier.canonical_text(each).encode() for each in case]
        path.write_bytes(b"\n".join([*made, *lines[1:]]) + b"\n")
        assert "disclosures" in failed(verify_bundle(bundle, log.vkey)), case
    path.write_bytes(b"\n".join(lines) + b"\n")
    assert verify_bundle(bundle, log.vkey).ok


def test_a_swapped_or_truncated_file_is_named_with_its_entry(log: Any, bundle: Path) -> None:
    (path,) = (bundle / "blobs").iterdir()
    data = path.read_bytes()
    for wrong in (data[:-1], data + b"x", b"", data[::-1]):
        path.write_bytes(wrong)
        outcome = verify_bundle(bundle, log.vkey)
        assert failed(outcome) == {"files"}
        first = outcome.first_bad()
        assert first is not None
        assert (first["index"], first["entry"]) == (4, log.parts[4].entry_id)
