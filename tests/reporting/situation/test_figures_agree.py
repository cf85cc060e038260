"""Every figure of the situation, and every indicator, opens exactly the rows it counts."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

import pytest
from django.utils import timezone

from qingdun.access.policy import scope
from qingdun.detection.listings import ALERTS, ATTACKS
from qingdun.operations.models import Block
from qingdun.reporting.figures import Reading, indicators
from qingdun.web.asked import Asked

pytestmark = pytest.mark.django_db
AT = date(2022, 7, 31)


def july(day: int, hour: int = 9) -> datetime:
    return timezone.make_aware(datetime(2022, 7, day, hour))


def figure(key: str, user: Any, at: date = AT) -> Reading:
    one = indicators()[key]
    return Reading(one, one.count(at, scope(user, one.permission)), at)


def rows(url: str, listing: Any, user: Any) -> Any:
    from django.http import QueryDict

    asked = Asked.read(QueryDict(url.partition("?")[2]), listing)
    assert asked.values, url
    return asked.narrow(listing.rows(user), listing)


def test_attacks_of_a_month_are_the_rows_of_their_link(
    make_attack: Any, make_system: Any, make_account: Any, make_unit: Any
) -> None:
    portal = make_system(is_portal=True)
    make_attack(hour=july(1, 0), hits=3, system=portal)
    make_attack(hour=july(31, 23), hits=5, system=portal)
    make_attack(hour=july(31, 23), hits=9, action="alerted", system=portal)
    make_attack(hour=july(2), hits=2)
    make_attack(hour=timezone.make_aware(datetime(2022, 8, 1)), hits=100, system=portal)
    make_attack(hour=timezone.make_aware(datetime(2022, 6, 30, 23)), hits=100, system=portal)
    user = make_account("security_officer", unit=make_unit())
    deduplicated, at_portal = figure("attacks_deduplicated", user), figure("attacks_portal", user)
    assert (deduplicated.figure.value, at_portal.figure.value) == (4, 8)
    assert rows(deduplicated.url, ATTACKS, user).count() == 4
    assert sum(rows(at_portal.url, ATTACKS, user).values_list("hits", flat=True)) == 8


def test_alerts_count_by_their_first_event(make_alert: Any, make_account: Any, make_unit: Any) -> None:
    make_alert(first=july(1, 0), last=july(31))
    make_alert(first=july(31, 23), last=july(31, 23), attack="scanner")
    make_alert(first=july(3), last=july(3), state="handled", closed=july(4))
    make_alert(first=july(5), last=july(5), state="handled", closed=timezone.now())
    make_alert(first=timezone.make_aware(datetime(2022, 8, 1)), last=timezone.now())
    user = make_account("security_officer", unit=make_unit())
    for key, expected in (("backdoor_alerts", 3), ("alerts_raised", 4), ("alerts_open", 3)):
        one = figure(key, user)
        assert (key, one.figure.value) == (key, expected)
        assert rows(one.url, ALERTS, user).count() == expected


def test_policy_blocks_count_addresses_once(make_block: Any, make_account: Any, make_unit: Any) -> None:
    from qingdun.operations.listings import BLOCKS

    make_block("192.0.2.1", decided=july(1, 0))
    make_block("192.0.2.1", decided=july(9))
    make_block("192.0.2.2", decided=july(31, 23), state="lifted")
    make_block("192.0.2.3", decided=july(5), origin="person")
    make_block("192.0.2.4", decided=july(5), state="conflict")
    make_block("192.0.2.5", decided=timezone.make_aware(datetime(2022, 8, 1)))
    make_block("192.0.2.6", decided=july(31, 23), state="standing", valid_until=None)
    user = make_account("security_officer", unit=make_unit())
    sources, standing = figure("sources_blocked_by_policy", user), figure("blocks_standing", user)
    assert (sources.figure.value, standing.figure.value) == (3, 2)
    found = rows(sources.url, BLOCKS, user)
    assert sorted(found.values_list("address", flat=True)) == ["192.0.2.1", "192.0.2.2", "192.0.2.6"]
    assert rows(standing.url, BLOCKS, user).count() == 2
    assert Block.objects.count() == 7


def test_an_indicator_counts_only_what_the_reader_may_see(make_attack: Any, make_account: Any, make_unit: Any) -> None:
    root = make_unit()
    here, there = make_unit("here", parent=root), make_unit("there", parent=root)
    make_attack(hour=july(2), unit=here)
    make_attack(hour=july(2), unit=there)
    user = make_account("security_officer", unit=here)
    assert figure("attacks_deduplicated", user).figure.value == 1


# --- the pages ------------------------------------------------------------------------------------------------------


def test_the_situation_shows_its_figures_and_where_they_lead(
    visitor: Any, make_unit: Any, make_attack: Any, make_alert: Any, make_system: Any
) -> None:
    make_attack(hits=1200, system=make_system(is_portal=True))
    make_attack(hits=34, action="alerted", attack="")
    make_alert(title="后门<通信>")
    client = visitor("security_officer", unit=make_unit())
    page = client.get("/reports/situation/?period=7d").content.decode()
    kpis = re.findall(r'href="([^"]+)"><span class="kpi-label">.*?kpi-value">([\d,]+)', page)
    assert [value for _url, value in kpis if value != "0"] == ["1,200", "1,234", "2", "1,200", "1"]
    assert "后门&lt;通信&gt;" in page
    for url, value in kpis:
        if "/attacks/" in url:
            listed = client.get(url.replace("&amp;", "&")).content.decode()
            assert f"<strong>{value}</strong> " in listed


def test_a_unit_narrows_and_an_unknown_period_is_the_last_day(visitor: Any, make_unit: Any, make_attack: Any) -> None:
    root = make_unit()
    below = make_unit("below", parent=root)
    make_attack(hits=7, unit=below)
    make_attack(hits=11, unit=root)
    client = visitor("security_officer", unit=root)
    assert ">7<" in client.get("/reports/situation/?unit=below&period=x").content.decode().replace("<small>", "<")
    everything = client.get("/reports/situation/").content.decode()
    assert ">18<" in everything.replace("<small>", "<")


def test_the_screen_refreshes_only_itself_with_a_bounded_number_of_queries(
    visitor: Any, make_unit: Any, make_attack: Any, make_alert: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(15):
        unit = make_unit(f"u{number}", parent=make_unit())
        make_attack(hits=number + 1, unit=unit, target=f"10.0.0.{number}", attack=f"class{number}")
        make_alert(unit=unit)
    client = visitor("bureau_leader", unit=make_unit())
    whole = client.get("/reports/screen/").content.decode()
    assert 'hx-trigger="every 60s"' in whole and "<nav" not in whole
    with django_assert_max_num_queries(60):
        part = client.get("/reports/screen/", headers={"HX-Request": "true", "HX-Target": "screen"}).content.decode()
    assert "<html" not in part and part.count("wall-value") > 10
    assert "style=" not in whole


@pytest.mark.parametrize("page", ["situation", "screen"])
def test_both_rights_are_needed(visitor: Any, make_unit: Any, page: str) -> None:
    assert visitor("unit_contact", unit=make_unit()).get(f"/reports/{page}/").status_code == 403
    assert visitor("security_officer", unit=make_unit()).get(f"/reports/{page}/").status_code == 200
