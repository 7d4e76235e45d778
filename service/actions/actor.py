"""Who acts, as `transaction` and the guards see it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from service.audit.leaf import LeafActor
from service.errors import InvalidError, Problem
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
        request_key, request_digest: the person's own key of this request and SHA-256 of what it asks; the
            same request sent twice is done once.
        seen: entry of the newest act on the case that the person knew of; another one since is refused.
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
    request_key: str | None = None
    request_digest: str = ""
    seen: str | None = None

    @property
    def person(self) -> str:
        """Return the account whose part is played: `played`, else `account`."""
        return self.played or self.account

    def logged(self, role: Role | None) -> LeafActor:
        """Return the actor as the entry names it; all roles joined by ``+`` unless one is chosen."""
        roles = role.value if role else "+".join(sorted(each.value for each in self.roles))
        return LeafActor(self.account, roles, self.organisation, self.played)

    def to_plain(self) -> dict[str, Any]:
        """Return the actor as JSON values, for the arguments of a job."""
        return {
            "account": self.account,
            "name": self.name,
            "roles": sorted(each.value for each in self.roles),
            "organisation": self.organisation,
            "played": self.played,
            "source": self.source,
            "on": self.on.isoformat() if self.on else None,
            "request_id": self.request_id,
            "ip": self.ip,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Actor:
        """Return the actor `to_plain` wrote.

        Raises:
            InvalidError: a part is missing, unknown or malformed.
        """
        try:
            roles = frozenset(Role(each) for each in plain["roles"])
            on = date.fromisoformat(plain["on"]) if plain["on"] else None
            return cls(**{**plain, "roles": roles, "on": on})
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidError(Problem("操作人资料不完整", value=str(error))) from error
