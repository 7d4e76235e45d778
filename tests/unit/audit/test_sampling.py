"""A draw can be repeated, keeps to its size, and gives every member the chance it says."""

from __future__ import annotations

import hashlib
import random

from service.audit.sampling import Unit, allotted, digest, drawn

PEOPLE = [Unit(f"k{number}", f"单位{number % 3}") for number in range(60)]


def keys(seed: str, size: int, *, stratified: bool = False, of: list[Unit] = PEOPLE) -> list[str]:
    return [of[place].key for place in drawn(of, seed=seed, size=size, stratified=stratified)]


def test_the_same_seed_draws_the_same_whatever_the_order_of_the_population() -> None:
    mixed = random.Random(7).sample(PEOPLE, len(PEOPLE))
    for stratified in (False, True):
        assert keys("甲", 9, stratified=stratified) == keys("甲", 9, stratified=stratified, of=mixed)
    assert keys("甲", 9) != keys("乙", 9)
    assert digest(PEOPLE) == digest(mixed) != digest(PEOPLE[1:])


def test_the_method_is_the_one_that_is_printed() -> None:
    by_hand = sorted(
        (unit.key for unit in PEOPLE), key=lambda key: hashlib.sha256(f"甲/{key}".encode()).hexdigest()
    )
    assert keys("甲", 5) == by_hand[:5]


def test_a_sample_has_the_size_asked_for_or_everything_there_is() -> None:
    for stratified in (False, True):
        for size in range(1, 70, 7):
            found = keys("甲", size, stratified=stratified)
            assert len(found) == len(set(found)) == min(size, 60)
    assert drawn([], seed="甲", size=3, stratified=True) == ()


def test_strata_get_their_share_and_what_is_left_goes_to_the_largest_remainders() -> None:
    assert allotted({"大": 50, "中": 30, "小": 20}, seed="甲", size=10) == {"大": 5, "中": 3, "小": 2}
    assert allotted({"大": 70, "小": 30}, seed="甲", size=4) == {"大": 3, "小": 1}
    assert sum(allotted({str(n): n for n in range(1, 20)}, seed="甲", size=37).values()) == 37
    third = allotted({"一": 1, "二": 1, "三": 1}, seed="甲", size=1)
    assert sorted(third.values()) == [0, 0, 1]
    assert third == allotted({"三": 1, "一": 1, "二": 1}, seed="甲", size=1)


def test_over_many_seeds_everybody_is_drawn_about_equally_often() -> None:
    counts = dict.fromkeys((unit.key for unit in PEOPLE), 0)
    for seed in range(600):
        for key in keys(str(seed), 6):
            counts[key] += 1
    assert sum(counts.values()) == 3600
    assert 30 < min(counts.values()) <= max(counts.values()) < 95
