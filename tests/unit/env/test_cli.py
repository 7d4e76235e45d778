"""The command line speaks Chinese, ends with the agreed exit codes and never shows a traceback."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from service.cli import console, entry
from service.cli.chinese import ChineseCommand
from service.cli.options import json_option
from service.errors import (
    ActionRefusedError,
    InvalidError,
    NotFoundError,
    Problem,
    ServiceError,
    UnavailableError,
)

Add = Callable[[click.Command], None]
Capture = pytest.CaptureFixture[str]
NEXT = Problem(
    "上限不是数", path="nodes.A1.max", value="x", allowed="数", cure="改成数", file="f.yaml", line=3
)


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Add:
    """Registers one command under the name ``probe``."""

    def register(command: click.Command) -> None:
        real = entry.LazyGroup.get_command
        monkeypatch.setattr(
            entry.LazyGroup,
            "get_command",
            lambda self, ctx, name: command if name == "probe" else real(self, ctx, name),
        )

    return register


def raising(error: BaseException) -> click.Command:
    @click.command(cls=ChineseCommand, name="probe")
    @json_option
    def probe(as_json: bool) -> None:
        """试验。"""
        raise error

    return probe


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InvalidError(NEXT), 1), (ActionRefusedError("缺少理由"), 1), (UnavailableError("数据库未启动"), 3),
        (NotFoundError("没有此案卷"), 2), (KeyboardInterrupt(), 130), (click.Abort(), 130),
    ],
)  # fmt: skip
def test_every_refusal_has_its_exit_code(add: Add, capsys: Capture, error: BaseException, code: int) -> None:
    add(raising(error))
    assert entry.run(["probe"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err


def test_a_problem_is_printed_with_place_value_and_cure(add: Add, capsys: Capture) -> None:
    add(raising(InvalidError(NEXT)))
    entry.run(["probe"])
    assert "f.yaml:3：nodes.A1.max：上限不是数（读到“x”）；允许：数；办法：改成数" in capsys.readouterr().err


def test_with_json_a_refusal_is_one_document_on_standard_output(add: Add, capsys: Capture) -> None:
    add(raising(InvalidError([NEXT, "另一处"])))
    assert entry.run(["probe", "--json"]) == 1
    error = json.loads(capsys.readouterr().out)["error"]
    assert (error["code"], len(error["problems"]), error["problems"][0]["line"]) == ("invalid", 2, 3)


def test_an_unforeseen_error_is_one_sentence_and_its_details_stay_private(
    add: Add,
    capsys: Capture,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PINGJI_INSTANCE", str(tmp_path))
    add(raising(RuntimeError("坏了")))
    assert entry.run(["probe"]) == 3
    assert "Traceback" not in capsys.readouterr().err
    log = tmp_path / "errors.log"
    assert "RuntimeError: 坏了" in log.read_text()
    assert log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "用法："), (["nothing"], "没有子命令“nothing”"), (["--nothing"], "没有选项“--nothing”"),
        (["help", "--helpp"], "是否想用 --help"), (["help", "nothing"], "没有这个主题"),
    ],
)  # fmt: skip
def test_wrong_use_is_explained_in_chinese(capsys: Capture, arguments: list[str], words: str) -> None:
    assert entry.run(arguments) == 2
    out, err = capsys.readouterr()
    assert words in err
    assert "Error" not in out + err
    assert "Usage" not in out + err


def test_wrong_values_of_parameters_are_explained_in_chinese(add: Add, capsys: Capture) -> None:
    @click.command(cls=ChineseCommand, name="probe")
    @click.argument("file", metavar="文件")
    @click.option("--kind", type=click.Choice(["a", "b"]), required=True)
    def probe(file: str, kind: str) -> None:
        """试验。"""

    add(probe)
    said = []
    for arguments in (
        ["x"],
        ["--kind", "a"],
        ["--kind", "c", "x"],
        ["x", "y", "--kind", "a"],
        ["x", "--kind"],
    ):
        assert entry.run(["probe", *arguments]) == 2
        said.append(capsys.readouterr().err.splitlines()[-1])
    assert said == [
        "用法不对：缺少 --kind；允许：a、b",
        "用法不对：缺少 文件",
        "用法不对：--kind 的取值不对；允许：a、b",
        "用法不对：参数过多(y)",
        "用法不对：选项 --kind 的用法不对，请看 --help",
    ]


@pytest.mark.parametrize(("every", "said"), [(0.0, ["重放 1/2 甲", "重放 2/2 乙"]), (60.0, ["重放 1/2 甲"])])
def test_progress_on_a_pipe_prints_a_line_now_and_then(
    capsys: Capture, every: float, said: list[str]
) -> None:
    with console.progress("重放", total=2, every=every) as step:
        step("甲")
        step("乙")
    assert capsys.readouterr().err.splitlines() == said


def test_every_error_class_has_a_title() -> None:
    assert all(kind.title for kind in ServiceError.__subclasses__())
