"""Idempotency keys: a write happens once, however often and however simultaneously it is sent."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from qingdun.inventory.models import System
from qingdun.web import jobs
from qingdun.web.machine import once
from qingdun.web.models import KeptAnswer

SYSTEMS = "/api/v1/inventory/systems"
GOOD = {"code": "S-1", "name": "甲", "unit": "city", "provisioned": "2026-03-01"}


def send(client: Any, key: str, body: dict[str, Any] | None = None, path: str = SYSTEMS) -> Any:
    return client.post(
        path, json.dumps(body or GOOD), content_type="application/json", headers={"Idempotency-Key": key}
    )


@pytest.mark.django_db
def test_the_same_write_again_gets_the_same_answer_and_does_nothing(visitor: Any, make_unit: Any) -> None:
    client = visitor("operations_engineer", unit=make_unit())
    first, again = send(client, "k1"), send(client, "k1")
    assert first.status_code == again.status_code == 201
    assert first.content == again.content and again.headers["Idempotency-Replayed"] == "true"
    assert System.objects.count() == 1
    assert send(client, "k2").status_code == 422  # another key is another write, and the code is taken


@pytest.mark.django_db
def test_a_key_belongs_to_one_content_and_one_account(visitor: Any, make_unit: Any) -> None:
    client, other = (visitor("operations_engineer", unit=make_unit()) for _ in range(2))
    send(client, "k1")
    reused = send(client, "k1", GOOD | {"code": "S-2"})
    assert (reused.status_code, reused.json()["type"]) == (422, "/api/#key-reused")
    assert send(client, "k1", path="/api/v1/inventory/hosts").json()["type"] == "/api/#key-reused"
    assert send(other, "k1", GOOD | {"code": "S-3"}).status_code == 201


@pytest.mark.django_db
def test_a_refusal_is_not_kept(visitor: Any, make_unit: Any) -> None:
    client = visitor("operations_engineer", unit=make_unit())
    assert send(client, "k1", GOOD | {"unit": "nowhere"}).status_code == 422
    assert KeptAnswer.objects.count() == 0
    assert send(client, "k1").status_code == 201
    assert visitor("bureau_leader").post(SYSTEMS, "{}", content_type="application/json").status_code == 403


@pytest.mark.django_db
def test_what_is_being_done_is_not_begun_again(visitor: Any, make_unit: Any) -> None:
    client = visitor("operations_engineer", unit=make_unit())
    send(client, "k1")
    KeptAnswer.objects.update(status=0)
    waiting = send(client, "k1")
    assert (waiting.status_code, waiting.json()["type"]) == (409, "/api/#in-progress")
    assert int(waiting.headers["Retry-After"]) >= 1
    System.objects.all().delete()
    KeptAnswer.objects.update(claimed=timezone.now() - once.ABANDONED - timedelta(seconds=1))
    assert send(client, "k1").status_code == 201  # whoever claimed it died, and nothing of it stands


@pytest.mark.django_db
def test_a_key_is_spent_after_a_day_and_swept_by_the_clock(visitor: Any, make_unit: Any) -> None:
    client = visitor("operations_engineer", unit=make_unit())
    send(client, "k1")
    KeptAnswer.objects.update(claimed=timezone.now() - timedelta(hours=25))
    jobs.prune_answers(lambda *told: None)
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("key", ["", "x" * 201, "钥匙", "a\tb"])
def test_a_key_that_is_none_is_refused(visitor: Any, key: str) -> None:
    answer = visitor("operations_engineer").post(
        SYSTEMS, json.dumps(GOOD), content_type="application/json", HTTP_IDEMPOTENCY_KEY=key
    )
    assert answer.status_code == 400 and System.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_ten_at_once_make_one(make_account: Any, make_unit: Any) -> None:
    account = make_account("operations_engineer", unit=make_unit())
    answers: list[Any] = []

    def run() -> None:
        client = Client()
        client.force_login(account)
        answers.append(send(client, "k1"))
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(answer.status_code == 201 and "Idempotency-Replayed" not in answer.headers for answer in answers) == 1
    assert System.objects.count() == 1
