"""A leaf says who did what to which rows, hides free text, and never exceeds its limit."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from typing import Any

import pytest

from service.audit.canonical import decode_strict
from service.audit.leaf import (
    LIMIT,
    Change,
    FieldChange,
    FileFact,
    LeafActor,
    LeafFacts,
    RedactionFact,
    RestoreFact,
    build,
    build_parts,
    commitment,
)
from service.audit.merkle import leaf_hash
from service.errors import InvalidError

AT = datetime(2026, 3, 2, 1, 30, 0, 7, tzinfo=UTC)
SECRET = "专家个人意见：依据不足"


def make_facts(**overrides: Any) -> LeafFacts:
    base = LeafFacts(
        log="pingji/demo/1",
        entry_id="entry-1",
        at=AT,
        actor=LeafActor("account-1", "EV"),
        action="deduction.revise",
        reason=SECRET,
        evaluation="evaluation-1",
        stage="material_review",
        changes=(
            Change(
                "deduction",
                "row-1",
                "update",
                2,
                {"amount": FieldChange("1", "1.5"), "note": FieldChange(None, SECRET, commit=True)},
            ),
        ),
        files=(FileFact("ab" * 32, 12, "application/pdf"),),
    )
    return replace(base, **overrides)


def test_the_leaf_has_exactly_the_members_of_version_one() -> None:
    data, _ = build(make_facts(), salts=lambda: "00" * 16)
    leaf = decode_strict(data)
    assert leaf == {
        "v": 1,
        "log": "pingji/demo/1",
        "id": "entry-1",
        "at": "2026-03-02T01:30:00.000007Z",
        "actor": {"id": "account-1", "role": "EV", "org": None, "on_behalf": None},
        "action": "deduction.revise",
        "reason": {"#": commitment("00" * 16, json.dumps(SECRET, ensure_ascii=False))},
        "evaluation": "evaluation-1",
        "stage": "material_review",
        "source": None,
        "changes": [
            {
                "t": "deduction",
                "pk": "row-1",
                "op": "update",
                "rev": 2,
                "f": {
                    "amount": ["1", "1.5"],
                    "note": [None, {"#": commitment("00" * 16, json.dumps(SECRET, ensure_ascii=False))}],
                },
            }
        ],
        "files": [{"sha256": "ab" * 32, "size": 12, "type": "application/pdf"}],
        "outcome": "done",
    }


def test_stated_facts_add_their_members_and_no_others() -> None:
    plain = decode_strict(build(make_facts())[0])
    full = decode_strict(
        build(
            make_facts(
                on=date(2026, 1, 2), request="r-1", ip="10.0.0.1", system_user="clerk", problems=("一", "二")
            )
        )[0]
    )
    assert set(full) - set(plain) == {"on", "request", "ip", "system_user", "problems"}
    assert full["on"] == "2026-01-02"
    assert set(full["ip"]) == set(full["system_user"]) == set(full["problems"]) == {"#"}


def test_free_text_is_only_in_the_disclosure_and_each_has_its_own_salt() -> None:
    data, disclosures = build(make_facts())
    assert SECRET.encode() not in data
    assert [each.path for each in disclosures] == ["/reason", "/changes/0/f/note/1"]
    assert len({each.salt for each in disclosures}) == len({each.digest for each in disclosures}) == 2
    for each in disclosures:
        assert json.loads(each.body) == SECRET
        assert commitment(each.salt, each.body) == each.digest
        assert each.digest.encode() in data


def test_the_same_facts_twice_give_different_commitments() -> None:
    assert build(make_facts())[0] != build(make_facts())[0]


def test_an_empty_reason_is_null_and_discloses_nothing() -> None:
    data, disclosures = build(make_facts(reason="", changes=()))
    assert decode_strict(data)["reason"] is None
    assert disclosures == ()


def test_every_problem_of_the_facts_is_named_at_once() -> None:
    bad = Change("deduction x", "row-1", "insert", 2, {"备注": FieldChange("old", None)})
    naive = AT.replace(tzinfo=None)
    facts = make_facts(log="", action="a\nb", at=naive, changes=(bad, bad), files=(FileFact("AB", -1, ""),))
    with pytest.raises(InvalidError) as refused:
        build(facts)
    assert {problem.path for problem in refused.value.problems} == {
        "log", "action", "at", "changes.0", "changes.1", "changes.0.rev", "changes.1.rev", "files.0",
    }  # fmt: skip


@pytest.mark.parametrize(
    "overrides",
    [
        {"outcome": "refused"},
        {"outcome": "perhaps"},
        {"changes": (Change("t", "p", "delete", 2, {}),)},  # type: ignore[arg-type]
        {"changes": (Change("t", "p", "update", 1, {}),)},
        {"redactions": (RedactionFact("entry-0", "/reason", "依据", "account-2"),)},
        {"restore": RestoreFact(3, "00" * 32, ("a", "b"))},
        {"action": "system.restore", "restore": RestoreFact(3, "00" * 32, ("a", "a"))},
        {"action": "system.restore", "restore": RestoreFact(3, "00" * 31, ("a", "b"))},
    ],
)
def test_a_fact_that_contradicts_itself_is_refused(overrides: dict[str, Any]) -> None:
    with pytest.raises(InvalidError):
        build(make_facts(**overrides))


def padded(size: int) -> LeafFacts:
    """Facts whose leaf has exactly `size` bytes."""
    short = make_facts(source="x")
    return make_facts(source="x" * (1 + size - len(build(short)[0])))


def test_a_leaf_of_exactly_the_limit_is_built_and_one_byte_more_is_refused() -> None:
    assert len(build(padded(LIMIT))[0]) == LIMIT
    with pytest.raises(InvalidError):
        build(padded(LIMIT + 1))


def import_facts(rows: int, files: int = 0) -> LeafFacts:
    changes = tuple(
        Change(
            "indicator",
            f"row-{n}",
            "insert",
            1,
            {"code": FieldChange(None, f"A{n}"), "text": FieldChange(None, "说明", commit=True)},
        )
        for n in range(rows)
    )
    return make_facts(
        changes=changes, files=tuple(FileFact(f"{n:064x}", n, "application/pdf") for n in range(files))
    )


def test_small_facts_are_one_part_without_a_part_member() -> None:
    (part,) = build_parts(import_facts(3), lambda: "unused")
    assert "part" not in decode_strict(part.data)
    assert part.entry_id == "entry-1"
    assert part.hash == leaf_hash(part.data)


def test_large_facts_become_chained_parts_that_hold_everything_once_in_order() -> None:
    numbers = count(2)
    facts = import_facts(2000, files=900)
    parts = build_parts(facts, lambda: f"entry-{next(numbers)}")
    leaves = [decode_strict(part.data) for part in parts]
    assert len(parts) > 5
    assert all(len(part.data) <= LIMIT for part in parts)
    assert [leaf["id"] for leaf in leaves] == [f"entry-{n}" for n in range(1, len(parts) + 1)]
    assert [row["pk"] for leaf in leaves for row in leaf["changes"]] == [f"row-{n}" for n in range(2000)]
    assert [file["size"] for leaf in leaves for file in leaf["files"]] == list(range(900))
    previous = None
    for number, (part, leaf) in enumerate(zip(parts, leaves, strict=True), start=1):
        assert leaf["part"] == {"n": [number, len(parts)], "of": "entry-1", "prev": previous}
        assert [change.pk for change in part.changes] == [row["pk"] for row in leaf["changes"]]
        for disclosure in part.disclosures:
            target: Any = leaf
            for step in disclosure.path[1:].split("/"):
                target = target[int(step)] if isinstance(target, list) else target[step]
            assert target == {"#": disclosure.digest}
        previous = part.hash.hex()


def test_one_change_too_large_for_any_leaf_is_refused() -> None:
    huge = Change("t", "p", "insert", 1, {"code": FieldChange(None, "x" * LIMIT)})
    with pytest.raises(InvalidError, match="单项改动"):
        build_parts(make_facts(changes=(huge,)), lambda: "entry-2")
