from __future__ import annotations

import json
from typing import Any

import pytest

from qingdun.audit.models import Entry
from qingdun.inventory.models import Host, System

BASE = "/api/v1/inventory"


def sent(client: Any, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    return getattr(client, method)(f"{BASE}{path}", json.dumps(body or {}), content_type="application/json")


@pytest.fixture
def units(make_unit: Any) -> tuple[Any, Any]:
    return make_unit("here", parent=make_unit()), make_unit("elsewhere", parent=make_unit())


@pytest.mark.parametrize("kind", ["units", "systems", "hosts", "sites", "devices"])
def test_nobody_and_the_wrong_role_are_refused(client: Any, visitor: Any, make_unit: Any, kind: str) -> None:
    assert client.get(f"{BASE}/{kind}").status_code == 401
    assert visitor("system_admin", unit=make_unit()).get(f"{BASE}/{kind}").status_code == 403
    assert visitor("bureau_leader", unit=make_unit()).get(f"{BASE}/{kind}").status_code == 200


def test_a_program_reads_only_its_readers_scope(
    visitor: Any, units: Any, make_system: Any, make_host: Any, make_site: Any, make_device: Any
) -> None:
    here, elsewhere = units
    client = visitor("unit_contact", unit=here)
    for make in (make_system, make_host, make_device):
        mine, other = make(unit=here), make(unit=elsewhere)
        path = f"{BASE}/{mine._meta.model_name.replace('security', '')}s"
        assert [row["id"] for row in client.get(path).json()["rows"]] == [mine.pk]
        assert client.get(f"{path}/{mine.pk}").json()["unit"] == "here"
        assert client.get(f"{path}/{other.pk}").status_code == 404
    site = make_site(system=make_system(unit=elsewhere))
    assert client.get(f"{BASE}/sites").json()["total"] == 0
    assert client.get(f"{BASE}/sites/{site.pk}").status_code == 404
    assert [row["code"] for row in client.get(f"{BASE}/units").json()["rows"]] == ["here"]


def test_filters_order_and_pages_are_those_of_the_list(visitor: Any, make_unit: Any, make_host: Any) -> None:
    for number in range(5):
        make_host(address=f"10.7.0.{number + 1}")
    make_host(address="10.8.0.1", further=["10.7.0.99"])
    client = visitor("bureau_leader", unit=make_unit())
    answer = client.get(f"{BASE}/hosts?net=10.7.0.0/24&sort=-address&size=2&page=2").json()
    assert (answer["total"], answer["page"], answer["size"]) == (6, 2, 2)
    assert [row["addresses"][0] for row in answer["rows"]] == ["10.7.0.4", "10.7.0.3"]
    assert client.get(f"{BASE}/hosts?state=covered").json()["total"] == 0
    wrong = client.get(f"{BASE}/hosts?net=here")
    assert wrong.status_code == 422
    assert "不是地址或网段" in wrong.json()["detail"]


def test_a_page_costs_a_fixed_number_of_queries(
    visitor: Any, make_unit: Any, make_host: Any, make_system: Any, django_assert_max_num_queries: Any
) -> None:
    for _ in range(12):
        make_host(system=make_system())
    client = visitor("bureau_leader", unit=make_unit())
    client.get(f"{BASE}/hosts")
    with django_assert_max_num_queries(6):  # the keys of a page, then its rows
        assert len(client.get(f"{BASE}/hosts").json()["rows"]) == 12


def test_a_program_registers_changes_moves_retires_and_removes(visitor: Any, units: Any) -> None:
    client = visitor("unit_contact", unit=units[0])
    new = {"code": "S-1", "name": "甲", "unit": "here", "provisioned": "2026-03-01"}
    made = sent(client, "post", "/systems", new)
    assert made.status_code == 201, made.json()
    pk = made.json()["id"]
    assert Entry.objects.latest("sequence").actor_id == client.account.pk
    changed = sent(client, "patch", f"/systems/{pk}", {"mlps_level": 3}).json()
    assert (changed["mlps_level"], changed["name"], changed["unit"]) == (3, "甲", "here")
    moved = sent(client, "post", f"/systems/{pk}/stage", {"stage": "ready", "on": "2026-03-02"})
    assert moved.json()["stage"] == "ready"
    host = sent(
        client,
        "post",
        "/hosts",
        {
            "name": "h",
            "zone": "govnet",
            "address": "10.7.0.1",
            "further": ["10.7.0.2"],
            "system": "S-1",
            "unit": "here",
        },
    ).json()
    assert host["addresses"] == ["10.7.0.1", "10.7.0.2"]
    refused = sent(client, "post", f"/systems/{pk}/retire", {"on": "2026-03-03", "reason": "下线"})
    assert (refused.status_code, "在用的主机" in refused.json()["detail"]) == (422, True)
    assert sent(client, "post", f"/hosts/{host['id']}/retire", {"on": host["registered"], "reason": "下线"}).json()[
        "retired"
    ]
    assert sent(client, "post", f"/systems/{pk}/retire", {"on": "2026-03-03", "reason": "下线"}).status_code == 200
    assert sent(client, "patch", f"/systems/{pk}", {"name": "乙"}).status_code == 403
    mistake = sent(
        client, "post", "/systems", {"code": "S-2", "name": "乙", "unit": "here", "provisioned": "2026-03-01"}
    )
    assert client.delete(f"{BASE}/systems/{mistake.json()['id']}?reason=误登").status_code == 204
    assert list(System.objects.values_list("code", flat=True)) == ["S-1"]


def test_what_a_form_refuses_names_the_field(visitor: Any, units: Any, make_host: Any) -> None:
    client = visitor("unit_contact", unit=units[0])
    good = {"name": "h", "zone": "govnet", "address": "10.7.0.1", "unit": "here"}
    for fault in ({"address": "10.7"}, {"further": ["x"]}, {"zone": "moon"}, {"unit": "elsewhere"}, {"name": ""}):
        answer = sent(client, "post", "/hosts", good | fault)
        assert answer.status_code == 422
        assert list(answer.json()["errors"]) == list(fault)
    make_host(address="10.7.0.1")
    assert "已有主机使用该地址" in sent(client, "post", "/hosts", good).json()["detail"]
    assert Host.objects.count() == 1


def test_reading_is_not_writing(visitor: Any, make_unit: Any, make_system: Any) -> None:
    leader, system = visitor("bureau_leader", unit=make_unit()), make_system()
    body = {"on": "2026-04-01", "reason": "x"}
    assert sent(leader, "post", "/systems", {"code": "X", "name": "X"}).status_code == 403
    assert sent(leader, "patch", f"/systems/{system.pk}", {"name": "X"}).status_code == 403
    assert sent(leader, "post", f"/systems/{system.pk}/stage", body | {"stage": "ready"}).status_code == 403
    assert sent(leader, "post", f"/systems/{system.pk}/retire", body).status_code == 403
    assert leader.delete(f"{BASE}/systems/{system.pk}?reason=x").status_code == 403
    assert sent(leader, "post", f"/systems/{system.pk}/stage", body | {"stage": "moon"}).status_code == 422
