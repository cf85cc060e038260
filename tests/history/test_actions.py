from __future__ import annotations

from copy import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from qingdun.history.actions import record, record_many
from qingdun.history.models import Change
from qingdun.history.past import state_at
from qingdun.inventory import actions
from qingdun.inventory.models import Contact, Host, System
from tests.inventory.conftest import DAY
from tests.inventory.conftest import make_contact as make_contact
from tests.inventory.conftest import make_host as make_host
from tests.inventory.conftest import make_system as make_system


@pytest.fixture
def editor(make_account: Any, make_unit: Any) -> Any:
    return make_account("security_officer", unit=make_unit())


def test_who_changed_what_from_what_to_what_and_why(make_system: Any, editor: Any) -> None:
    system = make_system(name="旧名")
    born = timezone.now()
    system.name, system.mlps_level = "新名", 3
    actions.change(system, by=editor, reason="更名")
    change = Change.objects.about(system).first()
    assert change is not None
    assert (change.act, change.actor, change.actor_id, change.reason) == ("changed", str(editor), editor.pk, "更名")
    assert change.fields == {"name": ["旧名", "新名"], "mlps_level": [None, 3]}
    then = state_at(system, born)
    assert then is not None and (then["name"], then["mlps_level"]) == ("旧名", None)
    assert state_at(system, born - timedelta(days=1)) is None
    assert [one.act for one in Change.objects.about(system)] == ["changed", "created"]


@pytest.mark.django_db(transaction=True)
def test_history_stands_or_falls_with_its_change(make_system: Any) -> None:
    system = make_system()
    after = copy(system)
    after.name = "别的"
    with pytest.raises(RuntimeError, match="同一事务"):
        record(None, system, after)
    with pytest.raises(RuntimeError, match="同一事务"):
        record_many(None, [(system, after)])


def test_a_change_of_nothing_is_no_history(make_system: Any, editor: Any) -> None:
    system = make_system()
    count = Change.objects.count()
    actions.change(system, by=editor)
    assert Change.objects.count() == count


def test_a_removed_record_is_remembered_whole(make_host: Any, editor: Any) -> None:
    host = make_host(agent_since=DAY)
    key, name = host.pk, host.name
    actions.remove(host, by=editor, reason="误登")
    gone = Change.objects.filter(kind="inventory.host", object_id=key, act="removed").get()
    assert gone.fields["name"] == [name, None] and gone.reason == "误登"
    assert Change.objects.filter(about_kind="inventory.host", about_id=key, kind="inventory.agent").count() == 2


def test_a_phone_is_in_no_history(make_contact: Any, editor: Any) -> None:
    contact = make_contact(phone="13812345678")
    contact = Contact.objects.get()
    contact.phone = "13899995678"  # the same mask
    actions.change(contact, by=editor)
    change = Change.objects.about(contact).first()
    assert change is not None and change.fields == {"phone": ["138****5678", "138****5678"]}
    actions.remove(contact, by=editor, reason="误登")
    assert "13899995678" not in str(list(Change.objects.values_list("fields", flat=True)))


def test_many_rows_cost_the_same_few_queries(make_unit: Any) -> None:
    unit = make_unit()

    def cost(first: int, count: int) -> int:
        rows = [
            Host(
                name=f"h{n}", zone="govnet", address=f"10.{first}.{n // 250}.{n % 250 + 1}", unit=unit, agent_since=DAY
            )
            for n in range(count)
        ]
        for row in rows:
            row.registered = DAY
        with CaptureQueriesContext(connection) as seen:
            actions.enter(rows, by=None, reason="导入")
            pairs = [(copy(row), row) for row in rows]
            for row in rows:
                row.operating_system, row.agent_since = "openEuler", None
            assert actions.change_many(pairs, by=None, reason="导入") == count
        return len(seen)

    few, many = cost(1, 5), cost(2, 500)
    assert many < few + 40  # batches, of which SQLite takes small ones, and no query of a row
    assert Change.objects.filter(kind="inventory.host", act="created").count() == 505
    assert Change.objects.filter(kind="inventory.agent").count() == 505 * 2


def test_bulk_and_single_acts_leave_the_same_history(make_unit: Any, editor: Any) -> None:
    unit = make_unit()
    one, other = (System(code=code, name="甲", unit=unit, provisioned=DAY) for code in ("A", "B"))
    actions.register(one, by=editor, reason="登记")
    with transaction.atomic():
        actions.enter([other], by=editor, reason="登记")
    both = [
        (change.act, change.reason, change.actor_id, change.fields)
        for change in Change.objects.filter(kind="inventory.system")
    ]
    assert both[0] == both[1]
