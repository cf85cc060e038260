"""The measurement of `lists`: real requests through every middleware, by a reader of the city and one of a county."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import timedelta
from statistics import median, quantiles
from typing import Any

import django

WAYS = {
    "打开": "",
    "状态": "?state=uncovered",
    "一个县": "?unit=county-3",
    "一个单位": "?unit=unit-77",
    "网络区域": "?zone=govnet",
    "网段": "?net=10.1.0.0/20",
    "查名称片段": "?q=srv-1234",
    "查地址片段": "?q=10.1.77",
    "查不到": "?q=nosuchthing",
    "县里查名称": "?unit=county-3&q=99",
    "某日在用": "?on=2024-06-30",
    "按名称排序": "?sort=name",
    "按名称倒序第 2000 页": "?sort=-name&page=2000",
    "第 5000 页": "?page=5000",
    "县内第 200 页": "?unit=county-3&page=200",
    "末页": "?page=99999999",
    "每页 100 行": "?size=100&page=3",
}
WITHIN = 200.0  # ms


def main() -> int:
    hosts, runs = (int(word) for word in sys.argv[1:3])
    django.setup()
    from django.conf import settings
    from django.db import connection

    from qingdun.inventory.benches import _city

    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    begun = time.perf_counter()
    _city.build(hosts)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(
        f"造台账 {time.perf_counter() - begun:.0f} 秒：{hosts:,} 台主机，{connection.vendor}；每种 {runs} 遍，单位毫秒"
    )
    print(f"{'全市 p50':>8}{'p95':>8}{'一县 p50':>10}{'p95':>8}{'查询数':>8}  页面")
    readers = _reader("city"), _reader("county-3")
    slowest = max(_way(name, query, readers, runs) for name, query in WAYS.items())
    _export(readers[0])
    print(f"最慢的 p95 {slowest:.0f} 毫秒，要求 {WITHIN:.0f}")
    return 0


def _reader(unit: str) -> Any:
    from django.test import Client
    from django.utils import timezone

    from qingdun.access.actions import create_account, grant
    from qingdun.access.models import Person, Unit

    where = Unit.objects.get(code=unit)
    person = Person.objects.create(name=f"某人{unit}", unit=where)
    account = create_account(f"reader-{unit}", person, "correct-Horse-9-battery", by=None, must_change=False)
    today = timezone.localdate()
    grant(account, "security_officer", where, today, today + timedelta(days=30), by=None, reason="实测")
    client = Client()
    client.force_login(account)
    return client


def _way(name: str, query: str, readers: tuple[Any, Any], runs: int) -> float:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    url, figures, worst, asked = f"/assets/hosts/{query}", [], 0.0, []
    for client in readers:
        _open(client, url)
        taken = [_timed(lambda client=client: _open(client, url)) for _ in range(runs)]  # type: ignore[misc]
        p95 = quantiles(taken, n=20, method="inclusive")[-1]
        figures += [median(taken), p95]
        worst = max(worst, p95)
        with CaptureQueriesContext(connection) as seen:
            _open(client, url)
        asked.append(len(seen))
    print(
        f"{figures[0]:8.0f}{figures[1]:8.0f}{figures[2]:10.0f}{figures[3]:8.0f}{'/'.join(map(str, asked)):>8}  {name}"
    )
    return worst


def _open(client: Any, url: str) -> None:
    response = client.get(url)
    if response.status_code != 200:
        raise SystemExit(f"{url}: {response.status_code}")


def _export(client: Any) -> None:
    for form in ("csv", "xlsx"):
        begun = time.perf_counter()
        response = client.post("/assets/hosts/", {"act": "export", "form": form})
        first, size = 0.0, 0
        for piece in response:
            first = first or time.perf_counter() - begun
            size += len(piece)
        print(f"导出 {form}：首字节 {first:.2f} 秒，全部 {time.perf_counter() - begun:.1f} 秒，{size / 1e6:.1f} MB")


def _timed(act: Callable[[], object]) -> float:
    begun = time.perf_counter()
    act()
    return (time.perf_counter() - begun) * 1000


if __name__ == "__main__":
    sys.exit(main())
