"""Whose word on a visitor's address and scheme counts."""

from __future__ import annotations

import pytest
from flask import request

from service import create_app
from service.settings import Settings
from service.web.access import Entry, access

SAYS = {"X-Forwarded-For": "198.51.100.7", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
PROXY = {"PINGJI_TRUSTED_PROXY": "10.0.0.2"}


def asked(settings: Settings, *peers: str, **proxy: str) -> list[tuple[int, str]]:
    """For each peer, status and what the application took visitor, scheme and host for."""
    app = create_app(Settings.from_env({"PINGJI_INSTANCE": str(settings.instance.path), **proxy}))
    told = access(Entry.ANYONE)(lambda: f"{request.remote_addr} {request.scheme} {request.host}")
    app.add_url_rule("/told", "told", told)
    client = app.test_client()
    answers = [client.get("/told", headers=SAYS, environ_base={"REMOTE_ADDR": peer}) for peer in peers]
    return [(answer.status_code, answer.text) for answer in answers]


@pytest.mark.parametrize("peer", ["10.0.0.2", "::ffff:10.0.0.2"])
def test_the_configured_proxy_is_believed_in_address_and_scheme_but_not_in_the_host(
    settings: Settings, peer: str
) -> None:
    assert asked(settings, peer, **PROXY) == [(200, "198.51.100.7 https localhost")]


def test_nobody_is_believed_where_no_proxy_is_configured(settings: Settings) -> None:
    assert asked(settings, "127.0.0.1", "10.0.0.2") == [
        (200, "127.0.0.1 http localhost"),
        (200, "10.0.0.2 http localhost"),
    ]


def test_this_machine_is_answered_but_not_believed(settings: Settings) -> None:
    assert asked(settings, "127.0.0.1", **PROXY) == [(200, "127.0.0.1 http localhost")]


def test_who_comes_past_the_proxy_gets_no_answer(settings: Settings) -> None:
    peers = [f"10.0.{number}.{3 + number}" for number in range(50)]
    found = asked(settings, *peers, **PROXY)
    assert len(found) == 50
    assert {status for status, _ in found} == {403}
    assert all("198.51.100.7" not in said for _, said in found)
