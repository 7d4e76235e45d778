"""The data of the 得分率 column charts: one column per child of a node."""

from __future__ import annotations

from service.report.blocks import Chart
from service.report.facts import Facts


def rate_chart(facts: Facts, code: str) -> Chart | None:
    """Return the chart of the rates of the children of node `code`; None if no child has a rate."""
    labels, values, keys = [], [], []
    for node in facts.snapshot.framework.nodes:
        if node.parent == code:
            key = f"node.{node.code}.rate"
            ratio = facts.get(key).number
            if ratio is not None:
                labels.append(node.name)
                values.append(ratio)
                keys.append(key)
    return Chart(code, tuple(labels), tuple(values), tuple(keys)) if values else None
