"""The audit trail: one Merkle log of every change, signed outside the database, checked offline."""

from pathlib import Path

OFFLINE = tuple(Path(__file__).with_name(f"verifier.{kind}") for kind in ("py", "html"))
"""The offline verifiers: each one file, handed out as it is."""
