"""The signer in a process of its own: it alone holds the key, and answers one caller after the other.

- The rules are those of `Signer`; this only carries its questions and answers (`signer_words`).
- One process a state: the second is refused by a lock held for life, which the kernel lets go with it.
- The door is a socket in the instance folder, 0600; a caller of another account is turned away.
- A caller that is silent, breaks off or talks nonsense loses its connection, nothing else.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import struct
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from service.audit.canonical import Plain
from service.audit.merkle import HASH_SIZE
from service.audit.restore import NamedPerson, RestoreEvent
from service.audit.signer import Signer
from service.audit.signer_keys import KeyEvent
from service.audit.signer_words import ASKS, CHUNK, SECONDS, Stream, address, put, refusal, take, talk
from service.errors import InvalidError, Problem, ServiceError, UnavailableError

Event = TypeVar("Event", bound=RestoreEvent)
SERVING = "serving"
WAITING = 64
log = logging.getLogger(__name__)


def serve(directory: Path, door: Path, *, ready: Callable[[], None] = lambda: None) -> None:
    """Answer at `door` for the state in `directory` until the process is ended.

    Args:
        ready: called once callers can come.

    Raises:
        UnavailableError: another process serves this state, or it is incomplete.
    """
    signer = Signer(directory)
    with _alone(directory), _opened(door) as listener:
        ready()
        while True:
            line, _ = listener.accept()
            with line:
                line.settimeout(SECONDS)
                _converse(line, signer)


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    handle = os.open(directory / SERVING, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        cure = "只能有一个；先停止另一个"
        problem = Problem("已有一个签名器在使用这份状态", file=str(directory), cure=cure)
        raise UnavailableError(problem) from error
    finally:
        os.close(handle)


@contextmanager
def _opened(door: Path) -> Iterator[socket.socket]:
    """Hold the door for the block; whoever comes here is alone, so a socket left behind is nobody's."""
    door.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, address(door) as place:
        before = os.umask(0o177)
        try:
            listener.bind(place)
        finally:
            os.umask(before)
        listener.listen(WAITING)
        try:
            yield listener
        finally:
            door.unlink(missing_ok=True)


def _converse(line: socket.socket, signer: Signer) -> None:
    """Answer one question; nothing a caller does ends the process."""
    try:
        with talk(line) as stream:
            try:
                _demand_same_account(line)
                question = take(stream)
                if question is not None:
                    put(stream, {"done": _answer(question, signer, stream)})
            except ServiceError as error:
                put(stream, refusal(error))
    except (ServiceError, OSError) as error:
        log.warning("a caller broke off: %s", error)
    except Exception:
        log.exception("the signer could not answer")


def _demand_same_account(line: socket.socket) -> None:
    _, account, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
    if account not in (os.geteuid(), 0):
        raise InvalidError("只答复同一系统账户")


def _answer(question: dict[str, Any], signer: Signer, stream: Stream) -> Plain:
    """Return the answer to one question after checking its form."""
    word = question.pop("ask", None)
    if not isinstance(word, str) or question.keys() != ASKS.get(word):
        raise InvalidError(Problem("没有这样的问话", value=str(word), allowed="、".join(ASKS)))
    if word in TELLS:
        return TELLS[word](signer, stream)
    try:
        if word == "sign":
            root, at = bytes.fromhex(question["root"]), _moment(question["at"])
            return signer.sign(_number(question["size"]), root, _Wanted(stream), at=at)
        at = _moment(question["at"])
        if word == "change":
            return signer.change_key(_event(KeyEvent, question), _Wanted(stream), at=at)
        return signer.accept_restore(_event(RestoreEvent, question), _Wanted(stream), at=at)
    except (TypeError, ValueError, LookupError) as error:
        raise InvalidError("问话中的值写法不对") from error


def _tell_history(signer: Signer, stream: Stream) -> bool:
    for each in signer.history():
        put(stream, {"part": each})
    return True


def _tell_leaves(signer: Signer, stream: Stream) -> bool:
    hashes = signer.leaf_hashes()
    for at in range(0, len(hashes or ()), CHUNK):
        put(stream, {"part": b"".join((hashes or ())[at : at + CHUNK]).hex()})
    return hashes is not None


TELLS: dict[str, Callable[[Signer, Stream], Plain]] = {
    "key": lambda signer, _: str(signer.verifier),
    "fresh": lambda signer, _: str(signer.fresh_key()),
    "state": lambda signer, _: signer.state().plain().decode(),
    "history": _tell_history,
    "leaves": _tell_leaves,
}


class _Wanted:
    """The leaf hashes of the log, asked of the caller piece by piece."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    def __call__(self, start: int, end: int) -> Iterable[bytes]:
        for at in range(start, end, CHUNK):
            stop = min(at + CHUNK, end)
            put(self._stream, {"want": [at, stop]})
            message = take(self._stream)
            if message is None:
                raise UnavailableError("问话的一方中断了通话")
            data = bytes.fromhex(message["leaves"]) if message.keys() == {"leaves"} else b""
            if len(data) != (stop - at) * HASH_SIZE:
                raise InvalidError(f"没有交出第 {at} 至 {stop} 条的散列")
            yield from (data[place : place + HASH_SIZE] for place in range(0, len(data), HASH_SIZE))


def _number(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(value)
    return value


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(text)
    return at


def _event(kind: type[Event], told: dict[str, Any]) -> Event:
    first, second = (NamedPerson(str(each["account"]), str(each["name"])) for each in told["persons"])
    return kind(
        bytes.fromhex(told["leaf"]), _number(told["index"]), _number(told["size"]),
        bytes.fromhex(told["root"]), (first, second), str(told["reason"]),
    )  # fmt: skip
