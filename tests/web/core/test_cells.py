from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.web.core.cells import RISKY, cell


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "是"),
        (False, "否"),
        (-5, "-5"),
        (0.5, "0.5"),
        (date(2026, 1, 31), "2026-01-31"),
        (datetime(2026, 1, 31, 9, 8, 7), "2026-01-31 09:08:07"),
        ("10.20.1.5", "10.20.1.5"),
        ("=1+1", "'=1+1"),
        ("  @SUM(A1)", "'  @SUM(A1)"),
        ("-rf", "'-rf"),
        ("＝cmd", "'＝cmd"),
    ],
)
def test_a_value_is_written_as_plain_text(value: object, text: str) -> None:
    assert cell(value) == text


@given(st.text())
def test_no_text_starts_a_formula(text: str) -> None:
    assert not cell(text).lstrip(" ").startswith(RISKY)
