"""What detection says on other pages: alerts that are mine, serious or about a thing, and how late they come."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import Max
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from qingdun.detection.listings.alerts import alerts_url, level_badge, state_mark
from qingdun.detection.models import Alert
from qingdun.detection.models.alerts import AlertQuerySet
from qingdun.detection.views import attacks, bench
from qingdun.logs import state
from qingdun.web.panels import register

FIRST = 8
SERIOUS = Alert.Level.HIGH
LATE = 60  # seconds from which a delay is said loudly


def mine(request: HttpRequest, _subject: Any) -> str:
    """The alerts the reader works on, and the newest serious ones nobody has closed."""
    opened = Alert.objects.visible_to(request.user).open()
    own = opened.filter(assignee=request.user.pk)
    tables = [
        (_("我的告警"), own, alerts_url(assignee=request.user.pk, open=1)),
        (_("最近的高级别告警"), opened.filter(level__gte=SERIOUS, assignee=None), alerts_url(assignee="none", open=1)),
    ]
    return format_html_join("", "{}", ((_table(request, *one),) for one in tables))


def of_host(request: HttpRequest, host: Any) -> str:
    return _of(request, Alert.objects.filter(host=host), alerts_url(host=host.pk, open=1))


def of_system(request: HttpRequest, system: Any) -> str:
    return _of(request, Alert.objects.filter(system=system), alerts_url(system=system.code, open=1))


def of_unit(request: HttpRequest, unit: Any) -> str:
    rows = Alert.objects.filter(unit__path__startswith=unit.path)
    return _of(request, rows, alerts_url(unit=unit.code, open=1))


def late(request: HttpRequest, _subject: Any) -> str:
    """How late alerts come at present: what still waits to be stored, and the last hour's delays."""
    worker, now = state.worker(), timezone.now()
    hour = Alert.objects.visible_to(request.user).filter(raised__gte=now - timedelta(hours=1))
    worst = hour.aggregate(worst=Max("delay"))["worst"]
    waiting = worker.backlog_seconds if worker else None
    context = {"waiting": waiting, "worst": worst, "loud": worker is None or (waiting or 0) > LATE}
    return render_to_string("detection/parts/late.html", context, request=request)


def _of(request: HttpRequest, rows: Any, url: str) -> str:
    visible: AlertQuerySet = rows & Alert.objects.visible_to(request.user).open()
    return _table(request, _("未关闭的告警"), visible, url)


def _table(request: HttpRequest, title: str, rows: AlertQuerySet, url: str) -> SafeString:
    found = list(rows.order_by("-last")[: FIRST + 1])
    if not found:
        return SafeString("")
    total = rows.count() if len(found) > FIRST else len(found)
    shown = [(one, level_badge(one), state_mark(one)) for one in found[:FIRST]]
    context = {"title": title, "rows": shown, "total": total, "url": url}
    return render_to_string("detection/parts/some_alerts.html", context, request=request)


register("workbench.main", 20, "detection.view", mine)
register("inventory.host", 40, "detection.view", of_host)
register("inventory.system", 40, "detection.view", of_system)
register("inventory.unit", 40, "detection.view", of_unit)
register("detection.alerts", 10, "detection.view", late)
register("results.detection.attacks", 10, "detection.view", attacks.totals)
register("logs.event.side", 40, "detection.view", bench.of_event)
