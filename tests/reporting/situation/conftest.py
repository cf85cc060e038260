"""Attacks, alerts and blocks as the pipeline would have counted them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.utils import timezone


@pytest.fixture
def make_attack(make_unit: Any) -> Callable[..., Any]:
    """`make_attack(hour=…, hits=…, action=…)`; by default one hit within the running hour."""
    from qingdun.detection.models import Attack

    numbers = count(1)

    def make(**fields: Any) -> Any:
        hour: datetime = fields.pop("hour", None) or timezone.localtime().replace(minute=0, second=0, microsecond=0)
        given = {
            "source": f"198.51.100.{next(numbers) % 250 + 1}",
            "target": "10.20.1.5",
            "attack": "sql_injection",
            "action": "blocked",
            "hits": 1,
            "first": hour,
            "last": hour + timedelta(minutes=1),
            "severity": 3,
            "unit": fields.pop("unit", None) or make_unit(),
        }
        return Attack.objects.create(hour=hour, **{**given, **fields})

    return make


@pytest.fixture
def make_alert(make_unit: Any) -> Callable[..., Any]:
    from qingdun.detection.models import Alert

    numbers = count(1)

    def make(**fields: Any) -> Any:
        now = timezone.now()
        given = {
            "rule": "r-1",
            "title": "样例告警",
            "level": 4,
            "attack": "backdoor",
            "grouped": f"g{next(numbers)}",
            "source": "198.51.100.7",
            "target": "10.20.1.5",
            "unit": fields.pop("unit", None) or make_unit(),
            "first": now,
            "last": now,
            "hits": 1,
            "raised": now,
        }
        return Alert.objects.create(**{**given, **fields})

    return make


@pytest.fixture
def make_block(db: None) -> Callable[..., Any]:
    from qingdun.operations.models import Block

    def make(address: str, **fields: Any) -> Any:
        now = fields.pop("decided", None) or timezone.now()
        given = {
            "first_key": address,
            "last_key": address,
            "origin": "policy",
            "reason": "样例",
            "state": "expired",
            "decided": now,
            "valid_from": now,
            "valid_until": now + timedelta(hours=1),
        }
        return Block.objects.create(address=address, **{**given, **fields})

    return make
