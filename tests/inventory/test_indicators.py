from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from qingdun.access.policy import Scope
from qingdun.inventory.core.stages import Stage
from qingdun.inventory.indicators import INDICATORS
from tests.inventory.conftest import DAY

BY_KEY = {indicator.key: indicator for indicator in INDICATORS}
EVERYWHERE = Scope("inventory.view", ("/",))


def figure(key: str, at: date = DAY, scope: Scope = EVERYWHERE) -> str:
    count = BY_KEY[key].count(at, scope)
    return f"{count.value}/{count.denominator}" if count.is_ratio else str(count.value)


def test_agents_are_counted_by_the_day_they_were_installed(make_host: Any) -> None:
    make_host(agent_since=DAY)
    make_host(agent_since=DAY + timedelta(days=5))
    make_host()
    make_host(agent_since=DAY, retired=DAY + timedelta(days=5))
    assert figure("agent_coverage") == "2/4"
    assert figure("agent_coverage", DAY + timedelta(days=5)) == "2/3"
    assert figure("agent_coverage", DAY - timedelta(days=1)) == "0/0"
    assert figure("hosts") == "4"


@pytest.mark.parametrize(
    ("sites", "covered"),
    [
        ([], 0),
        ([{"waf_since": DAY}], 1),
        ([{}], 0),
        ([{"waf_since": DAY}, {}], 0),
        ([{"waf_since": DAY}, {"retired": DAY}], 1),
        ([{"waf_since": DAY, "retired": DAY}], 0),
        ([{"waf_since": DAY + timedelta(days=1)}], 0),
    ],
    ids=["no site", "behind", "outside", "one foot", "outside but retired", "none left", "later"],
)
def test_a_system_is_behind_the_waf_with_all_its_sites(
    make_system: Any, make_site: Any, sites: list[dict[str, Any]], covered: int
) -> None:
    system = make_system(internet_since=DAY)
    make_system()
    for site in sites:
        make_site(system=system, **site)
    assert figure("waf_coverage") == f"{covered}/1"
    assert figure("internet_facing_systems") == "1"


def test_the_funnel_counts_those_who_came_at_least_so_far(make_system: Any) -> None:
    make_system()
    make_system(ready=DAY)
    make_system(ready=DAY, submitted=DAY)
    make_system(ready=DAY, submitted=DAY, passed=DAY)
    make_system(ready=DAY, submitted=DAY, passed=DAY, retired=DAY)
    assert [figure(key) for key in ("systems_provisioned", "golive_ready", "golive_submitted", "golive_passed")] == [
        "4",
        "3",
        "2/3",
        "1/2",
    ]
    assert figure("golive_ready", DAY - timedelta(days=1)) == "0"


def test_a_figure_counts_only_what_its_reader_may_see(make_unit: Any, make_system: Any, make_host: Any) -> None:
    here, elsewhere = (make_unit(code, parent=make_unit()) for code in ("here", "elsewhere"))
    for unit in (here, elsewhere):
        make_system(unit=unit, internet_since=DAY)
        make_host(unit=unit)
    scope = Scope("inventory.view", (here.path,))
    assert [figure(key, scope=scope) for key in ("units", "systems_provisioned", "hosts", "waf_coverage")] == [
        "1",
        "1",
        "1",
        "0/1",
    ]
    nowhere = Scope("inventory.view", ())
    assert {figure(key, scope=nowhere) for key in BY_KEY} <= {"0", "0/0"}


def test_every_stage_a_figure_names_exists() -> None:
    assert {"golive_ready", "golive_submitted", "golive_passed"} == {
        f"golive_{stage}" for stage in Stage if stage not in (Stage.PROVISIONED, Stage.RETIRED)
    }
