from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from qingdun.operations import actions
from qingdun.operations.core.guards import NotBlockable
from qingdun.operations.models import Block, PolicySetting, StopSwitch

pytestmark = pytest.mark.django_db


def test_protecting_lifts_what_stands_against_it(officer: Any, tomorrow: datetime) -> None:
    (row,) = actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)
    actions.protect("198.51.100.0/28", "shared", "运营商共享出口", by=officer)
    row.refresh_from_db()
    assert row.state == Block.State.LIFTED
    with pytest.raises(NotBlockable, match="运营商共享出口"):
        actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)


def test_taken_off_the_list_it_may_be_blocked_again(officer: Any, tomorrow: datetime) -> None:
    entry = actions.protect("198.51.100.7", "other", "监测", by=officer)
    actions.unprotect(entry, by=officer, reason="合同到期")
    assert actions.block(["198.51.100.7"], by=officer, reason="扫描", until=tomorrow)


@pytest.mark.parametrize("address", ["10.1.2.3", "127.0.0.1", "224.0.0.1", "fe80::1", "223.5.5.5", "203.0.113.77"])
def test_what_is_built_in_is_never_blocked(
    address: str, officer: Any, tomorrow: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QINGDUN_NETWORKS", "203.0.113.64/26")
    with pytest.raises(NotBlockable, match="不得封禁"):
        actions.block([address], by=officer, reason="扫描", until=tomorrow)


def test_one_stop_at_a_time_and_both_ends_are_named(officer: Any, make_account: Any) -> None:
    duty = make_account("duty_officer")
    actions.stop(by=duty, reason="误封")
    with pytest.raises(NotBlockable, match="急停"):
        actions.stop(by=officer, reason="误封")
    row = actions.resume(by=officer, reason="查明")
    assert (row.by, row.ended_by, row.stands) == (duty, officer, False)
    assert not StopSwitch.objects.filter(stands=True).exists()


def test_a_policy_is_switched_by_who_manages_only(officer: Any, make_account: Any) -> None:
    with pytest.raises(PermissionDenied):
        actions.set_mode("web", "block", by=make_account("duty_officer"), reason="见效")
    actions.set_mode("web", "dry", by=officer, reason="试行")
    actions.set_mode("web", "block", by=officer, reason="见效")
    assert PolicySetting.objects.get().mode == "block"
