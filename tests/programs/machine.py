"""A program of one person: its token issued on the page, then the API alone, over a real connection."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from http.cookiejar import CookieJar
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener, urlopen

from service import clock

ROOT = "/api/v1"
SECONDS = 120


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is JSON, or bytes of a file."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)


class RefusedError(AssertionError):
    """An answer that was to be a success and is none."""


def issued_token(address: str, login: str, password: str) -> str:
    """A token of this person, issued as he does it: logged in, on the page of tokens."""
    opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def send(path: str, **form: Any) -> str:
        data = urlencode(form, doseq=True).encode() if form else None
        asked = Request(f"{address}{path}", data=data, headers={"Origin": address} if form else {})
        with opener.open(asked, timeout=SECONDS) as answer:
            return str(answer.read().decode())

    token = _hidden(send("/login"), "csrf_token")
    send("/login", login=login, password=password, csrf_token=token)
    page = send("/account/tokens")
    until = (clock.local_date(clock.now()) + timedelta(days=30)).isoformat()
    scopes = ["read", "act", "history"]
    form = {
        "name": "接口测试",
        "scopes": scopes,
        "expires_on": until,
        "csrf_token": _hidden(page, "csrf_token"),
    }
    return send("/account/tokens", **form).partition('<code class="secret">')[2].partition("</code>")[0]


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


@dataclass
class Machine:
    """A program that bears a token; `password` only for acts that ask for a proof of identity."""

    address: str
    token: str
    password: str = ""
    done: set[str] = field(default_factory=set)

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Any answer, refusals too."""
        sent = {"Authorization": f"Bearer {self.token}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        try:
            with urlopen(
                Request(self.address + ROOT + path, data, sent, method=method), timeout=SECONDS
            ) as found:
                return Answer(found.status, found.headers, found.read())
        except HTTPError as refused:
            return Answer(refused.code, refused.headers, refused.read())

    def get(self, path: str) -> Answer:
        """What is there."""
        return self._good(self.ask("GET", path), path)

    def send(self, path: str, body: Any, **headers: str) -> Answer:
        """Done, once."""
        return self._good(self.ask("POST", path, body, Idempotency_Key=str(uuid.uuid4()), **headers), path)

    def on(self, case: str, path: str, body: Any, **headers: str) -> Answer:
        """Done on the case in the state it is in."""
        state = str(self.get(f"/cases/{case}").headers["ETag"])
        return self.send(f"/cases/{case}{path}", body, If_Match=state, **headers)

    def act(
        self, case: str, name: str, body: Mapping[str, Any] | None = None, *, proof: bool = False
    ) -> Answer:
        """An act done on the case."""
        more = {"proof": {"password": self.password}} if proof else {}
        self.done.add(name)
        return self.on(case, f"/acts/{name}", {**(body or {}), **more})

    def choice(self, case: str, act: str, member: str, words: str) -> str:
        """The value of the one option of an act whose words contain these."""
        offered = self.get(f"/cases/{case}/acts/{act}").body["fields"]
        options = next(each["options"] for each in offered if each["name"] == member)
        found = [each["value"] for each in options if words in (each["value"], each["label"])]
        found = found or [each["value"] for each in options if words in each["label"]]
        assert len(found) == 1, (act, member, words, options)
        return str(found[0])

    @staticmethod
    def _good(answer: Answer, path: str) -> Answer:
        if answer.status >= 300:
            raise RefusedError(f"{path}: {answer.status} {answer.content.decode('utf-8', 'replace')}")
        return answer
