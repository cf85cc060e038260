"""Where the request being served came from, so that every record carries it and no action has to pass it on."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse

_address: ContextVar[str] = ContextVar("address", default="")


def address_of_request() -> str:
    """The sender's address while a request is served; empty for the clock and the command line."""
    return _address.get()


def remember_origin(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: hold the address for the length of the request."""

    def respond(request: HttpRequest) -> HttpResponse:
        token = _address.set(request.META.get("REMOTE_ADDR") or "")
        try:
            return get_response(request)
        finally:
            _address.reset(token)

    return respond
