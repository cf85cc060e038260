"""Telling people: the box inside, the channels outside, and what never leaves."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy

from qingdun import notify
from qingdun.audit.models import Entry
from qingdun.lib.faults import BrokenContent
from qingdun.notify import actions, tasks
from qingdun.notify.channels import channels
from qingdun.notify.core.channels import WAITS, Channel, wait_after, without_secret
from qingdun.notify.models import Delivery, Message
from qingdun.web import worker

State = Delivery.State


class Robot(HTTPServer):
    """What stands at the other end: keeps what it was sent and answers as it is told."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.status = 200
        super().__init__(("127.0.0.1", 0), Ear)


class Ear(BaseHTTPRequestHandler):
    server: Robot

    def do_POST(self) -> None:
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture
def robot() -> Iterator[Robot]:
    server = Robot()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def write_channel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, robot: Robot) -> Callable[..., Path]:
    monkeypatch.setenv("QINGDUN_CONTENT", str(tmp_path))

    def write(key: str = "duty", *, mode: int = 0o600, url: str = "", kinds: str = "[audit.]") -> Path:
        folder = tmp_path / "notify" / "channels"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{key}.yaml"
        address = url or f"json://127.0.0.1:{robot.server_port}/s3cret-t0ken"
        file.write_text(f"name: 值守群\nenglish: Duty group\nurl: {address}\nkinds: {kinds}\n", "utf-8")
        file.chmod(mode)
        return file

    return write


def run_queue() -> None:
    worker.work(with_clock=False, until_empty=True)


@pytest.mark.django_db
def test_each_account_is_told_once_and_those_out_of_use_are_not(make_account: Any) -> None:
    first, second = make_account(), make_account()
    second.is_active = False
    second.save()
    with transaction.atomic(), translation.override("en"):
        told = notify.send([first, first, second], "test.thing", gettext_lazy("审计记录"), link="/audit/")
    assert told == 1
    message = Message.objects.get()
    assert (message.account, message.title, message.read) == (first, "审计记录", None)


@pytest.mark.django_db(transaction=True)
def test_a_message_stands_or_falls_with_what_it_tells(make_account: Any) -> None:
    with pytest.raises(RuntimeError, match="同一事务"):
        notify.send([make_account()], "test.thing", "什么事")


@pytest.mark.django_db(transaction=True)
def test_a_channel_carries_the_title_and_never_the_text(
    make_account: Any, robot: Robot, write_channel: Any, settings: Any
) -> None:
    settings.CSRF_TRUSTED_ORIGINS = ["https://qingdun.example"]
    write_channel()
    with transaction.atomic():
        notify.send([make_account()], "audit.broken", "审计链有一处断开", text="第 7 条", link="/audit/")
        notify.send([make_account()], "other.kind", "与值守群无关")
    run_queue()
    assert [sent["title"] for sent in robot.heard] == ["审计链有一处断开"]
    assert robot.heard[0]["message"] == "https://qingdun.example/audit/"
    assert "第 7 条" not in json.dumps(robot.heard, ensure_ascii=False)
    assert Delivery.objects.get().state == State.SENT


@pytest.mark.django_db(transaction=True)
def test_a_refused_delivery_is_tried_again_and_given_up_in_the_end(
    make_account: Any, robot: Robot, write_channel: Any
) -> None:
    write_channel()
    robot.status = 500
    with transaction.atomic():
        notify.send([make_account()], "audit.broken", "断了")
    run_queue()
    for _failure in WAITS:
        Delivery.objects.update(due=timezone.now())
        tasks.deliver.func(Delivery.objects.get().pk)
    given_up = Delivery.objects.get()
    assert (given_up.state, given_up.failures) == (State.FAILED, len(WAITS) + 1)
    assert given_up.problem and "s3cret" not in given_up.problem
    assert len(robot.heard) == len(WAITS) + 1


@pytest.mark.django_db(transaction=True)
def test_what_a_killed_worker_dropped_is_taken_up_again(robot: Robot, write_channel: Any) -> None:
    write_channel()
    Delivery.objects.create(channel="duty", kind="audit.x", title="丢下的", due=timezone.now() - timedelta(hours=1))
    old = Delivery.objects.create(channel="duty", kind="audit.x", title="旧的", due=timezone.now(), state=State.SENT)
    Delivery.objects.filter(pk=old.pk).update(asked=timezone.now() - tasks.KEPT - timedelta(days=1))
    assert tasks.tidy() == (1, 1)
    run_queue()
    assert [(one.title, one.state) for one in Delivery.objects.all()] == [("丢下的", State.SENT)]


@pytest.mark.django_db(transaction=True)
def test_a_channel_that_is_gone_is_said_so() -> None:
    tasks.deliver.func(Delivery.objects.create(channel="nowhere", kind="audit.x", title="去哪", due=timezone.now()).pk)
    assert Delivery.objects.get().problem == "这个通道已经不在了"


def test_a_file_others_can_read_or_without_a_channel_is_refused(write_channel: Any) -> None:
    write_channel("open", mode=0o644)
    write_channel("odd", url="nosuch://thing")
    with pytest.raises(BrokenContent) as refused:
        channels()
    assert {(fault.file.name, fault.key) for fault in refused.value.faults} == {
        ("open.yaml", "url"),
        ("odd.yaml", "url"),
    }


@pytest.mark.django_db(transaction=True)
def test_a_broken_file_stops_no_message(make_account: Any, write_channel: Any) -> None:
    write_channel(mode=0o644)
    with transaction.atomic():
        assert notify.send([make_account()], "audit.broken", "断了") == 1
    assert not Delivery.objects.exists()


def test_waits_end_and_no_secret_is_repeated() -> None:
    assert [wait_after(number) for number in range(1, 7)] == [*WAITS, None]
    said = without_secret("no route to json://10.0.0.1/abcdef-123", "json://10.0.0.1/abcdef-123")
    assert "abcdef" not in said and "10.0.0.1" not in said
    assert "secret" not in repr(Channel("k", "名", "name", "json://secret", ("a",)))


# --- pages ----------------------------------------------------------------------------------------------------------


def tell(account: Any, **words: Any) -> Message:
    with transaction.atomic():
        notify.send([account], "test.thing", "一件事", **words)
    return Message.objects.latest("pk")


def test_the_bell_counts_and_opening_reads(visitor: Any) -> None:
    client = visitor()
    message = tell(client.account, text="细节")
    assert '<span class="unread">1' in client.get("/messages/").text
    assert "细节" in client.get(f"/messages/{message.pk}/").text
    assert 'class="unread"' not in client.get("/messages/").text


def test_a_message_without_text_leads_straight_to_the_thing_but_never_outside(visitor: Any) -> None:
    client = visitor()
    assert client.get(f"/messages/{tell(client.account, link='/password/').pk}/").headers["Location"] == "/password/"
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.get(f"/messages/{tell(client.account, link=elsewhere).pk}/")
        assert answer.status_code == 200
        assert "evil.example" not in answer.text and "javascript:" not in answer.text


def test_another_persons_message_does_not_exist(visitor: Any) -> None:
    message = tell(visitor().account)
    other = visitor()
    assert other.get(f"/messages/{message.pk}/").status_code == 404
    other.post("/messages/read")
    message.refresh_from_db()
    assert message.read is None
    assert other.get("/api/v1/notify/messages").json() == {"unread": 0, "items": [], "next": None}


def test_the_box_pages_by_the_machine_interface_too(visitor: Any) -> None:
    client = visitor()
    for _number in range(3):
        tell(client.account)
    first = client.get("/api/v1/notify/messages?limit=2").json()
    rest = client.get(f"/api/v1/notify/messages?limit=2&before={first['next']}").json()
    assert (first["unread"], len(first["items"]), len(rest["items"]), rest["next"]) == (3, 2, 1, None)
    assert client.post("/api/v1/notify/messages/read").json() == {"read": 3}


def test_who_keeps_the_platform_tries_a_channel_and_nobody_else(visitor: Any, write_channel: Any) -> None:
    write_channel()
    client = visitor("system_admin")
    page = client.get("/system/channels/").text
    assert "值守群" in page and "s3cret" not in page
    assert client.post("/system/channels/duty/try").status_code == 302
    assert Entry.objects.filter(action="notify.channels", actor=str(client.account)).exists()
    assert client.post("/system/channels/none/try").status_code == 404
    with pytest.raises(PermissionDenied):
        actions.try_channel("duty", by=visitor("audit_admin").account)


def test_a_broken_channel_file_is_named_on_the_page(visitor: Any, write_channel: Any) -> None:
    write_channel("open", mode=0o644)
    client = visitor("system_admin")
    assert "chmod 600" in client.get("/system/channels/").text
    assert client.post("/system/channels/open/try", follow=True).status_code == 200
