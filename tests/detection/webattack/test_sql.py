"""Reading values as SQL: injection has shapes that names and prose do not have."""

from __future__ import annotations

import pytest

from qingdun.detection.core.webattack.sql import judged, tokens


@pytest.mark.parametrize(
    ("text", "quote", "letters"),
    [
        ("1 union select 2", "", "1UE1"),
        ("x' or 'a'='a", "'", "sLs=q"),
        ("o'neil", "'", "sn"),
        ("where do we go from here", "", "FnFn"),
        ("1;drop table a--", "", "1;EFn#"),
        ("sleep(5)", "", "X(1)"),
        ("a.b, `c`", "", "n,s"),
        ("@@version", "", "v"),
    ],
)
def test_a_value_is_cut_as_a_database_would(text: str, quote: str, letters: str) -> None:
    assert tokens(text, quote) == letters


@pytest.mark.parametrize(
    "text",
    [
        "1' and 1=1",
        "-1 or 2>1",
        "1) union all (select null,null",
        '5" order by 3#',
        "1;select pg_sleep(5)",
        "(select 1 from dual)",
        "admin'--",
        "1 like 1",
        "1!=2",
        "1' || 'a'='a",
    ],
)
def test_injection_is_seen(text: str) -> None:
    assert judged(text)[0] >= 5, tokens(text)


@pytest.mark.parametrize(
    "text",
    [
        "o'neil",
        "rue d'arlon 12, 3",
        "d'amico urrea",
        "union station and select stores",
        "not in stock",
        "a=1",
        "11!=11",
        "order by phone",
        "2024-01-02",
        "12:30:45",
        "张三 and 李四",
        "rock and roll",
        "is it 5 or 6",
        "it's 5 o'clock",
        "",
    ],
)
def test_prose_and_names_are_not(text: str) -> None:
    assert judged(text)[0] < 5, (tokens(text), judged(text))
