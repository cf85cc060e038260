from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.logs import state
from qingdun.logs.models import Source

pytestmark = pytest.mark.django_db
ROLE = "operations_engineer"
FORM = {"name": "城南 WAF", "via": "syslog", "address": "198.51.100.1", "format": "", "unit": "", "silent_after": "30"}


def test_what_waits_for_registration_stands_first_with_todays_lines(visitor: Any, make_source: Any, fill: Any) -> None:
    make_source("甲在册", last_seen=timezone.now())
    new = make_source("乙未登记", registered=False, last_seen=timezone.now())
    fill({"qingdun.source": new.pk}, {"qingdun.source": new.pk, "error.message": "没有格式"})
    html = visitor(ROLE).get("/logs/sources/").content.decode()
    assert html.index("乙未登记") < html.index("甲在册") and "待登记" in html and "50%" in html


@pytest.mark.parametrize(("minutes", "word"), [(1, "正常"), (40, "迟到"), (61, "静默"), (None, "从未收到")])
def test_how_long_ago_a_source_was_heard(visitor: Any, make_source: Any, minutes: int | None, word: str) -> None:
    seen = timezone.now() - timedelta(minutes=minutes) if minutes else None
    source = make_source(last_seen=seen)
    html = visitor(ROLE).get(reverse("logs:source", args=[source.pk])).content.decode()
    assert f"></span>{word}" in html or f">{word}</span>" in html


def test_registering_claims_what_appeared_by_itself(visitor: Any, make_source: Any) -> None:
    appeared = make_source("198.51.100.1", address="198.51.100.1", registered=False)
    client = visitor(ROLE)
    assert client.post("/logs/sources/new", FORM).headers["Location"] == reverse("logs:source", args=[appeared.pk])
    source = Source.objects.get()
    assert source.registered and source.name == "城南 WAF"
    assert Entry.objects.filter(action="logs.manage_sources").count() == 1


def test_a_wrong_entry_is_explained_beside_its_field(visitor: Any) -> None:
    html = visitor(ROLE).post("/logs/sources/new", FORM | {"address": ""}).content.decode()
    assert "Syslog 来源须有发送方地址或主机名" in html and not Source.objects.exists()


def test_a_token_is_shown_once_and_only_to_its_keeper(visitor: Any, make_source: Any) -> None:
    source = make_source("推送", via="http", address="")
    address, client = reverse("logs:source_token", args=[source.pk]), visitor(ROLE)
    shown = client.post(address, {"act": "new"})
    token = shown.content.decode().split('class="secret">')[1].split("<")[0]
    assert len(token) > 30 and "no-store" in shown.headers["Cache-Control"]
    assert token not in client.get(reverse("logs:source", args=[source.pk])).content.decode()
    assert visitor("security_officer").post(address, {"act": "new"}).status_code == 403
    client.post(address, {"act": "forget"})
    source.refresh_from_db()
    assert source.token_digest == ""
    syslog = make_source("不是推送")
    assert client.post(reverse("logs:source_token", args=[syslog.pk])).status_code == 400


def test_sources_of_others_are_not_there(visitor: Any, make_unit: Any, make_source: Any) -> None:
    ours, theirs = make_unit("ours", parent=make_unit()), make_unit("theirs", parent=make_unit())
    other, platform = make_source("他方设备", unit=theirs), make_source("无主设备", registered=False)
    mine = make_source("我方", unit=ours)
    client = visitor(ROLE, unit=ours)
    html = client.get("/logs/sources/").content.decode()
    assert "我方" in html and "他方设备" not in html and "无主设备" not in html
    for source in (other, platform):
        for name in ("source", "source_edit"):
            assert client.get(reverse(f"logs:{name}", args=[source.pk])).status_code == 404
    assert client.get(reverse("logs:source_edit", args=[mine.pk])).status_code == 200
    claim = FORM | {"address": platform.address, "unit": str(ours.pk)}
    assert client.post("/logs/sources/new", claim).status_code == 200  # the form again, with its refusal
    platform.refresh_from_db()
    assert not platform.registered and platform.unit is None
    assert [one["name"] for one in client.get("/api/v1/logs/sources").json()["rows"]] == ["我方"]


def test_the_doors_and_troubles_of_intake_are_said(visitor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor(ROLE)
    monkeypatch.setattr(state, "collector", lambda: None)
    monkeypatch.setattr(state, "worker", lambda: None)
    html = client.get("/logs/sources/").content.decode()
    assert "采集进程没有运行" in html and "入库进程没有运行" in html
    doors = (state.Listener("udp", 5514, 12345, 99, lost=7), state.Listener("http", 5515))
    monkeypatch.setattr(state, "collector", lambda: state.Collector(1, 1, doors, "磁盘已满", 5, 10))
    monkeypatch.setattr(state, "worker", lambda: state.Worker(1, 1, 1, 0, 0, None, 0, 90))
    html = client.get("/logs/sources/").content.decode()
    for words in (
        "已停止接收：磁盘已满",
        "入库落后 90 秒",
        "12,345",
        "系统丢弃 7",
        "logger -n testserver -P 5514",
        ":5515/push",
    ):
        assert words in html, words


def test_a_unit_that_is_none_finds_no_source(visitor: Callable[..., Client]) -> None:
    client = visitor("operations_engineer")
    Source.objects.create(name="防火墙", via="syslog", address="192.0.2.1", registered=True)
    for unit in ("nowhere", "9" * 20, "-1"):
        page = client.get("/logs/sources/", {"unit": unit})
        assert page.status_code == 200 and "192.0.2.1" not in page.content.decode()


def test_who_keeps_one_units_sources_is_offered_neither_relays_nor_files(
    visitor: Callable[..., Client], make_unit: Callable[..., Any]
) -> None:
    unit = make_unit("edu", parent=make_unit())
    for client, offered in ((visitor("operations_engineer", unit=unit), False), (visitor("operations_engineer"), True)):
        page = client.get("/logs/sources/new").content.decode()
        assert ('name="relay"' in page) is offered and ('value="file"' in page) is offered
