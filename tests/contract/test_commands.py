"""What a newcomer relies on: the two commands, the locks, the help, and a tree that speaks only of itself."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from service.cli.entry import pingji
from service.cli.registry import COMMANDS
from service.jobs.bodies import BODIES, body_of
from service.settings import KNOWN

HAN = re.compile(r"[\u4e00-\u9fff]")
LOCKS = ("requirements.lock", "requirements-dev.lock")
PROMISED = (
    "init", "run", "replay", "score", "framework check", "framework list", "framework show", "case list",
    "case show", "case export", "case import", "case archive", "audit verify", "audit checkpoint", "audit export",
    "audit proof", "audit growth", "audit policy", "audit verifier", "audit witness", "audit redact",
    "audit rotate-key", "audit revoke-key", "signer", "evidence fsck",
    "report render", "report verify", "user create", "user disable", "user handover", "organisation create",
    "organisation list", "grant propose", "grant confirm", "grant list", "grant revoke", "grant reject", "backup", "restore",
    "db upgrade", "db grants", "doctor", "help",
)  # fmt: skip


def tracked(root: Path) -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout
    return [root / name for name in listed.decode().split("\0") if name and (root / name).is_file()]


def commands(
    command: click.Command, context: click.Context, name: str = ""
) -> Iterator[tuple[str, click.Command, click.Context]]:
    yield name, command, context
    if isinstance(command, click.Group):
        for part in command.list_commands(context):
            nested = command.get_command(context, part)
            assert nested is not None, f"{name} {part} is listed but does not exist"
            yield from commands(
                nested, click.Context(nested, parent=context, info_name=part), f"{name} {part}".strip()
            )


def every_command() -> dict[str, tuple[click.Command, click.Context]]:
    top = click.Context(pingji, info_name="pingji")
    return {name: (command, context) for name, command, context in commands(pingji, top)}


def test_every_promised_subcommand_exists() -> None:
    assert [name for name in PROMISED if name not in every_command()] == []


def test_every_subcommand_explains_itself_in_chinese() -> None:
    for name, (command, context) in every_command().items():
        text = command.get_help(context)
        assert HAN.search(command.help or ""), f"pingji {name} has no Chinese help"
        assert not re.search(r"Usage|Options|Commands|Show this", text), f"pingji {name} speaks English"
        for param in command.params:
            if isinstance(param, click.Option):
                assert HAN.search(param.help or ""), f"pingji {name} {param.opts[0]} is not explained"


def test_every_registered_command_has_a_line_of_help() -> None:
    assert all(HAN.search(line) for line in COMMANDS.values())


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_exact_versions_and_hashes_but_no_address(root: Path, name: str) -> None:
    text = (root / name).read_text()
    assert "://" not in text
    assert not re.search(r"^\s*-", text.replace("    --hash", ""), re.MULTILINE), "an option hides an address"
    entries = re.split(r"\n(?=\S)", text.strip())
    assert len(entries) > 50
    for entry in entries:
        assert re.match(r"[a-z0-9.\-\[\]]+==[^\s\\]+( ; [^\\]+)? \\\n", entry), entry[:80]
        assert "--hash=sha256:" in entry


def test_the_locks_cover_everything_the_project_declares(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    run, dev = (names_in((root / name).read_text()) for name in LOCKS)
    assert declared(project["dependencies"]) - run == set()
    assert declared(project["optional-dependencies"]["dev"]) - dev == set()
    assert run <= dev


def names_in(lock: str) -> set[str]:
    return set(re.findall(r"^([a-z0-9.\-]+)(?:\[.*?\])?==", lock, re.MULTILINE))


def declared(requirements: list[str]) -> set[str]:
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", each)[0].lower()) for each in requirements}


def test_no_tracked_file_names_a_path_of_one_machine_or_a_package_host(root: Path) -> None:
    machine = re.compile(
        rb"(?<![\w.])/(?:work|home/\w+|Users/\w+|root)/|/tmp/(?!\.X)\w|pypi\.org|pythonhosted\.org"
    )
    found = [
        f"{path.relative_to(root)}:{number}"
        for path in tracked(root)
        if path != Path(__file__).resolve()
        for number, line in enumerate(path.read_bytes().splitlines(), 1)
        if machine.search(line)
    ]
    assert found == []


def test_every_setting_the_code_reads_is_known(root: Path) -> None:
    used = {
        name
        for path in tracked(root)
        if path.suffix in (".py", ".sh") or path.name in ("dev", "run")
        if path.parts[-2] != "env"
        for name in re.findall(r"\bPINGJI_[A-Z_]+\b", path.read_text(encoding="utf-8"))
    }
    assert used - KNOWN == set()


def test_import_directions_hold(root: Path) -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter, "--no-logo", "--no-cache"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_kind_of_job_has_its_body() -> None:
    assert all(callable(body_of(kind)) for kind in BODIES)


def test_dev_is_plain_shell_and_explains_every_command(root: Path) -> None:
    subprocess.run(["sh", "-n", "dev"], cwd=root, check=True)
    text = (root / "dev").read_text()
    explained = subprocess.run(["./dev", "help"], cwd=root, capture_output=True, text=True, check=True).stdout
    named = re.findall(r"^  ([a-z]+)\)", text, re.MULTILINE)
    assert {"run", "demo", "test", "deep", "bench", "lint"} <= set(named)
    assert [name for name in named if f"  {name} " not in explained] == []
    wrong = subprocess.run(["./dev", "nothing"], cwd=root, capture_output=True, text=True)
    assert (wrong.returncode, wrong.stdout) == (2, "")


def test_the_readme_names_the_commands_and_the_checks(root: Path) -> None:
    text = (root / "README.md").read_text()
    for words in (
        "./dev run",
        "./dev demo",
        "./dev test",
        "./dev deep",
        "./dev bench",
        "ruff",
        "mypy",
        "pytest",
        "import-linter",
    ):
        assert words in text, words
    assert [name for name in PROMISED if f"pingji {name}" not in text] == []
