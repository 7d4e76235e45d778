"""The embedded web server: waitress in this process until it is told to stop."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from flask import Flask
from waitress.server import create_server

from service.errors import Problem, UnavailableError
from service.settings import Settings

THREADS = 4
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def listening(app: Flask, settings: Settings) -> Iterator[object]:
    """Hold the address for the block; the value is handed to `serve`.

    Raises:
        UnavailableError: the address is taken.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        # Bound here and not by waitress, which leaks what it cannot bind.
        door = socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        address = f"{settings.host}:{settings.port}"
        raise UnavailableError(
            Problem("网址已被占用或不可用", value=address, cure="用 PORT 指定另一个端口")
        ) from error
    # What proxies say is judged by `service.web.proxy`, whichever server runs the application.
    server = create_server(
        app, sockets=[door], threads=THREADS, ident="pingji", clear_untrusted_proxy_headers=False
    )
    try:
        yield server
    finally:
        server.close()


def serve(server: object) -> None:
    """Answer requests until Ctrl-C, SIGTERM or SIGHUP; requests under way are finished."""
    server.run()  # type: ignore[attr-defined]


@contextmanager
def stoppable() -> Iterator[None]:
    """Turn every polite way of stopping a process into KeyboardInterrupt during the block.

    A shell starts background jobs deaf to SIGINT; they must stop by it all the same. A hang-up that
    the starter asked to ignore (``nohup``) stays ignored.
    """
    kept = {signal.SIGHUP} if signal.getsignal(signal.SIGHUP) == signal.SIG_IGN else set()
    before = {number: signal.signal(number, _interrupt) for number in STOPPING if number not in kept}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
