from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from qingdun.detection import alert_jobs as jobs
from qingdun.detection.models import Attack
from qingdun.lib.command import Unusable


def told(*_given: object) -> None:
    pass


def attack(hour: datetime, source: str) -> Attack:
    hour = hour.replace(minute=0, second=0, microsecond=0)
    return Attack.objects.create(hour=hour, source=source, action="blocked", hits=3, first=hour, last=hour)


@pytest.mark.django_db
def test_counted_attacks_leave_after_thirteen_months() -> None:
    now = timezone.now()
    kept = [attack(now, "203.0.113.1"), attack(now - timedelta(days=380), "203.0.113.2")]
    attack(now - timedelta(days=13 * 31 + 31), "203.0.113.3")
    jobs.retain(told)
    assert set(Attack.objects.all()) == set(kept)


def test_months_are_counted_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    assert jobs.oldest_kept(date(2026, 3, 31)) == date(2025, 2, 1)
    monkeypatch.setenv("QINGDUN_ATTACK_MONTHS", "1")
    assert jobs.oldest_kept(date(2026, 1, 1)) == date(2025, 12, 1)
    monkeypatch.setenv("QINGDUN_ATTACK_MONTHS", "0")
    with pytest.raises(Unusable):
        jobs.oldest_kept(date(2026, 1, 1))


@pytest.mark.django_db
def test_a_replay_of_a_draft_that_is_gone_is_no_fault() -> None:
    jobs.replay(told, "99")
