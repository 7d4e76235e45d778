"""Servers on loopback and a client that asks them: one connection for times, several for the rate."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

CLIENTS = 4
WAIT = 120


@dataclass
class Measured:
    """Seconds of every request and requests per second of every round."""

    taken: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    medians: list[float] = field(default_factory=list)
    size: int = 0

    def at(self, percent: int) -> float:
        """Return the seconds within which this part of the requests was answered."""
        ranked = sorted(self.taken)
        return ranked[min(len(ranked) - 1, len(ranked) * percent // 100)]


def free_port() -> int:
    """Return a port nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextmanager
def serving(command: Sequence[str], port: int, **environ: str) -> Iterator[int]:
    """Run a server until the block ends; it answers when the block begins."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PINGJI_")}
    server = subprocess.Popen(
        command, env=kept | environ, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[2]
    )
    try:
        deadline = time.monotonic() + WAIT
        while not _answers(port):
            if server.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("网站没有启动")
            time.sleep(0.1)
        yield port
    finally:
        server.terminate()
        server.wait(WAIT)


def _answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


class Visitor:
    """One connection with its cookies."""

    def __init__(self, port: int, cookies: Mapping[str, str] | None = None) -> None:
        self.port = port
        self.cookies = dict(cookies or {})
        self._line = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT)

    def ask(self, path: str, form: Mapping[str, str] | None = None, **headers: str) -> tuple[int, str]:
        """Send one request and return status and text of the answer."""
        sent = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **headers}
        body = None
        if form is not None:
            body = urlencode(form)
            sent |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": f"http://127.0.0.1:{self.port}",
            }
        self._line.request("POST" if form is not None else "GET", path, body, sent)
        answer = self._line.getresponse()
        text = answer.read().decode("utf-8", "replace")
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, text

    def tell(self, path: str, body: Any, **headers: str) -> tuple[int, str]:
        """Send JSON and return status and text of the answer."""
        sent = {"Content-Type": "application/json", **headers}
        self._line.request("POST", path, json.dumps(body), sent)
        answer = self._line.getresponse()
        return answer.status, answer.read().decode()

    def log_in(self, login: str, password: str) -> Visitor:
        """Come in; SystemExit if the server does not let this person in."""
        _, page = self.ask("/login")
        form = {"login": login, "password": password, "csrf_token": hidden(page, "csrf_token")}
        status, _ = self.ask("/login", form)
        if status != 303:
            raise SystemExit(f"{login} 不能登录：{status}")
        return self

    def twin(self) -> Visitor:
        """Return another connection of the same person."""
        return Visitor(self.port, self.cookies)

    def close(self) -> None:
        """Hang up."""
        self._line.close()


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field."""
    return page.partition(f'name="{name}" value="')[2].partition('"')[0]


def timed(request: Callable[[], tuple[int, str]], measured: Measured, *, count: int) -> None:
    """Send a request `count` times, one after the other, and note every time."""
    own = []
    for _ in range(count):
        begun = time.perf_counter()
        status, text = request()
        own.append(time.perf_counter() - begun)
        if status != 200:
            raise SystemExit(f"答复 {status}：{text[:300]}")
        measured.size = len(text.encode())
    measured.taken += own
    measured.medians.append(sorted(own)[len(own) // 2])


def rate(visitor: Visitor, path: str, measured: Measured, *, seconds: float) -> None:
    """Ask for a page from several connections at once and note how many answers came per second."""
    stop = time.monotonic() + seconds
    counts = [0] * CLIENTS

    def work(number: int) -> None:
        own = visitor.twin()
        while time.monotonic() < stop:
            own.ask(path)
            counts[number] += 1
        own.close()

    begun = time.monotonic()
    threads = [threading.Thread(target=work, args=(n,)) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    measured.rates.append(sum(counts) / (time.monotonic() - begun))


PYTHON = sys.executable
