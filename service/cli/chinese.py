"""Click in Chinese: headings, the help option and every message of wrong use."""

from __future__ import annotations

from collections.abc import Sequence
from gettext import gettext
from typing import Any

import click


class _Chinese(click.Command):
    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write how the command is called."""
        pieces = " ".join(self.collect_usage_pieces(ctx))
        formatter.write_usage(ctx.command_path, pieces, prefix="用法：")

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the call in parts, with Chinese stand-ins."""
        words = {"[OPTIONS]": "[选项]", "COMMAND [ARGS]...": "子命令 [参数]..."}
        return [words.get(piece, piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options and, for a group, its subcommands."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        rows = [
            (names, words.replace(f"[{gettext('required')}]", "（必填）"))
            for names, words in filter(None, (option.get_help_record(ctx) for option in options))
        ]
        if rows:
            with formatter.section("选项"):
                formatter.write_dl(rows)
        if isinstance(self, click.Group):
            self.format_commands(ctx, formatter)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """Return the help option described in Chinese."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "显示本说明"
        return option


class ChineseCommand(_Chinese):
    """A single command."""


class ChineseGroup(_Chinese, click.Group):
    """A command with subcommands, all of them in Chinese."""

    command_class = ChineseCommand
    group_class = type

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the subcommands with their one-line help."""
        rows = [(name, self.one_line(ctx, name)) for name in self.list_commands(ctx)]
        if rows:
            with formatter.section("子命令"):
                formatter.write_dl(rows)

    def one_line(self, ctx: click.Context, name: str) -> str:
        """Return what the subcommand `name` does, in one line."""
        command = self.get_command(ctx, name)
        return command.get_short_help_str(60) if command else ""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the subcommand `args` begin with.

        Raises:
            click.UsageError: there is none of that name.
        """
        if args and not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            ctx.fail(f"没有子命令“{args[0]}”；可用：{'、'.join(self.list_commands(ctx))}")
        return super().resolve_command(ctx, args)


def explain(error: click.ClickException) -> str:
    """Return in Chinese what is wrong with a call."""
    if isinstance(error, click.NoSuchOption):
        return f"没有选项“{error.option_name}”" + _perhaps(error.possibilities or ())
    if isinstance(error, click.MissingParameter):
        return f"缺少 {_name(error.param)}" + _allowed(error.param)
    if isinstance(error, click.BadParameter):
        return f"{_name(error.param)} 的取值不对" + (_allowed(error.param) or f"：{error.message}")
    if isinstance(error, click.BadOptionUsage):
        return f"选项 {error.option_name} 的用法不对，请看 --help"
    if isinstance(error, click.FileError):
        return f"文件“{error.ui_filename}”打不开"
    if error.message.startswith(gettext("Got unexpected extra argument")[:14]):
        return "参数过多" + error.message[error.message.find("(") :].rstrip(".")
    return error.message


def _perhaps(names: Sequence[str]) -> str:
    return f"；是否想用 {'、'.join(sorted(names))}" if names else ""


def _name(param: Any) -> str:
    if param is None:
        return "参数"
    return (
        param.opts[0]
        if isinstance(param, click.Option)
        else param.make_metavar(click.Context(click.Command("")))
    )


def _allowed(param: Any) -> str:
    if param is not None and isinstance(param.type, click.Choice):
        return f"；允许：{'、'.join(map(str, param.type.choices))}"
    return ""
