"""Verification: what stands is said to stand, and no changed byte goes unnoticed."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from service.report.freeze import Frozen, freeze
from service.report.keys import DemoKeys
from service.report.sign import Seal, _append, sign, sign_next
from service.report.signatories import AGENCY_ONLY, WITH_ORGANISER, Part, fields
from service.report.verify import Claim, VerifyReport, verify

Checker = Callable[..., VerifyReport]
SEED = 20221121


@pytest.fixture(scope="session")
def once(frozen: Frozen, seal_of: Callable[..., Seal]) -> bytes:
    """The frozen report with the certification alone."""
    return sign_next(frozen.content, seal_of(Part.LEAD_EVALUATOR)).content


def gap(content: bytes) -> tuple[int, int]:
    """Return where the last signature's container begins and ends, by its byte range."""
    _, first, second, _ = (
        int(n) for n in re.findall(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)", content)[-1]
    )
    return first, second


def with_byte(content: bytes, position: int, value: int) -> bytes:
    return content[:position] + bytes([value]) + content[position + 1 :]


def other_byte(chance: random.Random, old: int) -> int:
    return (old + chance.randrange(1, 256)) % 256


def test_a_signed_report_stands_in_every_respect(check: Checker, frozen: Frozen, signed: bytes) -> None:
    asked: list[Claim] = []

    def log(claim: Claim) -> tuple[str, ...]:
        asked.append(claim)
        return ()

    report = check(signed, frozen_sha256=frozen.sha256, audit=log, parts=WITH_ORGANISER)
    assert report.ok, report.findings
    assert report.form == "pades"
    assert [s.label for s in report.signatures] == ["主评人", "机构章", "组织方"]
    assert report.signatures[0].certifies
    assert all(s.intact and s.trusted for s in report.signatures)
    assert report.frozen_sha256 == frozen.sha256
    assert asked[0].frozen_sha256 == frozen.sha256
    assert asked[0].checkpoint == {"origin": "pingji/demo/0123456789abcdef", "size": 41, "root": "ab" * 32}
    assert {c.name for c in report.checks if c.passed is None} == {"成品摘要"}
    assert report.to_plain()["ok"] is True


def test_any_changed_byte_of_a_signed_report_is_found(check: Checker, once: bytes) -> None:
    chance = random.Random(SEED)
    for _ in range(200):
        position = chance.randrange(len(once))
        changed = with_byte(once, position, other_byte(chance, once[position]))
        assert not check(changed).ok, position


def test_any_changed_byte_of_the_signature_container_is_found(check: Checker, once: bytes) -> None:
    chance = random.Random(SEED + 1)
    start, end = gap(once)
    written = start + len(once[start : end - 1].rstrip(b"0"))
    for position in [start, end - 1, *chance.sample(range(start + 1, written), 120)]:
        digit = chance.choice([d for d in b"0123456789ABCDEFabcdef>" if d != once[position]])
        assert not check(with_byte(once, position, digit)).ok, position - start


def test_any_changed_byte_of_the_padding_is_found(check: Checker, once: bytes) -> None:
    chance = random.Random(SEED + 2)
    start, end = gap(once)
    zeros = len(once[start : end - 1]) - len(once[start : end - 1].rstrip(b"0"))
    assert zeros > 4000
    positions = [end - 2, end - zeros, *chance.sample(range(end - zeros, end - 1), 60)]
    for position in positions:
        report = check(with_byte(once, position, chance.choice(b"123456789ABCDEF")))
        assert not report.ok, end - position
        assert report.findings


def test_a_change_before_any_of_three_signatures_is_found(check: Checker, signed: bytes) -> None:
    chance = random.Random(SEED + 3)
    for _ in range(40):
        position = chance.randrange(len(signed))
        assert not check(with_byte(signed, position, other_byte(chance, signed[position]))).ok, position


@pytest.mark.parametrize("tail", [b"\n", b"\0", b"%%EOF\n", b"junk", b"\n1 0 obj<</A 1>>endobj\n%%EOF\n"])
def test_bytes_after_the_last_signature_are_found(check: Checker, signed: bytes, tail: bytes) -> None:
    assert not check(signed + tail).ok


@pytest.mark.parametrize("cut", [1, 2, 7, 600, 9000])
def test_a_truncated_report_is_found(check: Checker, signed: bytes, cut: int) -> None:
    assert not check(signed[:-cut]).ok


def test_a_file_that_lost_its_last_signature_names_the_missing_part(
    check: Checker, frozen: Frozen, seal_of: Callable[..., Seal]
) -> None:
    shorter = sign(
        frozen.content, [seal_of(part) for part in AGENCY_ONLY], frozen_sha256=frozen.sha256
    ).content
    report = check(shorter, parts=WITH_ORGANISER)
    assert report.findings == ("签名齐全：缺少 组织方",)
    assert report.empty_fields == ("organiser",)
    assert check(shorter, parts=AGENCY_ONLY).ok


def test_another_root_is_not_trusted(check: Checker, signed: bytes, tmp_path: Path, at: datetime) -> None:
    stranger = DemoKeys(tmp_path / "other").root(at=at)
    report = check(signed, trust_roots=[stranger])
    assert not report.ok
    assert all(s.intact and not s.trusted for s in report.signatures)
    assert not check(signed, trust_roots=[]).ok


def test_a_report_signed_with_another_instances_keys_is_not_trusted(
    check: Checker, frozen: Frozen, seal_of: Callable[..., Seal], tmp_path: Path
) -> None:
    ring = DemoKeys(tmp_path / "other")
    forged = sign_next(frozen.content, seal_of(Part.LEAD_EVALUATOR, ring)).content
    assert "给定的根证书" in check(forged).findings[0]


def test_certificates_out_of_their_time_are_not_trusted(check: Checker, signed: bytes, at: datetime) -> None:
    assert not check(signed, at=at + timedelta(days=4000)).ok
    assert not check(signed, at=at - timedelta(days=3)).ok


def test_the_stored_hashes_are_compared(check: Checker, frozen: Frozen, signed: bytes) -> None:
    good = check(signed)
    assert check(signed, expected_sha256=good.sha256, frozen_sha256=frozen.sha256).ok
    assert check(signed, expected_sha256="00" * 32).findings[0].startswith("成品摘要")
    assert check(signed, frozen_sha256="00" * 32).findings == ("定版摘要：签名前的版本不是签发人看到的版本",)


def test_a_validly_signed_other_version_is_not_what_the_signer_saw(
    check: Checker, frozen: Frozen, plain_pdf: bytes, seal_of: Callable[..., Seal], at: datetime
) -> None:
    swapped = freeze(
        plain_pdf, title="换过的报告", at=at, scores=SCORES_78, checkpoint=None, fields=fields(AGENCY_ONLY)
    )
    forged = sign_next(swapped.content, seal_of(Part.LEAD_EVALUATOR)).content
    assert check(forged).ok
    assert not check(forged, frozen_sha256=frozen.sha256).ok


SCORES_78: dict[str, object] = {
    "total": "78", "grade": "中", "lines": [{"name": "决策", "level": 1, "awarded": "11"}],
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"total": "87"}, "总分 87"),
        ({"grade": "优"}, "等级“优”"),
        ({"lines": [{"name": "决策", "level": 1, "awarded": "12"}]}, "得分 12"),
        ({"lines": [{"name": "效益", "level": 1, "awarded": "11"}]}, "“效益”"),
    ],
)
def test_embedded_data_that_the_text_does_not_print_is_found(
    check: Checker,
    plain_pdf: bytes,
    seal_of: Callable[..., Seal],
    at: datetime,
    changed: dict[str, object],
    words: str,
) -> None:
    wrong = freeze(
        plain_pdf,
        title="报告",
        at=at,
        scores={**SCORES_78, **changed},
        checkpoint=None,
        fields=fields(AGENCY_ONLY),
    )
    report = check(sign_next(wrong.content, seal_of(Part.LEAD_EVALUATOR)).content)
    assert len(report.findings) == 1
    assert words in report.findings[0]


def test_a_report_without_a_total_is_compared_by_what_it_has(
    check: Checker, plain_pdf: bytes, seal_of: Callable[..., Seal], at: datetime
) -> None:
    bare = freeze(
        plain_pdf, title="报告", at=at, scores={"total": None, "grade": None, "lines": []}, checkpoint=None,
        fields=fields(AGENCY_ONLY),
    )  # fmt: skip
    assert check(sign_next(bare.content, seal_of(Part.LEAD_EVALUATOR)).content).ok


def test_an_entry_missing_from_the_log_is_a_finding(check: Checker, signed: bytes) -> None:
    report = check(signed, audit=lambda claim: ("检查点不在本机留痕里",))
    assert report.findings == ("留痕收录：检查点不在本机留痕里",)


def test_an_audit_check_that_breaks_down_is_a_finding(check: Checker, signed: bytes) -> None:
    def broken(_: Claim) -> tuple[str, ...]:
        raise RuntimeError("no log")

    assert not check(signed, audit=broken).ok


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7\n", b"hello", b"PK\x03\x04", b"\xff" * 5000])
def test_something_that_is_no_report_is_reported_and_never_raised(check: Checker, content: bytes) -> None:
    report = check(content)
    assert not report.ok
    assert report.findings


def test_a_frozen_but_unsigned_report_is_not_good(check: Checker, frozen: Frozen) -> None:
    report = check(frozen.content)
    assert report.form == "none"
    assert report.findings == ("签名：文件没有签名",)
    assert report.empty_fields == ("lead_evaluator", "agency_seal", "organiser")


def test_a_first_signature_that_does_not_lock_the_file_is_a_finding(
    check: Checker, frozen: Frozen, seal_of: Callable[..., Seal], tmp_path: Path
) -> None:
    seal = seal_of(Part.LEAD_EVALUATOR)
    loose = asyncio.run(_append(frozen.content, seal, box=(48.0, 21.0), first=False, fonts=tmp_path))
    report = check(loose)
    assert report.signatures[0].intact
    assert "没有锁定文件" in report.findings[0]


def test_a_missing_file_is_the_callers_error(tmp_path: Path, roots: tuple[x509.Certificate, ...]) -> None:
    with pytest.raises(FileNotFoundError):
        verify(tmp_path / "none.pdf", trust_roots=roots)
