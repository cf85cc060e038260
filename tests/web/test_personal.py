"""Masked values and the one logged way to see what they hide, on the page and for programs."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.urls import reverse

from qingdun.access.models import PersonalField
from qingdun.access.permissions import all_permissions
from qingdun.access.personal import show
from qingdun.audit.models import Entry
from qingdun.inventory import actions
from qingdun.inventory.models import Contact
from tests.inventory.conftest import make_contact as make_contact

PHONE = "13812345678"
COLUMNS = [
    (model, field) for model in apps.get_models() for field in model._meta.fields if isinstance(field, PersonalField)
]


@pytest.fixture
def units(make_unit: Any) -> tuple[Any, Any]:
    return make_unit("here", parent=make_unit()), make_unit("elsewhere", parent=make_unit())


@pytest.fixture
def contact(make_contact: Any, units: Any) -> Any:
    return make_contact(unit=units[0], phone=PHONE, email="zhang@example.cn")


def url(contact: Any, name: str = "phone") -> str:
    return reverse("web:personal", args=["inventory.contact", contact.pk, name])


@pytest.mark.parametrize(("model", "field"), COLUMNS, ids=str)
def test_every_personal_column_can_be_shown_by_somebody_only(model: Any, field: Any) -> None:
    assert field.permission in all_permissions()
    assert hasattr(model._default_manager.all(), "visible_to") and hasattr(model, "unit_path")


def test_the_database_holds_no_phone(contact: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT phone, email FROM inventory_contact")
        phone, email = cursor.fetchone()
    assert phone.startswith("138****5678\ngAAAA") and PHONE not in phone
    assert "zhang" not in email
    assert PHONE not in "".join(Entry.objects.values_list("changes", flat=True))


def test_no_page_list_export_search_or_program_shows_it(visitor: Any, units: Any, contact: Any) -> None:
    client = visitor("security_officer", unit=units[0])
    lists = reverse("inventory:contacts")
    answers = [
        client.get(contact.get_absolute_url()),
        client.get(lists),
        client.get(f"{lists}?q={PHONE}"),
        client.get(reverse("inventory:contact_edit", args=[contact.pk])),
        client.get(reverse("inventory:contact_retire", args=[contact.pk])),
        client.get(url(contact)),
        client.get("/search?q=13812345678"),
        client.get("/api/v1/inventory/contacts"),
        client.get(f"/api/v1/inventory/contacts/{contact.pk}"),
    ]
    exported = client.post(lists, {"act": "export"})
    texts = [answer.content.decode() for answer in answers] + [b"".join(exported.streaming_content).decode()]
    assert [answer.status_code for answer in answers] == [200] * len(answers)
    for text in texts:
        assert PHONE not in text.replace(f'value="{PHONE}"', "").replace(f"“{PHONE}”", "").replace(f"q={PHONE}", "")
    assert "138****5678" in texts[0] and "138****5678" in texts[1] and "138****5678" in texts[-1]


def test_it_is_shown_once_to_who_may_and_says_why(visitor: Any, units: Any, contact: Any) -> None:
    client = visitor("unit_contact", unit=units[0])
    assert url(contact) in client.get(contact.get_absolute_url()).content.decode()
    before = Entry.objects.count()
    assert "必填" in client.post(url(contact), {}).content.decode() and Entry.objects.count() == before
    assert PHONE in client.post(url(contact), {"reason": "电话通知整改"}).content.decode()
    entry = Entry.objects.latest("sequence")
    assert (entry.actor_id, entry.action, entry.reason) == (client.account.pk, "inventory.personal", "电话通知整改")
    assert (entry.subject_type, entry.subject_id) == ("inventory.contact", str(contact.pk))
    assert PHONE not in entry.changes
    assert PHONE not in client.get(url(contact)).content.decode()


def test_four_visitors(client: Any, visitor: Any, units: Any, contact: Any) -> None:
    for name in ("phone", "email"):
        where = url(contact, name)
        assert client.post(where, {"reason": "查看"}).status_code == 302
        assert visitor("bureau_leader", unit=units[0]).post(where, {"reason": "查看"}).status_code == 403
        assert visitor("unit_contact", unit=units[1]).post(where, {"reason": "查看"}).status_code == 404
        assert visitor("unit_contact", unit=units[0]).post(where, {"reason": "查看"}).status_code == 200
    leader = visitor("bureau_leader", unit=units[0])
    assert url(contact) not in leader.get(contact.get_absolute_url()).content.decode()
    with pytest.raises(PermissionDenied):
        show(contact, "phone", by=leader.account, reason="查看")


@pytest.mark.parametrize(
    ("kind", "name"), [("inventory.host", "name"), ("inventory.contact", "name"), ("no", "phone"), ("no.such", "phone")]
)
def test_only_personal_columns_have_a_page(visitor: Any, units: Any, contact: Any, kind: str, name: str) -> None:
    client = visitor("unit_contact", unit=units[0])
    assert client.post(f"/personal/{kind}/{contact.pk}/{name}", {"reason": "查看"}).status_code == 404


def test_a_form_that_leaves_the_mask_keeps_the_number(visitor: Any, units: Any, contact: Any) -> None:
    client = visitor("unit_contact", unit=units[0])
    where = reverse("inventory:contact_edit", args=[contact.pk])
    form = client.get(where).context["form"]
    given = {name: form[name].value() or "" for name in form.fields}
    assert client.post(where, given | {"position": "科长"}).status_code == 302
    kept = Contact.objects.get()
    assert (kept.position, kept.phone.open()) == ("科长", PHONE)
    refused = client.post(where, given | {"phone": "138****0000"})
    assert "不是电话号码" in refused.content.decode()
    twin = "13899995678"  # the same mask
    client.post(where, given | {"position": "科长", "phone": twin})
    assert Contact.objects.get().phone.open() == twin
    assert json.loads(Entry.objects.latest("sequence").changes) == {"phone": ["138****5678", "138****5678"]}


def test_a_contact_can_be_reached(units: Any) -> None:
    with pytest.raises(ValidationError, match="至少填写一项"):
        actions.register(Contact(unit=units[0], duty="contact", name="无", phone="", email=""), by=None)


def test_a_program_opens_one_value_on_record(visitor: Any, units: Any, contact: Any) -> None:
    where = f"/api/v1/web/personal/inventory.contact/{contact.pk}/phone"

    def post(client: Any, body: dict[str, str]) -> Any:
        return client.post(where, json.dumps(body), content_type="application/json")

    client = visitor("unit_contact", unit=units[0])
    assert post(client, {"reason": "值班通知"}).json() == {"value": PHONE}
    assert Entry.objects.latest("sequence").reason == "值班通知"
    assert post(client, {}).status_code == 422
    assert post(client, {"reason": "   "}).status_code == 422
    assert post(visitor("unit_contact", unit=units[1]), {"reason": "值班通知"}).status_code == 404
    assert post(visitor("bureau_leader", unit=units[0]), {"reason": "值班通知"}).status_code == 403
    patched = client.patch(
        f"/api/v1/inventory/contacts/{contact.pk}", json.dumps({"position": "主任"}), content_type="application/json"
    )
    assert (patched.status_code, Contact.objects.get().phone.open()) == (200, PHONE)
