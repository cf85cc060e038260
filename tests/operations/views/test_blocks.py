"""The block list as a duty officer uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from qingdun.access.models import Approval
from qingdun.operations import actions
from qingdun.operations.models import Block, Enforcer

NEW = {"reason": "扫描门户", "direction": "inbound", "term": "1d"}


@pytest.fixture
def duty(visitor: Callable[..., Any]) -> Any:
    return visitor("duty_officer")


def test_the_guards_speak_before_anything_is_blocked(duty: Any, officer: Any) -> None:
    actions.protect("198.51.100.0/28", "exit", "出口", by=officer)
    Enforcer.objects.create(name="出口防火墙", kind="feed")
    Enforcer.objects.create(name="出向网关", kind="feed", directions="outbound")
    page = duty.post(
        "/operations/blocks/new",
        {**NEW, "act": "look", "addresses": "198.51.100.3\n203.0.113.9，203.0.113.16/28"},
    ).content.decode()
    assert not Block.objects.exists()
    assert "属于受保护的 198.51.100.0/28" in page
    assert "须第二人审批" in page
    assert "封禁 2 个地址" in page
    assert "出口防火墙" in page
    assert "出向网关" not in page


def test_on_yes_what_may_be_blocked_is_and_the_wide_waits(duty: Any, officer: Any) -> None:
    actions.protect("198.51.100.0/28", "exit", "出口", by=officer)
    given = {**NEW, "act": "block", "addresses": "198.51.100.3 203.0.113.9 203.0.113.16/28"}
    assert duty.post("/operations/blocks/new", given).status_code == 302
    assert dict(Block.objects.values_list("address", "state")) == {
        "203.0.113.9": "standing",
        "203.0.113.16/28": "waiting",
    }
    assert Approval.objects.get().requester == duty.account


def test_protected_addresses_alone_block_nothing(duty: Any, officer: Any) -> None:
    actions.protect("198.51.100.0/28", "exit", "出口", by=officer)
    answer = duty.post("/operations/blocks/new", {**NEW, "act": "block", "addresses": "198.51.100.3"})
    assert "这些地址都不能封禁" in answer.content.decode()
    assert not Block.objects.exists()


def test_what_is_no_address_is_named(duty: Any) -> None:
    page = duty.post("/operations/blocks/new", {**NEW, "addresses": "203.0.113.9 example.com"}).content.decode()
    assert "“example.com”不是 IP 地址或网段" in page


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("covers=203.0.113.20", {"203.0.113.16/28"}),
        ("covers=203.0.113.0/26", {"203.0.113.9", "203.0.113.16/28"}),
        ("covers=192.0.2.1", set()),
        ("state=waiting", {"203.0.113.16/28"}),
        ("state=standing", {"203.0.113.9"}),
        ("state=ended", {"203.0.113.77"}),
        ("origin=person&q=换过", {"203.0.113.77"}),
        ("decided=2020-01-01", set()),
    ],
)
def test_the_list_finds(duty: Any, officer: Any, tomorrow: datetime, asked: str, found: set[str]) -> None:
    actions.block(["203.0.113.9", "203.0.113.16/28"], by=officer, reason="扫描", until=tomorrow)
    (over,) = actions.block(["203.0.113.77"], by=officer, reason="地址换过主人", until=tomorrow)
    actions.lift(over, by=officer, reason="误封")
    page = duty.get(f"/operations/blocks/?{asked}").content.decode()
    known = set(Block.objects.values_list("address", flat=True))
    assert {one for one in known if f">{one}<" in page} == found


def test_a_block_is_lifted_with_a_reason_and_not_without(duty: Any, officer: Any, tomorrow: datetime) -> None:
    (block,) = actions.block(["203.0.113.9"], by=officer, reason="扫描", until=tomorrow)
    url = f"/operations/blocks/{block.pk}/lift"
    assert duty.post(url, {"lifting-reason": " "}).status_code == 200
    block.refresh_from_db()
    assert block.state == "standing"
    assert duty.post(url, {"lifting-reason": "业务方核实"}).status_code == 302
    block.refresh_from_db()
    assert (block.state, block.ended_why, block.ended_by) == ("lifted", "业务方核实", duty.account)


def test_many_are_decided_at_once_each_by_itself(duty: Any, officer: Any, tomorrow: datetime) -> None:
    proposed = actions.propose(["203.0.113.9", "203.0.113.10"], by=officer, reason="扫描", until=tomorrow)
    (standing,) = actions.block(["203.0.113.77"], by=officer, reason="扫描", until=tomorrow)
    selected = [str(one.pk) for one in (*proposed, standing)]
    asked = duty.post("/operations/blocks/accept", {"selected": selected}).content.decode()
    assert "203.0.113.9" in asked and "203.0.113.77" not in asked
    done = duty.post("/operations/blocks/accept", {"selected": selected, "act": "accept", "reason": "属实"})
    assert done.content.decode().count("已采纳") == 2
    assert set(Block.objects.values_list("state", flat=True)) == {"standing"}


def test_whoever_may_only_look_is_offered_nothing(
    visitor: Callable[..., Any], officer: Any, tomorrow: datetime
) -> None:
    (block,) = actions.block(["203.0.113.9"], by=officer, reason="扫描", until=tomorrow)
    leader = visitor("bureau_leader")
    page = leader.get(f"/operations/blocks/{block.pk}/").content.decode()
    assert "203.0.113.9" in page
    assert "/lift" not in page
    assert leader.post(f"/operations/blocks/{block.pk}/lift", {"lifting-reason": "x"}).status_code == 403


def test_a_duty_officer_of_a_county_sees_and_does_not_act(
    visitor: Callable[..., Any], make_unit: Callable[..., Any], officer: Any, tomorrow: datetime
) -> None:
    (block,) = actions.block(["203.0.113.9"], by=officer, reason="扫描", until=tomorrow)
    county = visitor("duty_officer", unit=make_unit("county", parent=make_unit(), level="county"))
    assert county.get(f"/operations/blocks/{block.pk}/").status_code == 200
    assert (
        county.post("/operations/blocks/new", {**NEW, "act": "block", "addresses": "203.0.113.10"}).status_code == 403
    )
    assert county.post(f"/operations/blocks/{block.pk}/lift", {"lifting-reason": "x"}).status_code == 403


def test_the_evidence_is_one_click_away_for_readers_of_logs(
    duty: Any, visitor: Callable[..., Any], officer: Any, tomorrow: datetime
) -> None:
    (block,) = actions.block(["203.0.113.9"], by=officer, reason="扫描", until=tomorrow)
    block.evidence = [["b-1", 4, "2026-03-02T10:00:00.000005+00:00"]]
    block.save(update_fields=["evidence"])
    place = "/logs/search/events/1772445600000005.4.b-1/"
    assert place in duty.get(f"/operations/blocks/{block.pk}/").content.decode()
    assert place not in visitor("bureau_leader").get(f"/operations/blocks/{block.pk}/").content.decode()
