"""Where a line of a 自评 stands: below nodes of the tree, or in points beside it."""

from __future__ import annotations

import pytest

from service import frameworks
from service.queries.unitpage import above


@pytest.mark.parametrize(("code", "where"), [("A101", "决策 / 项目立项"), ("N1", "逆向指标")])
def test_a_line_names_what_it_stands_under(code: str, where: str) -> None:
    framework = frameworks.parse(frameworks.text_of("zhongshan-cloud-2022"), name="zhongshan")
    assert above(framework, framework.node(code)) == where


@pytest.mark.parametrize("name", frameworks.bundled())
def test_every_line_of_every_framework_has_a_place(name: str) -> None:
    framework = frameworks.parse(frameworks.text_of(name), name=name)
    tops = {*(n.name for n in framework.nodes), *(b.name for b in framework.blocks)}
    for node in framework.leaves:
        found = above(framework, node)
        assert (not node.parent) if not found else found.split(" / ")[0] in tops, node.code
