"""Write 0001 anew from the models. Only until the first release; then a change is a new revision.

python migrations/regenerate_first.py
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine
from sqlalchemy.types import TypeDecorator

from service.models import load_models

TARGET = Path(__file__).parent / "versions" / "0001_first.py"
HEADER = '''"""The first complete schema: evaluations, the log, and what keeps the service running."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
'''
FOOTER = """

def downgrade() -> None:
    raise NotImplementedError("痕迹日志不能倒退；请从备份恢复")
"""


def render_item(kind: str, item: object, autogen: object) -> str | bool:
    """Write the plain type below one of ours, so that the revision does not move with the models."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return f"sa.{item.impl_instance!r}"
    return False


def write_first(target: Path = TARGET) -> None:
    """Write the revision that makes every table of the models in an empty database."""
    with create_engine("sqlite://").connect() as connection:
        context = MigrationContext.configure(connection, opts={"render_item": render_item})
        script = produce_migrations(context, load_models())
        assert script.upgrade_ops is not None
        body = render_python_code(script.upgrade_ops, render_item=render_item, migration_context=context)
    lines = [line for line in body.splitlines() if not line.strip().startswith("# ###")]
    target.write_text(HEADER + "\n".join(lines).rstrip() + "\n" + FOOTER)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(target)], check=True)


if __name__ == "__main__":
    write_first()
