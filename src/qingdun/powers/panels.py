"""What waits for the reader: the number in the header of every page, and the first few on the workbench."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

from qingdun.access.models import Account
from qingdun.powers import audit_panels as audit_panels
from qingdun.powers.listings.approvals import INBOX, MINE, clock, kind_of, state_mark, step_of
from qingdun.web.panels import register

FIRST = 5


def waiting(request: HttpRequest, _subject: Any) -> str:
    """The number in the header; nothing when nothing waits."""
    if not isinstance(request.user, Account):
        return ""
    count = INBOX.rows(request.user).count()
    return render_to_string("powers/parts/waiting.html", {"count": count}, request=request) if count else ""


def desk(request: HttpRequest, _subject: Any) -> str:
    """What is due next."""
    rows = INBOX.rows(request.user).select_related(*INBOX.related).order_by(*INBOX.order)[: FIRST + 1]
    found = [(row, kind_of(row), clock(row)) for row in rows]
    context = {"rows": found[:FIRST], "more": len(found) > FIRST}
    return render_to_string("powers/parts/desk.html", context, request=request) if found else ""


def underway(request: HttpRequest, _subject: Any) -> str:
    """The reader's own requests that are still on their way, or came back to be changed."""
    open_ones = MINE.rows(request.user).open() | MINE.rows(request.user).filter(state="returned", later=None)  # type: ignore[attr-defined]
    found = [(row, state_mark(row), step_of(row)) for row in open_ones.order_by("-pk")[:FIRST]]
    return render_to_string("powers/parts/underway.html", {"rows": found}, request=request) if found else ""


register("shell.top", 10, None, waiting)
register("workbench.main", 5, None, desk)
register("workbench.side", 5, None, underway)
