"""What logs say on other pages: how fresh the data is, the last 24 hours, and the last events of a registered thing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import Max
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from qingdun.access import policy
from qingdun.logs import state
from qingdun.logs.core.freshness import Freshness, freshness
from qingdun.logs.core.query import Clause, Op, Query
from qingdun.logs.core.query.render import render
from qingdun.logs.models import Source
from qingdun.logs.search.visible import search_for
from qingdun.logs.trend import hourly
from qingdun.logs.views.asked import Asked
from qingdun.logs.views.rows import COLUMNS, names_of, row
from qingdun.web.panels import register

NAMED = 3  # late sources named on the workbench; the rest are counted
EVENTS = 8
LATE_SECONDS = 10  # the age of the oldest line not yet stored from which the page speaks of it
BACK = "7d"
DOORS = {
    "udp": "Syslog UDP",
    "tcp": "Syslog TCP",
    "tls": "Syslog TLS",
    "http": gettext_lazy("HTTP 推送"),
    "file": gettext_lazy("文件"),
}


def fresh(request: HttpRequest, _subject: Any) -> str:
    """One line: data as of when, and which registered sources are late or silent."""
    sources = Source.objects.visible_to(request.user)
    now = timezone.now()
    states = [(one, freshness(one.last_seen, one.silent_after, now)) for one in sources.filter(registered=True)]
    late = [one for one, how in states if how is not Freshness.LIVE]
    context = {
        "at": sources.aggregate(at=Max("last_seen"))["at"],
        "late": late[:NAMED],
        "more": max(0, len(late) - NAMED),
        "pending": sources.filter(registered=False).count(),
    }
    return render_to_string("logs/parts/fresh.html", context, request=request)


def day(request: HttpRequest, _subject: Any) -> str:
    chart = hourly(request.user)
    context = {"chart": chart, "opens": policy.may(request.user, "logs.search")}
    return render_to_string("logs/parts/day.html", context, request=request) if chart else ""


def intake(request: HttpRequest, _subject: Any) -> str:
    """The collector's doors, what waits to be stored, and how to point a device here."""
    collector, worker = state.collector(), state.worker()
    context = {
        "listeners": [(DOORS.get(one.kind, one.kind), one) for one in collector.listeners] if collector else [],
        "ports": {one.kind: one.port for one in collector.listeners if one.port} if collector else {},
        "problems": _problems(collector, worker),
        "last_commit": datetime.fromtimestamp(worker.last_commit, UTC) if worker and worker.last_commit else None,
        "backlog": worker.backlog_bytes if worker else 0,
        "free": collector.disk_free if collector else 0,
        "floor": collector.disk_floor if collector else 0,
        "host": request.get_host().rsplit(":", 1)[0],
    }
    return render_to_string("logs/parts/intake.html", context, request=request)


def _problems(collector: state.Collector | None, worker: state.Worker | None) -> list[tuple[str, str]]:
    found = []
    if collector is None:
        found.append(
            ("error", _("采集进程没有运行，设备发来的日志现在收不到。请在服务器上启动 qingdun up 或 qingdun collect。"))
        )
    elif collector.full:
        found.append(("error", _("已停止接收：%s") % collector.full))
    if worker is None:
        found.append(("error", _("入库进程没有运行，收到的日志暂存在磁盘上，启动 qingdun work 后会自动入库。")))
    elif worker.backlog_seconds > LATE_SECONDS:
        found.append(
            ("warning", _("入库落后 %d 秒，告警和封禁也晚这么久；一行不丢，正在追赶。") % worker.backlog_seconds)
        )
    if worker and worker.blind:
        words = _("自入库进程启动以来，有 %(count)d 批日志已入库但没有（完整）检测，最近一次的原因：%(why)s")
        found.append(("warning", words % {"count": worker.blind, "why": worker.blind_why}))
    return found


def of_host(request: HttpRequest, host: Any) -> str:
    return _last(request, host.addresses)


def of_device(request: HttpRequest, device: Any) -> str:
    return _last(request, [str(device.address)] if device.address else [])


def _last(request: HttpRequest, addresses: list[str]) -> str:
    """The last events that name one of these addresses, whichever side it stood on."""
    if not addresses:
        return ""
    asked = Asked.read({"last": BACK}, timezone.now())
    door = search_for(request.user)
    sides = [Clause(name, Op.IN, tuple(addresses)) for name in ("source.ip", "destination.ip", "observer.ip")]
    questions = [Query((side,)).within(asked.query.start, None) for side in sides]
    found = {}
    for question in questions:
        for event in door.page(question, EVENTS, None, COLUMNS, budget=0.5).events:
            found[event["@timestamp"], event["qingdun.batch"], event["qingdun.row"]] = event
    events = [found[key] for key in sorted(found, reverse=True)[:EVENTS]]
    names = names_of(events)
    links = [
        (title, f"{reverse('logs:search')}?{urlencode({'q': render(Query((side,))), 'last': BACK})}")
        for title, side in zip((_("作为源"), _("作为目的"), _("作为设备")), sides, strict=True)
    ]
    context = {"rows": [row(event, asked, names) for event in events], "asked": asked, "links": links, "back": 7}
    return render_to_string("logs/parts/last_events.html", context, request=request)


register("workbench.freshness", 10, "logs.view_sources", fresh)
register("workbench.main", 60, "reporting.view", day)
register("logs.sources", 10, "logs.view_sources", intake)
register("inventory.host", 50, "logs.search", of_host)
register("inventory.device", 50, "logs.search", of_device)
