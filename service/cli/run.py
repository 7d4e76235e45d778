"""``pingji run``: web server and worker of one instance, and the demonstration."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic

import click
from flask import Flask

from service import clock, create_app
from service.audit.signer_client import door_of
from service.audit.signer_words import dialled
from service.cli import console
from service.cli.chinese import ChineseCommand
from service.demo import demonstrated, outstanding, replay_examples
from service.instance import Instance, InstanceKind, create_instance
from service.jobs import signing
from service.jobs.worker import child_running, worker_running
from service.server import listening, serve, stoppable
from service.settings import Settings, instance_path
from service.setup import demand_demo, only_one, prepare


@click.command(cls=ChineseCommand, name="run")
@click.option("--demo", is_flag=True, help="没有实例时新建演示实例，并重放五个案例")
@click.option("--no-server", is_flag=True, help="备好之后退出，不启动网站")
def command(demo: bool, no_server: bool) -> int:
    """启动网站与后台任务，按 Ctrl-C 停止它们启动的一切进程。"""
    began = monotonic()
    if demo and not (instance_path(os.environ) / "instance.json").exists():
        with _timed("建立演示实例"):
            create_instance(instance_path(os.environ), InstanceKind.DEMO, at=clock.now())
    settings = Settings.from_env(os.environ)
    if demo:
        demand_demo(settings.instance)
    with only_one(settings.instance), stoppable():
        app = create_app(settings)
        with app.app_context(), _timed("数据库与留痕"):
            prepare(settings.instance)
        _work(app, settings, demo=demo, no_server=no_server, began=began)
    held = all(ok for _, _, ok in demonstrated(settings.instance)) if demo else True
    return console.OK if held else console.FINDINGS


def _work(app: Flask, settings: Settings, *, demo: bool, no_server: bool, began: float) -> None:
    log = settings.instance.path / "worker.log"
    if no_server and not (demo and outstanding(settings.instance)):
        _tell(settings.instance, demo=demo)
        console.say(f"已齐备，用时 {monotonic() - began:.1f} 秒")
        return
    with _signing(settings), worker_running(os.environ, log_file=log, slots=settings.workers):
        if demo:
            with app.app_context(), _timed("示例案例"):
                replay_examples(settings, console.progress)
        if no_server:
            _tell(settings.instance, demo=demo)
            console.say(f"完成，共用时 {monotonic() - began:.1f} 秒")
            return
        with listening(app, settings) as server:
            _tell(settings.instance, demo=demo)
            console.say(
                f"网址：http://{settings.host}:{settings.port}/（准备用时 {monotonic() - began:.1f} 秒）"
            )
            console.say("按 Ctrl-C 停止")
            serve(server)
    console.say("已停止")


@contextmanager
def _signing(settings: Settings) -> Iterator[None]:
    """Have the signer in a process of its own during the block, unless ``pingji signer`` runs already."""
    if (line := dialled(door_of(settings.instance.signer))) is not None:
        line.close()
        yield
        return
    with child_running(os.environ, log_file=settings.instance.path / "signer.log", module=signing.MODULE):
        yield


def _tell(instance: Instance, *, demo: bool) -> None:
    console.say(f"实例：{instance.path}（{instance.kind.label}）")
    if not demo:
        return
    for case, report, ok in demonstrated(instance):
        console.say(
            f"  {case}：{'与已公布的数字和预期相符' if ok else '有不符之处，见 pingji replay'}，{report}"
        )
    console.say(f"演示账户与密码：{instance.accounts}")
    console.say(f"报告：{instance.reports}")


@contextmanager
def _timed(what: str) -> Iterator[None]:
    """Say what is done and, afterwards, how long it took."""
    began = monotonic()
    yield
    console.note(f"  {what}：{monotonic() - began:.1f} 秒")
