"""Alerts come to be and take hits: by group, until they are closed or silent for a day, never a query for each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from qingdun.detection.alerting import raise_alerts
from qingdun.detection.core.raised import Raised, grouped
from qingdun.detection.models import Alert

pytestmark = pytest.mark.django_db
START = datetime(2022, 7, 12, 9, tzinfo=UTC)


def hit(hours: float = 0, *, source: str = "192.0.2.7", hits: int = 1, **fields: Any) -> Raised:
    at = START + timedelta(hours=hours)
    base: dict[str, Any] = {
        "rule": "r1",
        "title": "爆破",
        "level": 3,
        "hits": hits,
        "first": at,
        "last": at,
        "grouped": grouped((source, "10.0.0.1")),
        "source": source,
        "target": "10.0.0.1",
        "evidence": (("b", int(hours * 60), at),),
    }
    return Raised(**(base | fields))


def raised(*several: Raised) -> list[Alert]:
    return raise_alerts(several, timezone.now())


def test_hits_of_a_group_are_one_alert() -> None:
    raised(hit(0), hit(1, hits=4))
    raised(hit(2, level=5))
    alert = Alert.objects.get()
    assert (alert.hits, alert.level) == (6, 5)
    assert (alert.first, alert.last) == (START, START + timedelta(hours=2))
    assert [trace[1] for trace in alert.evidence] == [0, 60, 120]


def test_other_sources_are_other_alerts() -> None:
    raised(hit(0), hit(0, source="192.0.2.8"))
    assert Alert.objects.count() == 2


def test_after_a_day_of_silence_a_new_alert_begins() -> None:
    raised(hit(0))
    raised(hit(25))
    first, second = Alert.objects.order_by("first")
    assert (first.live, second.live) == (False, True)
    assert (first.hits, second.hits) == (1, 1)


def test_days_within_one_batch_are_told_apart_as_in_many() -> None:
    raised(hit(0), hit(25), hit(49), hit(100))
    assert [alert.hits for alert in Alert.objects.order_by("first")] == [1, 2, 1]
    assert [alert.live for alert in Alert.objects.order_by("first")] == [False, False, True]


def test_what_comes_late_joins_the_days_it_belongs_to() -> None:
    raised(hit(0))
    raised(hit(100))
    raised(hit(1), hit(50))
    assert [alert.hits for alert in Alert.objects.order_by("first")] == [2, 1, 1]
    assert Alert.objects.get(live=True).first == START + timedelta(hours=100)


@pytest.mark.parametrize("state", [Alert.State.HANDLED, Alert.State.FALSE])
def test_a_closed_alert_takes_no_more(state: str) -> None:
    raised(hit(0))
    Alert.objects.update(state=state, live=False)
    raised(hit(1))
    assert sorted(Alert.objects.values_list("hits", "live")) == [(1, False), (1, True)]


def test_an_ignored_alert_goes_on_counting_in_silence() -> None:
    raised(hit(0))
    Alert.objects.update(state=Alert.State.IGNORED)
    raised(hit(1))
    assert Alert.objects.get().hits == 2
    assert Alert.objects.get().state == Alert.State.IGNORED


def test_evidence_keeps_the_first_ten_and_the_last_ten() -> None:
    for minute in range(40):
        raised(hit(minute / 60, evidence=(("b", minute, START + timedelta(minutes=minute)),)))
    assert [trace[1] for trace in Alert.objects.get().evidence] == [*range(10), *range(30, 40)]


def test_rows_that_are_gone_from_the_register_are_left_empty() -> None:
    raised(hit(0, host=987_654, system=987_654, unit=987_654))
    alert = Alert.objects.get()
    assert (alert.host, alert.system, alert.unit) == (None, None, None)


def test_delay_counts_from_the_receipt() -> None:
    raise_alerts([hit(0, received=START)], START + timedelta(seconds=2.5))
    assert Alert.objects.get().delay == 2.5


def test_many_groups_take_few_queries(django_assert_max_num_queries: Any) -> None:
    several = [hit(0, source=f"198.51.100.{n}") for n in range(250)]
    with django_assert_max_num_queries(12):
        raised(*several)
    with django_assert_max_num_queries(6):
        raised(*several)
    assert set(Alert.objects.values_list("hits", flat=True)) == {2}


def test_a_long_group_is_cut_but_told_apart() -> None:
    long = "x" * 300
    assert grouped((long, "a")) != grouped((long, "b"))
    assert len(grouped((long, "a"))) <= 200
