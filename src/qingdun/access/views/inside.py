"""Where a page of the door leads next: only ever inside this site."""

from __future__ import annotations

from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import get_language

from qingdun.access.doors import doors


def wanted(request: HttpRequest) -> str:
    """The `next` this request carries when it leads inside; empty otherwise."""
    asked = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(asked, {request.get_host()}, require_https=request.is_secure())
    return asked if safe and asked.startswith("/") else ""


def onward(request: HttpRequest) -> str:
    """Where to go now: what was wanted, else the start page."""
    return wanted(request) or resolve_url(settings.LOGIN_REDIRECT_URL)


def with_next(url_name: str, place: str) -> str:
    """The page's address, which will lead on to `place` afterwards."""
    return f"{reverse(url_name)}?{urlencode({'next': place})}" if place else reverse(url_name)


def came_from(request: HttpRequest) -> str:
    """The page to return to: this one when it can be asked for again, else the page that sent the form."""
    if request.method in ("GET", "HEAD"):
        return request.get_full_path()
    sender = urlsplit(request.headers.get("Referer", ""))
    return sender.path + (f"?{sender.query}" if sender.query else "") if sender.netloc == request.get_host() else ""


def on_offer() -> list[tuple[str, str]]:
    """(address, title) of each door, for the login page."""
    language = get_language()
    return [(reverse("access:door", args=[door.key]), door.title(language)) for door in doors().values()]
