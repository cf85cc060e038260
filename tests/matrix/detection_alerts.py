"""告警 and 抑制: who sees them, who judges, who tunes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from qingdun.detection.models import Alert
from qingdun.detection.outcomes import Outcome, forget, register
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW, HANDLE, TUNE, EXPORT = "detection.view", "detection.handle", "detection.tune", "logs.export"
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
