"""What counts as a good password: every common one is refused, also dressed up, and phrases pass."""

from __future__ import annotations

import pytest

from service.errors import InvalidError
from service.passwords import (
    LISTED,
    STANDARD,
    STRICT,
    PasswordPolicy,
    demand_good,
    listed,
    policy_of,
    random_password,
)


def good(password: str, policy: PasswordPolicy = STANDARD, known: tuple[str, ...] = ()) -> bool:
    try:
        demand_good(password, known, policy)
    except InvalidError:
        return False
    return True


def test_none_of_the_ten_thousand_commonest_passes_alone_or_dressed_up() -> None:
    words = listed()
    assert len(words) == LISTED
    passed = {word for word in words if good(word)}
    dressed = {word for word in words if good(f"{word}2026!") or good(f"1{word.capitalize()}!!!!")}
    print(f"listed={len(words)} passed={len(passed)} dressed={len(dressed)}")  # noqa: T201 - the counts are the report
    assert passed == set()
    assert dressed == set()


@pytest.mark.parametrize(
    "phrase",
    [
        "correct horse battery",
        "梧桐 灯塔 算盘 雨伞 1987",
        "dragon under seven bridges",
        "我家门前有两棵枣树还有井",
    ],
)
def test_phrases_of_unrelated_words_pass_though_each_word_is_common(phrase: str) -> None:
    assert good(phrase)


def test_what_is_known_of_the_account_does_not_count() -> None:
    assert good("zhengwuyun-0731-km")
    assert not good("zhengwuyun-0731", known=("zhengwuyun", "0731-"))


def test_a_random_password_is_good_under_every_policy() -> None:
    longest = policy_of("length=64 classes=4")
    for policy in (STANDARD, STRICT, longest):
        assert all(good(random_password(policy), policy) for _ in range(20))
    assert random_password() != random_password()


def test_the_strict_profile_asks_for_kinds_of_characters() -> None:
    assert not good("correct horse battery", STRICT)
    assert good("Correct horse battery 7", STRICT)
    assert "3 种" in STRICT.words
    assert policy_of("strict") == STRICT
    assert policy_of("length=14 days=30") == PasswordPolicy(length=14, days=30)
