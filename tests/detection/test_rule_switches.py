"""Which rules are off, and what rules cost: the rows the pipeline asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from qingdun.detection.models import RuleState, RuleSwitch

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
pytestmark = pytest.mark.django_db


def test_a_switch_holds_until_its_time_or_until_it_is_ended(make_account: Any) -> None:
    by = make_account()
    RuleSwitch.objects.create(rule="for-good", reason="x", by=by, since=NOW)
    RuleSwitch.objects.create(rule="an-hour", reason="x", by=by, since=NOW, until=NOW + HOUR)
    RuleSwitch.objects.create(rule="ended", reason="x", by=by, since=NOW, ended=NOW, ended_by=by)
    assert RuleSwitch.objects.off(NOW) == {"for-good", "an-hour"}
    assert RuleSwitch.objects.off(NOW + HOUR) == {"for-good"}


def test_time_is_added_up_and_quarantine_lasts_until_woken() -> None:
    RuleState.objects.account({"a": 1.5, "b": 0.0}, {}, NOW)
    RuleState.objects.account({"a": 0.5}, {"a": 3.0}, NOW + HOUR)
    one = RuleState.objects.get()
    assert (one.rule, one.seconds, one.rested, one.took) == ("a", 2.0, NOW + HOUR, 3.0)
    RuleState.objects.update(rested=None, woken=NOW + 2 * HOUR)
    RuleState.objects.account({"a": 1.0}, {}, NOW + 3 * HOUR)
    assert RuleState.objects.woken() == {"a": NOW + 2 * HOUR}
    RuleState.objects.account({}, {"a": 4.0}, NOW + 4 * HOUR)
    assert (RuleState.objects.woken(), RuleState.objects.resting().count()) == ({}, 1)
