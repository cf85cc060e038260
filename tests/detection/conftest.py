"""Builders of what detection keeps: the ORM's own rows, as `settling` would leave them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # Django is not started yet when this file is read
    from qingdun.detection.models import Alert


@pytest.fixture
def make_alert(make_unit: Callable[..., Any]) -> Callable[..., Alert]:
    """`make_alert(level=…, unit=…, state=…)`: an alert of the last hour."""
    from django.utils import timezone

    from qingdun.detection.models import Alert

    numbers = count(1)

    def make(*, now: datetime | None = None, **fields: Any) -> Alert:
        number, now = next(numbers), now or timezone.now()
        base = {
            "rule": f"rule-{number}",
            "title": f"告警{number}",
            "level": 4,
            "source": f"203.0.113.{number % 250 + 1}",
            "target": "192.0.2.8",
            "grouped": f"group-{number}",
            "first": now - timedelta(minutes=30),
            "last": now - timedelta(minutes=1),
            "hits": 7,
            "raised": now,
            "delay": 1.5,
        }
        unit = fields.pop("unit", None) or make_unit()
        return Alert.objects.create(**{**base, "unit": unit, **fields})

    return make
