"""Rows written past the ORM are the rows the ORM would have written, on both databases."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.forms.models import model_to_dict
from django.utils import timezone

from qingdun import audit
from qingdun.audit.models import Entry
from qingdun.audit.rows import create, insert
from qingdun.history.models import Change
from qingdun.inventory.models import Address, Agent, Contact, Host
from qingdun.lib.personal import Personal

pytestmark = pytest.mark.django_db
DAY = date(2026, 3, 2)


def host(number: int, unit: Any, **more: Any) -> Host:
    given = {
        "name": f"主机\t\\N {number}",  # what a COPY would trip over
        "zone": "govnet",
        "address": f"2001:db8::{number:x}",
        "address_key": f"{number:032x}",
        "further": [f"10.0.0.{number}", "::1"],
        "agent_since": DAY,
        "agent_last_seen": timezone.make_aware(datetime(2026, 3, 2, 8, 30, 5, 123456)),
        "unit": unit,
    }
    return Host(**{**given, **more})


def test_created_things_are_what_bulk_create_makes_of_them(make_unit: Any) -> None:
    unit = make_unit()
    ours, theirs = [host(n, unit) for n in range(3)], [host(n, unit, zone="internet") for n in range(3)]
    create(ours)
    Host.objects.bulk_create(theirs)
    assert len({one.pk for one in ours + theirs}) == 6  # the database goes on counting behind ours
    for one, other in zip(ours, theirs, strict=True):
        fresh, twin = Host.objects.get(pk=one.pk), Host.objects.get(pk=other.pk)
        assert model_to_dict(fresh, exclude=["id", "zone"]) == model_to_dict(twin, exclude=["id", "zone"])
        assert (fresh.status, fresh.agent_last_seen) == ("covered", one.agent_last_seen)
        assert not one._state.adding


def test_a_key_is_never_given_twice(make_unit: Any) -> None:
    unit = make_unit()
    first = host(1, unit)
    create([first])
    gone = first.pk
    Host.objects.all().delete()
    again = [host(n, unit) for n in range(2)]
    create(again)
    assert gone not in {one.pk for one in again}  # history and chain still name the first by it


def test_personal_values_stay_sealed(make_unit: Any) -> None:
    create([Contact(name="联系人", duty="contact", phone="13800001234", registered=DAY, unit=make_unit())])
    phone = Contact.objects.get().phone
    assert isinstance(phone, Personal)
    assert phone.open() == "13800001234"
    assert "13800001234" not in str(Contact.objects.values_list("phone", flat=True).get())


def test_the_databases_rules_hold(make_unit: Any) -> None:
    unit = make_unit()
    with pytest.raises(IntegrityError), transaction.atomic():
        create([host(1, unit), host(1, unit)])  # one address twice in a zone
    with pytest.raises(IntegrityError), transaction.atomic():
        create([host(1, unit, agent_since=None)])  # seen without an agent
    assert not Host.objects.exists()
    create([])
    insert(Address, ("host_id", "zone", "key"), [])
    assert not Agent.objects.exists()


def test_values_of_choices_and_json_arrive(make_unit: Any) -> None:
    now = timezone.now()
    fields = {"unit": [None, 3], "since": [None, DAY.isoformat()]}
    row = ("a", 1, "b", 2, "名", now, None, "平台", Change.Act.CHANGED, "", fields)
    columns = ("kind", "object_id", "about_kind", "about_id", "name", "at", "actor_id", "actor", "act", "reason")
    insert(Change, (*columns, "fields"), [row])
    [change] = Change.objects.all()
    assert (change.act, change.at, change.fields) == ("changed", now, fields)


@pytest.mark.django_db(transaction=True)
def test_keys_are_given_only_inside_a_transaction(make_unit: Any) -> None:
    with pytest.raises(RuntimeError):
        create([host(1, make_unit())])


def test_a_thing_named_without_its_row_is_recorded_like_the_row(make_unit: Any) -> None:
    unit = make_unit()
    things = [unit, audit.Thing("access.unit", unit.pk, str(unit)), "什么\0"]
    with transaction.atomic():
        assert audit.record_many(None, "audit.view", [(thing, {}) for thing in things]) == 3
    text, named, row = Entry.objects.order_by("-sequence")[:3]
    assert (named.subject_type, named.subject_id, named.subject) == (row.subject_type, row.subject_id, row.subject)
    assert (text.subject_type, text.subject_id, text.subject) == ("", "", "什么␀")
