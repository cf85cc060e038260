"""The pages of the register as four visitors meet them, what they cost, and that figures and lists agree."""

from __future__ import annotations

import re
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from qingdun.access.policy import Scope
from qingdun.audit.models import Entry
from qingdun.inventory.indicators import INDICATORS
from qingdun.inventory.models import Host, SecurityDevice, Site, System
from qingdun.web.finders import search
from tests.inventory.conftest import DAY

KINDS = ("system", "host", "site", "device", "contact")


@pytest.fixture
def here(make_unit: Any) -> Any:
    return make_unit("here", parent=make_unit())


@pytest.fixture
def elsewhere(make_unit: Any) -> Any:
    return make_unit("elsewhere", parent=make_unit())


@pytest.fixture
def things(
    here: Any, make_system: Any, make_host: Any, make_site: Any, make_device: Any, make_contact: Any
) -> dict[str, Any]:
    system = make_system(unit=here)
    return {
        "system": system,
        "host": make_host(unit=here, system=system),
        "site": make_site(system=system),
        "device": make_device(unit=here),
        "contact": make_contact(unit=here),
    }


@pytest.mark.parametrize("kind", ("unit", *KINDS))
@pytest.mark.parametrize("page", ["list", "detail", "new"])
def test_four_visitors(
    client: Client, visitor: Any, here: Any, elsewhere: Any, things: dict[str, Any], kind: str, page: str
) -> None:
    thing = (things | {"unit": here})[kind]
    url = {
        "list": reverse(f"inventory:{kind}s"),
        "detail": reverse(f"inventory:{kind}", args=[thing.pk]),
        "new": reverse(f"inventory:{kind}_new"),
    }[page]
    assert client.get(url).status_code == 302  # to the login page
    assert visitor("system_admin", unit=elsewhere.parent).get(url).status_code == 403
    assert visitor("unit_contact", unit=elsewhere).get(url).status_code == (404 if page == "detail" else 200)
    answer = visitor("unit_contact", unit=here).get(url)
    assert answer.status_code == 200
    leader = visitor("bureau_leader", unit=here.parent).get(url)
    assert leader.status_code == (403 if page == "new" else 200)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("page", ["edit", "retire", "remove"])
def test_four_visitors_of_a_change(
    client: Client, visitor: Any, here: Any, elsewhere: Any, things: dict[str, Any], kind: str, page: str
) -> None:
    url = reverse(f"inventory:{kind}_{page}", args=[things[kind].pk])
    assert client.get(url).status_code == 302
    assert visitor("system_admin", unit=elsewhere.parent).get(url).status_code == 403
    assert visitor("bureau_leader", unit=here.parent).get(url).status_code == 403
    assert visitor("unit_contact", unit=elsewhere).get(url).status_code == 404
    assert visitor("unit_contact", unit=here).get(url).status_code == 200


def test_a_list_shows_none_of_the_others(visitor: Any, here: Any, elsewhere: Any, things: dict[str, Any]) -> None:
    mine, theirs = visitor("unit_contact", unit=here), visitor("unit_contact", unit=elsewhere)
    for kind, thing in things.items():
        url = reverse(f"inventory:{kind}s")
        assert str(thing) in mine.get(url).content.decode()
        assert str(thing) not in theirs.get(url).content.decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_costs_the_same_for_one_row_and_for_twenty(
    visitor: Any,
    make_system: Any,
    make_host: Any,
    make_site: Any,
    make_device: Any,
    make_contact: Any,
    make_unit: Any,
    kind: str,
) -> None:
    make = {
        "system": make_system,
        "host": make_host,
        "site": make_site,
        "device": make_device,
        "contact": make_contact,
    }[kind]
    client, url = visitor("bureau_leader", unit=make_unit()), reverse(f"inventory:{kind}s")
    make()
    client.get(url)
    costs, codes = [], count()
    for _ in range(2):
        costs.append(queries(client, url))
        for _ in range(19):
            make(**({} if kind == "site" else {"unit": make_unit(f"u{next(codes)}", parent=make_unit())}))
    assert costs[0] == costs[1] <= 13


@pytest.mark.parametrize(
    ("kind", "ceiling"), [("unit", 23), ("system", 13), ("host", 10), ("site", 9), ("device", 8), ("contact", 8)]
)
def test_a_page_of_one_thing_has_a_ceiling(
    visitor: Any, here: Any, things: dict[str, Any], make_host: Any, kind: str, ceiling: int
) -> None:
    for _ in range(12):
        make_host(unit=here, system=things["system"])
    thing = (things | {"unit": here})[kind]
    client, url = visitor("unit_contact", unit=here), reverse(f"inventory:{kind}", args=[thing.pk])
    client.get(url)
    assert queries(client, url) <= ceiling


def queries(client: Client, url: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as seen:
        assert client.get(url).status_code == 200
    return len(seen)


def test_every_figure_equals_the_number_on_the_list_it_opens(
    visitor: Any, make_unit: Any, make_system: Any, make_host: Any, make_site: Any
) -> None:
    today = timezone.localdate()
    late = today - timedelta(days=1)
    for stages in (
        {},
        {"ready": DAY},
        {"ready": DAY, "submitted": DAY},
        {"ready": DAY, "submitted": DAY, "passed": late},
    ):
        system = make_system(internet_since=DAY, **stages)
        make_site(system=system, waf_since=DAY if stages else None)
        make_host(system=system, agent_since=late if stages else None)
    make_system(retired=late, ready=DAY)
    make_host(retired=late, agent_since=DAY)
    client = visitor("bureau_leader", unit=make_unit())
    for at in (today, late, DAY, DAY - timedelta(days=1)):
        for one in INDICATORS:
            assert one.link is not None
            name, query = one.link
            shown = client.get(f"{reverse(name)}?{query.format(at=at)}").context["list"].page.total
            assert shown == one.count(at, Scope("inventory.view", ("/",))).value, (one.key, at)


def test_a_unit_shows_the_figures_of_its_subtree_as_links(
    visitor: Any, make_unit: Any, here: Any, elsewhere: Any, make_host: Any
) -> None:
    below = make_unit("below", parent=here)
    for unit, agent in ((here, DAY), (below, None), (elsewhere, None)):
        make_host(unit=unit, agent_since=agent)
    client = visitor("unit_contact", unit=here)
    page = client.get(reverse("inventory:unit", args=[here.pk])).content.decode()
    assert "1 / 2" in page
    links = re.findall(r'class="kpi" href="([^"]+)"', page)
    assert len(links) == 6
    assert [client.get(link.replace("&amp;", "&")).status_code for link in links] == [200] * 6


def test_a_host_is_entered_through_the_form(visitor: Any, here: Any, things: dict[str, Any]) -> None:
    client = visitor("unit_contact", unit=here)
    given = {"name": "web-9", "zone": "govnet", "address": "10.7.0.9", "further": "203.0.113.9\n2001:db8::9"}
    given |= {"unit": "here", "system": things["system"].code, "registered": "2026-03-05"}
    answer = client.post(reverse("inventory:host_new"), given)
    host = Host.objects.get(name="web-9")
    assert (answer.status_code, answer.url) == (302, host.get_absolute_url())
    assert host.further == ["203.0.113.9", "2001:db8::9"]
    assert list(Host.objects.at("203.0.113.9")) == [host]
    wrong = client.post(reverse("inventory:host_new"), given | {"name": "twin"})
    assert "已有主机使用该地址" in wrong.content.decode()
    strange = client.post(reverse("inventory:host_new"), given | {"further": "x1"})
    assert "“x1”不是 IP 地址" in strange.content.decode()
    assert Host.objects.count() == 2


def test_a_form_offers_no_unit_of_others(visitor: Any, here: Any, elsewhere: Any, make_system: Any) -> None:
    foreign = make_system(unit=elsewhere)
    client = visitor("unit_contact", unit=here)
    page = client.get(reverse("inventory:host_new")).content.decode()
    assert 'value="here"' in page
    assert "elsewhere" not in page and foreign.code not in page
    given = {"code": "X", "name": "X", "unit": "elsewhere", "provisioned": "2026-03-05"}
    assert client.post(reverse("inventory:system_new"), given).status_code == 200
    assert not System.objects.filter(code="X").exists()


def test_an_edit_keeps_what_it_does_not_touch(visitor: Any, here: Any, things: dict[str, Any]) -> None:
    client, host = visitor("unit_contact", unit=here), things["host"]
    url = reverse("inventory:host_edit", args=[host.pk])
    form = client.get(url).context["form"]
    given = {name: form[name].value() or "" for name in form.fields} | {"agent_since": "2026-03-09"}
    assert client.post(url, given).status_code == 302
    entry = Entry.objects.latest("sequence")
    assert (entry.actor_id, entry.changes) == (client.account.pk, '{"agent_since": [null, "2026-03-09"]}')
    host.refresh_from_db()
    assert (host.unit, host.system) == (here, things["system"])


def test_a_stage_is_offered_one_step_on_and_any_step_back(visitor: Any, here: Any, make_system: Any) -> None:
    client, system = visitor("unit_contact", unit=here), make_system(unit=here, ready=DAY)
    url = reverse("inventory:system_stage", args=[system.pk])
    page = client.get(url).content.decode()
    assert ('value="submitted"' in page, 'value="provisioned"' in page, 'value="passed"' in page) == (True, True, False)
    early = client.post(url, {"stage": "submitted", "on": "2026-01-01"})
    assert "早于" in early.content.decode()
    client.post(url, {"stage": "submitted", "on": "2026-03-20", "reason": "材料齐"})
    system.refresh_from_db()
    assert system.stage == "submitted"


@pytest.mark.parametrize(("kind", "model"), [("host", Host), ("site", Site), ("device", SecurityDevice)])
def test_retiring_and_removing_ask_for_reason_and_name(
    visitor: Any, here: Any, things: dict[str, Any], kind: str, model: Any
) -> None:
    client, thing = visitor("unit_contact", unit=here), things[kind]
    remove, retire = (reverse(f"inventory:{kind}_{act}", args=[thing.pk]) for act in ("remove", "retire"))
    assert "与名称不一致" in client.post(remove, {"typed": "else", "reason": "误登"}).content.decode()
    assert client.post(retire, {"on": "2026-03-09"}).status_code == 200
    assert client.post(retire, {"on": "2026-03-09", "reason": "下线"}).status_code == 302
    assert model.objects.get().retired.isoformat() == "2026-03-09"
    assert client.get(retire).status_code == 403  # what is out of service stays as it was
    assert model.objects.count() == 1


def test_a_unit_is_entered_below_ones_own(visitor: Any, here: Any, elsewhere: Any) -> None:
    client = visitor("unit_contact", unit=here)
    given = {"name": "下属", "short_name": "", "code": "branch", "level": "county", "parent": "here"}
    assert client.post(reverse("inventory:unit_new"), given | {"parent": "elsewhere"}).status_code == 200
    answer = client.post(reverse("inventory:unit_new"), given)
    assert answer.status_code == 302
    assert here.children.get().path == f"{here.path}branch/"
    assert "下属" in client.get(answer.url).content.decode()
    assert client.post(reverse("inventory:unit_new"), given).status_code == 200


def test_the_search_finds_a_host_by_any_address_and_only_ones_own(
    here: Any, elsewhere: Any, things: dict[str, Any], make_host: Any, make_account: Any
) -> None:
    make_host(unit=elsewhere, address="10.7.0.1", further=["203.0.113.7"])
    mine = make_host(unit=here, address="10.7.0.2", further=["203.0.113.8"])
    contact = make_account("unit_contact", unit=here)
    assert [hit.url for _label, hits in search(contact, "203.0.113.0/24") for hit in hits] == [mine.get_absolute_url()]
    assert search(contact, "203.0.113.7") == []
    for kind, words in (("system", things["system"].code), ("site", "site-"), ("device", "fw-")):
        found = [hit.url for _label, hits in search(contact, words) for hit in hits]
        assert things[kind].get_absolute_url() in found
    assert [hit.title for _label, hits in search(contact, "here") for hit in hits] == [here.name]
