"""Strangers' implementations of the open formats: the Go project's own, compiled once per run."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SOURCE = Path(__file__).parent / "check" / "main.go"
DEBIAN = "/usr/share/gocode"


@dataclass(frozen=True)
class Stranger:
    """The compiled Go program."""

    program: Path

    def ask(self, questions: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return its answer to every question; a panic in it is a failure of the test, not an answer."""
        told = "\n".join(json.dumps(each, default=_base64) for each in questions)
        made = subprocess.run([self.program], input=told, capture_output=True, text=True, check=True)
        answers = [json.loads(line) for line in made.stdout.splitlines()]
        assert not [each for each in answers if each.get("why", "").startswith("panic")]
        return answers


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Stranger:
    """The Go program; both workers of a run share one compilation."""
    go = shutil.which("go")
    assert go, "没有 go：apt-get install golang-go golang-golang-x-mod-dev"
    folder = tmp_path_factory.getbasetemp()
    folder = folder if worker_id == "master" else folder.parent
    program = folder / "foreign-check"
    with (folder / "foreign-check.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not program.exists():
            settings = {"GO111MODULE": "off", "GOPATH": DEBIAN, "GOFLAGS": "", "CGO_ENABLED": "0"}
            environment = {**os.environ, **settings, "GOCACHE": str(folder / "foreign-cache")}
            command = [go, "build", "-o", f"{program}.new", str(SOURCE)]
            made = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            assert made.returncode == 0, made.stderr
            Path(f"{program}.new").replace(program)
    return Stranger(program)
