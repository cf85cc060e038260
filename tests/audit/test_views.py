from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qingdun import audit
from qingdun.audit import guards
from qingdun.audit.models import Entry

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
        ({"actor": "qianer"}, {"甲"}),
        ({"action": "logs.search"}, {"乙"}),
        ({"subject": "丙"}, {"丙"}),
        ({"start": "1999-01-01", "end": "2000-01-01"}, set()),
        ({"start": "today", "end": "today"}, {"甲", "乙", "丙"}),
        ({"actor": "qianer", "subject": "乙"}, set()),
    ],
)
def test_each_filter_narrows(
    auditor: Client, make_account: Callable[..., Any], asked: dict[str, str], found: set[str]
) -> None:
    record("甲物", by=make_account(username="qianer"))
    record("乙物", "logs.search")
    record("丙物")
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
    assert "那天" in page(auditor, start="2026-03-02", end="2026-03-02")
    assert "那天" not in page(auditor, start="2026-03-01", end="2026-03-01")
    assert "那天" not in page(auditor, start="2026-03-03")


def test_a_filter_that_makes_no_sense_says_so_and_shows_nothing(auditor: Client) -> None:
    record("甲物")
    shown = page(auditor, start="soon", action="no.such.act")
    assert "有几处需要改正" in shown and "甲物" not in shown
    assert not Entry.objects.filter(action="audit.view").exists()


def test_reading_is_on_record_once_for_each_question(auditor: Any) -> None:
    for asked in ({}, {}, {"page": "2"}, {"actor": "qianer"}, {"actor": "qianer", "page": "1"}, {}):
        page(auditor, **asked)
    readings = list(Entry.objects.filter(action="audit.view").order_by("sequence"))
    assert [entry.reason for entry in readings] == ["全部", "账号：qianer", "全部"]
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
    assert len(many) == len(few) <= 7
    assert shown.count("<tr role") == 51 and "page=2" in shown


def test_verifying_says_what_was_found_and_is_on_record(auditor: Any) -> None:
    answer = auditor.post("/audit/verify/", follow=True)
    assert "审计链完整" in answer.content.decode()
    entry = Entry.objects.filter(action="audit.verify").get()
    assert entry.actor == auditor.account.username and entry.reason.startswith("完整")


@pytest.mark.django_db(transaction=True)
def test_verifying_a_broken_chain_names_the_entry(auditor: Client) -> None:
    record("甲物")
    bad = Entry.objects.get(subject="甲物").sequence
    guards.remove(connection)
    Entry.objects.filter(sequence=bad).update(subject="乙物")
    guards.install(connection)
    answer = auditor.post("/audit/verify/", follow=True)
    assert f"第 {bad} 条的内容或摘要被改动" in answer.content.decode()


def test_only_the_audit_admin_reads(visitor: Callable[..., Client], make_unit: Callable[..., Any]) -> None:
    for role in ("system_admin", "security_admin", "security_officer"):
        assert visitor(role).get("/audit/").status_code == 403
    branch = make_unit("edu", parent=make_unit())
    assert visitor("audit_admin", unit=branch).get("/audit/").status_code == 403, "the record belongs to the whole city"
