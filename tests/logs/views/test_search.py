from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.logs.models import SavedSearch
from qingdun.logs.search import Key

pytestmark = pytest.mark.django_db
ROLE = "operations_engineer"
SEARCH = "/logs/search/"


def page(client: Any, query: str = "", path: str = SEARCH, **given: str) -> str:
    response = client.get(path, {"q": query, "last": "all", **given})
    assert response.status_code == 200, response.content.decode()[:400]
    return response.content.decode()


def test_events_are_found_by_field_and_by_text(visitor: Any, fill: Any, make_source: Any) -> None:
    source = make_source("城北防火墙").pk
    fill(
        {"qingdun.source": source, "source.ip": "198.51.100.7", "qingdun.action": "blocked", "event.original": "alpha"},
        {"qingdun.source": source, "source.ip": "198.51.100.8", "event.original": "beta"},
    )
    client = visitor(ROLE)
    everything = page(client)
    assert "城北防火墙" in everything and "alpha" in everything and "beta" in everything
    one = page(client, "source.ip:198.51.100.7")
    assert "alpha" in one and "beta" not in one and "拦截" in one
    assert "没有符合条件的日志" in page(client, "gamma")


def test_a_query_that_cannot_be_read_is_explained_in_place(visitor: Any, fill: Any) -> None:
    html = page(visitor(ROLE), "sourc.ip:1")
    assert "没有字段 sourc.ip，是不是 source.ip" in html and 'aria-invalid="true"' in html
    assert "不是时间" in page(visitor(ROLE), "", **{"from": "昨天"})
    english = visitor(ROLE)
    english.cookies["qingdun_language"] = "en"
    assert "There is no field sourc.ip; did you mean source.ip" in page(english, "sourc.ip:1")
    assert "is no moment; write it like" in page(english, "", **{"from": "昨天"})


def test_older_pages_are_reached_by_link_and_end(visitor: Any, fill: Any) -> None:
    fill(*({"event.original": f"number {n:03d} end"} for n in range(120)))
    client, html, seen = visitor(ROLE), "", []
    url = f"{SEARCH}?last=all"
    for _turn in range(4):
        html = client.get(url).content.decode()
        seen += [n for n in range(120) if f"number {n:03d} end" in html]
        if 'rel="next"' not in html:
            break
        url = SEARCH + html.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")
    assert seen == list(range(120)) and "这就是全部" in html


def test_conditions_stand_as_chips_that_take_them_away(visitor: Any, fill: Any) -> None:
    html = page(visitor(ROLE), "qingdun.action:blocked -http.response.status_code:404 shell")
    assert "处置结果：拦截" in html and "状态码：不是 404" in html
    assert f"?{'q='}{quote('-http.response.status_code:404 shell', safe='').replace('%20', '+')}&amp;last=all" in html


def test_a_value_can_be_added_and_excluded(visitor: Any, fill: Any, make_source: Any) -> None:
    client = visitor(ROLE)
    fill({"user.name": "admin", "qingdun.source": make_source("甲").pk})
    shown = page(client, path=reverse("logs:search_values", args=["user.name"]))
    assert "?q=user.name%3Aadmin&amp;last=all" in shown and "?q=-user.name%3Aadmin&amp;last=all" in shown
    assert "甲" in page(client, path=reverse("logs:search_values", args=["qingdun.source"]))
    assert client.get(reverse("logs:search_values", args=["nothing"])).status_code == 404
    added = client.get(
        reverse("logs:search_add"), {"q": "a", "last": "7d", "name": "user.name", "op": "not", "value": "x y"}
    )
    assert added.headers["Location"] == f"{SEARCH}?q=a+-user.name%3A%22x+y%22&last=7d"


def test_everything_works_without_scripts(visitor: Any, fill: Any) -> None:
    fill({"user.name": "admin"})
    client = visitor(ROLE)
    with_bars = page(client, chart="1")
    assert "<strong>1</strong>" in with_bars and "查看数据表" in with_bars and "?from=" in with_bars
    assert "加为条件" in page(client, field="user.name")
    assert page(client, path=reverse("logs:search_over_time")).count("<strong>1</strong>") == 1


def test_the_newest_page_can_keep_itself_up_to_date(visitor: Any, fill: Any) -> None:
    client = visitor(ROLE)
    assert 'hx-trigger="every 2s"' in page(client, live="1")
    assert 'hx-trigger="every 2s"' not in page(client)
    assert 'hx-trigger="every 2s"' not in page(client, live="1", to="2026-01-01")
    partial = client.get(SEARCH, {"live": "1"}, headers={"HX-Request": "true", "HX-Target": "results"}).content.decode()
    assert partial.lstrip().startswith('<div id="results"')


def test_one_event_shows_all_that_is_known(visitor: Any, fill: Any, make_source: Any) -> None:
    source = make_source("WAF 一号").pk
    (event,) = fill(
        {"qingdun.source": source, "url.original": "/a.jsp", "qingdun.extra": '{"sn": "X9"}', "event.severity": 5}
    )
    html = page(visitor(ROLE), path=reverse("logs:event", args=[str(Key.of(event))]))
    for words in ("WAF 一号", "/a.jsp", "X9", "严重", "line 0", "用这一行做格式"):
        assert words in html
    assert "用这一行做格式" not in page(
        visitor("security_officer"), path=reverse("logs:event", args=[str(Key.of(event))])
    )
    assert visitor(ROLE).get(reverse("logs:event", args=["1.2.3"])).status_code == 404
    assert visitor(ROLE).get(reverse("logs:event", args=["x"])).status_code == 404


EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def test_a_hostile_line_is_inert_on_every_page(visitor: Any, fill: Any, make_source: Any) -> None:
    texts = (
        "message",
        "user.name",
        "url.original",
        "url.domain",
        "rule.name",
        "event.original",
        "source.ip",
        "host.name",
    )
    event, = fill({"qingdun.source": make_source(EVIL[:99]).pk, "error.message": EVIL, **dict.fromkeys(texts, EVIL),
                   "qingdun.extra": '{"<script>k": "<script>v"}'})  # fmt: skip
    client = visitor(ROLE)
    pages = [
        page(client),
        page(client, EVIL.replace('"', "")),
        page(client, chart="1", field="user.name"),
        page(client, path=reverse("logs:event", args=[str(Key.of(event))])),
        page(client, path=reverse("logs:search_values", args=["url.original"])),
        page(client, path="/logs/unread/", last="7d"),
        page(client, path="/logs/sources/"),
        client.post("/logs/formats/workshop", {"lines": EVIL}).content.decode(),
    ]
    for html in pages:
        assert "<script>alert" not in html and "<img src=x" not in html and "<script>k" not in html


@pytest.fixture
def two_units(make_unit: Any, make_source: Any, fill: Any) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:
    ours, theirs = make_unit("ours", parent=make_unit()), make_unit("theirs", parent=make_unit())
    mine, other, _unowned = fill(
        {"qingdun.source": make_source("我方", unit=ours).pk, "source.ip": "198.51.100.1", "event.original": "mine"},
        {
            "qingdun.source": make_source("他方设备", unit=theirs).pk,
            "source.ip": "198.51.100.2",
            "event.original": "other",
        },
        {"qingdun.source": make_source("平台").pk, "source.ip": "198.51.100.3", "event.original": "platform"},
    )
    return ours, theirs, mine, other


def test_a_reader_sees_only_the_events_of_his_units_everywhere(visitor: Any, two_units: Any) -> None:
    ours, _theirs, mine, other = two_units
    client, whole = visitor(ROLE, unit=ours), visitor(ROLE)
    assert all(word in page(whole) for word in ("mine", "other", "platform"))
    html = page(client, chart="1", field="source.ip")
    assert "mine" in html and "other" not in html and "platform" not in html
    assert "<strong>1</strong>" in html and "198.51.100.2" not in html
    assert "他方设备" not in page(client, f"qingdun.source:{other['qingdun.source']}")
    assert client.get(reverse("logs:event", args=[str(Key.of(mine))])).status_code == 200
    assert client.get(reverse("logs:event", args=[str(Key.of(other))])).status_code == 404
    exported = b"".join(
        client.post(reverse("logs:search_export") + "?last=all", {"format": "ndjson"}).streaming_content
    )
    assert b"mine" in exported and b"other" not in exported and b"platform" not in exported


@pytest.mark.parametrize("path", ["events", "histogram", "stats/source.ip"])
def test_the_interface_for_programs_keeps_to_the_same_scope(visitor: Any, two_units: Any, path: str) -> None:
    ours = two_units[0]
    address = f"/api/v1/logs/{path}?last=all"
    body = visitor(ROLE, unit=ours).get(address).json()
    found = {"events": lambda: len(body["events"]), "histogram": lambda: body["count"]}.get(
        path, lambda: body["present"]
    )
    assert found() == 1 and body["complete"] is True
    assert visitor("unit_contact", unit=ours).get(address).status_code == 403


def test_the_interface_explains_what_it_refuses(visitor: Any, fill: Any) -> None:
    client = visitor(ROLE)
    for address in (
        "events?q=a.b:1",
        "events?last=x",
        "events?after=x",
        "stats/x",
        "events?limit=0",
        "stats/source.ip?top=0",
    ):
        answer = client.get(f"/api/v1/logs/{address}")
        assert answer.status_code == 422 and answer.json()["detail"], address


def test_events_for_programs_go_on_page_by_page(visitor: Any, fill: Any) -> None:
    fill(*({"event.original": f"n{n}"} for n in range(5)))
    client, seen, after = visitor(ROLE), [], ""
    for _turn in range(3):
        body = client.get("/api/v1/logs/events", {"last": "all", "limit": "2", "after": after}).json()
        seen += [event["event.original"] for event in body["events"]]
        after = body["next"] or ""
    assert seen == ["n0", "n1", "n2", "n3", "n4"] and not after


def test_an_export_is_audited_and_holds_no_formula(visitor: Any, fill: Any) -> None:
    fill({"message": "=cmd|'/c calc'!A0", "user.name": "@SUM(1)", "event.original": "+1"})
    client = visitor(ROLE)
    answer = client.post(reverse("logs:search_export") + "?q=%2B1&last=all", {"format": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert "'=cmd|" in text and "'@SUM" in text and ",'+1" in text and ",=cmd" not in text
    entry = Entry.objects.get(action="logs.export")
    assert "q=%2B1" in entry.subject and "1 条" in entry.reason and entry.actor == str(client.account)
    assert visitor("unit_contact").post(reverse("logs:search_export")).status_code == 403
    assert client.get(reverse("logs:search_export")).status_code == 405


def test_searches_are_kept_by_whoever_keeps_them(visitor: Any, fill: Any) -> None:
    client, address = visitor(ROLE), reverse("logs:search_save") + "?q=shell&last=7d"
    client.post(address, {"act": "save", "name": "查 shell"})
    assert SavedSearch.objects.get().query == "?q=shell&last=7d"
    assert "查 shell" in page(client) and "查 shell" not in page(visitor(ROLE))
    visitor(ROLE).post(address, {"act": "drop", "name": "查 shell"})
    assert SavedSearch.objects.count() == 1
    client.post(address, {"act": "drop", "name": "查 shell"})
    assert not SavedSearch.objects.exists()


def test_a_bar_leads_to_its_stretch_of_time(visitor: Any, fill: Any) -> None:
    at = timezone.now() - timedelta(days=2)
    fill({"event.original": "then"}, at=at)
    fill({"event.original": "now"})
    html = page(visitor(ROLE), chart="1", last="7d")
    links = [part.split('"')[0].replace("&amp;", "&") for part in html.split('<td><a href="')[1:]]
    assert len(links) == 2
    client: Callable[..., str] = lambda link: visitor(ROLE).get(SEARCH + link).content.decode()  # noqa: E731
    assert "then" in client(links[0]) and ">now<" not in client(links[0])
