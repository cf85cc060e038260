"""态势, 大屏 and the attacks that their figures count."""

from __future__ import annotations

from django.utils import timezone

from qingdun.detection.models import Attack
from tests.matrix.rows import Made, Row
from tests.matrix.scene import Scene

VIEW = "detection.view"


def attack(scene: Scene) -> Made:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    Attack.objects.create(
        hour=hour, source="198.51.100.7", target=f"{scene.mark}.example.cn", attack="scanner", action="blocked",
        hits=3, first=hour, last=hour, unit=scene.here,
    )  # fmt: skip
    return {}


ROWS = (
    Row("reporting:situation", "GET", "reporting.view", attack, wrong_role="unit_contact"),
    Row("reporting:screen", "GET", "reporting.view", attack, shows=False, wrong_role="unit_contact"),
    Row("reporting_situation", "GET", "reporting.view", attack, wrong_role="unit_contact"),
    Row("detection:attacks", "GET", VIEW, attack),
    Row("detection:attacks", "POST", VIEW, data={"act": "columns", "size": "50"}, api="detection_attacks"),
    Row("detection_attacks", "GET", VIEW, attack),
)
