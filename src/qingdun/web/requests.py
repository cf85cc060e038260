"""What our middleware puts on a request, with its types."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest
from django_htmx.middleware import HtmxDetails


class _Ours(HttpRequest):
    htmx: HtmxDetails
    shown_once: bool


def htmx(request: HttpRequest) -> HtmxDetails:
    """What htmx says of the request; false when the browser asked by itself."""
    return cast(_Ours, request).htmx


def keep_no_answer(request: HttpRequest) -> None:
    """The answer holds a secret that is shown once: it is not kept for an idempotency key."""
    cast(_Ours, request).shown_once = True


def keeps_answer(request: HttpRequest) -> bool:
    """May the answer be kept?"""
    return not getattr(request, "shown_once", False)
