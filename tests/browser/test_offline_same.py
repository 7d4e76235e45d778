"""Whatever verifier.py is asked in its own tests, verifier.html answers word for word the same.

The tests of bundles, proofs and keys are run once more here, with the page listening: every bundle, proof,
policy and kept checkpoint they make up is also given to the page, and every verdict is compared, with its
code, state, place, words and notes. Of a test that judges hundreds of alterations the page hears the first
thirty and then every tenth, all of them under ``./dev deep``.
"""

from __future__ import annotations

import io
import random
import shutil
import zipfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from service.audit import verifier
from service.audit.verifier import ProofCheck, Verification
from tests.browser.offline import OfflinePage, both, fresh_context
from tests.conftest import Depth, depth
from tests.unit.audit import conftest as logs
from tests.unit.audit import test_bundle, test_paper, test_proofs, test_signer_keys, test_timestamps
from tests.unit.audit.memory import files_of

# Their tests and fixtures become this module's; what runs other programs has nothing the page could hear.
_ELSEWHERE = {
    "test_the_oldest_and_the_newest_python_of_this_machine_give_the_same_verdicts",
    "test_a_crash_at_any_step_is_put_right_by_the_history",
}
_FIXTURES = ("log", "empty_log", "other_log", "bundle", "inclusion", "earlier", "growth", "rotated")
for _module in (logs, test_bundle, test_paper, test_proofs, test_signer_keys):
    for _name, _each in vars(_module).items():
        if _name in _FIXTURES or (_name.startswith("test_") and _name not in _ELSEWHERE):
            assert _name not in globals(), _name
            globals()[_name] = _each
tsa = test_timestamps.tsa
test_the_offline_verifier_reads_what_was_stamped_when = (
    test_timestamps.test_the_offline_verifier_reads_what_was_stamped_when
)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[OfflinePage]:
    context, asked = fresh_context(browser)
    made = OfflinePage(context.new_page())
    yield made
    assert (made.faults, asked) == ([], [])
    context.close()


@pytest.fixture(scope="module")
def deep() -> Depth:
    """The full counts over bytes are those of test_offline_tampering."""
    return Depth(full=False)


@pytest.fixture(autouse=True)
def listening(page: OfflinePage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every judgement of verifier.py in this process is asked of the page as well."""
    turns = count()
    for judge in (Verification, ProofCheck):
        monkeypatch.setattr(judge, "run", _heard(judge.run, page, turns))


def _heard(run: Any, page: OfflinePage, turns: Iterator[int]) -> Any:
    def heard(self: verifier.Outcome) -> verifier.Outcome:
        outcome: verifier.Outcome = run(self)
        turn = next(turns)
        if turn < 30 or turn % 10 == 0 or depth().full:
            both(page, outcome)
        return outcome

    return heard


def test_a_zip_is_read_by_the_page_itself(log: Any, bundle: Path, page: OfflinePage, tmp_path: Path) -> None:
    """Not through verifier.py's reading of it: stored, deflated, spoilt, cut off and empty."""
    policy = verifier.trusted(log.vkey)
    packed = Path(shutil.make_archive(str(tmp_path / "packed"), "zip", bundle)).read_bytes()
    stored = io.BytesIO()
    with zipfile.ZipFile(stored, "w") as archive:
        for name, data in files_of(verifier.Bundle(bundle)).items():
            archive.writestr(name, data)
    cut = (b"", packed[:-30], packed[:1000], b"PK\5\6" + bytes(18), b"nonsense")
    codes = []
    for data in (packed, stored.getvalue(), b"before" + packed, *_spoilt(packed), *cut):
        code, error = _exit_of(tmp_path, data, log.vkey)
        answer = page.judge({"packed": data}, policy=policy, alone="packed")
        assert (answer["code"], (answer["error"] or "")[:12]) == (code, error[:12])
        codes.append(code)
    assert codes[:3] == [0, 0, 0]
    assert 0 not in codes[-len(cut) :]
    assert {1, 2} <= set(codes)


def _spoilt(packed: bytes) -> Iterator[bytes]:
    """One bit changed, three times as often in what the zip tells of its files as in the files themselves."""
    archive = zipfile.ZipFile(io.BytesIO(packed))
    files: set[int] = set()
    for each in archive.infolist():
        start = each.header_offset + 30 + len(each.filename)
        files.update(range(start, start + each.compress_size))
    told = [at for at in range(len(packed)) if at not in files]
    for number in depth().numbers(100, 2000):
        chance = random.Random(number)
        at = chance.choice(told if number % 4 else sorted(files))
        yield packed[:at] + bytes([packed[at] ^ 1 << chance.randrange(8)]) + packed[at + 1 :]


def _exit_of(folder: Path, data: bytes, vkey: str) -> tuple[int, str]:
    path = folder / "given.zip"
    path.write_bytes(data)
    try:
        return (0 if verifier.verify_bundle(path, vkey).ok else 1), ""
    except verifier.Refused as error:
        return 2, str(error)
