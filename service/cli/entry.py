"""Where the command line begins and where every error ends: a Chinese sentence and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import click

from service.cli import console
from service.cli.chinese import ChineseGroup, explain
from service.cli.registry import COMMANDS
from service.errors import ServiceError


class LazyGroup(ChineseGroup):
    """Knows its subcommands by name and imports the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order of the registry."""
        return [name for name in COMMANDS if find_spec(f"service.cli.{name}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the subcommand, imported now, or None."""
        if cmd_name not in self.list_commands(ctx):
            return None
        command: click.Command = import_module(f"service.cli.{cmd_name}").command
        return command

    def one_line(self, ctx: click.Context, name: str) -> str:
        """Return the registry's line, without importing the module."""
        return COMMANDS[name]


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def pingji() -> None:
    """评迹：一项绩效评价从自评到签发报告，每一分、每一笔改动都有据可查。

    \b
    实例目录由环境变量 PINGJI_INSTANCE 指定，默认 ./instance。
    退出码：0 完成，1 有问题或被拒绝，2 用法不对，3 所需条件不具备。
    """


def main(arguments: list[str] | None = None) -> None:
    """Run one command and leave the process with its exit code; never a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    os.umask(0o077)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    sys.exit(run(given))


def run(arguments: list[str]) -> int:
    """Run one command and return its exit code."""
    try:
        outcome = pingji.main(arguments, prog_name="pingji", standalone_mode=False)
        return outcome if isinstance(outcome, int) else console.OK
    except click.exceptions.NoArgsIsHelpError as error:
        console.note(error.message)
        return console.USAGE
    except click.ClickException as error:
        return _wrong_use(error)
    except (click.Abort, KeyboardInterrupt):
        console.note("已中断")
        return 130
    except ServiceError as error:
        return console.failed(error, as_json="--json" in arguments)
    except BrokenPipeError:
        # The reader went away (`| head`): nothing is wrong, and nothing more can be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return console.OK
    except Exception as error:
        return _bug(error)


def _wrong_use(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if context is not None:
        console.note(context.get_usage())
    console.note(f"用法不对：{explain(error)}")
    return console.USAGE


def _bug(error: Exception) -> int:
    """Print one sentence about an unforeseen error and keep its details in a file of the instance."""
    console.note(f"程序遇到未预料的错误：{type(error).__name__}：{error}")
    folder = Path(os.environ.get("PINGJI_INSTANCE") or "instance")
    details = "".join(traceback.format_exception(error))
    if os.environ.get("PINGJI_TRACE") == "1" or not folder.is_dir():
        console.note(details if os.environ.get("PINGJI_TRACE") == "1" else "设 PINGJI_TRACE=1 可看详情")
    else:
        with open(folder / "errors.log", "a", encoding="utf-8", opener=_private) as log:
            log.write(details + "\n")
        console.note(f"详情已记入 {folder / 'errors.log'}")
    return console.UNAVAILABLE


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
