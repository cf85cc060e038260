from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import polars as pl
import pytest
from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone

from qingdun.detection.models import Alert
from qingdun.detection.outcomes import Outcome, forget, register
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from qingdun.logs.models import Source
from qingdun.web.finders import search
from tests.logs.views.conftest import _forget

Make = Callable[..., Any]
QUEUE = "/detection/alerts/"


def text(response: Any) -> str:
    return str(response.content.decode())


@pytest.fixture
def lake() -> Iterator[Callable[..., list[Any]]]:
    """Events of one source in the lake; gives the traces an alert would keep."""
    _forget()

    def put(count: int = 2, **fields: Any) -> list[Any]:
        now = timezone.now()
        source = Source.objects.create(name="防火墙甲", via="syslog", address="198.51.100.1", registered=True)
        rows = [
            {
                "@timestamp": now - timedelta(seconds=count - number),
                "event.ingested": now,
                "qingdun.batch": "alerts-1",
                "qingdun.row": number,
                "qingdun.count": 1,
                "qingdun.source": source.pk,
                "event.original": f"line-{number} of the attack",
                **fields,
            }
            for number in range(count)
        ]
        Lake().append(pl.DataFrame(rows, schema=EVENT), "alerts-test", int(now.timestamp() * 1000))
        return [["alerts-1", row["qingdun.row"], row["@timestamp"].isoformat()] for row in rows]

    yield put
    _forget()


def test_the_queue_tells_what_and_links_each_number(make_alert: Make, visitor: Make) -> None:
    alert = make_alert(title="口令爆破", hits=1234, level=5, techniques=["T1110"])
    shown = text(visitor("duty_officer").get(QUEUE))
    assert "口令爆破" in shown and "严重" in shown and "待研判" in shown
    assert f'href="{alert.get_absolute_url()}"' in shown
    assert "1,234</a>" in shown and f"q=source.ip%3A{alert.source}" in shown


def test_the_queue_is_narrowed(make_alert: Make, visitor: Make) -> None:
    client = visitor("duty_officer")
    mine = make_alert(title="我的", assignee=client.account, state="working", attack="scanner", level=2)
    make_alert(title="别的", source="198.51.100.77")
    for asked in (f"assignee={client.account.pk}", "level=2", "state=working", f"rule={mine.rule}", "q=我的"):
        shown = text(client.get(f"{QUEUE}?{asked}"))
        assert "我的</a>" in shown and "别的</a>" not in shown, asked
    assert "别的</a>" in text(client.get(f"{QUEUE}?source=198.51.100.7"))
    assert "别的</a>" in text(client.get(f"{QUEUE}?assignee=none"))
    assert "别的</a>" not in text(client.get(f"{QUEUE}?until=2020-01-01"))


@pytest.mark.parametrize("asked", ["level=9", "assignee=x", "host=x", "since=never"])
def test_nonsense_in_the_address_is_said_in_words(visitor: Make, asked: str) -> None:
    response = visitor("duty_officer").get(f"{QUEUE}?{asked}")
    assert response.status_code == 200 and "alert-error" in text(response)


def test_a_list_of_many_costs_no_more_queries(
    make_alert: Make, visitor: Make, make_unit: Make, django_assert_max_num_queries: Any
) -> None:
    client = visitor("duty_officer")
    for number in range(30):
        make_alert(unit=make_unit(f"u{number}", parent=make_unit()), assignee=client.account, state="working")
    with django_assert_max_num_queries(22):
        assert client.get(QUEUE).status_code == 200


def test_the_queue_says_how_late_alerts_come(make_alert: Make, visitor: Make) -> None:
    make_alert(delay=42.0)
    shown = text(visitor("duty_officer").get(QUEUE))
    assert "入库进程没有运行" in shown and "42.0 秒" in shown


def test_the_page_of_an_alert(make_alert: Make, visitor: Make, lake: Make) -> None:
    alert = make_alert(title="网页后门访问", techniques=["T1505.003"], evidence=lake(**{"source.ip": "203.0.113.9"}))
    other = make_alert(title="同源的扫描", source=alert.source)
    shown = text(visitor("duty_officer").get(alert.get_absolute_url()))
    assert "T1505.003 网页后门" in shown
    assert "line-1 of the attack" in shown and "/logs/search/events/" in shown
    assert other.get_absolute_url() in shown and "研判" in shown


def test_who_may_not_search_reads_no_line(make_alert: Make, visitor: Make, make_unit: Make, lake: Make) -> None:
    unit = make_unit("edu", parent=make_unit())
    alert = make_alert(unit=unit, evidence=lake())
    shown = text(visitor("unit_contact", unit=unit).get(alert.get_absolute_url()))
    assert "of the attack" not in shown and "没有检索日志的权限" in shown
    assert f"/{alert.pk}/judge" not in shown


def test_what_cannot_be_read_as_evidence_does_not_break_the_page(make_alert: Make, visitor: Make) -> None:
    alert = make_alert(evidence=[["gone", 0, "2020-01-01T00:00:00+00:00"], "nonsense", ["a", "b", "c"]])
    response = visitor("duty_officer").get(alert.get_absolute_url())
    assert response.status_code == 200


def test_a_step_on_the_page(make_alert: Make, visitor: Make) -> None:
    alert, client = make_alert(), visitor("duty_officer")
    where = reverse("detection:alert_judge", args=[alert.pk])
    refused = client.post(where, {"act": "false", "reason": ""})
    assert refused.status_code == 200 and "请写明理由" in text(refused)
    assert client.post(where, {"act": "false", "reason": "漏洞扫描任务"}).status_code == 302
    alert.refresh_from_db()
    assert alert.state == "false"
    assert "漏洞扫描任务" in text(client.get(alert.get_absolute_url()))
    assert client.post(where, {"act": "confirm"}).status_code == 200
    alert.refresh_from_db()
    assert alert.state == "false"


def test_it_is_handed_to_a_colleague(make_alert: Make, visitor: Make, make_account: Make) -> None:
    alert, client = make_alert(), visitor("duty_officer")
    where = reverse("detection:alert_judge", args=[alert.pk])
    colleague, outsider = make_account("duty_officer"), make_account("bureau_leader")
    assert client.post(where, {"act": "assign", "to": outsider.pk}).status_code == 200
    assert client.post(where, {"act": "assign"}).status_code == 200
    assert client.post(where, {"act": "assign", "to": colleague.pk}).status_code == 302
    alert.refresh_from_db()
    assert alert.assignee == colleague


def test_many_at_once_are_shown_before_they_are_closed(make_alert: Make, visitor: Make) -> None:
    one, two, client = make_alert(title="甲"), make_alert(title="乙"), visitor("duty_officer")
    chosen = {"selected": [one.pk, two.pk]}
    shown = client.post(reverse("detection:alerts_together"), chosen)
    assert "甲" in text(shown) and "乙" in text(shown)
    assert Alert.objects.filter(state="new").count() == 2
    response = client.post(reverse("detection:alerts_together"), {**chosen, "act": "handle", "reason": "同一次扫描"})
    assert response.status_code == 302
    assert Alert.objects.filter(state="handled").count() == 2
    assert client.post(reverse("detection:alerts_take"), chosen).status_code == 302
    assert Alert.objects.filter(state="handled").count() == 2


def test_what_a_room_above_offers_is_a_button(make_alert: Make, visitor: Make) -> None:
    class Ticket:
        def get_absolute_url(self) -> str:
            return "/made/"

    alert, client = make_alert(), visitor("duty_officer")
    assert "转为工单" not in text(client.get(alert.get_absolute_url()))
    register(Outcome("above.ticket", "转为工单", "detection.handle", lambda _alert, _by, _reason: Ticket()))
    try:
        assert "转为工单" in text(client.get(alert.get_absolute_url()))
        where = reverse("detection:alert_become", args=[alert.pk])
        assert client.post(where, {"kind": "above.unknown", "reason": "需要整改"}).status_code == 404
        made = client.post(where, {"kind": "above.ticket", "reason": "需要整改"})
        assert (made.status_code, made["Location"]) == (302, "/made/")
        assert 'href="/made/"' in text(client.get(alert.get_absolute_url()))
    finally:
        forget("above.ticket")


def test_open_alerts_stand_on_the_pages_of_what_they_are_about(
    make_alert: Make, visitor: Make, make_unit: Make
) -> None:
    from qingdun.inventory import actions
    from qingdun.inventory.models import Host, System

    unit, day = make_unit("edu", parent=make_unit()), timezone.localdate()
    system = actions.register(System(unit=unit, code="S-1", name="门户", provisioned=day), by=None)
    given = {"name": "web-1", "zone": "govnet", "address": "10.1.0.5", "registered": day}
    host = actions.register(Host(unit=unit, system=system, **given), by=None)
    alert = make_alert(title="后门", unit=unit, host=host, system=system)
    closed = make_alert(title="已了结的", unit=unit, host=host, system=system, state="handled", live=False)
    client = visitor("duty_officer")
    for address in (host.get_absolute_url(), system.get_absolute_url(), reverse("inventory:unit", args=[unit.pk])):
        shown = text(client.get(address))
        assert alert.get_absolute_url() in shown and closed.get_absolute_url() not in shown, address


def test_the_workbench_shows_mine_and_the_serious(make_alert: Make, visitor: Make) -> None:
    client = visitor("duty_officer")
    make_alert(title="我手上的", assignee=client.account, state="working", level=2)
    make_alert(title="没人管的", level=5)
    make_alert(title="不要紧的", level=2)
    shown = text(client.get("/"))
    assert "我手上的</a>" in shown and "没人管的</a>" in shown and "不要紧的" not in shown


def test_the_search_finds_an_alert_by_its_source(make_alert: Make, make_account: Make) -> None:
    alert = make_alert(source="203.0.113.200")
    officer, stranger = make_account("duty_officer"), make_account("security_admin")
    hits = [hit.url for _label, found in search(officer, "203.0.113.200") for hit in found]
    assert alert.get_absolute_url() in hits
    assert search(stranger, "203.0.113.200") == [] and search(AnonymousUser(), "203.0.113.200") == []
