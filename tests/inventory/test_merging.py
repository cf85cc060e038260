from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qingdun.access import policy
from qingdun.access.actions import NotLawful, grant, move_unit, rename_unit
from qingdun.access.models import Refusal, Unit, UnitPast
from qingdun.access.policy import Scope
from qingdun.access.tree import successor
from qingdun.history.models import Change
from qingdun.inventory.indicators import BY_KEY
from qingdun.inventory.merging import Changed, merge, plan, rules
from qingdun.inventory.models import Former, Host, System
from qingdun.web.finders import search
from tests.inventory.conftest import DAY

TODAY = timezone.localdate()
BEFORE = TODAY - timedelta(days=1)


@pytest.fixture
def units(make_unit: Any) -> tuple[Any, Any, Any]:
    root = make_unit()
    return make_unit("a", parent=root, name="甲局"), make_unit("b", parent=root, name="乙局"), root


@pytest.fixture
def officer(make_account: Any, units: Any) -> Any:
    return make_account("security_officer", unit=units[2])


def hosts(unit: Any, day: Any) -> int:
    return BY_KEY["hosts"].count(day, Scope("inventory.view", (unit.path,))).value


def merged(a: Any, b: Any, by: Any, on: Any = TODAY) -> Any:
    return merge(a, b, on, by=by, reason="机构改革", seen=plan(a, b, on, by=by).seen)


def test_every_relation_to_a_unit_says_what_a_merger_does_with_it() -> None:
    found = {
        f"{field.related_model._meta.label_lower}.{field.field.name}"
        for field in Unit._meta.get_fields(include_hidden=True)
        if field.auto_created and not field.concrete and getattr(field, "field", None)
    }
    assert found == set(rules()), "name it in the room's merging.py"
    assert all(apps.get_model(*relation.split(".")[:2]) for relation in rules())


def test_a_merger_keeps_the_past_and_hands_on_the_present(
    units: Any, officer: Any, make_unit: Any, make_host: Any, make_system: Any, make_person: Any
) -> None:
    a, b, _root = units
    below = make_unit("below", parent=a)
    system, host, deep = make_system(unit=a), make_host(unit=a), make_host(unit=below)
    person = make_person(unit=a)
    merged(a, b, officer)
    for thing in (system, host, person):
        thing.refresh_from_db()
        assert thing.unit == b
    below.refresh_from_db()
    a.refresh_from_db()
    assert (below.path, below.parent, deep.unit) == ("/city/b/below/", b, below)
    assert (a.ended, a.merged_into, successor("a")) == (TODAY, b, b)
    assert [hosts(a, BEFORE), hosts(b, BEFORE), hosts(a, TODAY), hosts(b, TODAY)] == [2, 0, 0, 2]
    assert Former.objects.filter(what="unit", until=TODAY, value=a.pk).count() == 2
    assert [change.reason for change in Change.objects.about(host)][0] == "机构改革"


def test_nobody_is_given_the_receiving_unit(units: Any, officer: Any, make_account: Any, make_host: Any) -> None:
    a, b, _root = units
    contact = make_account("unit_contact", unit=a)
    make_host(unit=b)
    shown = plan(a, b, TODAY, by=officer)
    assert len(shown.ending) == 1 and str(contact) in shown.ending[0]
    merged(a, b, officer)
    policy.forget(contact)
    assert not policy.scope(contact, "inventory.view") and not Host.objects.visible_to(contact)
    assert contact.grants.get().ended is not None
    with pytest.raises(NotLawful, match="已撤销"):
        grant(contact, "unit_contact", a.__class__.objects.get(code="a"), TODAY, TODAY, by=None, reason="x")


def test_what_is_refused_by_name_stays_refused(units: Any, officer: Any, make_account: Any, make_system: Any) -> None:
    a, b, root = units
    reader = make_account("bureau_leader", unit=root)
    Refusal.objects.create(account=reader, permission="inventory.view", unit=a, starts=DAY, reason="回避")
    system = make_system(unit=a)
    policy.forget(reader)
    assert not System.objects.visible_to(reader)
    merged(a, b, officer)
    system.refresh_from_db()
    policy.forget(reader)
    assert system.unit == b and not System.objects.visible_to(reader)


def test_a_merger_is_confirmed_as_it_was_shown(units: Any, officer: Any, make_host: Any) -> None:
    a, b, _root = units
    shown = plan(a, b, TODAY, by=officer)
    make_host(unit=a)
    with pytest.raises(Changed, match="再看一遍"):
        merge(a, b, TODAY, by=officer, reason="机构改革", seen=shown.seen)
    a.refresh_from_db()
    assert a.ended is None and Host.objects.get().unit == a


@pytest.mark.parametrize(("one", "other"), [("a", "a"), ("a", "below"), ("city", "b")])
def test_what_cannot_be_merged(units: Any, officer: Any, make_unit: Any, one: str, other: str) -> None:
    make_unit("below", parent=units[0])
    with pytest.raises(ValidationError, match="不能并入"):
        plan(*(Unit.objects.get(code=code) for code in (one, other)), TODAY, by=officer)


def test_the_keeper_of_one_unit_merges_nothing(units: Any, make_account: Any) -> None:
    a, b, _root = units
    for unit in (a, b):
        with pytest.raises(PermissionDenied):
            plan(a, b, TODAY, by=make_account("security_officer", unit=unit))


def test_a_cycle_is_refused(units: Any, officer: Any, make_unit: Any) -> None:
    a, _b, root = units
    below = make_unit("below", parent=a)
    for parent in (a, below):
        with pytest.raises(ValidationError, match="自己"):
            move_unit(a, parent, by=officer, on=TODAY, reason="划转")
    with pytest.raises(ValidationError, match="根不能移动"):
        move_unit(root, a, by=officer, on=TODAY, reason="划转")


def test_a_subtree_moves_in_one_statement(units: Any, officer: Any, make_unit: Any) -> None:
    a, b, _root = units

    def cost(number: int, units_below: int) -> int:
        top = make_unit(f"t{number}", parent=a)
        for n in range(units_below):
            make_unit(f"t{number}-{n}", parent=top)
        with CaptureQueriesContext(connection) as seen:
            move_unit(top, b, by=officer, on=TODAY, reason="划转")
        assert Unit.objects.filter(path__startswith=f"/city/b/t{number}/").count() == units_below + 1
        return len(seen)

    policy.scope(officer, "inventory.view")
    assert cost(1, 2) == cost(2, 60)


def test_a_renamed_unit_is_found_by_both_names(units: Any, officer: Any) -> None:
    a, _b, _root = units
    rename_unit(a, "数据局", "", by=officer, on=TODAY, reason="闽政办〔样例〕1号")
    assert [hit.title for _label, hits in search(officer, "甲局") for hit in hits] == ["数据局"]
    assert UnitPast.objects.get().name == "甲局"
    with pytest.raises(ValidationError, match="事由"):
        rename_unit(a, "别的", "", by=officer, on=TODAY, reason="")
    with pytest.raises(ValidationError, match="不能更早"):
        rename_unit(a, "别的", "", by=officer, on=BEFORE, reason="更名")


def test_the_page_shows_before_it_does(visitor: Any, units: Any, make_host: Any, make_account: Any) -> None:
    a, b, root = units
    client = visitor("security_officer", unit=root)
    make_host(unit=a)
    contact = make_account("unit_contact", unit=a)
    url = reverse("inventory:unit_merge", args=[a.pk])
    asked = {"into": "b", "on": TODAY.isoformat(), "reason": "机构改革"}
    page = client.post(url, asked)
    text = page.content.decode()
    assert "1 条转到" in text and str(contact) in text and Unit.objects.get(code="a").ended is None
    done = client.post(url, asked | {"seen": page.context["plan"].seen})
    assert done.status_code == 302 and Unit.objects.get(code="a").merged_into == b
    old = client.get(f"{reverse('inventory:hosts')}?unit=a").context["list"].page.total
    assert old == 1  # the old code leads to where it went
    entered = {"code": "X", "name": "新系统", "unit": "a", "provisioned": DAY.isoformat()}
    client.post(reverse("inventory:system_new"), entered)
    assert System.objects.get(code="X").unit == b
    assert client.post(url, asked).status_code == 200
    stale = client.post(url, asked | {"seen": "0" * 32})
    assert "已撤销" in stale.content.decode()
