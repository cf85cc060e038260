"""A list held against the register: differences as tasks, decided, explained, or gone by themselves."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from qingdun.history.models import Change
from qingdun.inventory import actions
from qingdun.inventory.core.reconciling import Kind
from qingdun.inventory.models import Agent, Difference, Host, Snapshot
from qingdun.inventory.sourcing import sources
from tests.inventory.conftest import DAY

TODAY = timezone.localdate()
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def units(make_unit: Any) -> tuple[Any, Any]:
    return make_unit("here", parent=make_unit()), make_unit("elsewhere", parent=make_unit())


@pytest.fixture
def officer(make_account: Any, make_unit: Any) -> Any:
    return make_account("security_officer", unit=make_unit())


def take(key: str, *rows: dict[str, str], by: Any = None) -> Snapshot:
    return actions.take(sources()[key], rows, by=by)


def standing() -> set[tuple[str, str]]:
    return set(Difference.objects.exclude(state="closed").values_list("kind", "name"))


def test_every_kind_of_difference_is_found_once(units: Any, make_host: Any) -> None:
    here, elsewhere = units
    make_host(name="quiet", unit=here, agent_since=DAY)
    make_host(name="bare", unit=here, address="10.1.0.2")
    make_host(name="both", unit=here, address="10.1.0.3", agent_since=DAY, operating_system="openEuler 22.03")
    rows = [
        {"address": "10.1.0.2", "name": "bare", "product": "云盾"},
        {"address": "10.1.0.3", "operating_system": "OPENEULER  22.03"},
        {"address": "10.1.0.9", "name": "stranger", "unit": "elsewhere"},
        {"address": "10.1.0.9", "name": "twin"},
        {"address": "not one"},
    ]
    taken = take("agent_list", *rows)
    assert standing() == {
        (Kind.AGENT_MISSING, "quiet"),
        (Kind.AGENT_UNREGISTERED, "bare"),
        (Kind.UNREGISTERED, "stranger"),
        (Kind.DUPLICATE, "10.1.0.9"),
    }
    assert (taken.rows, taken.unread, taken.found, taken.opened, taken.closed) == (5, 1, 4, 4, 0)
    assert Difference.objects.get(kind=Kind.UNREGISTERED).unit == elsewhere
    again = take("agent_list", *rows)
    assert (again.opened, again.closed, Difference.objects.count()) == (0, 0, 4)


def test_a_difference_goes_by_itself_when_both_agree(make_host: Any) -> None:
    make_host(name="a", address="10.1.0.1")
    take("asset_scan", {"address": "10.1.0.2"})
    assert standing() == {(Kind.UNSEEN, "a"), (Kind.UNREGISTERED, "10.1.0.2")}
    taken = take("asset_scan", {"address": "10.1.0.1"})
    assert (taken.closed, standing()) == (2, set())
    assert {one.closed for one in Difference.objects.all()} == {TODAY}
    take("asset_scan", {"address": "10.1.0.2"})  # it comes back as a new task; the old one stays as it was
    assert Difference.objects.count() == 4


def test_what_the_register_says_otherwise(units: Any, make_host: Any) -> None:
    here, _elsewhere = units
    make_host(name="web", address="10.1.0.1", unit=here, operating_system="CentOS 7")
    take("cloud_list", {"address": "10.1.0.1", "name": "WEB", "operating_system": "openEuler", "unit": "elsewhere"})
    shown = {(one.values["column"], one.expected, one.seen) for one in Difference.objects.all()}
    assert shown == {("operating_system", "CentOS 7", "openEuler"), ("unit", str(here), str(units[1]))}


@pytest.mark.parametrize(
    "kind", [Kind.UNREGISTERED, Kind.UNSEEN, Kind.AGENT_MISSING, Kind.AGENT_UNREGISTERED, Kind.DIFFERS]
)
def test_accepting_changes_the_register_and_closes_the_task(
    units: Any, officer: Any, make_host: Any, kind: Kind
) -> None:
    here, _elsewhere = units
    make_host(name="a", address="10.1.0.1", unit=here, agent_since=DAY if kind is Kind.AGENT_MISSING else None)
    row = {"address": "10.1.0.1", "product": "云盾", "operating_system": "openEuler"}
    other = {"address": "10.1.0.7", "name": "new", "operating_system": "openEuler"}
    take(*{
        Kind.UNREGISTERED: ("asset_scan", {"address": "10.1.0.1"}, other),
        Kind.UNSEEN: ("asset_scan", {"address": "10.1.0.1"} | {"address": "10.9.9.9"}),
        Kind.AGENT_MISSING: ("agent_list", {"address": "10.9.9.9"}),
        Kind.AGENT_UNREGISTERED: ("agent_list", {**row, "operating_system": ""}),
        Kind.DIFFERS: ("cloud_list", row),
    }[kind])  # fmt: skip
    found = Difference.objects.get(kind=kind, name__in=["a", "new"])
    given = {"unit": here, "zone": "govnet"} if kind is Kind.UNREGISTERED else {}
    actions.accept(found, by=officer, **given)
    found.refresh_from_db()
    assert (found.state, found.closed, found.decided_by) == ("closed", TODAY, str(officer))
    match kind:
        case Kind.UNREGISTERED:
            assert Host.objects.get(name="new").operating_system == "openEuler"
        case Kind.UNSEEN:
            assert Host.objects.get(name="a").retired == TODAY
        case Kind.AGENT_MISSING:
            assert Agent.objects.get().retired == TODAY and Host.objects.get(name="a").agent_since is None
        case Kind.AGENT_UNREGISTERED:
            assert Agent.objects.get().product == "云盾" and Host.objects.get(name="a").agent_since == TODAY
        case Kind.DIFFERS:
            assert Host.objects.get(name="a").operating_system == "openEuler"
    assert Change.objects.about(found).first().reason.startswith("对账采纳")  # type: ignore[union-attr]
    with pytest.raises(ValidationError, match="已经消除"):
        actions.accept(found, by=officer)


def test_an_explanation_holds_until_its_day(officer: Any, make_host: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    make_host(name="a", address="10.1.0.1")
    row = {"address": "10.1.0.2"}
    take("asset_scan", row)
    found = Difference.objects.get(kind=Kind.UNSEEN)
    for until in (TODAY, TODAY + timedelta(days=400)):
        with pytest.raises(ValidationError):
            actions.explain(found, "离线维护", until, by=officer)
    actions.explain(found, "离线维护", TOMORROW, by=officer)
    take("asset_scan", row)
    found.refresh_from_db()
    assert (found.state, found.reason, found.until) == ("explained", "离线维护", TOMORROW)
    assert actions.sweep(TOMORROW) == 0 and actions.sweep(TOMORROW + timedelta(days=1)) == 1
    found.refresh_from_db()
    assert (found.state, found.reason) == ("open", "")


def test_two_units_that_claim_one_address_are_seen_by_the_bureau(units: Any, make_host: Any, make_account: Any) -> None:
    here, elsewhere = units
    holder = make_host(name="first", address="10.1.0.1", unit=here)
    contact = make_account("unit_contact", unit=elsewhere)
    wanted = Host(name="second", unit=elsewhere, zone="govnet", address="10.1.0.1", registered=DAY)
    for _ in range(2):
        with pytest.raises(ValidationError):
            actions.register(wanted, by=contact)
    found = Difference.objects.get()
    assert (found.kind, found.source, found.host, found.unit) == (Kind.DUPLICATE, "register", holder, None)
    assert "first" in found.expected and "second" in found.seen
    assert not Difference.objects.visible_to(contact)
    actions.retire(holder, TODAY, by=make_account("security_officer", unit=here), reason="查明归乙")
    assert actions.sweep(TODAY) == 1 and standing() == set()


def test_four_visitors_and_the_pages(visitor: Any, units: Any, make_host: Any, make_unit: Any) -> None:
    here, elsewhere = units
    make_host(name="a", address="10.1.0.1", unit=here)
    bureau = visitor("security_officer", unit=make_unit())
    lists = reverse("inventory:snapshots")
    file = SimpleUploadedFile("扫描.csv", "存活地址,系统指纹\n10.1.0.5,Linux\n".encode("gb18030"))
    answer = bureau.post(lists, {"source": "asset_scan", "file": file})
    assert answer.status_code == 302 and standing() == {(Kind.UNSEEN, "a"), (Kind.UNREGISTERED, "10.1.0.5")}
    assert "新增差异" in bureau.get(answer.url).content.decode()
    mine, theirs = visitor("unit_contact", unit=here), visitor("unit_contact", unit=elsewhere)
    found = Difference.objects.get(kind=Kind.UNSEEN)
    stray = Difference.objects.get(kind=Kind.UNREGISTERED)
    assert mine.get(lists).status_code == 403
    assert [mine.get(one.get_absolute_url()).status_code for one in (found, stray)] == [200, 404]
    assert theirs.get(found.get_absolute_url()).status_code == 404
    explain = reverse("inventory:difference_explain", args=[found.pk])
    assert theirs.post(explain, {"reason": "停机", "until": TOMORROW.isoformat()}).status_code == 404
    assert mine.post(explain, {"reason": "停机", "until": TOMORROW.isoformat()}).status_code == 302
    accept = reverse("inventory:difference_accept", args=[stray.pk])
    assert "请选择" in bureau.post(accept, {}).content.decode() or bureau.post(accept, {}).status_code == 200
    assert bureau.post(accept, {"unit": "here", "zone": "govnet"}).status_code == 302
    assert Host.objects.get(address="10.1.0.5").unit == here
    for bad in (b"", b"%PDF-1.7", "姓名,年龄\n甲,3\n".encode()):
        wrong = bureau.post(lists, {"source": "asset_scan", "file": SimpleUploadedFile("x.csv", bad)})
        assert wrong.status_code == 200 and wrong.context["form"].errors


def test_only_the_bureau_brings_lists_in(units: Any, make_account: Any) -> None:
    with pytest.raises(PermissionDenied):
        take("asset_scan", {"address": "10.1.0.1"}, by=make_account("security_officer", unit=units[0]))
    with pytest.raises(ValidationError, match="没有一行"):
        take("asset_scan", {"address": "x"})


def test_a_program_brings_a_list_in(visitor: Any, make_unit: Any) -> None:
    client = visitor("security_officer", unit=make_unit())
    body = {"source": "cloud_list", "rows": [{"私网IP": "10.1.0.5", "云主机名称": "web", "别的": 3}]}
    url = "/api/v1/inventory/snapshots"
    answer = client.post(url, json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["opened"]) == (201, 1)
    wrong = client.post(url, json.dumps(body | {"source": "none"}), content_type="application/json")
    assert wrong.status_code == 422


def test_thousands_are_compared_in_a_few_queries(make_unit: Any) -> None:
    unit = make_unit()
    rows = [Host(name=f"h{n}", zone="govnet", address=f"10.2.{n // 250}.{n % 250 + 1}", unit=unit) for n in range(2000)]
    actions.enter(rows, by=None)
    listed = [{"address": f"10.2.{n // 250}.{n % 250 + 1}", "name": f"h{n}"} for n in range(1000, 3000)]
    began = time.monotonic()
    with CaptureQueriesContext(connection) as seen:
        taken = take("asset_scan", *listed)
    assert taken.opened == 2000 and len(seen) < 250  # SQLite takes batches of some tens of rows
    with CaptureQueriesContext(connection) as again:
        assert take("asset_scan", *listed).opened == 0
    assert len(again) < 20 and time.monotonic() - began < 20
