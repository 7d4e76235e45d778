"""A root on paper, typed off it again, and a witness file find what was changed since."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from service.audit.verifier import Printed, Refused, main, verify_bundle
from service.audit.witnessfile import bring_up_to_date
from service.queries.witnessed import groups_of
from tests.unit.audit.conftest import SmallLog


def on_paper(log: SmallLog) -> str:
    state = log.signer.state()
    return f"{state.size} {' '.join(groups_of(state.root))}"


def test_the_root_on_paper_is_that_of_a_log_that_only_grew(log: Any, tmp_path: Path) -> None:
    paper = on_paper(log)
    log.add("later.act")
    log.sign()
    bundle = log.export(tmp_path / "bundle")
    spellings = (
        paper,
        paper.upper(),
        paper.replace(" ", "  "),
        paper[: paper.index(" ") + 1] + paper.partition(" ")[2].replace(" ", ""),
        paper.replace(" ", "，", 1),
    )
    for each in spellings:
        outcome = verify_bundle(bundle, log.vkey, None, Printed.parse(each))
        assert outcome.ok, each
        assert outcome.verdicts["printed"].checked == 1
        assert "此后增加 1 条" in outcome.verdicts["printed"].notes[0]
    assert main([str(bundle), "--vkey", log.vkey, "--printed", paper]) == 0
    assert "printed" not in verify_bundle(bundle, log.vkey).verdicts


def test_a_mistyped_group_is_named(log: Any, tmp_path: Path) -> None:
    bundle, words = log.export(tmp_path / "bundle"), on_paper(log).split()
    for place in range(1, 17):
        wrong = list(words)
        wrong[place] = "0000" if words[place] != "0000" else "1111"
        outcome = verify_bundle(bundle, log.vkey, None, Printed.parse(" ".join(wrong)))
        assert [each[2] for each in outcome.verdicts["printed"].problems] == [
            f"前 {words[0]} 条的根与纸面上印的不同：第 {place} 组；只差一两组的，先核对是否抄错"
        ]
    assert main([str(bundle), "--vkey", log.vkey, "--printed", " ".join(wrong)]) == 1


def test_a_history_made_anew_with_the_same_key_is_found_by_the_paper(
    log: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paper = on_paper(log)
    kept = tmp_path / "kept"
    bring_up_to_date(kept, log.signer.history())
    forged = SmallLog(tmp_path / "forged-signer", log.origin)
    shutil.copy(log.signer.directory / "key", forged.signer.directory / "key")
    forged.parts, forged.disclosures = log.parts[:-1], log.disclosures
    ids = {part.entry_id for part in forged.parts}
    forged.disclosures = [each for each in log.disclosures if each.entry in ids]
    forged.numbers = log.numbers
    forged.add("something.else")
    forged.sign()
    bundle = forged.export(tmp_path / "bundle")
    assert verify_bundle(bundle, log.vkey).ok, "without a witness nothing can be found"
    outcome = verify_bundle(bundle, log.vkey, None, Printed.parse(paper))
    assert not outcome.verdicts["printed"].ok
    assert not verify_bundle(bundle, log.vkey, kept.read_bytes()).verdicts["history"].ok
    assert main([str(bundle), "--vkey", log.vkey, "--checkpoint", str(kept)]) == 1
    assert "见证文件第 1 行" in capsys.readouterr().out


def test_a_log_shorter_than_the_paper_or_the_file_is_found(log: Any, tmp_path: Path) -> None:
    bundle = log.export(tmp_path / "bundle")
    log.add("later.act")
    log.sign()
    kept = tmp_path / "kept"
    bring_up_to_date(kept, log.signer.history())
    assert not verify_bundle(bundle, log.vkey, None, Printed.parse(on_paper(log))).verdicts["printed"].ok
    outcome = verify_bundle(bundle, log.vkey, kept.read_bytes())
    assert "另有 1 个检查点" in outcome.verdicts["history"].problems[0][2]


def test_a_witness_file_compares_every_line(log: Any, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    bring_up_to_date(kept, log.signer.history())
    lines = len(log.signer.history())
    log.add("later.act")
    log.sign()
    bundle = log.export(tmp_path / "bundle")
    data = kept.read_bytes()
    outcome = verify_bundle(bundle, log.vkey, data)
    assert outcome.ok
    assert f"与见证文件的 {lines} 个检查点逐行比对" in outcome.verdicts["history"].notes
    assert verify_bundle(bundle, log.vkey, data + b'{"torn').ok
    for at in range(1, len(data) - 1, 5):
        spoilt = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert not verify_bundle(bundle, log.vkey, spoilt).verdicts["history"].ok, at


@pytest.mark.parametrize(
    "text",
    ["", "12", "x " + "ab" * 32, "12 " + "ab" * 31, "12 " + "ab" * 33, "12 " + "0g" * 32, "-1 " + "ab" * 32],
)
def test_what_cannot_be_a_root_is_refused_as_such(log: Any, tmp_path: Path, text: str) -> None:
    with pytest.raises(Refused, match="--printed"):
        Printed.parse(text)
    assert main([str(log.export(tmp_path / "bundle")), "--vkey", log.vkey, f"--printed={text or ' '}"]) == 2
