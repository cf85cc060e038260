"""The text form of a query, read.

    source.ip:198.51.100.0/24 qingdun.action:blocked -http.response.status_code:404 "union select"

A word alone is looked for in the raw line. `field:value` compares a column: `*` exists, `a*` `*a` `*a*` begins, ends,
contains, `(a b)` any of, `400..499` `>=400` ranges, `1.2.3.0/24` a network, `field~"…"` an RE2 expression. Quotes
make a value literal, a leading `-` turns the condition round. Quotes and colons of a Chinese keyboard are taken too.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_network

import re2

from qingdun.logs.core.query.refusal import Refusal, gettext_noop
from qingdun.logs.core.query.values import ADDRESSES, FIELDS, LINE, NUMBERS, Clause, Op, Query, Value

LONGEST_TEXT = 2000
LONGEST_EXPRESSION = 200
_HEAD = re.compile(r"(?P<field>@?[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_@]+)*)(?P<sign>[:：~])")
_QUOTES = {'"': '"', "“": "”"}
_STOP = frozenset('()"“”')
_RANGE = re.compile(r"(?P<low>-?\d*)\.\.(?P<high>-?\d*)")
_COMPARED = re.compile(r"(?P<sign><=|>=|<|>)(?P<number>-?\d+)")
_NUMBER = re.compile(r"-?\d{1,18}")


class QueryError(Refusal):
    """The text is not a query. The message says what and where."""

    def __init__(self, position: int, template: str, **values: object) -> None:
        self.position = position
        super().__init__(template, **values)

    def said(self, gettext: Callable[[str], str]) -> str:
        where = gettext(gettext_noop("第 %(place)d 个字符：%(problem)s"))
        return where % {"place": self.position + 1, "problem": super().said(gettext)}


@dataclass(frozen=True, slots=True)
class _Word:
    """A value as written: its text, whether quotes made it literal, and stars outside the quotes."""

    text: str
    literal: bool
    starred_before: bool
    starred_after: bool
    at: int


def parse(text: str) -> Query:
    """Read the text form. Raises QueryError, and nothing else, for any text that is not one."""
    if len(text) > LONGEST_TEXT:
        raise QueryError(LONGEST_TEXT, gettext_noop("检索条件超过 %(most)s 个字符"), most=LONGEST_TEXT)
    if (zero := text.find("\0")) >= 0:
        raise QueryError(zero, gettext_noop("检索条件中有空字符"))
    at, query = _past_space(text, 0), Query()
    while at < len(text):
        clause, at = _clause(text, at)
        query = query.and_also(clause)
        at = _past_space(text, at)
    return query


def _past_space(text: str, at: int) -> int:
    while at < len(text) and text[at].isspace():
        at += 1
    return at


def _clause(text: str, at: int) -> tuple[Clause, int]:
    begin = at
    negated = text[at] == "-"
    at += negated
    if at == len(text) or text[at].isspace():
        raise QueryError(begin, gettext_noop("减号后面缺少条件；要找减号本身请加引号"))
    head = _HEAD.match(text, at)
    if head and _names_a_field(head["field"]):
        field, at = _field(head["field"], at), head.end()
        clause, at = _expression(text, at, field) if head["sign"] == "~" else _comparison(text, at, field)
    else:
        word, at = _word(text, at)
        clause = Clause(LINE, Op.CONTAINS, (_not_empty(word),))
    return Clause(clause.field, clause.op, clause.values, negated), at


def _names_a_field(name: str) -> bool:
    """`http://…` and `12:30` are text; a dotted name or one of ours was meant as a field."""
    return "." in name or name.startswith("@") or name in FIELDS


def _field(name: str, at: int) -> str:
    if name in FIELDS:
        return name
    if name == "@timestamp" or name == "event.ingested":
        raise QueryError(at, gettext_noop("时间请用起止时间限定，不写在条件里（%(name)s）"), name=name)
    if near := difflib.get_close_matches(name, FIELDS, 1):
        raise QueryError(at, gettext_noop("没有字段 %(name)s，是不是 %(near)s"), name=name, near=near[0])
    raise QueryError(at, gettext_noop("没有字段 %(name)s；要当作文本查找请加引号"), name=name)


def _expression(text: str, at: int, field: str) -> tuple[Clause, int]:
    if field in NUMBERS:
        raise QueryError(at, gettext_noop("%(field)s 是数字，不能用正则"), field=field)
    word, end = _word(text, at, raw=True)
    if not word.text:
        raise QueryError(at, gettext_noop("正则表达式为空"))
    if len(word.text) > LONGEST_EXPRESSION:
        raise QueryError(at, gettext_noop("正则表达式超过 %(most)s 个字符"), most=LONGEST_EXPRESSION)
    try:
        re2.compile(word.text, _quiet())
    except re2.error as error:
        raise QueryError(at, gettext_noop("不是合法的正则表达式（RE2）：%(why)s"), why=_words(error)) from None
    return Clause(field, Op.MATCHES, (word.text,)), end


def _quiet() -> re2.Options:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 1 << 20
    return options


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else ""
    return said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)


def _comparison(text: str, at: int, field: str) -> tuple[Clause, int]:
    if at < len(text) and text[at] == "(":
        values, end = _list(text, at)
        return Clause(field, Op.IN, tuple(dict.fromkeys(_exact(field, word) for word in values))), end
    word, end = _word(text, at)
    return _one(field, word), end


def _list(text: str, at: int) -> tuple[list[_Word], int]:
    begin, words = at, []
    at = _past_space(text, at + 1)
    while at < len(text) and text[at] != ")":
        word, at = _word(text, at)
        words.append(word)
        at = _past_space(text, at)
    if at == len(text):
        raise QueryError(begin, gettext_noop("左括号没有对应的右括号"))
    if not words:
        raise QueryError(begin, gettext_noop("括号里没有值"))
    return words, at + 1


def _one(field: str, word: _Word) -> Clause:
    if word.literal and not (word.starred_before or word.starred_after):
        return Clause(field, Op.IS, (_exact(field, word),))
    if word.starred_before or word.starred_after:
        return _starred(field, word)
    if field in NUMBERS and (clause := _bounded(field, word)):
        return clause
    if field in ADDRESSES and "/" in word.text:
        return Clause(field, Op.CIDR, (_network(word),))
    return Clause(field, Op.IS, (_exact(field, word),))


def _starred(field: str, word: _Word) -> Clause:
    if not word.text:
        if word.literal:
            raise QueryError(word.at, gettext_noop("引号里没有内容"))
        return Clause(field, Op.EXISTS)
    if field in NUMBERS:
        raise QueryError(word.at, gettext_noop("%(field)s 是数字，不能用星号；范围请写 400..499"), field=field)
    ops = {(True, True): Op.CONTAINS, (False, True): Op.PREFIX, (True, False): Op.ENDS}
    return Clause(field, ops[word.starred_before, word.starred_after], (word.text,))


def _bounded(field: str, word: _Word) -> Clause | None:
    if both := _RANGE.fullmatch(word.text):
        low, high = (_number(field, one, word.at) if one else None for one in (both["low"], both["high"]))
        if low is None and high is None:
            raise QueryError(word.at, gettext_noop("范围两端都没有写"))
        if low is not None and high is not None and low > high:
            raise QueryError(word.at, gettext_noop("范围的起点 %(low)s 大于终点 %(high)s"), low=low, high=high)
        return Clause(field, Op.RANGE, (low, high))
    if one := _COMPARED.fullmatch(word.text):
        number = _number(field, one["number"], word.at)
        bounds: dict[str, tuple[Value, Value]] = {
            ">=": (number, None),
            ">": (number + 1, None),
            "<=": (None, number),
            "<": (None, number - 1),
        }
        return Clause(field, Op.RANGE, bounds[one["sign"]])
    return None


def _network(word: _Word) -> str:
    try:
        return str(ip_network(word.text, strict=False))
    except ValueError:
        raise QueryError(word.at, gettext_noop("%(value)s 不是网段，应如 198.51.100.0/24"), value=word.text) from None


def _exact(field: str, word: _Word) -> Value:
    if word.starred_before or word.starred_after:
        raise QueryError(word.at, gettext_noop("括号里的值不能用星号"))
    return _number(field, word.text, word.at) if field in NUMBERS else _not_empty(word)


def _number(field: str, text: str, at: int) -> int:
    if not _NUMBER.fullmatch(text) or not text.isascii():
        raise QueryError(at, gettext_noop("%(field)s 是数字，%(value)s 不是"), field=field, value=text or "“”")
    return int(text)


def _not_empty(word: _Word) -> str:
    if not word.text:
        raise QueryError(word.at, gettext_noop("缺少值"))
    return word.text


def _word(text: str, at: int, *, raw: bool = False) -> tuple[_Word, int]:
    """One value from `at`. `raw` keeps stars as they are, for expressions."""
    begin = at
    before = not raw and text[at : at + 1] == "*"
    at += before
    if text[at : at + 1] in _QUOTES and at < len(text):
        content, at = _quoted(text, at)
        after = not raw and text[at : at + 1] == "*"
        at += after
        if at < len(text) and not text[at].isspace() and text[at] != ")":
            raise QueryError(at, gettext_noop("引号后面应当是空格"))
        return _Word(content, True, before, after, begin), at
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in _STOP:
        end += 1
    if end < len(text) and text[end] in _STOP and text[end] != ")":
        raise QueryError(end, gettext_noop("%(sign)s 出现在这里，整个值请加引号"), sign=text[end])
    if end == begin and end < len(text) and text[end] == ")":
        raise QueryError(end, gettext_noop("多了一个右括号"))
    content = text[at:end]
    after = not raw and content.endswith("*")
    return _Word(content[:-1] if after else content, False, before, after, begin), end


def _quoted(text: str, at: int) -> tuple[str, int]:
    begin, closing, content = at, _QUOTES[text[at]], []
    at += 1
    while at < len(text) and text[at] != closing:
        if text[at] == "\\" and text[at + 1 : at + 2] in (closing, "\\"):
            at += 1
        content.append(text[at])
        at += 1
    if at == len(text):
        raise QueryError(begin, gettext_noop("引号没有配对"))
    return "".join(content), at + 1
