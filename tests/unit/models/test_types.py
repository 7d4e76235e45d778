"""Stored forms are exact and one per value; ids sort by time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Float, Integer, LargeBinary, Numeric, String, Text, create_engine
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.types import TypeEngine

from service.models.base import Audited, Base, Log, Operational, kind_of, new_id
from service.models.types import (
    Day,
    EnumText,
    Exact,
    JsonText,
    UtcDateTime,
    disposition,
    exact_text,
    json_text,
    plain,
)

LITE, GRES = sqlite.dialect(), postgresql.dialect()  # type: ignore[no-untyped-call]


class Colour(StrEnum):
    RED = "red"


@given(st.fractions())
def test_an_exact_number_keeps_its_value_as_text(value: Fraction) -> None:
    assert Fraction(exact_text(value)) == value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("4.50", "4.50"), ("2145/5823", "2145/5823"), ("-3", "-3"), (0, "0"), (Decimal("1E+2"), "100"),
        (Decimal("0.10"), "0.10"), (Fraction(9, 2), "4.5"), (Fraction(-1, 8), "-0.125"), (Fraction(1, 3), "1/3"),
    ],
)  # fmt: skip
def test_an_exact_number_is_kept_as_written(value: Any, text: str) -> None:
    assert Exact().process_bind_param(value, LITE) == text


@pytest.mark.parametrize("value", [1.5, True, "", "1e3", "1.", ".5", "1/0", "NaN", "１", " 1", "+1", "1/2/3"])
def test_what_is_not_exact_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="精确"):
        exact_text(value)


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=8))])))
def test_a_moment_comes_back_the_same_and_in_utc(value: datetime) -> None:
    for dialect in (LITE, GRES):
        try:
            stored = UtcDateTime().process_bind_param(value, dialect)
        except OverflowError:
            return
        back = UtcDateTime().process_result_value(stored, dialect)
        assert back == value
        assert back is not None
        assert back.tzinfo is UTC


def test_a_moment_without_zone_and_a_moment_for_a_day_are_refused() -> None:
    with pytest.raises(ValueError, match="时区"):
        UtcDateTime().process_bind_param(datetime(2026, 1, 1), LITE)  # noqa: DTZ001
    with pytest.raises(ValueError, match="日期"):
        Day().process_bind_param(datetime(2026, 1, 1, tzinfo=UTC), LITE)


def test_a_closed_set_is_stored_by_value_and_nothing_else_is_taken() -> None:
    kind = EnumText(Colour)
    assert kind.process_bind_param(Colour.RED, LITE) == kind.process_bind_param("red", LITE) == "red"
    assert kind.process_result_value("red", LITE) is Colour.RED
    for call in (kind.process_bind_param, kind.process_result_value):
        with pytest.raises(ValueError, match="blue"):
            call("blue", LITE)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_json_has_one_text_and_comes_back(value: Any) -> None:
    text = JsonText().process_bind_param(value, LITE)
    back = JsonText().process_result_value(text, LITE)
    assert back == value
    assert (text is None) == (value is None)


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, {1: "a"}, {"a": object()}, {"a": {1, 2}}])
def test_json_refuses_floats_and_what_is_not_json(value: Any) -> None:
    with pytest.raises(ValueError):
        json_text(value)


def test_one_and_true_are_different_json() -> None:
    assert not JsonText().compare_values({"a": 1}, {"a": True})
    assert JsonText().compare_values({"a": 1, "b": 2}, {"b": 2, "a": 1})
    assert not JsonText().compare_values(None, {})


@pytest.mark.parametrize(
    ("column", "value", "logged"),
    [
        (Exact(), Fraction(1, 2), "0.5"), (Day(), date(2026, 3, 2), "2026-03-02"), (String(), Colour.RED, "red"),
        (UtcDateTime(), datetime(2026, 3, 2, tzinfo=UTC), "2026-03-02T00:00:00.000000Z"),
        (EnumText(Colour), Colour.RED, "red"), (JsonText(), {"b": 1, "a": "字"}, '{"a":"字","b":1}'),
        (Integer(), 7, 7), (Text(), "x", "x"),
    ],
)  # fmt: skip
def test_the_logged_form_is_exact(column: TypeEngine[Any], value: Any, logged: Any) -> None:
    found = plain(column)(value)
    assert found == logged
    assert type(found) is type(logged)


@pytest.mark.parametrize("column", [Float(), Numeric(), LargeBinary()])
def test_a_type_without_an_exact_form_cannot_be_audited(column: TypeEngine[Any]) -> None:
    with pytest.raises(TypeError):
        plain(column)


def test_free_text_is_committed_and_everything_else_inline_unless_said() -> None:
    assert disposition(Text(), {}) == disposition(JsonText(), {}) == "commit"
    assert disposition(String(), {}) == disposition(Integer(), {}) == "inline"
    assert disposition(JsonText(), {"audit": "inline"}) == "inline"
    assert disposition(String(), {"audit": "skip"}) == "skip"
    with pytest.raises(ValueError, match="audit"):
        disposition(Text(), {"audit": "maybe"})


def test_ids_are_uuid7_unique_and_in_order() -> None:
    ids = [new_id() for _ in range(2000)]
    assert len(set(ids)) == 2000
    assert all(len(each) == 36 and each[14] == "7" and each[19] in "89ab" for each in ids)
    assert [each[:18] for each in ids] == sorted(each[:18] for each in ids)


def test_a_class_is_exactly_one_kind() -> None:
    class Two(Audited, Operational):
        pass

    for wrong in (Two, object):
        with pytest.raises(TypeError):
            kind_of(wrong)
    assert kind_of(Audited) is Audited
    assert kind_of(Log) is Log


def test_the_metadata_can_be_made_at_once() -> None:
    engine = create_engine("sqlite://")
    Base.metadata.create_all(engine)
    engine.dispose()
