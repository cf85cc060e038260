"""What the global search finds of logs: the sources, and for an address the way to its events."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from qingdun.logs.models import Source
from qingdun.web.finders import LIMIT, Hit, register


def sources(user: Any, words: str) -> list[Hit]:
    found = Source.objects.visible_to(user).filter(Q(name__icontains=words) | Q(address__icontains=words))
    return [Hit(one.name, one.address, reverse("logs:source", args=[one.pk])) for one in found[:LIMIT]]


register(_("日志来源"), "logs.view_sources", sources, 60)
