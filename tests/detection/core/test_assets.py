"""Whose an event is, and which way it went."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from qingdun.detection.core.assets import Assets, locate
from qingdun.logs.core.columns import EVENT

REGISTER = Assets(
    addresses={"198.51.100.10": (1, 11, 21), "10.0.0.5": (2, None, 22), "2001:db8:1::5": (3, 13, 23)},
    names={"web01": (4, 14, 24)},
    sites={"portal.example.cn": (None, 15, 25)},
    networks=("203.0.113.0/24", "2001:db8:2::/48"),
)


def located(**fields: Any) -> dict[str, Any]:
    named = {name.replace("_", "."): value for name, value in fields.items()}
    frame = pl.DataFrame([{name: named.get(name) for name in EVENT}], schema=EVENT)
    row = locate(frame, Assets.load(REGISTER.dump())).row(0, named=True)
    return {
        "owner": (row["qingdun.host"], row["qingdun.system"], row["qingdun.unit"]),
        "direction": row["network.direction"],
    }


@pytest.mark.parametrize(
    ("event", "owner"),
    [
        ({"source_ip": "192.0.2.1", "destination_ip": "198.51.100.10"}, (1, 11, 21)),
        ({"source_ip": "198.51.100.10", "destination_ip": "192.0.2.1"}, (1, 11, 21)),
        ({"source_ip": "198.51.100.10", "destination_ip": "10.0.0.5"}, (2, None, 22)),
        ({"destination_ip": "2001:DB8:1::5"}, (3, 13, 23)),
        ({"url_domain": "PORTAL.example.cn:443", "source_ip": "192.0.2.1"}, (None, 15, 25)),
        ({"url_domain": "portal.example.cn", "destination_ip": "10.0.0.5"}, (2, 15, 22)),
        ({"host_name": "WEB01", "source_ip": "192.0.2.1"}, (4, 14, 24)),
        ({"source_ip": "192.0.2.1"}, (None, None, None)),
    ],
)
def test_the_target_comes_first_then_the_site_then_the_source_then_the_host(
    event: dict[str, Any], owner: tuple[int | None, ...]
) -> None:
    assert located(**event)["owner"] == owner


@pytest.mark.parametrize(
    ("source", "target", "direction"),
    [
        ("192.0.2.1", "10.1.2.3", "inbound"),
        ("192.0.2.1", "203.0.113.9", "inbound"),
        ("192.0.2.1", "198.51.100.10", "inbound"),
        ("192.0.2.1", None, "inbound"),
        ("10.1.2.3", "192.0.2.1", "outbound"),
        ("172.31.255.255", "172.32.0.0", "outbound"),
        ("2001:db8:2::9", "2001:db8:9::1", "outbound"),
        ("10.1.2.3", "192.168.7.7", "internal"),
        ("10.1.2.3", None, "internal"),
        ("192.0.2.1", "198.51.100.11", "external"),
        ("no address", "192.0.2.1", "external"),
        (None, "10.1.2.3", None),
    ],
)
def test_direction_is_seen_from_the_own_networks(source: str | None, target: str | None, direction: str | None) -> None:
    assert located(source_ip=source, destination_ip=target)["direction"] == direction
