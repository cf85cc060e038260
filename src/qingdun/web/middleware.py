"""What every response carries, and the one answer that would otherwise reach the reader bare."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

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
    """A refused method gets a page that says so; Django's own answer is empty."""

    def respond(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if response.status_code != 405 or request.path.startswith("/api/"):
            return response
        explained = errors.not_allowed(request)
        explained["Allow"] = response["Allow"]
        return explained

    return respond
