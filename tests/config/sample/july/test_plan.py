from __future__ import annotations

from collections import defaultdict
from hashlib import sha256
from ipaddress import ip_address

import polars as pl
import pytest

from qingdun.config.sample import city
from qingdun.config.sample.july import plan as module
from qingdun.config.sample.july.month import days
from qingdun.config.sample.july.plan import Plan, plan, shares
from qingdun.logs.core.formats import formats
from qingdun.logs.core.read import Reader
from tests.logs.pipeline.test_read import rows

CITY = city.plan("small")
ZONE = "Asia/Shanghai"


@pytest.fixture(scope="module")
def small() -> Plan:
    return plan(CITY, 0.01)


def test_the_whole_month_has_the_figures_of_the_letter() -> None:
    month = plan(CITY)
    assert (month.intercepted, month.portal) == (1_577_372, 444_368)
    assert (len({one.source for one in month.campaigns}), len(month.backdoors)) == (2_799, 11)
    assert len({host.address for _second, host in month.backdoors}) == 11
    singles = sum(one.singles for one in month.campaigns) + sum(one.lines for one in month.visits)
    assert singles > 0.9 * (singles + sum(len(one.folded) for one in month.campaigns))


def test_only_campaigns_meet_two_devices(small: Plan) -> None:
    """Every source that is to be blocked meets the shipped policy that blocks; no other source can."""
    assert all(one.hits >= 20 and one.span < 600 for one in small.campaigns)
    met = defaultdict(set)
    for visit in small.visits:
        met[visit.source].add(visit.device)
    assert all(len(devices) == 1 for devices in met.values())
    assert not {one.source for one in small.campaigns} & met.keys()
    for source in {one.source for one in small.campaigns} | met.keys():
        assert str(ip_address(source)) == source
        assert source.startswith(("198.51.100.", "2001:db8:"))


def test_parts_add_up() -> None:
    assert sum(shares(1000, [1.0, 2.5, 0.1, 7.0], 3)) == 1000
    assert min(shares(1000, [1.0, 2.5, 0.1, 7.0], 3)) >= 3
    with pytest.raises(ValueError, match="too little"):
        shares(5, [1.0, 1.0], 3)


def test_the_same_plan_gives_the_same_bytes(small: Plan) -> None:
    def digest(month: Plan) -> str:
        return sha256(b"\n".join(line for day in days(CITY, month, ZONE) for line in day)).hexdigest()

    assert digest(small) == digest(plan(CITY, 0.01))
    assert digest(small) != digest(plan(CITY, 0.011))


def test_the_lines_say_what_was_planned(small: Plan) -> None:
    """Read as the platform reads them: the counts, the days, the sources; nothing unread but the noise."""
    written = list(days(CITY, small, ZONE))
    assert (len(written), sum(map(len, written))) == (31, small.lines)
    raw = rows(*(line.decode() for day in written for line in day))
    events = Reader(formats(), zone=ZONE).read(raw.select("raw", "received", "source", "format"))
    stopped = events.filter(pl.col("qingdun.action") == "blocked")
    assert stopped["qingdun.count"].sum() == small.intercepted
    portals = [one.address for one in module._targets(CITY) if one.portal]
    assert stopped.filter(pl.col("destination.ip").is_in(portals))["qingdun.count"].sum() == small.portal
    local = events["@timestamp"].dt.convert_time_zone(ZONE)
    assert local.dt.month().unique().to_list() == [7]
    assert events["@timestamp"].is_sorted()
    assert len(events["qingdun.format"].unique()) >= 10
    assert (events["qingdun.format"] == "generic").sum() == small.noise
    devices = stopped.group_by("source.ip").agg(pl.col("log.syslog.hostname").n_unique().alias("devices"))
    blockable = set(devices.filter(pl.col("devices") > 1)["source.ip"])
    assert blockable == {one.source for one in small.campaigns}
