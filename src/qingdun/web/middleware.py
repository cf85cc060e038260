"""What every response carries, and two kinds of answer that would otherwise reach the reader bare."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url

from qingdun.web import errors

POLICY = "; ".join(
    [
        "default-src 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ]
)
Answer = Callable[[HttpRequest], HttpResponse]


def strict_csp(get_response: Answer) -> Answer:
    """One Content-Security-Policy for every response, error pages included: nothing inline, nothing from elsewhere.

    A page is stored nowhere, so that "back" after logging out shows nothing; hashed statics bring their own rule.
    """

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    return respond


def readable(get_response: Answer) -> Answer:
    """A refused method gets a page; a part of a page whose reader is signed out leads the whole page to the login."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code == 405 and not request.path.startswith("/api/"):
            allowed = response["Allow"]
            response = errors.not_allowed(request)
            response["Allow"] = allowed
        elif "HX-Request" in request.headers and _leads_to_login(response):
            response = HttpResponse(headers={"HX-Refresh": "true"})
        return response

    return respond


def _leads_to_login(response: HttpResponse) -> bool:
    return response.status_code == 302 and response["Location"].startswith(resolve_url(settings.LOGIN_URL))
