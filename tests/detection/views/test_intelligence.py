from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.detection.intelligence import actions
from qingdun.detection.models import Feed, Indicator
from qingdun.web.models import JobRun

pytestmark = pytest.mark.django_db
BASE = "/detection/intelligence/"
Make = Callable[..., Any]


@pytest.fixture
def officer(visitor: Make) -> Any:
    return visitor("security_officer")


@pytest.fixture
def feed() -> Feed:
    return Feed.objects.create(name="清单", shape="mixed")


def know(feed: Feed, *values: str) -> None:
    taken = actions.read_file(feed, "\n".join(values).encode(), "a")
    actions.taking.accept(feed, taken, by=None, source="a")


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ("203.0.113.9", {"203.0.113.0/24"}),
        ("203.0.113.7", {"203.0.113.7", "203.0.113.0/24"}),
        ("203.0.0.0/16", {"203.0.113.7", "203.0.113.0/24"}),
        ("a.b.evil.example", {"evil.example"}),
        ("2001:db8::5", {"2001:db8::/32"}),
        ("http://bad.example/x", {"http://bad.example/x"}),
        ("198.51.100.1", set()),
    ],
)
def test_an_indicator_is_found_by_what_it_covers(officer: Any, feed: Feed, about: str, found: set[str]) -> None:
    known = {"203.0.113.7", "203.0.113.0/24", "evil.example", "2001:db8::/32", "http://bad.example/x"}
    know(feed, *known)
    page = text(officer.get(BASE, {"about": about}))
    assert {value for value in known if f">{value}<" in page} == found


def test_states_are_told_apart_by_the_clock(officer: Any, feed: Feed) -> None:
    know(feed, "a1.example", "b2.example", "c3.example")
    Indicator.objects.filter(value="b2.example").update(valid_until=timezone.now() - timedelta(days=1))
    Indicator.objects.filter(value="c3.example").update(marked=True)
    for state, value in (("standing", "a1.example"), ("over", "b2.example"), ("false", "c3.example")):
        page = text(officer.get(BASE, {"standing": state}))
        assert [one for one in ("a1.example", "b2.example", "c3.example") if one in page] == [value]


def test_a_file_is_shown_before_it_is_accepted(officer: Any, feed: Feed) -> None:
    at = f"{BASE}feeds/{feed.pk}/"
    page = officer.post(f"{at}upload", {"file": SimpleUploadedFile("a.txt", b"203.0.113.7\n10.0.0.1\n")})
    assert "203.0.113.7" in text(page) and "私有地址" in text(page)
    assert not Indicator.objects.exists()
    token = page.context["token"]
    officer.post(f"{at}accept", {"token": token, "name": "a.txt"})
    assert Indicator.objects.get().value == "203.0.113.7"
    gone = officer.post(f"{at}accept", {"token": token, "name": "a.txt"}, follow=True)
    assert "预览已过期" in text(gone)


def test_another_account_cannot_accept_a_preview(officer: Any, visitor: Make, feed: Feed) -> None:
    at = f"{BASE}feeds/{feed.pk}/"
    page = officer.post(f"{at}upload", {"file": SimpleUploadedFile("a.txt", b"203.0.113.7\n")})
    visitor("security_officer").post(f"{at}accept", {"token": page.context["token"], "name": "a.txt"})
    assert not Indicator.objects.exists()


def test_a_file_that_cannot_be_read_says_where(officer: Any) -> None:
    feed = Feed.objects.create(name="集合", shape="stix")
    page = officer.post(f"{BASE}feeds/{feed.pk}/upload", {"file": SimpleUploadedFile("a.json", b"{")})
    assert page.status_code == 400
    assert "a.json 第 1 行不是 JSON" in text(page)


def test_a_feed_is_set_up_and_asked_for(officer: Any) -> None:
    given = {"name": "甲", "shape": "addresses", "address": "https://feeds.example/a", "every": "24", "on": "on"}
    officer.post(f"{BASE}feeds/new", given)
    feed = Feed.objects.get()
    officer.post(f"{BASE}feeds/{feed.pk}/run")
    assert JobRun.objects.get(key="detection.feed").about == str(feed.pk)
    again = officer.post(f"{BASE}feeds/{feed.pk}/run", follow=True)
    assert "正在获取" in text(again)


def test_a_mark_needs_a_reason_and_can_be_undone(officer: Any, feed: Feed) -> None:
    know(feed, "evil.example")
    one = Indicator.objects.get()
    at = f"{BASE}{one.pk}/"
    assert officer.post(f"{at}mark", {"reason": ""}).status_code == 400
    officer.post(f"{at}mark", {"reason": "自有测试域名"})
    assert "自有测试域名" in text(officer.get(at))
    officer.post(f"{at}unmark")
    one.refresh_from_db()
    assert not one.marked and one.mark_reason == ""


def test_what_is_shared_can_be_read_back(officer: Any, feed: Feed) -> None:
    values = {"203.0.113.7", "2001:db8::/32", "evil.example", "http://bad.example/it's", "a" * 32}
    know(feed, *values)
    bundle = json.loads(officer.get(f"{BASE}stix").content)
    assert Entry.objects.filter(action="detection.intelligence", changes__contains="exported").count() == 1
    back = actions.read_file(Feed(name="乙", shape="stix"), json.dumps(bundle).encode(), "a")
    assert {row[1] for row in back.rows} == values


def test_its_logs_are_one_click_away(officer: Any, feed: Feed) -> None:
    know(feed, "203.0.113.0/24", 'http://bad.example/"x"/y')
    for value, query in (
        ("203.0.113.0/24", "destination.ip:203.0.113.0/24"),
        ('http://bad.example/"x"/y', 'url.original:"http://bad.example/\\"x\\"/y"'),
    ):
        page = officer.get(f"{BASE}{Indicator.objects.get(value=value).pk}/")
        found = [href for _label, href in page.context["searches"]]
        assert all(officer.get(href).status_code == 200 for href in found)
        assert query in [parse_qs(urlsplit(href).query)["q"][0] for href in found]
