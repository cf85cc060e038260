from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def locked_out(request: HttpRequest, credentials: dict[str, str], *args: object, **kwargs: object) -> HttpResponse:
    return HttpResponse(status=429)
