from __future__ import annotations

from dataclasses import replace

import pytest

from qingdun.access.core.rules import BOUNDS, Rules, changes, kinds_in, outside


def test_the_defaults_are_lawful_and_every_number_has_bounds() -> None:
    assert outside(Rules()) == []
    assert set(BOUNDS) == set(Rules.__dataclass_fields__) - {"one_session"}


@pytest.mark.parametrize("name", BOUNDS)
def test_a_setting_beyond_its_bounds_is_named(name: str) -> None:
    low, high = BOUNDS[name]
    assert outside(replace(Rules(), **{name: low})) == outside(replace(Rules(), **{name: high})) == []
    assert outside(replace(Rules(), **{name: low - 1})) == outside(replace(Rules(), **{name: high + 1})) == [name]


def test_changes_names_what_differs() -> None:
    assert changes(Rules(), replace(Rules(), tries=4, one_session=True)) == {
        "tries": (5, 4),
        "one_session": (False, True),
    }


@pytest.mark.parametrize(
    ("password", "kinds"), [("abc", 1), ("abcD", 2), ("abcD1", 3), ("abcD1-", 4), ("口令abc", 2), ("", 0), ("12345", 1)]
)
def test_kinds_of_characters(password: str, kinds: int) -> None:
    assert kinds_in(password) == kinds
