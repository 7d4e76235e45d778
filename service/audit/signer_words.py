"""The few words between the signer's process and whoever asks it, one canonical JSON line each.

- A question is ``{"ask": word, …}`` with exactly the members `ASKS` names; one question a connection.
- The signer answers with any number of ``{"part": text}``, may ask ``{"want": [start, end]}`` for leaf
  hashes and is told ``{"leaves": hex}``, and ends with ``{"done": value}`` or
  ``{"refused": {"code": …, "problems": […]}}``.
- A line is at most `MOST` bytes; whoever is silent for `SECONDS` is given up.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedRWPair as Stream
from pathlib import Path
from typing import Any

from service.audit.canonical import Plain, decode_strict, encode
from service.errors import IntegrityFailureError, InvalidError, Problem, ServiceError, UnavailableError

__all__ = [
    "ASKS",
    "CHUNK",
    "SECONDS",
    "Stream",
    "address",
    "dialled",
    "put",
    "refusal",
    "refused",
    "take",
    "talk",
]

MOST = 1 << 20
SECONDS = 30.0
CHUNK = 4096
EVENT = frozenset(("leaf", "index", "size", "root", "persons", "reason", "at"))
ASKS: dict[str, frozenset[str]] = {
    "key": frozenset(),
    "state": frozenset(),
    "history": frozenset(),
    "leaves": frozenset(),
    "sign": frozenset(("size", "root", "at")),
    "fresh": frozenset(),
    "restore": EVENT,
    "change": EVENT,
}
REFUSALS: dict[str, type[ServiceError]] = {
    each.code: each for each in (InvalidError, IntegrityFailureError, UnavailableError)
}


@contextmanager
def talk(line: socket.socket) -> Iterator[Stream]:
    """Give the connection as a stream for the block; what could not be sent any more is dropped.

    Closing a stream sends what is left in it, and the error of that would take the place of whatever ended
    the block: of a refusal, or of the wish that the process stop.
    """
    stream = line.makefile("rwb")
    try:
        yield stream
    finally:
        with suppress(OSError):
            stream.close()


def put(stream: Stream, message: Plain) -> None:
    """Send one message; UnavailableError if the other side has gone."""
    line = encode(message) + b"\n"
    if len(line) > MOST:
        raise InvalidError("与签名器的一句话超出长度")
    try:
        stream.write(line)
        stream.flush()
    except OSError as error:
        raise UnavailableError(Problem("签名器中断了通话", cure="稍后再试")) from error


def take(stream: Stream) -> dict[str, Any] | None:
    """Return the next message, None if the other side ended the talk before it.

    Raises:
        UnavailableError: it broke off inside a message or is silent.
        IntegrityFailureError: it said something of another form.
    """
    try:
        line = stream.readline(MOST + 1)
    except OSError as error:
        raise UnavailableError(Problem("签名器没有答复", cure="稍后再试")) from error
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise UnavailableError(Problem("与签名器的通话中断，或超出长度", cure="稍后再试"))
    message = decode_strict(line[:-1])
    if not isinstance(message, dict):
        raise IntegrityFailureError("与签名器的通话写法不对")
    return message


def refusal(error: ServiceError) -> Plain:
    """Return how an error is told."""
    code = error.code if error.code in REFUSALS else UnavailableError.code
    return {"refused": {"code": code, "problems": [str(each) for each in error.problems]}}


def refused(told: dict[str, Any]) -> ServiceError:
    """Return the error that `refusal` told."""
    return REFUSALS[told["code"]](tuple(Problem(each) for each in told["problems"]))


@contextmanager
def address(door: Path) -> Iterator[str]:
    """Give the socket's address for the block: short, however deep the instance lies (limit 107 bytes)."""
    folder = os.open(door.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{door.name}"
    finally:
        os.close(folder)


def dialled(door: Path) -> socket.socket | None:
    """Return a connection to the signer behind `door`, None if none serves there.

    Raises:
        UnavailableError: it may not be entered, or the signer is overwhelmed.
    """
    line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    line.settimeout(SECONDS)
    try:
        with address(door) as place:
            line.connect(place)
    except (FileNotFoundError, ConnectionRefusedError):
        line.close()
        return None
    except OSError as error:
        line.close()
        raise UnavailableError(Problem("不能接通签名器", value=error.strerror, cure="稍后再试")) from error
    return line
