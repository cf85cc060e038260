"""Reading much through the interface is an export: it needs the permission, stays in its scope and is on record."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from qingdun.audit.models import Entry
from qingdun.inventory import actions
from qingdun.inventory.models import Host

pytestmark = pytest.mark.django_db
HOSTS = "/api/v1/inventory/hosts"


@pytest.fixture
def host(make_unit: Any) -> Host:
    made = Host(name="h", zone="govnet", address="10.7.0.1", unit=make_unit(), registered=date(2026, 3, 2))
    return actions.register(made, by=None)


def test_a_screenful_is_read_as_on_the_page(visitor: Any, host: Host) -> None:
    assert visitor("bureau_leader").get(f"{HOSTS}?size=100").json()["total"] == 1
    assert not Entry.objects.filter(action="inventory.export").exists()


def test_more_needs_the_permission_to_export_and_is_on_record(visitor: Any, host: Host) -> None:
    assert visitor("bureau_leader").get(f"{HOSTS}?size=101").status_code == 403
    officer = visitor("security_officer")
    assert officer.get(f"{HOSTS}?size=101&q=10.7").json()["total"] == 1
    entry = Entry.objects.latest("sequence")
    assert (entry.action, entry.actor_id) == ("inventory.export", officer.account.pk)
    assert "q=10.7" in entry.subject and entry.subject.endswith(" 1")


def test_more_events_are_an_export_too(visitor: Any) -> None:
    engineer = visitor("operations_engineer")
    assert engineer.get("/api/v1/logs/events?limit=100").status_code == 200
    assert not Entry.objects.filter(action="logs.export").exists()
    assert engineer.get("/api/v1/logs/events?limit=101&q=source.ip:10.0.0.1").status_code == 200
    entry = Entry.objects.latest("sequence")
    assert entry.action == "logs.export" and "source.ip" in entry.subject


@pytest.mark.parametrize("path", ["hosts", "systems", "sites", "devices"])
def test_a_row_of_another_unit_is_reached_by_no_door(visitor: Any, make_unit: Any, host: Host, path: str) -> None:
    """IDOR: by number, by filter, by search, by history, by a past day, by changing it, by moving it here."""
    client = visitor("unit_contact", unit=make_unit("elsewhere", parent=make_unit()))
    base = f"/api/v1/inventory/{path}"
    for address in (f"{base}/{host.pk}", f"{base}/{host.pk}/history", f"{base}/{host.pk}/then?on=2026-04-01"):
        assert client.get(address).status_code == 404
    for query in ("", "?q=h", "?q=10.7.0.1", "?unit=city"):
        assert client.get(base + query).json()["rows"] == []
    body = '{"registered": "2026-03-03"}' if path != "systems" else '{"unit": "elsewhere"}'
    assert client.patch(f"{base}/{host.pk}", body, content_type="application/json").status_code == 404
    assert client.delete(f"{base}/{host.pk}?reason=x").status_code == 404
    assert host.get_absolute_url() not in client.get("/search?q=10.7.0.1").content.decode()
