from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from qingdun.logs.models import HourTally, Source
from tests.logs.lake.events import NOON

pytestmark = pytest.mark.django_db


def test_a_source_lives_while_it_is_heard_within_its_own_time() -> None:
    now = timezone.now()
    for name, minutes, ago, registered in (
        ("heard", 60, 59, True),
        ("silent", 60, 61, True),
        ("slow but heard", 600, 500, True),
        ("nobody's", 60, 1, False),
    ):
        seen = now - timedelta(minutes=ago)
        Source.objects.create(
            name=name, via="syslog", address=name, silent_after=minutes, last_seen=seen, registered=registered
        )
    Source.objects.create(name="never heard", via="syslog", address="never", registered=True)
    assert {source.name for source in Source.objects.live(now)} == {"heard", "slow but heard"}


def test_an_address_and_a_token_belong_to_one_source() -> None:
    Source.objects.create(name="one", via="syslog", address="192.0.2.1", token_digest="")
    Source.objects.create(name="another way", via="file", address="192.0.2.1")
    Source.objects.create(name="pushes", via="http", token_digest="d")
    for again in ({"via": "syslog", "address": "192.0.2.1"}, {"via": "http", "token_digest": "d"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Source.objects.create(name="again", **again)


def test_tallies_answer_by_hour_source_action_and_severity() -> None:
    one, two = (Source.objects.create(name=n, via="syslog", address=n) for n in ("one", "two"))
    for hour, source, action, severity, lines, hits in (
        (0, one, "blocked", 4, 10, 15),
        (0, two, "allowed", 1, 5, 5),
        (1, one, "blocked", 5, 1, 1),
        (2, one, "blocked", 4, 100, 100),
    ):
        at = NOON + timedelta(hours=hour)
        HourTally.objects.create(hour=at, source=source, action=action, severity=severity, lines=lines, hits=hits)
    tallies = HourTally.objects.between(NOON, NOON + timedelta(hours=2))
    assert [(row["hour"], row["hits"]) for row in tallies.by_hour()] == [(NOON, 20), (NOON + timedelta(hours=1), 1)]
    assert [(row["source_id"], row["lines"]) for row in tallies.by_source()] == [(one.pk, 11), (two.pk, 5)]
    assert {row["action"]: row["hits"] for row in tallies.by_action()} == {"blocked": 16, "allowed": 5}
    assert {row["severity"]: row["lines"] for row in tallies.by_severity()} == {1: 5, 4: 10, 5: 1}
    assert tallies.totals() == {"lines": 16, "hits": 21, "unread": 0}
    assert HourTally.objects.none().totals() == {"lines": 0, "hits": 0, "unread": 0}


def test_one_sees_the_sources_and_tallies_of_ones_units(
    make_account: Callable[..., Any], make_unit: Callable[..., Any]
) -> None:
    root = make_unit()
    here, there = make_unit("here", parent=root), make_unit("there", parent=root)
    for unit in (here, there, None):
        source = Source.objects.create(name=str(unit), via="syslog", address=str(unit), unit=unit)
        HourTally.objects.create(hour=NOON, source=source, lines=1)
    contact, engineer = make_account("operations_engineer", unit=here), make_account("operations_engineer")
    assert [source.unit for source in Source.objects.visible_to(contact)] == [here]
    assert HourTally.objects.visible_to(contact).totals()["lines"] == 1
    assert Source.objects.visible_to(engineer).count() == HourTally.objects.visible_to(engineer).count() == 3
