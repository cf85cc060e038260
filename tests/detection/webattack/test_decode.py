"""Every trick that hides an attack from a reader who decodes once, and the form that undoes it."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.detection.core.webattack.decode import BROKEN, LONGEST, Value, logged, percent


@pytest.mark.parametrize(
    ("sent", "form", "read"),
    [
        ("%253Cscript%253E", "plain", "<script>"),
        ("%2525252e", "plain", "%2e"),  # three passes and no more
        ("..%c0%af..%c0%afetc", "plain", "../../etc"),
        ("%e0%80%af", "plain", "/"),
        ("%u0041%u002F", "plain", "a/"),
        ("＜ｓｃｒｉｐｔ＞", "plain", "<script>"),
        ("&#x3c;b&#62;", "plain", "<b>"),
        ("a%0A\tb", "plain", "a b"),
        ("%C4%E3%BA%C3", "plain", "你好"),  # GBK, as older sites of ours send it
        ("un/**/ion/*x*/select", "sql", "un ion select"),
        ("/*!50000union*/ select", "sql", " union select"),
        ("c'a't /e\\tc/pass\"\"wd", "shell", "cat /etc/passwd"),
        ("c$@at${IFS}x", "shell", "cat x"),
        ("pi`` ng", "shell", "pi ng"),
        ('"time" who', "shell", "time who"),
        ("\\u0065v\\x61l", "script", "eval"),
        ("\\u{61}lert", "script", "alert"),
    ],
)
def test_each_form_undoes_its_trick(sent: str, form: str, read: str) -> None:
    assert getattr(Value(sent), form) == read


def test_a_plus_is_a_space_only_where_a_form_was_sent() -> None:
    assert Value("a+b").plain == "a b"
    assert Value("a+b", plus=False).plain == "a+b"


def test_base64_is_read_when_it_hides_text_and_not_when_it_is_a_key() -> None:
    hidden = base64.b64encode(b"while(true); do evil").decode()
    assert "while(true)" in Value(hidden).hidden
    assert Value("q8f3Jx0aZk1m9PwT4s6vB2nL7yU5hE1d").hidden == ""


def test_bytes_that_are_no_text_are_marked() -> None:
    assert Value("%FF%FF%FF").decoded.startswith(BROKEN)


def test_the_escapes_of_a_log_are_taken_back() -> None:
    assert logged(r"/a?b=\x22c\x22") == '/a?b="c"'
    assert logged(r"say \"hi\"") == 'say "hi"'
    assert logged("/plain") == "/plain"


@given(st.text(max_size=200))
def test_no_text_breaks_a_form(text: str) -> None:
    value = Value(text)
    for form in ("decoded", "plain", "sql", "shell", "script", "hidden"):
        assert isinstance(getattr(value, form), str)
    assert percent(percent(text, plus=False), plus=False) is not None


def test_an_endless_value_is_read_to_a_limit() -> None:
    assert len(Value("a" * (LONGEST + 9)).plain) == LONGEST
