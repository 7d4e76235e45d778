"""Demo keys: private, honest about what they are, made once."""

from __future__ import annotations

import stat
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from service.errors import IntegrityFailureError
from service.report.keys import DemoKeys, load_roots
from service.report.signatories import Part


def common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def test_every_name_says_demo_and_this_machine(tmp_path: Path, at: datetime) -> None:
    ring = DemoKeys(tmp_path / "keys")
    for certificate in [ring.root(at=at), *(ring.signer(part, at=at).certificate for part in Part)]:
        assert "演示" in common_name(certificate)
        assert "本机" in common_name(certificate)
        assert "无法律效力" in certificate.subject.rfc4514_string()


def test_key_files_are_readable_by_nobody_else(tmp_path: Path, at: datetime) -> None:
    folder = tmp_path / "keys"
    DemoKeys(folder).signer(Part.UNIT, at=at)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = list(folder.iterdir())
    assert len(files) == 4
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}


def test_the_same_folder_gives_the_same_keys_again(tmp_path: Path, at: datetime) -> None:
    first = DemoKeys(tmp_path).signer(Part.ORGANISER, at=at)
    again = DemoKeys(tmp_path).signer(Part.ORGANISER, at=at)
    assert again.certificate == first.certificate
    assert DemoKeys(tmp_path).root(at=at) == load_roots([tmp_path / "report-root.crt"])[0]


def test_a_signer_signs_with_p256_and_its_root_vouches_for_it(tmp_path: Path, at: datetime) -> None:
    ring = DemoKeys(tmp_path)
    signer = ring.signer(Part.AGENCY_SEAL, at=at)
    public = signer.certificate.public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    assert public.curve.name == "secp256r1"
    public.verify(signer.sign(b"message"), b"message", ec.ECDSA(SHA256()))
    (tmp_path / "signer.crt").write_bytes((tmp_path / "report-agency_seal.pem").read_bytes())
    shown = subprocess.run(
        ["openssl", "verify", "-CAfile", str(tmp_path / "report-root.crt"), str(tmp_path / "signer.crt")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert shown.returncode == 0, shown.stderr


def test_two_processes_starting_at_once_make_one_root(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from datetime import datetime, UTC\n"
        "from service.report.keys import DemoKeys\n"
        "at = datetime(2026, 11, 21, tzinfo=UTC)\n"
        "print(DemoKeys(Path(sys.argv[1])).root(at=at).serial_number)\n"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    serials = {process.communicate()[0] for process in running}
    assert len(serials) == 1
    assert serials != {""}


def test_a_damaged_key_file_is_named_with_its_cure(tmp_path: Path, at: datetime) -> None:
    ring = DemoKeys(tmp_path)
    ring.signer(Part.UNIT, at=at)
    path = tmp_path / "report-unit.pem"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(IntegrityFailureError) as caught:
        ring.signer(Part.UNIT, at=at)
    assert caught.value.problems[0].file == str(path)
    assert caught.value.problems[0].cure


def test_a_signer_of_another_root_is_refused(tmp_path: Path, at: datetime) -> None:
    DemoKeys(tmp_path / "a").signer(Part.UNIT, at=at)
    DemoKeys(tmp_path / "b").root(at=at)
    foreign = (tmp_path / "a" / "report-unit.pem").read_bytes()
    (tmp_path / "b" / "report-unit.pem").write_bytes(foreign)
    with pytest.raises(IntegrityFailureError, match="不是本实例的根"):
        DemoKeys(tmp_path / "b").signer(Part.UNIT, at=at)


def test_key_and_certificate_that_are_no_pair_are_refused(tmp_path: Path, at: datetime) -> None:
    ring = DemoKeys(tmp_path)
    ring.signer(Part.UNIT, at=at)
    ring.signer(Part.ORGANISER, at=at)
    unit, other = tmp_path / "report-unit.pem", tmp_path / "report-organiser.pem"
    mark = b"-----BEGIN CERTIFICATE"
    unit.write_bytes(unit.read_bytes().partition(mark)[0] + mark + other.read_bytes().partition(mark)[2])
    with pytest.raises(IntegrityFailureError, match="不是一对"):
        ring.signer(Part.UNIT, at=at)


def test_every_file_that_holds_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.crt").write_bytes(b"no")
    with pytest.raises(IntegrityFailureError) as caught:
        load_roots([tmp_path / "a.crt", tmp_path / "b.crt"])
    assert [Path(problem.file).name for problem in caught.value.problems] == ["a.crt", "b.crt"]
