from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from qingdun.audit.models import Entry
from qingdun.inventory import actions
from qingdun.inventory.core.stages import Stage, WrongStage
from qingdun.inventory.models import Address, Host, System
from tests.inventory.conftest import DAY

LATER = DAY + timedelta(days=9)


def last_changes() -> dict[str, list[object]]:
    changes: dict[str, list[object]] = json.loads(Entry.objects.latest("sequence").changes)
    return changes


@pytest.fixture
def editor(make_account: Any, make_unit: Any) -> Any:
    return make_account("security_officer", unit=make_unit())


def test_what_is_registered_is_audited_field_by_field(make_unit: Any, editor: Any) -> None:
    system = System(code="YL-1", name="门户", unit=make_unit(), provisioned=DAY)
    actions.register(system, by=editor, reason="新上云")
    entry = Entry.objects.latest("sequence")
    assert (entry.action, entry.actor, entry.reason, entry.subject) == ("inventory.edit", str(editor), "新上云", "门户")
    assert last_changes()["code"] == [None, "YL-1"]
    assert "description" not in last_changes()


def test_a_change_is_audited_with_what_was_before(make_system: Any, editor: Any) -> None:
    system = make_system(name="旧名")
    system.name = "新名"
    actions.change(system, by=editor)
    assert last_changes() == {"name": ["旧名", "新名"]}


def test_saving_without_a_change_leaves_no_trace(make_system: Any, editor: Any) -> None:
    system = make_system()
    before = Entry.objects.count()
    actions.change(system, by=editor)
    assert Entry.objects.count() == before


def test_a_refused_change_changes_nothing(make_host: Any, editor: Any) -> None:
    make_host(address="10.9.9.1")
    host = make_host(address="10.9.9.2")
    entries = Entry.objects.count()
    host.address = "10.9.9.1"
    with pytest.raises(ValidationError):
        actions.change(host, by=editor)
    host.refresh_from_db()
    assert (str(host.address), Entry.objects.count()) == ("10.9.9.2", entries)
    assert list(Host.objects.at("10.9.9.2")) == [host]


def test_the_contact_of_a_unit_registers_only_there(make_unit: Any, make_account: Any) -> None:
    here, elsewhere = (make_unit(code, parent=make_unit()) for code in ("here", "elsewhere"))
    contact = make_account("unit_contact", unit=here)
    mine = actions.register(System(code="A", name="甲", unit=here, provisioned=DAY), by=contact)
    with pytest.raises(PermissionDenied):
        actions.register(System(code="B", name="乙", unit=elsewhere, provisioned=DAY), by=contact)
    mine.unit = elsewhere
    with pytest.raises(PermissionDenied):
        actions.change(mine, by=contact)
    mine.refresh_from_db()
    assert mine.unit == here


def test_a_thing_of_another_unit_cannot_be_pulled_over(make_unit: Any, make_account: Any, make_host: Any) -> None:
    here, elsewhere = (make_unit(code, parent=make_unit()) for code in ("here", "elsewhere"))
    host = make_host(unit=elsewhere)
    host.unit = here
    with pytest.raises(PermissionDenied):
        actions.change(host, by=make_account("unit_contact", unit=here))


def test_a_day_ahead_is_refused(make_system: Any) -> None:
    with pytest.raises(ValidationError, match="不能晚于今天"):
        make_system(provisioned=timezone.localdate() + timedelta(days=1))


def test_every_address_of_a_host_finds_it(make_host: Any, editor: Any) -> None:
    host = make_host(address="10.9.9.3", further=["203.0.113.7", "2001:db8::7"])
    for address in ("10.9.9.3", "203.0.113.7", "2001:db8::7", "203.0.113.0/24", "::ffff:10.9.9.3"):
        assert list(Host.objects.at(address)) == [host], address
    host.further = ["2001:db8::8"]
    actions.change(host, by=editor)
    assert not Host.objects.at("203.0.113.7").exists()
    assert Host.objects.at("2001:db8::8").exists()


def test_an_address_is_used_once_per_zone_even_as_a_further_one(make_host: Any) -> None:
    first = make_host(address="10.9.9.3", further=["203.0.113.7"])
    with pytest.raises(ValidationError, match=f"203.0.113.7 已由主机 {first.name} 使用"):
        make_host(further=["203.0.113.7"])
    with pytest.raises(ValidationError, match="已有主机使用该地址"):
        make_host(address="10.9.9.3")
    make_host(address="10.9.9.3", zone="management")


def test_another_units_host_is_not_named(make_host: Any, make_account: Any, make_unit: Any) -> None:
    """Whoever may not see a host learns that its address is taken, and not by what."""
    root = make_unit()
    make_host(name="edu-secret-db", further=["203.0.113.7"], unit=make_unit("edu", parent=root))
    health = make_unit("health", parent=root)
    wanted = {"name": "web", "zone": "govnet", "address": "10.1.1.1", "further": ["203.0.113.7"], "registered": DAY}
    for role, unit, named in (("unit_contact", health, False), ("security_officer", root, True)):
        with pytest.raises(ValidationError) as refused:
            actions.register(Host(unit=health, **wanted), by=make_account(role, unit=unit))
        assert ("edu-secret-db" in str(refused.value)) is named and "203.0.113.7" in str(refused.value)


def test_a_retired_host_keeps_its_record_and_frees_its_address(make_host: Any, editor: Any) -> None:
    host = make_host(address="10.9.9.3")
    actions.retire(host, LATER, by=editor, reason="退役")
    assert not Address.objects.filter(host=host).exists()
    assert Host.objects.in_service(LATER - timedelta(days=1)).get() == host
    assert not Host.objects.in_service(LATER).exists()
    make_host(address="10.9.9.3")
    with pytest.raises(WrongStage, match="已经停用"):
        actions.retire(host, LATER, by=editor, reason="再退一次")


def test_nothing_retires_before_it_was_registered(make_device: Any, editor: Any) -> None:
    with pytest.raises(WrongStage, match="早于"):
        actions.retire(make_device(), DAY - timedelta(days=1), by=editor, reason="")


def test_the_stage_follows_the_dates(make_system: Any, editor: Any) -> None:
    system = make_system()
    for stage in (Stage.READY, Stage.SUBMITTED, Stage.PASSED):
        actions.move(system, stage, LATER, by=editor)
        assert (system.stage, system.stage_since) == (stage, LATER)
    actions.move(system, Stage.READY, LATER, by=editor, reason="退回")
    assert (system.stage, system.submitted, system.passed) == (Stage.READY, None, None)
    assert last_changes() == {
        "submitted": [LATER.isoformat(), None],
        "passed": [LATER.isoformat(), None],
    }


def test_a_system_retires_after_its_hosts_and_sites(
    make_system: Any, make_host: Any, make_site: Any, editor: Any
) -> None:
    system = make_system()
    for thing in (make_host(system=system), make_site(system=system)):
        with pytest.raises(WrongStage, match="在用的主机或互联网应用"):
            actions.move(system, Stage.RETIRED, LATER, by=editor)
        actions.retire(thing, LATER, by=editor, reason="下线")
    assert actions.move(system, Stage.RETIRED, LATER, by=editor).stage == Stage.RETIRED


def test_a_mistake_can_be_removed_but_not_what_others_refer_to(make_system: Any, make_host: Any, editor: Any) -> None:
    system = make_system()
    host = make_host(system=system)
    with pytest.raises(ValidationError, match="主机"):
        actions.remove(system, by=editor, reason="误登")
    actions.remove(host, by=editor, reason="误登")
    actions.remove(system, by=editor, reason="误登")
    assert not System.objects.exists()
    assert last_changes()["code"] == [system.code, None]


def test_seeing_is_not_changing(make_unit: Any, make_account: Any, make_system: Any) -> None:
    leader, system = make_account("bureau_leader", unit=make_unit()), make_system()
    attempts: list[Any] = [
        lambda: actions.register(System(code="X", name="X", unit=system.unit, provisioned=DAY), by=leader),
        lambda: actions.change(system, by=leader),
        lambda: actions.move(system, Stage.READY, date(2026, 4, 1), by=leader),
        lambda: actions.remove(system, by=leader, reason=""),
    ]
    for attempt in attempts:
        with pytest.raises(PermissionDenied):
            attempt()
