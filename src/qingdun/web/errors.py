"""Error pages: what happened, and what to do next. The words stand in `web/error.html`, by code."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CSRF = 419  # only the page's own number; the answer is a 403


def page(request: HttpRequest, code: int, detail: str = "", *, status: int = 0) -> HttpResponse:
    """The error page, inside the shell for those who are signed in."""
    user: Any = getattr(request, "user", None)
    layout = "web/base.html" if user is not None and user.is_authenticated else "web/plain.html"
    return render(request, "web/error.html", {"code": code, "detail": detail, "layout": layout}, status=status or code)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 403, str(exception or ""))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return page(request, 404)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return page(request, CSRF, status=403)


def not_allowed(request: HttpRequest) -> HttpResponse:
    return page(request, 405)


def server_error(request: HttpRequest) -> HttpResponse:
    """Asks the records nothing: they may be what failed."""
    return render(request, "web/error_500.html", {"code": 500}, status=500)
