"""Detached signatures (.p7s) beside a report that exists as .docx only."""

from __future__ import annotations

from pathlib import Path

from service.report.sign import detached_name
from service.report.signatories import Part
from service.settings import Settings


def found(settings: Settings, code: str, number: int) -> dict[str, Path]:
    """Return the signature files of a report version by part, in signing order."""
    report = settings.instance.reports / f"{code}-v{number}.docx"
    paths = {part.value: detached_name(report, part) for part in Part}
    return {part: path for part, path in paths.items() if path.is_file()}
