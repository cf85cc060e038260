"""告警 and 抑制: who sees them, who judges, who tunes."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from qingdun.detection.models import Alert, Suppression
from qingdun.detection.outcomes import Outcome, forget, register
from qingdun.lib.home import content
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW, HANDLE, TUNE, EXPORT = "detection.view", "detection.handle", "detection.tune", "logs.export"
WHY = {"reason": "扫描器已下线"}
STEP = {"act": "handle", "reason": "已封禁"}


def alert(scene: Scene) -> Made:
    now = timezone.now()
    made = Alert.objects.create(
        rule="r-1", title=f"{scene.mark}告警", level=4, grouped=f"g{Alert.objects.count()}", source="203.0.113.7",
        target="192.0.2.8", unit=scene.here, first=now - timedelta(hours=1), last=now, hits=3, raised=now,
    )  # fmt: skip
    return {"pk": made.pk}


def listed(scene: Scene) -> Made:
    return {} if alert(scene) else {}


class Ticket:
    def get_absolute_url(self) -> str:
        return "/"


def offered(scene: Scene) -> Made:
    """An alert, and a room above that takes it over."""
    register(Outcome("above.ticket", "转办", HANDLE, lambda _alert, _by, _reason: Ticket()))
    scene.keep.callback(lambda: forget("above.ticket"))
    return alert(scene)


def chosen(scene: Scene, _made: Made) -> dict[str, Any]:
    return {"selected": [one.pk for one in Alert.objects.filter(unit=scene.here)]}


def steps(scene: Scene, made: Made) -> dict[str, Any]:
    return {**STEP, "alerts": chosen(scene, made)["selected"]}


FILTER = """title: 不再为漏洞扫描器告警
id: 7d3c1c86-0b52-4f0f-9d59-6a1a8a1d2f11
logsource: {category: webserver}
filter:
  rules: any
  selection: {source.ip: 192.0.2.99}
  condition: not selection
"""
NEW = {"text": FILTER, "reason": "自有扫描器", "until": (date.today() + timedelta(days=30)).isoformat(), "days": 7}


def ruled(scene: Scene) -> Made:
    """A rule of the city's for the filter to be about."""
    folder = content() / "detection" / "rules"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "matrix.yml"
    file.write_text(RULE, "utf-8")
    scene.keep.callback(lambda: file.unlink(missing_ok=True))
    return {}


def suppression(scene: Scene, **fields: Any) -> Made:
    ruled(scene)
    given = {"effect": {**EFFECT}, **fields}
    now = timezone.now()
    made = Suppression.objects.create(
        title=f"{scene.mark}抑制", text=FILTER, reason="自有扫描器", owner=scene.me, made=now,
        until=date.today() + timedelta(days=9), **given,
    )  # fmt: skip
    return {"pk": made.pk}


def suppressed(scene: Scene) -> Made:
    return {} if suppression(scene) else {}


RULE = """title: 探测
id: 0f5c9be6-7b0e-4c56-8c5a-3c1f2f0f9a01
logsource: {category: webserver}
detection:
  selection: {url.path|startswith: /probe}
  condition: selection
level: low
"""
EFFECT: dict[str, Any] = {
    "since": "2026-01-01T00:00:00+00:00",
    "until": "2026-01-08T00:00:00+00:00",
    "complete": True,
    "events": 0,
    "before": 0,
    "after": 0,
    "vanished": 0,
    "rules": [],
    "samples": [],
}

ROWS = (
    Row("detection:alerts", "GET", VIEW, listed),
    Row(
        "detection:alerts", "POST", EXPORT, listed, {"act": "export"}, here=200, shows=True, wrong_role="bureau_leader"
    ),
    Row("detection:alert", "GET", VIEW, alert),
    Row("detection:alert_judge", "POST", HANDLE, alert, STEP, api="detection_alert_judge"),
    Row(
        "detection:alert_become",
        "POST",
        HANDLE,
        offered,
        {"kind": "above.ticket", "reason": "需要整改"},
        api="detection_alert_become",
    ),
    Row(
        "detection:alerts_take",
        "POST",
        HANDLE,
        listed,
        chosen,
        elsewhere=302,
        shows=False,
        api="detection_alerts_judge",
    ),
    Row(
        "detection:alerts_together", "POST", HANDLE, listed, chosen, here=200, shows=True, api="detection_alerts_judge"
    ),
    Row("detection:suppressions", "GET", VIEW, suppressed, root=True, elsewhere=200),
    Row("detection:suppressions", "POST", VIEW, data={"act": "columns", "size": "50"}),
    Row("detection:suppression_new", "GET", TUNE, root=True),
    Row("detection:suppression_new", "POST", TUNE, ruled, NEW, root=True, api="detection_suppression_draft"),
    Row("detection:suppression", "GET", VIEW, suppression, root=True),
    Row("detection:suppression_measure", "POST", TUNE, suppression, root=True, api="detection_suppression_measure"),
    Row("detection:suppression_begin", "POST", TUNE, suppression, root=True, api="detection_suppression_begin"),
    Row("detection:suppression_end", "POST", TUNE, suppression, WHY, root=True, api="detection_suppression_end"),
    Row("detection_suppressions", "GET", VIEW, suppressed, root=True, elsewhere=200),
    Row("detection_suppression", "GET", VIEW, suppression, root=True),
    Row("detection_suppression_draft", "POST", TUNE, ruled, NEW, root=True, here=201),
    Row("detection_suppression_measure", "POST", TUNE, suppression, root=True),
    Row("detection_suppression_begin", "POST", TUNE, suppression, root=True),
    Row("detection_suppression_end", "POST", TUNE, suppression, WHY, root=True),
    Row("detection_alerts", "GET", VIEW, listed),
    Row("detection_alert", "GET", VIEW, alert),
    Row("detection_alert_notes", "GET", VIEW, alert, shows=False),
    Row("detection_alert_judge", "POST", HANDLE, alert, STEP),
    Row("detection_alerts_judge", "POST", HANDLE, listed, steps),
    Row(
        "detection_alert_become",
        "POST",
        HANDLE,
        lambda scene: offered(scene) | {"kind": "above.ticket"},
        {"reason": "需要整改"},
    ),
)
