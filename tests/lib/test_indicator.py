from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.lib.indicator import Figure


@pytest.mark.parametrize(
    ("figure", "shown"),
    [
        (Figure(0), "0"),
        (Figure(1_234_567), "1,234,567"),
        (Figure(74, 106), "69.8%"),
        (Figure(1, 2), "50%"),
        (Figure(106, 106), "100%"),
        (Figure(0, 106), "0%"),
        (Figure(9_999, 10_000), "99.9%"),
        (Figure(1, 10_000), "0.1%"),
        (Figure(0, 0), "—"),
    ],
)
def test_how_a_figure_is_shown(figure: Figure, shown: str) -> None:
    assert str(figure) == shown


@pytest.mark.parametrize(("value", "denominator"), [(2, 1), (-1, 3), (1, 0)])
def test_a_part_greater_than_its_whole_is_no_figure(value: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        Figure(value, denominator)


@given(st.integers(1, 10**7).flatmap(lambda whole: st.tuples(st.integers(0, whole), st.just(whole))))
def test_only_all_is_100_and_only_none_is_0(parts: tuple[int, int]) -> None:
    part, whole = parts
    assert (str(Figure(part, whole)) == "100%") is (part == whole)
    assert (str(Figure(part, whole)) == "0%") is (part == 0)
