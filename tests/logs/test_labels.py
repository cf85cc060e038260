from __future__ import annotations

from typing import Any

import pytest

from qingdun.logs.core.columns import EVENT


def test_every_column_has_a_name_for_people() -> None:
    from qingdun.logs.labels import FIELDS

    assert list(FIELDS) == list(EVENT)
    assert len({str(name) for name in FIELDS.values()}) == len(FIELDS)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("qingdun.action", "blocked", "拦截"),
        ("qingdun.action", "other", "other"),
        ("event.severity", 5, "5 严重"),
        ("event.severity", 9, "9"),
        ("user.name", "blocked", "blocked"),
    ],
)
def test_our_own_words_are_said_in_the_readers_language(field: str, value: Any, words: str) -> None:
    from qingdun.logs.labels import words as said

    assert said(field, value) == words
