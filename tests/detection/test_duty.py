from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from qingdun.detection import duty
from qingdun.detection.models import Alert
from qingdun.notify.models import Message

Make = Callable[..., Any]
NOW = timezone.now()


def tell() -> int:
    with transaction.atomic():
        return duty.tell(timezone.now())


def test_one_message_for_many_and_none_twice(make_alert: Make, make_account: Make) -> None:
    officer, leader = make_account("duty_officer"), make_account("bureau_leader")
    alerts = [make_alert(level=5, title=f"后门{number}") for number in range(3)]
    make_alert(level=4)
    assert tell() == 3
    message = Message.objects.get(account=officer)
    assert "3 条严重告警" in message.title and all(one.title in message.text for one in alerts)
    assert not Message.objects.filter(account=leader).exists()
    assert tell() == 0 and Message.objects.filter(account=officer).count() == 1


def test_each_hears_of_what_is_his_to_judge(make_alert: Make, make_account: Make, make_unit: Make) -> None:
    here, there = (make_unit(code, parent=make_unit()) for code in ("here", "there"))
    mine, all_of_it = make_account("duty_officer", unit=here), make_account("duty_officer", unit=make_unit())
    alert = make_alert(level=5, unit=here)
    make_alert(level=5, unit=there)
    tell()
    assert Message.objects.get(account=mine).link == alert.get_absolute_url()
    assert "2 条严重告警" in Message.objects.get(account=all_of_it).title


@pytest.mark.parametrize(
    "fields",
    [
        {"level": 4},
        {"level": 5, "state": "working"},
        {"level": 5, "first": NOW - timedelta(days=400), "last": NOW - timedelta(days=399)},
    ],
)
def test_no_news_is_not_said(make_alert: Make, make_account: Make, fields: dict[str, Any]) -> None:
    make_account("duty_officer")
    make_alert(**fields)
    assert tell() == 0 and not Message.objects.exists()


def test_the_cost_does_not_grow_with_the_alerts(
    make_alert: Make, make_account: Make, django_assert_max_num_queries: Any
) -> None:
    make_account("duty_officer")
    for _number in range(30):
        make_alert(level=5)
    with django_assert_max_num_queries(12):
        tell()
    assert not Alert.objects.filter(told=None).exists()
