from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.logs.core.query import Clause, Op, Query, QueryError, parse, render
from qingdun.logs.core.query.values import ADDRESSES, FIELDS, LINE, NUMBERS

WORDS = st.text(min_size=1, max_size=12).filter(lambda text: "\0" not in text)
NUMBER = st.integers(-(10**9), 10**9)
TEXTS = sorted(set(FIELDS) - NUMBERS)


@st.composite
def clauses(draw: st.DrawFn) -> Clause:
    negated = draw(st.booleans())
    op = draw(st.sampled_from(Op))
    if op is Op.CIDR:
        network = draw(st.ip_addresses().map(lambda ip: f"{ip}/{ip.max_prefixlen}"))
        return Clause(draw(st.sampled_from(sorted(ADDRESSES))), op, (network,), negated)
    if op is Op.RANGE:
        low, high = draw(st.tuples(NUMBER, NUMBER).map(sorted))
        either = draw(st.sampled_from([(low, high), (None, high), (low, None)]))
        return Clause(draw(st.sampled_from(sorted(NUMBERS))), op, either, negated)
    if op is Op.EXISTS:
        return Clause(draw(st.sampled_from(FIELDS)), op, (), negated)
    if op is Op.MATCHES:
        return Clause(
            draw(st.sampled_from(TEXTS)),
            op,
            (draw(st.from_regex(r"[a-z][a-z\"“ .]{0,9}\*?", fullmatch=True)),),
            negated,
        )
    if op in (Op.IS, Op.IN):
        name = draw(st.sampled_from(FIELDS))
        values = draw(st.lists(NUMBER if name in NUMBERS else WORDS, min_size=1, max_size=3, unique=True))
        return Clause(name, op, tuple(values if op is Op.IN else values[:1]), negated)
    return Clause(draw(st.sampled_from(TEXTS)), op, (draw(WORDS),), negated)


@given(st.lists(clauses(), max_size=4, unique=True))
def test_what_is_written_is_read_back_the_same(found: list[Clause]) -> None:
    query = Query(tuple(found))
    assert parse(render(query)) == query


PIECES = st.sampled_from(
    [
        '"',
        "“",
        "”",
        "(",
        ")",
        "*",
        ":",
        "：",
        "~",
        "-",
        "..",
        "/",
        "\\",
        " ",
        "\0",
        ">=",
        "<",
        "７",
        *FIELDS[:4],
        *sorted(NUMBERS),
    ]
)


@given(st.lists(PIECES | st.text(max_size=4), max_size=12).map("".join))
def test_no_text_raises_anything_but_its_own_error(text: str) -> None:
    try:
        query = parse(text)
    except QueryError as error:
        assert 0 <= error.position <= len(text)
        assert str(error).startswith("第 ")
    else:
        assert parse(render(query)) == query


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        ("jndi", Clause(LINE, Op.CONTAINS, ("jndi",))),
        ('"union select"', Clause(LINE, Op.CONTAINS, ("union select",))),
        ("“联合 查询”", Clause(LINE, Op.CONTAINS, ("联合 查询",))),
        ("http://x/a?b=1", Clause(LINE, Op.CONTAINS, ("http://x/a?b=1",))),
        ("12:30:01", Clause(LINE, Op.CONTAINS, ("12:30:01",))),
        ("-/etc/passwd", Clause(LINE, Op.CONTAINS, ("/etc/passwd",), True)),
        ("source.ip:198.51.100.9", Clause("source.ip", Op.IS, ("198.51.100.9",))),
        ("source.ip：198.51.100.9", Clause("source.ip", Op.IS, ("198.51.100.9",))),
        ("source.ip:198.51.100.9/24", Clause("source.ip", Op.CIDR, ("198.51.100.0/24",))),
        ("source.ip:2001:db8::/32", Clause("source.ip", Op.CIDR, ("2001:db8::/32",))),
        ("-http.response.status_code:404", Clause("http.response.status_code", Op.IS, (404,), True)),
        ("http.response.status_code:>=500", Clause("http.response.status_code", Op.RANGE, (500, None))),
        ("http.response.status_code:<500", Clause("http.response.status_code", Op.RANGE, (None, 499))),
        ("source.port:1..1023", Clause("source.port", Op.RANGE, (1, 1023))),
        ("url.path:/api/*", Clause("url.path", Op.PREFIX, ("/api/",))),
        ("url.domain:*.example.cn", Clause("url.domain", Op.ENDS, (".example.cn",))),
        ("url.original:*shell*", Clause("url.original", Op.CONTAINS, ("shell",))),
        ('url.original:"*shell*"', Clause("url.original", Op.IS, ("*shell*",))),
        ("rule.id:(1001 1002)", Clause("rule.id", Op.IN, ("1001", "1002"))),
        ("error.message:*", Clause("error.message", Op.EXISTS)),
        (r'url.path~"^/a\.php$"', Clause("url.path", Op.MATCHES, (r"^/a\.php$",))),
    ],
)
def test_text_forms(text: str, clause: Clause) -> None:
    assert parse(text).clauses == (clause,)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a sourc.ip:1", "第 3 个字符：没有字段 sourc.ip，是不是 source.ip"),
        ('a "b', "第 3 个字符：引号没有配对"),
        ("http.response.status_code:ok", "http.response.status_code 是数字，ok 不是"),
        ("http.response.status_code:500..400", "范围的起点 500 大于终点 400"),
        ("source.ip:198.51.100.0/33", "198.51.100.0/33 不是网段"),
        ('url.path~"(("', "不是合法的正则表达式"),
        (f'url.path~"{"a" * 201}"', "超过 200 个字符"),
        ("x" * 2001, "超过 2000 个字符"),
        ("rule.id:(1 2", "左括号没有对应的右括号"),
        ("@timestamp:3", "时间请用起止时间限定"),
        ("rule.id:", "缺少值"),
        ("a -", "减号后面缺少条件"),
    ],
)
def test_refusals_say_where_and_what(text: str, message: str) -> None:
    with pytest.raises(QueryError, match="第 .* 个字符") as refused:
        parse(text)
    assert message in str(refused.value)


def test_a_condition_written_twice_counts_once() -> None:
    assert parse("a a rule.id:1 rule.id:1") == parse("a rule.id:1")
