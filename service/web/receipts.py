"""Whoever acts gets the receipt of his entry in the head of the answer, and can later prove its omission.

``Pingji-Receipt: <entry id> <index from 0> <leaf hash in hex>``, one line an entry, for acts refused too. An
answer carries at most `MOST` of them, the newest; the log and ``pingji audit proof`` have them all.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, g, has_request_context

from service.actions.entries import Receipt, entry_committed

HEADER = "Pingji-Receipt"
MOST = 16


def init_app(app: Flask) -> None:
    """Put the receipts of a request into its answer."""
    app.after_request(_hand_out)


@entry_committed.connect
def _keep(_: Any, receipt: Receipt) -> None:
    if has_request_context():
        g.setdefault("receipts", []).append(receipt)


def _hand_out(response: Response) -> Response:
    kept: list[Receipt] = g.get("receipts", [])
    for receipt in kept[-MOST:]:
        said = f"{receipt.entry_id} {receipt.index} {receipt.leaf_hash.hex()}"
        response.headers.add(HEADER, said)
    return response
