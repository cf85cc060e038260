from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from qingdun.inventory.models import Address, Host, SecurityDevice, Site, System
from tests.inventory.conftest import DAY

BEFORE = DAY - timedelta(days=1)


@pytest.mark.parametrize(
    "fields",
    [
        {"mlps_level": 0},
        {"mlps_level": 6},
        {"ready": BEFORE},
        {"submitted": DAY},
        {"ready": DAY, "submitted": DAY, "passed": BEFORE},
        {"ready": DAY, "passed": DAY},
        {"retired": BEFORE},
    ],
)
def test_the_database_refuses_a_system_that_cannot_be(make_unit: Any, fields: dict[str, Any]) -> None:
    good = {"code": "S", "name": "S", "unit": make_unit(), "provisioned": DAY}
    with pytest.raises(IntegrityError), transaction.atomic():
        System.objects.create(**good | fields)
    System.objects.create(**good)


def test_the_database_refuses_the_second_use_of_an_address(make_host: Any) -> None:
    host = make_host(address="10.9.9.1")
    with pytest.raises(IntegrityError), transaction.atomic():
        Host.objects.filter(pk=make_host(address="10.9.9.2").pk).update(address_key=host.address_key)
    with pytest.raises(IntegrityError), transaction.atomic():
        Address.objects.create(host=host, zone=host.zone, key=host.address_key)


def test_the_database_refuses_an_agent_seen_but_never_installed(make_host: Any) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Host.objects.filter(pk=make_host().pk).update(agent_last_seen="2026-04-01T00:00:00Z")


def test_the_database_refuses_a_domain_twice_unless_it_was_retired(make_site: Any) -> None:
    site, other = make_site(), make_site()
    with pytest.raises(IntegrityError), transaction.atomic():
        Site.objects.filter(pk=other.pk).update(domain=site.domain)
    Site.objects.filter(pk=site.pk).update(retired=DAY)
    Site.objects.filter(pk=other.pk).update(domain=site.domain)


def test_the_database_refuses_two_devices_at_one_address(make_device: Any) -> None:
    device, other = make_device(), make_device()
    with pytest.raises(IntegrityError), transaction.atomic():
        SecurityDevice.objects.filter(pk=other.pk).update(address=device.address)


def test_each_list_shows_only_what_is_below_the_grant(
    make_unit: Any, make_account: Any, make_system: Any, make_host: Any, make_site: Any, make_device: Any
) -> None:
    here, elsewhere = (make_unit(code, parent=make_unit()) for code in ("here", "elsewhere"))
    below = make_unit("below", parent=here)
    contact, auditor = make_account("unit_contact", unit=here), make_account("audit_admin", unit=make_unit())
    for unit in (here, below, elsewhere):
        system = make_system(unit=unit)
        make_site(system=system)
        make_host(unit=unit)
        make_device(unit=unit)
    for model in (System, Site, Host, SecurityDevice):
        seen = model.objects.visible_to(contact)  # type: ignore[attr-defined]
        assert {row.unit_path for row in seen} == {here.path, below.path}
        assert not model.objects.visible_to(auditor).exists()  # type: ignore[attr-defined]
