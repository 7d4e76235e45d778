"""What every business table holds, as digests: equal before and after means that nothing was changed."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import create_engine, select
from sqlalchemy.pool import NullPool

from service.extensions import db
from service.models.base import Base, audited_tables
from service.models.operational import LoginSession
from service.models.organisation import Account
from tests.web.conftest import Site


def business(site: Site, *, but: str = "") -> Mapping[str, str]:
    """A digest of all rows of every business table; `but` leaves out the rows of one case."""
    engine = create_engine(f"sqlite:///{site.instance.database}", poolclass=NullPool)
    found = {}
    with engine.connect() as connection:
        for name in sorted(audited_tables()):
            table = Base.metadata.tables[name]
            query = select(table).order_by(*table.primary_key)
            if but:
                case = table.c.id if name == "evaluation" else table.c.get("evaluation_id")
                if case is None:
                    continue
                query = query.where(case != but)
            rows = [tuple(row) for row in connection.execute(query)]
            found[name] = hashlib.sha256(repr(rows).encode()).hexdigest()
    engine.dispose()
    return found


def logins_open(site: Site) -> Mapping[str, str]:
    """The login name of the account of every login there is, by the login's id."""
    engine = create_engine(f"sqlite:///{site.instance.database}", poolclass=NullPool)
    query = select(LoginSession.id, Account.login).join(Account, Account.id == LoginSession.account_id)
    with engine.connect() as connection:
        found = {row.id: row.login for row in connection.execute(query)}
    engine.dispose()
    return found


class Kept:
    """The database of a running site as it now is, to go back to."""

    def __init__(self, site: Site, folder: Path) -> None:
        self.site, self.file = site, folder / "kept.db"
        self._close()
        shutil.copy(site.instance.database, self.file)

    def restore(self) -> None:
        """Everything stands as it did."""
        self._close()
        shutil.copy(self.file, self.site.instance.database)

    def _close(self) -> None:
        with self.site.app.app_context():
            db.session.remove()
            db.engine.dispose()
        database = self.site.instance.database
        for extra in ("-wal", "-shm"):
            database.with_name(database.name + extra).unlink(missing_ok=True)
