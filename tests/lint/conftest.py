"""Our own five reports, rendered without a database and read back as a stranger's would be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from service.cases.preview import preview
from service.cases.score import score_file
from service.lint.document import Document
from service.lint.reading import read_report
from service.report import profile, render


@pytest.fixture(scope="session")
def rendered(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The .docx of each reference case by its name."""
    folder = tmp_path_factory.mktemp("rendered")
    made = {}
    for path in sorted((root / "service" / "cases" / "examples").glob("*.yaml")):
        snapshot = preview(score_file(path).file).snapshot
        out = folder / f"{path.stem}.docx"
        render.render(snapshot, profile.load(snapshot.profile), out, files=lambda _: b"")
        made[path.stem] = out.read_bytes()
    return made


@pytest.fixture(scope="session")
def ours(rendered: Mapping[str, bytes]) -> Mapping[str, Document]:
    """Each of them as the checker sees it."""
    return {name: read_report(f"{name}.docx", content) for name, content in rendered.items()}
