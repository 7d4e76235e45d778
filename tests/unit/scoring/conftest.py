"""Builders of small frameworks for the scoring tests."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import pytest

from service import frameworks, yamltext
from service.scoring.facts import ScoringFacts
from service.scoring.framework import Framework
from service.scoring.inputs import LeafInput
from service.scoring.sheet import ScoreSheet, score

HEAD = {"format": "pingji-framework/1", "code": "t", "name": "试", "version": "1"}
Build = Callable[..., Framework]


def build(nodes: list[Any], **head: Any) -> Framework:
    """Return the framework of plain node mappings."""
    return _parsed(yamltext.write(json.loads(json.dumps({**HEAD, **head, "nodes": nodes}))))


@lru_cache(maxsize=256)
def _parsed(text: str) -> Framework:
    return frameworks.parse(text, name="t")


@pytest.fixture(scope="session")
def framework() -> Build:
    """Return a function that builds a framework from plain nodes."""
    return build


@pytest.fixture(scope="session")
def one_leaf() -> Build:
    """Return a function that builds a framework of one leaf X from its full marks and rule."""

    def make(full: str, rule: Mapping[str, Any], **more: Any) -> Framework:
        return build([{"code": "X", "name": "项", "max": full, "rule": rule, **more}])

    return make


@pytest.fixture(scope="session")
def scored() -> Callable[..., ScoreSheet]:
    """Return a function that scores plain results under a framework."""

    def run(framework: Framework, results: Mapping[str, Any], **facts: Any) -> ScoreSheet:
        inputs = {code: LeafInput.from_plain(plain) for code, plain in results.items()}
        return score(framework, ScoringFacts(inputs=inputs, **facts))

    return run
