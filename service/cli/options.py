"""Options that mean the same in every command, and the way to an opened instance."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import click
from flask import Flask

from service import clock, create_app
from service.cli import console
from service.instance import InstanceKind, create_instance
from service.settings import Settings, instance_path
from service.setup import prepare

F = TypeVar("F", bound=Callable[..., Any])


def json_option(command: F) -> F:
    """Add ``--json`` as the parameter `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="输出一份 JSON 文档")(command)


def account_option(command: F) -> F:
    """Add the mandatory ``--as ACCOUNT`` as the parameter `account`."""
    return click.option("--as", "account", required=True, metavar="账户", help="以哪个账户办理")(command)


def settings() -> Settings:
    """Return the checked settings of the instance the environment names."""
    return Settings.from_env(os.environ)


@contextmanager
def demo_opened() -> Iterator[Flask]:
    """Open the instance as `opened`, brought up to date; if there is none, a demo instance is made."""
    path = instance_path(os.environ)
    if not (path / "instance.json").exists():
        create_instance(path, InstanceKind.DEMO, at=clock.now())
        console.note(f"已建立演示实例：{path}")
    with opened() as app:
        prepare(app.config["PINGJI"].instance)
        yield app


@contextmanager
def opened() -> Iterator[Flask]:
    """Open the instance for the block: application made, its context pushed."""
    app = create_app(settings())
    with app.app_context():
        yield app
