"""Builders of registered things, each with what it must have and no more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:  # Django is not started yet when this file is read
    from qingdun.inventory.models import Contact, Host, SecurityDevice, Site, System

DAY = date(2026, 3, 2)


@pytest.fixture
def make_system(make_unit: Callable[..., Any]) -> Callable[..., System]:
    from qingdun.inventory import actions
    from qingdun.inventory.models import System

    numbers = count(1)

    def make(**fields: Any) -> System:
        number = next(numbers)
        fields = {"code": f"S-{number}", "name": f"系统{number}", "provisioned": DAY, **fields}
        return actions.register(System(**{"unit": fields.pop("unit", None) or make_unit(), **fields}), by=None)

    return make


@pytest.fixture
def make_host(make_unit: Callable[..., Any]) -> Callable[..., Host]:
    from qingdun.inventory import actions
    from qingdun.inventory.models import Host

    numbers = count(1)

    def make(**fields: Any) -> Host:
        number = next(numbers)
        base = {"name": f"host-{number}", "zone": "govnet", "address": f"10.9.{number // 250}.{number % 250 + 1}"}
        fields = {**base, "registered": DAY, **fields}
        return actions.register(Host(**{"unit": fields.pop("unit", None) or make_unit(), **fields}), by=None)

    return make


@pytest.fixture
def make_site(make_system: Callable[..., System]) -> Callable[..., Site]:
    from qingdun.inventory import actions
    from qingdun.inventory.models import Site

    numbers = count(1)

    def make(**fields: Any) -> Site:
        domain = fields.setdefault("domain", f"site-{next(numbers)}.example.cn")
        fields = {"url": f"https://{domain}/", "registered": DAY, **fields}
        return actions.register(Site(**{"system": fields.pop("system", None) or make_system(), **fields}), by=None)

    return make


@pytest.fixture
def make_device(make_unit: Callable[..., Any]) -> Callable[..., SecurityDevice]:
    from qingdun.inventory import actions
    from qingdun.inventory.models import SecurityDevice

    numbers = count(1)

    def make(**fields: Any) -> SecurityDevice:
        number = next(numbers)
        base = {"name": f"fw-{number}", "kind": "firewall", "zone": "management", "address": f"10.40.0.{number}"}
        fields = {**base, "registered": DAY, **fields}
        return actions.register(SecurityDevice(**{"unit": fields.pop("unit", None) or make_unit(), **fields}), by=None)

    return make


@pytest.fixture
def make_contact(make_unit: Callable[..., Any]) -> Callable[..., Contact]:
    from qingdun.inventory import actions
    from qingdun.inventory.models import Contact

    numbers = count(1)

    def make(**fields: Any) -> Contact:
        base = {"name": f"联系人{next(numbers)}", "duty": "contact", "phone": "13800001234", "registered": DAY}
        fields = {**base, **fields}
        return actions.register(Contact(**{"unit": fields.pop("unit", None) or make_unit(), **fields}), by=None)

    return make
