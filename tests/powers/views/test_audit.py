from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.html import strip_tags

from qingdun import audit
from qingdun.audit import guards, origin
from qingdun.audit.models import Entry
from qingdun.inventory.models import Host, Zone

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(visitor: Callable[..., Client]) -> Client:
    return visitor("audit_admin")


def record(subject: str, action: str = "logs.export", by: Any = None, **options: Any) -> None:
    with transaction.atomic():
        audit.record(by, action, subject, **options)


def page(client: Client, **asked: str) -> str:
    answer = client.get("/audit/", asked)
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_entry_is_shown_in_words(auditor: Client, make_account: Callable[..., Any]) -> None:
    contact = make_account("unit_contact", username="qianer")
    record("三月的日志", by=contact, reason="上级检查", changes={"行数": (None, 120)})
    shown = page(auditor)
    for words in ("qianer", "导出日志", "三月的日志", "上级检查", "行数", "— → 120", "账号", "授权"):
        assert words in shown, words


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "qianer"}, {"甲"}),
        ({"who": "钱二"}, {"甲"}),
        ({"action": "logs.search"}, {"乙"}),
        ({"subject": "丙"}, {"丙"}),
        ({"reason": "检查"}, {"甲"}),
        ({"address": "192.0.2."}, {"丙"}),
        ({"who": "平台"}, {"乙", "丙"}),
        ({"from": "1999-01-01", "to": "2000-01-01"}, set()),
        ({"from": "today", "to": "today"}, {"甲", "乙", "丙"}),
        ({"who": "qianer", "subject": "乙"}, set()),
        ({"who": "nobody-of-that-name"}, set()),
    ],
)
def test_each_filter_narrows(
    auditor: Client, make_account: Any, make_person: Any, asked: dict[str, str], found: set[str]
) -> None:
    record("甲物", by=make_account(username="qianer", person=make_person("钱二")), reason="年度检查")
    record("乙物", "logs.search")
    token = origin._address.set("192.0.2.7")
    record("丙物")
    origin._address.reset(token)
    today = {"today": timezone.localdate().isoformat()}
    shown = page(auditor, **{key: today.get(value, value) for key, value in asked.items()})
    assert {name for name in "甲乙丙" if f"{name}物" in shown} == found


@pytest.mark.parametrize("minute", ["00:30", "23:59"])
def test_a_day_is_a_day_of_the_local_clock(auditor: Client, monkeypatch: pytest.MonkeyPatch, minute: str) -> None:
    """Half past midnight here is still the day before in UTC."""
    moment = timezone.make_aware(datetime.fromisoformat(f"2026-03-02 {minute}"))
    with monkeypatch.context() as patch:
        patch.setattr(timezone, "now", lambda: moment)
        record("那天")
    assert "那天" in page(auditor, **{"from": "2026-03-02", "to": "2026-03-02"})
    assert "那天" not in page(auditor, **{"from": "2026-03-01", "to": "2026-03-01"})
    assert "那天" not in page(auditor, **{"from": "2026-03-03"})


def test_a_filter_that_makes_no_sense_says_so_and_shows_nothing(auditor: Client) -> None:
    record("甲物")
    shown = page(auditor, **{"from": "soon"})
    assert "“soon”不是日期" in shown and "甲物" not in shown
    assert "不是账号编号" in page(auditor, account="1 or 1")


def test_reading_is_on_record_once_for_each_question(auditor: Any) -> None:
    for asked in ({}, {}, {"page": "2"}, {"who": "qianer"}, {"who": "qianer", "sort": "at"}, {}):
        page(auditor, **asked)
    readings = list(Entry.objects.filter(action="audit.view").order_by("sequence"))
    assert [entry.reason for entry in readings] == ["全部", "账号或姓名：qianer", "全部"]
    assert {entry.actor for entry in readings} == {auditor.account.username}


def test_what_a_device_wrote_is_text_and_not_markup(auditor: Client) -> None:
    record("<script>alert(1)</script>", reason="<b>", changes={"<i>": ("<u>", "&")})
    shown = page(auditor)
    assert "<script>alert" not in shown and "&lt;script&gt;" in shown and "<b>" not in shown and "<u>" not in shown


def test_a_page_costs_the_same_for_many(auditor: Client) -> None:
    page(auditor)
    with CaptureQueriesContext(connection) as few:
        page(auditor)
    for number in range(120):
        record(f"第 {number} 件")
    with CaptureQueriesContext(connection) as many:
        shown = page(auditor)
    assert len(many) == len(few) <= 16
    assert shown.count("<tr role") == 21 and "page=2" in shown


# --- who reads what -------------------------------------------------------------------------------------------------


def test_the_duty_matrix_divides_the_readers(visitor: Callable[..., Any], make_account: Callable[..., Any]) -> None:
    """Ordinary people and the other two officers → audit administrator; the audit officers' own → security ones."""
    acts = {role: make_account(role) for role in ("unit_contact", "system_admin", "security_admin", "audit_admin")}
    for role, account in acts.items():
        record(f"物-{role}", by=account)
    auditor, security = visitor("audit_admin"), visitor("security_admin")
    everybody, auditors = page(auditor), security.get("/audit/auditors/").content.decode()
    assert {role for role in acts if f"物-{role}" in everybody} == set(acts) - {"audit_admin"}
    assert {role for role in acts if f"物-{role}" in auditors} == {"audit_admin"}
    assert security.get("/audit/").status_code == auditor.get("/audit/auditors/").status_code == 403
    for entry in Entry.objects.filter(subject__startswith="物-"):
        of_auditor = entry.office == Entry.Office.AUDIT
        assert auditor.get(f"/audit/{entry.pk}/").status_code == (404 if of_auditor else 200)
        assert security.get(f"/audit/{entry.pk}/").status_code == (200 if of_auditor else 404)


def test_nobody_else_reads_and_a_branch_is_not_enough(visitor: Any, make_unit: Any) -> None:
    for role in ("system_admin", "security_admin", "security_officer"):
        assert visitor(role).get("/audit/").status_code == 403
    branch = make_unit("edu", parent=make_unit())
    local = visitor("audit_admin", unit=branch)
    assert local.get("/audit/").status_code == 403, "the record belongs to the whole city"
    record("甲物")
    assert local.get(f"/audit/{Entry.objects.get(subject='甲物').pk}/").status_code == 404


def test_everybody_reads_the_own_acts(visitor: Callable[..., Any]) -> None:
    me, other = visitor("unit_contact"), visitor("unit_contact")
    record("我的事", by=me.account)
    record("别人的事", by=other.account)
    shown = me.get("/audit/mine/").content.decode()
    assert "我的事" in shown and "别人的事" not in shown
    own, theirs = (Entry.objects.get(subject=subject).pk for subject in ("我的事", "别人的事"))
    assert "我的事" in me.get(f"/audit/{own}/").content.decode()
    assert me.get(f"/audit/{theirs}/").status_code == 404
    assert not Entry.objects.filter(action="audit.view").exists(), "reading one's own is no reading of records"


def test_looking_at_one_entry_is_on_record(auditor: Any) -> None:
    record("甲物")
    number = Entry.objects.get(subject="甲物").pk
    auditor.get(f"/audit/{number}/")
    reading = Entry.objects.get(action="audit.view")
    assert (reading.actor, reading.reason) == (auditor.account.username, f"第 {number} 条")
    assert auditor.get("/audit/999999/").status_code == 404


# --- one act --------------------------------------------------------------------------------------------------------


def test_what_changed_stands_field_by_field(auditor: Client, make_unit: Callable[..., Any]) -> None:
    host = Host(name="web-1", address="10.1.1.1", unit=make_unit())
    host.pk = 7
    changes = {
        "zone": (Zone.INTERNET.value, Zone.GOVNET.value),
        "unit_id": (1, 2),
        "further": ([], ["10.1.1.2"]),
        "旗": (True, None),
    }
    record(host, changes=changes)
    number = Entry.objects.get(subject="web-1").pk
    shown = " ".join(strip_tags(auditor.get(f"/audit/{number}/").content.decode().replace("<", " <")).split())
    for words in (
        "网络区域 互联网区 政务外网区",
        "归属单位 编号 1 编号 2",
        "其他地址 — 10.1.1.2",
        "旗 是 —",
        "摘要相符",
    ):
        assert words in shown, (words, shown)
    assert "object=inventory.host%3A7" in auditor.get(f"/audit/{number}/").content.decode()
    assert "web-1" in page(auditor, object="inventory.host:7") and "web-1" not in page(
        auditor, object="inventory.host:8"
    )


def test_an_entry_that_was_altered_is_shown_and_said_so(auditor: Client) -> None:
    record("甲物")
    number = Entry.objects.get(subject="甲物").pk
    with as_owner():
        Entry.objects.filter(pk=number).update(changes="no json", subject_type="gone.model")
    shown = auditor.get(f"/audit/{number}/").content.decode()
    assert "摘要不符" in shown and "no json" in shown and "gone.model" in shown
    assert "no json" in page(auditor, subject="甲物")


@contextmanager
def as_owner() -> Iterator[None]:
    guards.remove(connection)
    yield
    guards.install(connection)


KEYS = "from to who action subject reason address object account sort page size"


def test_whatever_is_asked_for_is_answered(auditor: Client) -> None:
    record("甲物")
    for value in ("x" * 5000, "'%", "\0", "9" * 30, "a:b:c"):
        for key in KEYS.split():
            assert auditor.get("/audit/", {key: value}).status_code == 200, (key, value)
        assert auditor.get("/audit/export/", dict.fromkeys(KEYS.split(), value)).status_code in (200, 302), value
