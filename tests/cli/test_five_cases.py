"""The five reference cases, replayed from the command line, say what the committed table says.

The table was checked by hand against the published reports: totals, grades, adjustments, every
published figure that does not follow, and that each ends in a signed PDF.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

TABLE = Path(__file__).with_name("five_cases.json")
PAGES_APART = 1
"""Pages may differ by one: another build of a font may break a line elsewhere."""


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory, root: Path) -> dict[str, Mapping[str, Any]]:
    folder = tmp_path_factory.mktemp("five")
    environ = {k: v for k, v in os.environ.items() if not k.startswith("PINGJI_") or k == "PINGJI_FONTS"}
    environ |= {"PINGJI_INSTANCE": str(folder / "instance"), "PYTHONUTF8": "1"}
    examples = sorted((root / "service" / "cases" / "examples").glob("*.yaml"))
    command = [sys.executable, "-c", "from service.cli import main; main()", "replay", *map(str, examples)]
    done = subprocess.run(
        [*command, "--out", str(folder / "out"), "--json"],
        cwd=root,
        env=environ,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return {case["case"]: case for case in json.loads(done.stdout)}


@pytest.fixture(scope="module")
def table() -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = json.loads(TABLE.read_text("utf-8"))
    return found


def test_all_five_are_there(replayed, table) -> None:
    assert set(replayed) == set(table) and len(table) == 5


@pytest.mark.parametrize("case", sorted(json.loads(TABLE.read_text("utf-8"))))
def test_a_reference_case_comes_out_as_the_table_says(replayed, table, case: str) -> None:
    found, wanted = replayed[case], table[case]
    for key in ("kind", "stage", "total", "grade", "signature"):
        assert found[key] == wanted[key], key
    assert found["expectations"] == {"held": wanted["expectations"], "failed": []}
    adjustments = [[a["node"], a["rule"], a["awarded"]] for a in found["adjustments"]]
    assert adjustments == wanted["adjustments"]
    differ = [[d["path"], d["published"], d["computed"], d["kind"]] for d in found["published"]["differ"]]
    assert differ == wanted["differ"]
    assert all(d["declared"] for d in found["published"]["differ"])
    assert len(found["published"]["agree"]) == wanted["agree"]
    assert len(found["published"]["uncomputable"]) == wanted["uncomputable"]


@pytest.mark.parametrize("case", sorted(json.loads(TABLE.read_text("utf-8"))))
def test_its_report_is_a_signed_pdf_of_about_so_many_pages(replayed, table, case: str) -> None:
    reader = PdfReader(replayed[case]["report"])
    assert abs(len(reader.pages) - table[case]["pages"]) <= PAGES_APART
    signed = [f for f in (reader.get_fields() or {}).values() if f.get("/FT") == "/Sig" and f.get("/V")]
    assert signed, "no filled signature field"
