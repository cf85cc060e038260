"""What the global search finds of detection: alerts by name, source or target."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.utils.translation import pgettext_lazy

from qingdun.detection.models import Alert
from qingdun.web.finders import LIMIT, Hit, register


def alerts(user: Any, words: str) -> list[Hit]:
    wanted = Q(title__icontains=words) | Q(source__startswith=words) | Q(target__icontains=words)
    found = Alert.objects.visible_to(user).filter(wanted).order_by("-last")[:LIMIT]
    return [
        Hit(one.title, f"{one.source} → {one.target} · {one.get_state_display()}", one.get_absolute_url())
        for one in found
    ]


register(pgettext_lazy("list", "告警"), "detection.view", alerts, 55)
