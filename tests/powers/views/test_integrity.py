from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection, transaction

from qingdun import audit
from qingdun.audit import checkpoints, guards, keys
from qingdun.audit.models import Checkpoint, Entry, Verification
from qingdun.notify.models import Message
from qingdun.powers import audit_jobs as jobs
from qingdun.web.models import JobRun

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor(visitor: Callable[..., Any]) -> Any:
    return visitor("audit_admin")


def record(subject: str = "甲物") -> Entry:
    with transaction.atomic():
        return audit.record(None, "logs.export", subject)


@contextmanager
def as_owner() -> Iterator[None]:
    guards.remove(connection)
    yield
    guards.install(connection)


def quiet(done: int, total: int = 0, message: Any = "") -> None:
    pass


def page(client: Any) -> str:
    answer = client.get("/audit/report/")
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_fresh_installation_says_that_nothing_was_verified(auditor: Any) -> None:
    shown = page(auditor)
    assert "还没有核验过" in shown and "还没有签署过" in shown and "QINGDUN_CHECKPOINTS" in shown
    assert "还没有公钥" in auditor.get("/audit/report/key", follow=True).content.decode()


def test_a_whole_chain_is_said_with_what_it_was_held_against(auditor: Any) -> None:
    record()
    checkpoints.sign()
    jobs.verify_all(quiet)
    shown = page(auditor)
    assert "审计链完整" in shown and "与 1 个签名检查点相符" in shown and "不可调低" in shown
    kept = Entry.objects.filter(action="audit.verify").get()
    assert kept.actor_id is None and kept.reason.startswith("完整，共 ")
    newest = checkpoints.newest()
    assert newest and keys.pem(newest.heir) == auditor.get("/audit/report/key").content


def test_verifying_is_put_into_the_queue_once(auditor: Any) -> None:
    shown = auditor.post("/audit/verify/", follow=True).content.decode()
    assert "已开始核验" in shown and "等待后台进程取走" in shown
    assert "核验正在进行" in auditor.post("/audit/verify/", follow=True).content.decode()
    assert JobRun.objects.filter(key="audit.verify").count() == 1
    part = auditor.get("/audit/report/", headers={"HX-Request": "true"}).content.decode()
    assert "等待后台进程取走" in part and "<html" not in part
    kept = Entry.objects.filter(action="audit.verify").get()
    assert (kept.actor, kept.reason) == (auditor.account.username, "发起核验")


@pytest.mark.django_db(transaction=True)
def test_a_broken_chain_is_told_to_all_three_officers_once(visitor: Any, auditor: Any) -> None:
    security, system, clerk = visitor("security_admin"), visitor("system_admin"), visitor("unit_contact")
    bad = record().sequence
    with as_owner():
        Entry.objects.filter(sequence=bad).update(subject="乙物")
    jobs.verify_all(quiet)
    jobs.sign_hourly(quiet)
    found = f"第 {bad} 条的内容或摘要被改动"
    told = Message.objects.filter(kind="audit.broken")
    assert {one.account for one in told} == {auditor.account, security.account, system.account}
    assert all(found in one.text for one in told)
    assert [one.first_bad for one in Verification.objects.all()] == [bad, bad]
    for officer in (auditor, security, system):
        assert found in officer.get("/").content.decode()
    assert found not in clerk.get("/").content.decode()
    assert found in page(auditor)
    with as_owner():
        Entry.objects.filter(sequence=bad).update(subject="甲物")
    jobs.verify_all(quiet)
    assert found not in security.get("/").content.decode(), "put right, and found so"


def test_the_hour_signs_only_what_moved_and_the_day_in_any_case(auditor: Any) -> None:
    record()
    for _again in range(3):
        jobs.sign_hourly(quiet)
    assert Checkpoint.objects.count() == 1
    jobs.send_daily(quiet)
    newest = checkpoints.newest()
    assert Checkpoint.objects.count() == 2 and newest
    message = Message.objects.get(account=auditor.account, kind="audit.checkpoint")
    assert "第 2 号" in message.title
    assert verify_whole()


def verify_whole() -> bool:
    jobs.verify_all(quiet)
    newest = Verification.objects.first()
    return bool(newest and newest.whole)


def test_who_read_and_exported_is_listed(auditor: Any) -> None:
    auditor.get("/audit/")
    list(auditor.post("/audit/export/", {"form": "csv", "reason": "年度检查"}).streaming_content)
    shown = page(auditor)
    assert auditor.account.username in shown and "导出审计记录" in shown and "查看审计记录" in shown
