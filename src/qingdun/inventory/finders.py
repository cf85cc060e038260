"""What the global search finds in the register: names, codes, domains, and a host by any of its addresses."""

from __future__ import annotations

from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import pgettext_lazy

from qingdun.inventory.core import addresses
from qingdun.inventory.models import Contact, Host, SecurityDevice, Site, System, units_open_to
from qingdun.web.finders import LIMIT, Hit, register


def units(user: Any, words: str) -> list[Hit]:
    found = units_open_to(user).filter(_anywhere(words, "name", "short_name", "code", "past__name")).distinct()[:LIMIT]
    return [Hit(unit.name, unit.code, reverse("inventory:unit", args=[unit.pk])) for unit in found]


def systems(user: Any, words: str) -> list[Hit]:
    found = System.objects.visible_to(user).filter(_anywhere(words, "name", "code"))
    return [Hit(one.name, f"{one.code} · {one.unit}", one.get_absolute_url()) for one in _first(found, "unit")]


def hosts(user: Any, words: str) -> list[Hit]:
    """An address is looked up in the index of all addresses; other words are looked for in names."""
    found = Host.objects.visible_to(user)
    found = found.at(words) if addresses.span(words) else found.filter(name__icontains=words)
    return [Hit(one.name, f"{one.address} · {one.unit}", one.get_absolute_url()) for one in _first(found, "unit")]


def sites(user: Any, words: str) -> list[Hit]:
    found = Site.objects.visible_to(user).filter(_anywhere(words, "domain", "system__name"))
    return [Hit(one.domain, str(one.system), one.get_absolute_url()) for one in _first(found, "system")]


def devices(user: Any, words: str) -> list[Hit]:
    found = SecurityDevice.objects.visible_to(user).filter(_anywhere(words, "name", "vendor", "model", "address"))
    return [Hit(one.name, f"{one.vendor} {one.model} · {one.address}", one.get_absolute_url()) for one in _first(found)]


def contacts(user: Any, words: str) -> list[Hit]:
    """By name and position; a masked phone is not searched."""
    found = Contact.objects.visible_to(user).filter(_anywhere(words, "name", "position"))
    return [
        Hit(one.name, f"{one.get_duty_display()} · {one.unit}", one.get_absolute_url()) for one in _first(found, "unit")
    ]


def _anywhere(words: str, *fields: str) -> Q:
    found = Q()
    for field in fields:
        found |= Q(**{f"{field}__icontains": words})
    return found


def _first(rows: QuerySet[Any], *related: str) -> list[Any]:
    return list(rows.select_related(*related)[:LIMIT])


register(pgettext_lazy("list", "单位"), "inventory.view", units, 10)
register(pgettext_lazy("list", "信息系统"), "inventory.view", systems, 20)
register(pgettext_lazy("list", "主机"), "inventory.view", hosts, 30)
register(pgettext_lazy("list", "互联网应用"), "inventory.view", sites, 40)
register(pgettext_lazy("list", "安全设备"), "inventory.view", devices, 50)
register(pgettext_lazy("list", "联系人"), "inventory.view", contacts, 60)
