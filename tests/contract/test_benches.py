"""Every benchmark runs and names its baseline; how fast anything is, no test says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = sorted((Path(__file__).parents[1] / "bench").glob("bench_*.py"))
RATIO = re.compile(r" \d[\d.]* 倍（\d[\d.]*–\d[\d.]*）")


def test_the_benchmarks_promised_are_there() -> None:
    names = {path.stem.removeprefix("bench_") for path in BENCHES}
    assert names >= {"scoring", "replay", "audit", "render", "verify", "asof", "web"}


@pytest.mark.parametrize("bench", BENCHES, ids=lambda path: path.stem)
def test_a_benchmark_runs_and_prints_its_ratios(bench: Path, root: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(bench), "--quick"],
        capture_output=True,
        text=True,
        timeout=300,
        cwd=root,
        env=os.environ | {"PYTHONPATH": str(root), "PYTHONUTF8": "1", "PYTHONWARNINGS": "error"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "  基准：" in done.stdout
    ratios = [line for line in done.stdout.splitlines() if RATIO.search(line)]
    assert any(" 1.00 倍（1.00–1.00）" in line for line in ratios)
    assert len(ratios) >= 2
