"""Who acts, as `transaction` and the guards see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from service.audit.leaf import LeafActor
from service.workflow.roles import Role


class StoredFile(NamedTuple):
    """A file bound into the entry: SHA-256 in hex, size in bytes, media type."""

    sha256: str
    size: int
    type: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Actor:
    """Who acts: the account logged in, and in a replay the account whose part it plays.

    Args:
        account: id of the account that is answerable for the entry.
        name: shown name; not logged.
        roles: parts played here; guards judge these.
        organisation: id of its organisation.
        played: account acted for (replay); guards and authorship take `person`.
        source: SHA-256 of the case file replayed.
        on: business date; only a replay sets it.
        request_id, ip: of the request.
    """

    account: str
    name: str
    roles: frozenset[Role]
    organisation: str | None = None
    played: str | None = None
    source: str | None = None
    on: date | None = None
    request_id: str | None = None
    ip: str | None = None

    @property
    def person(self) -> str:
        """Return the account whose part is played: `played`, else `account`."""
        return self.played or self.account

    def logged(self, role: Role | None) -> LeafActor:
        """Return the actor as the entry names it; all roles joined by ``+`` unless one is chosen."""
        roles = role.value if role else "+".join(sorted(each.value for each in self.roles))
        return LeafActor(self.account, roles, self.organisation, self.played)
