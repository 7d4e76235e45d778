"""The examples of the API's manual, run as they are printed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from service import clock
from service.actions.tokens import IssueToken, issue_token
from service.queries.tokens import Scope
from service.web import api
from service.workflow.roles import Role
from tests.browser.visitors import serving
from tests.web.conftest import Site, World, running_copy, world

__all__ = ["world"]
MANUAL = Path(api.__file__).with_name("EXAMPLES.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(sh|python)\n(.*?)^```$", MANUAL, re.S | re.M)
SAID = ("review", "review", "review.verdict", "1 ", "evidence.add", "E0")


@pytest.fixture
def served(world: World, tmp_path: Path) -> Iterator[tuple[Site, str]]:
    """A copy of the world, served on loopback."""
    with running_copy(world, tmp_path / "instance") as site, serving(site) as address:
        yield site, address


def test_the_manual_has_three_examples_in_both_languages() -> None:
    assert [language for language, _ in BLOCKS] == ["sh", "python"] * 3


def test_every_example_runs_as_printed(served: tuple[Site, str], tmp_path: Path) -> None:
    site, address = served
    with site.app.app_context():
        until = clock.local_date(clock.now()) + timedelta(days=2)
        actor = site.world.people.actor(Role.EV, on=None)
        token = issue_token(actor, IssueToken("例", (Scope.READ, Scope.ACT), until), fresh=True)
    told = {"API_URL": address, "API_TOKEN": token, "CASE": "review", "PYTHONUTF8": "1"}
    for (language, text), expected in zip(BLOCKS, SAID, strict=True):
        command = ["sh", "-euc", text] if language == "sh" else [sys.executable, "-c", text]
        done = subprocess.run(
            command, cwd=tmp_path, env={**os.environ, **told}, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, (text, done.stdout, done.stderr)
        assert expected in done.stdout, (text, done.stdout)
