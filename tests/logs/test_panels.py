from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.logs.views.conftest import fill, make_source  # noqa: F401 (fixtures)

pytestmark = pytest.mark.django_db
ROLE = "operations_engineer"


def test_the_workbench_says_how_fresh_the_logs_are(visitor: Any, make_source: Any) -> None:  # noqa: F811
    client = visitor(ROLE)
    assert "还没有收到日志" in client.get("/").content.decode()
    make_source("准时设备", last_seen=timezone.now())
    assert "迟到或静默" not in client.get("/").content.decode()
    make_source("沉默设备", last_seen=timezone.now() - timedelta(hours=3))
    make_source("新设备", registered=False)
    html = client.get("/").content.decode()
    assert "迟到或静默：" in html and "沉默设备" in html and "准时设备" not in html and "1 个来源待登记" in html


def test_the_workbench_draws_the_last_day(visitor: Any, make_source: Any, fill: Any) -> None:  # noqa: F811
    client = visitor(ROLE)
    assert "近 24 小时攻击" not in client.get("/").content.decode()
    fill({"qingdun.source": make_source().pk, "qingdun.action": "blocked", "qingdun.count": 77})
    html = client.get("/").content.decode()
    assert "近 24 小时攻击" in html and "合计 77" in html


def test_a_host_and_a_device_show_their_last_events(
    visitor: Any,
    make_source: Any,  # noqa: F811
    fill: Any,  # noqa: F811
    make_unit: Any,
) -> None:
    from qingdun.inventory import actions
    from qingdun.inventory.models import Host

    host = Host(name="web-1", zone="internet", address="10.20.3.4", unit=make_unit(), registered=timezone.localdate())
    host = actions.register(host, by=None)
    source = make_source().pk
    fill(
        {"qingdun.source": source, "destination.ip": "10.20.3.4", "rule.name": "目录穿越"},
        {"qingdun.source": source, "destination.ip": "10.20.3.40", "rule.name": "别的主机"},
    )
    html = visitor(ROLE).get(host.get_absolute_url()).content.decode()
    assert "近 7 天的日志" in html and "目录穿越" in html and "别的主机" not in html
    assert "近 7 天的日志" not in visitor("unit_contact").get(host.get_absolute_url()).content.decode()
