"""Every operation of the API succeeds for somebody: none is a wall behind which a fault could hide."""

from __future__ import annotations

import pytest

from tests.programs import lives as before
from tests.programs import lives_after as after
from tests.programs import lives_tools as tools
from tests.programs.lives import Lives
from tests.programs.test_examples import served
from tests.web.conftest import Site, world
from tests.web.test_api import READERS

__all__ = ["served", "world"]
PARTS = (
    before.found, before.library, tools.tables, tools.layouts, before.commissioned, before.assessed,
    after.visited, after.scored, after.answered, tools.words, after.signed, after.audited, after.by_firm,
    after.ended, tools.archives,
)  # fmt: skip


@pytest.mark.deep
def test_every_operation_is_a_success_for_somebody(served: tuple[Site, str]) -> None:
    site, address = served
    lives = Lives(site, address)
    for part in PARTS:
        part(lives)
    document = site.client().get("/api/v1/openapi.json").json
    plain = [path for path in document["paths"] if path.count("{") == path.count("{case}")]
    for role in READERS:
        for path in plain:
            for case in ("made", "asking", "final", "self") if "{case}" in path else ("",):
                if "get" in document["paths"][path]:
                    lives.by(role).ask("GET", path.replace("{case}", case).removeprefix("/api/v1"))
    known = {each["operationId"] for item in document["paths"].values() for each in _operations(item)}
    print(f"operations={len(known)} never_answered_with_success={sorted(known - lives.good)}")  # noqa: T201 - the count is the report
    assert known - lives.good == set()


def _operations(item: dict[str, object]) -> list[dict[str, str]]:
    return [each for each in item.values() if isinstance(each, dict)]
