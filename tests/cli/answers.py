"""A command run in this process, and what it answered."""

from __future__ import annotations

import json
from typing import Any

import pytest

from service.cli import entry

Answer = tuple[int, str, str]


def run(captured: pytest.CaptureFixture[str], *arguments: object) -> Answer:
    """Return exit code, standard output and standard error of ``pingji ARGUMENTS``."""
    captured.readouterr()
    code = entry.run([str(each) for each in arguments])
    return code, *captured.readouterr()


def document(answer: Answer, code: int = 0) -> Any:
    """Return what was printed as JSON; the command must have ended with `code`."""
    assert answer[0] == code, answer
    return json.loads(answer[1])
