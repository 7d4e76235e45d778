"""Where a rule is taken from reaches the node that a page or table prints."""

from __future__ import annotations

from service import frameworks
from service.frameworks.tree import plain_nodes


def test_clause_and_note_of_every_bundled_rule_reach_their_node() -> None:
    told = 0
    for code in frameworks.bundled():
        framework = frameworks.load(code)
        plain = plain_nodes(framework.plain)
        for node in framework.walk():
            rule = plain[node.code].get("rule", {})
            assert node.rule_clause == rule.get("clause", "")
            assert node.rule_note == rule.get("note", "")
            told += bool(node.rule_clause)
    assert told
