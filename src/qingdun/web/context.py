"""What the shell around every page needs."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject
from django.utils.translation import get_language

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.notify.models import Message
from qingdun.web import menu


def shell(request: HttpRequest) -> dict[str, Any]:
    """Navigation, the reader's hats and the other language. Lazy: an htmx part of a page pays for none of it."""
    return {
        "sample": settings.SAMPLE,
        "menu": SimpleLazyObject(lambda: _menu(request)),
        "hats": SimpleLazyObject(lambda: _hats(request)),
        "unread": SimpleLazyObject(lambda: _unread(request)),
    }


def _menu(request: HttpRequest) -> dict[str, Any]:
    entries = menu.entries(request.user, request.path)
    return {"entries": entries, "current": next((entry for entry in entries if entry.current), None)}


def _unread(request: HttpRequest) -> int:
    return Message.objects.filter(account_id=request.user.pk, read=None).count() if request.user.pk else 0


def _hats(request: HttpRequest) -> str:
    if not isinstance(request.user, Account):
        return ""
    english = get_language() == "en"
    return (", " if english else "、").join(
        role.english if english else role.name for role in policy.roles_of(request.user)
    )
