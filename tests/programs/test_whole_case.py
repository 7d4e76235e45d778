"""A whole evaluation carried by programs through the API, and by the replay: the same sheet."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from service.cases.acts import Planned
from service.cases.reader import load
from service.queries.figures import figures_of
from service.quotations.expectations import hold
from service.report.snapshot import CaseSnapshot
from tests.browser.house import ROOT, pingji, running, settled
from tests.programs.play import Play, perform

S3 = ROOT / "service" / "cases" / "examples" / "s3-zhongshan-cloud-2022.yaml"
TRIES = 120


@pytest.mark.deep
def test_a_commissioned_evaluation_comes_out_as_its_replay(tmp_path: Path) -> None:
    """Signed, downloaded, verified; every expected figure of the case file held."""
    file = load(S3)
    with running(settled(tmp_path / "instance", file)) as house:
        play = Play(file, Planned(file), house, "2026-api")
        perform(play)
        signer = play.by("fa")
        answer = signer.ask("GET", f"/cases/{play.code}/reports/1/signed")
        for _ in range(TRIES):
            if answer.status == 200:
                break
            time.sleep(0.5)
            answer = signer.ask("GET", f"/cases/{play.code}/reports/1/signed")
        assert answer.status == 200, answer.content
        signed = tmp_path / "signed.pdf"
        signed.write_bytes(answer.content)
        told = pingji(house, "report", "verify", str(signed))
        assert told.returncode == 0, told.stdout + told.stderr
        snapshot = signer.get(f"/cases/{play.code}/snapshot").body
        found = figures_of(CaseSnapshot.from_plain(_without_texts(snapshot)))
    held = hold(file.case.expect, found)
    assert held.failed == ()
    assert held.held == len(file.case.expect)


def _without_texts(tree: object) -> object:
    """The snapshot without the words that stand beside amounts for reading."""
    if isinstance(tree, dict):
        money = {f"{name}_text" for name in tree if name == "fen" or name.endswith("_fen")}
        return {name: _without_texts(each) for name, each in tree.items() if name not in money}
    return [_without_texts(each) for each in tree] if isinstance(tree, list) else tree
