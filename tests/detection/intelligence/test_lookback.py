from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import polars as pl
import pytest
from django.utils import timezone

from qingdun.detection.intelligence import actions
from qingdun.detection.intelligence.lookback import RULE, look_back
from qingdun.detection.models import Alert, Feed, Indicator
from qingdun.logs.core.columns import EVENT
from qingdun.logs.lake import Lake
from tests.logs.views.conftest import _forget

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def silent(_done: int, _total: int = 0, _message: object = "") -> None:
    """Nobody watches."""


@pytest.fixture
def lake() -> Iterator[Callable[..., None]]:
    _forget()

    def put(*rows: dict[str, Any]) -> None:
        told = [
            {"@timestamp": NOW, "event.ingested": NOW, "qingdun.batch": "b", "qingdun.row": n, "qingdun.count": 1} | one
            for n, one in enumerate(rows)
        ]
        Lake().append(pl.DataFrame(told, schema=EVENT), "lookback", 1)

    yield put
    _forget()


def know(text: str, weight: int = 90) -> None:
    feed = Feed.objects.get_or_create(name="清单", defaults={"shape": "mixed", "weight": weight})[0]
    actions.taking.accept(feed, actions.read_file(feed, text.encode(), "a"), by=None, source="a")


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


def test_new_indicators_are_looked_for_once_and_raise_alerts(lake: Callable[..., None], make_unit: Any) -> None:
    unit = make_unit()
    lake(
        {"@timestamp": ago(3), "destination.ip": "203.0.113.7", "source.ip": "10.20.3.4", "qingdun.unit": unit.pk},
        {"@timestamp": ago(2), "destination.ip": "203.0.113.7", "source.ip": "10.20.3.4", "qingdun.unit": unit.pk},
        {"@timestamp": ago(1), "url.domain": "a.evil.example", "qingdun.count": 4},
        {"@timestamp": ago(1), "source.ip": "203.0.113.9"},
    )
    know("203.0.113.7\nevil.example\n198.51.100.1\n")
    assert look_back(silent, NOW) == 2
    alert = Alert.objects.get(grouped=f"203.0.113.7|{unit.pk}")
    assert (alert.rule, alert.hits, alert.source, alert.target, alert.unit) == (
        RULE,
        2,
        "10.20.3.4",
        "203.0.113.7",
        unit,
    )
    assert (alert.first, alert.last, alert.level) == (ago(3), ago(2), Alert.Level.HIGH)
    assert [trace[:2] for trace in alert.evidence] == [["b", 0], ["b", 1]]
    assert dict(Indicator.objects.values_list("value", "hits")) == {
        "203.0.113.7": 2,
        "evil.example": 4,
        "198.51.100.1": 0,
    }
    assert look_back(silent, NOW) == 0
    assert Alert.objects.count() == 2


def test_what_was_met_blocked_too_old_or_light_raises_nothing(
    lake: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGDUN_LOOKBACK_DAYS", "30")
    lake(
        {"source.ip": "203.0.113.1", "threat.indicator.name": "203.0.113.1"},
        {"source.ip": "203.0.113.2", "qingdun.action": "blocked"},
    )
    know("203.0.113.1\n203.0.113.2\n")
    assert look_back(silent, NOW) == 0
    assert look_back(silent, NOW + timedelta(days=40)) == 0
    assert Indicator.objects.filter(looked_back=True).count() == 2


def test_beyond_the_days_nothing_is_looked_at(lake: Callable[..., None]) -> None:
    lake({"source.ip": "203.0.113.2"})
    know("203.0.113.2\n")
    assert look_back(silent, NOW + timedelta(days=40)) == 0


def test_light_indicators_are_counted_but_raise_no_alert(lake: Callable[..., None]) -> None:
    lake({"source.ip": "203.0.113.2"})
    know("203.0.113.2\n", weight=20)
    assert look_back(silent, NOW) == 0
    assert Indicator.objects.get().hits == 1
