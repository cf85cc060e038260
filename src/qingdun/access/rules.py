"""The rules of signing in as they hold now. Asked when somebody signs in, not with every request."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from qingdun.access.core.rules import Rules
from qingdun.access.models import SigningRules


def current() -> Rules:
    """What the security administrator set, else the defaults (`settings.SESSION_IDLE` among them)."""
    row = SigningRules.objects.filter(pk=1).first()
    return row.as_rules() if row else Rules(idle_minutes=settings.SESSION_IDLE // 60)


def tries(request: Any, credentials: Any) -> int:
    """`settings.AXES_FAILURE_LIMIT`."""
    return current().tries


def cool_off(request: Any) -> timedelta:
    """`settings.AXES_COOLOFF_TIME`."""
    return timedelta(minutes=current().wait_minutes)
