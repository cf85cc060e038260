from __future__ import annotations

import pytest

from qingdun.access.core.cas import identity

YES = """<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas"><cas:authenticationSuccess>
<cas:user>zhang</cas:user><cas:attributes><cas:empno>7</cas:empno><cas:group>a</cas:group><cas:group>b</cas:group>
</cas:attributes></cas:authenticationSuccess></cas:serviceResponse>"""
NO = """<cas:serviceResponse xmlns:cas="http://www.yale.edu/tp/cas">
<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure></cas:serviceResponse>"""


def test_a_clear_yes_names_the_person() -> None:
    assert identity(YES.encode()) == "zhang"
    assert identity(YES.encode(), "empno") == "7"


@pytest.mark.parametrize(
    "answer",
    [
        NO,
        "",
        "<html/>",
        "not xml <",
        YES.replace("http://www.yale.edu/tp/cas", "http://evil.example/cas"),
        YES.replace("<cas:user>zhang</cas:user>", ""),
        YES.replace("<cas:user>zhang</cas:user>", "<cas:user>a</cas:user><cas:user>b</cas:user>"),
        YES.replace("zhang", "<cas:user>zhang</cas:user>"),
        YES.replace("</cas:serviceResponse>", "<cas:authenticationFailure/></cas:serviceResponse>"),
        '<!DOCTYPE x [<!ENTITY e "zhang">]>' + YES.replace("zhang", "&e;"),
        "<!DOCTYPE x SYSTEM 'http://evil.example/x.dtd'>" + YES,
        YES + " " * 70_000,
        YES.replace("zhang", "zhang\0"),
    ],
)
def test_everything_else_is_no(answer: str) -> None:
    assert identity(answer.encode()) == ""


def test_other_encodings_hide_nothing() -> None:
    hidden = ('<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY e "zhang">]>' + YES).encode("utf-16")
    assert identity(hidden) == ""
    assert identity(YES.encode(), "group") == "", "two values are no one"
    assert identity(YES.encode(), "missing") == ""
