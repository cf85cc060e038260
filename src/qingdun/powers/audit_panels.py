"""What this room says on other pages: to the officers, that the audit record does not hold."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from qingdun.access.models import Account
from qingdun.audit.models import Verification
from qingdun.web.panels import register


def broken(request: HttpRequest, _subject: Any) -> str:
    """Until a later verification finds the chain whole."""
    if not isinstance(request.user, Account) or not request.user.office:
        return ""
    newest = Verification.objects.first()
    if newest is None or newest.whole:
        return ""
    return render_to_string("powers/parts/broken.html", {"found": newest}, request=request)


register("workbench.freshness", 1, None, broken)
