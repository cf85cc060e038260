from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.lib.strictyaml import NotYaml, parse


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: no", {"a": "no"}),
        ("a: on", {"a": "on"}),
        ("a: 12:30:45", {"a": "12:30:45"}),
        ("a: 2026-01-01", {"a": "2026-01-01"}),
        ("a: 010", {"a": "010"}),
        ("a: 1_000", {"a": "1_000"}),
        ("a: 10", {"a": 10}),
        ("a: -1.5", {"a": -1.5}),
        ("a: 0x1F", {"a": 31}),
        ("a: true", {"a": True}),
        ("a: ~", {"a": None}),
        ("a:", {"a": None}),
        ("on: x", {"on": "x"}),
        ("<<: {a: 1}", {"<<": {"a": 1}}),
        ("\ufeffa: 1", {"a": 1}),
        ("a: &x [1]\nb: *x", {"a": [1], "b": [1]}),
    ],
)
def test_values_mean_what_they_show(text: str, value: object) -> None:
    assert parse(text.encode()) == value


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (b"a: 1\nb:\n  c: 1\n  c: 2", "第 4 行）：键 c 写了两次"),
        (b"[1]: x", "不是文字"),
        (b"true: x", "不是文字"),
        (b"a: 1\nb: \xe4\xb8", "不是 UTF-8 编码（第 2 行）"),
        (b"a: \x00", "控制字符"),
        (b"a: !!python/object:os.system x", "不是合法的 YAML"),
        (b"a: 1\n---\nb: 1", "不是合法的 YAML"),
    ],
)
def test_what_is_no_document_of_ours_says_why(text: bytes, problem: str) -> None:
    with pytest.raises(NotYaml) as refused:
        parse(text)
    assert problem in str(refused.value)


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abc 中\n:#'", max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1, max_size=3), inner),
    max_leaves=8,
)


@given(plain)
def test_json_is_read_as_json(value: object) -> None:
    assert parse(json.dumps({"value": value}, ensure_ascii=False).encode()) == {"value": value}


@given(st.binary(max_size=60))
def test_no_bytes_make_it_raise_anything_else(text: bytes) -> None:
    try:
        parse(text)
    except NotYaml as refused:
        assert str(refused)
