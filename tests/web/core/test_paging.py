from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qingdun.web.core.paging import SIZES, Page

numbers = st.integers(-5, 10**9)


@given(wanted=numbers, size=st.sampled_from([*SIZES, 7, 0, -1]), total=st.integers(0, 10**7))
def test_there_is_always_a_page_and_it_lies_inside_the_list(wanted: int, size: int, total: int) -> None:
    page = Page.of(wanted, size, total)
    assert page.size in SIZES and 1 <= page.number <= page.count
    assert 0 <= page.start <= page.stop <= total and page.stop - page.start <= page.size
    assert (page.previous is None) == (page.number == 1) and (page.next is None) == (page.number == page.count)


@given(total=st.integers(1, 1000), size=st.sampled_from(SIZES))
def test_pages_cover_every_row_once_from_whichever_end_they_are_read(total: int, size: int) -> None:
    rows, read = list(range(total)), []
    for number in range(1, Page.of(1, size, total).count + 1):
        page = Page.of(number, size, total)
        start, stop = page.backward
        read += rows[::-1][start:stop][::-1] if page.from_end else rows[page.start : page.stop]
    assert read == rows


@given(wanted=numbers, size=st.sampled_from(SIZES), total=st.integers(0, 10**7))
def test_no_page_skips_more_than_half_of_the_rows(wanted: int, size: int, total: int) -> None:
    page = Page.of(wanted, size, total)
    assert (page.backward[0] if page.from_end else page.start) <= total / 2
