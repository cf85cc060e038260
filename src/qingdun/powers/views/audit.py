"""审计记录: reading it, one act with what it changed, one's own acts, taking it out. Nothing here changes an entry."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import cast

from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import factors, policy
from qingdun.access.models import Account
from qingdun.audit import keys, record
from qingdun.audit.models import Entry
from qingdun.powers import exports, shown_entry
from qingdun.powers.forms.audit import PROOF, ExportForm
from qingdun.powers.listings.audit import AUDITORS, ENTRIES, MINE
from qingdun.web import lists
from qingdun.web.asked import Asked
from qingdun.web.listing import Listing


@require_http_methods(["GET", "HEAD", "POST"])
def entries(request: HttpRequest) -> HttpResponseBase:
    if request.POST.get("act") == "export":
        policy.require(request.user, "audit.export", Entry())
        return redirect(f"{reverse('audit:export')}{Asked.read(request.GET, ENTRIES).but(sort='', size=0).query}")
    return _list(request, ENTRIES)


@require_http_methods(["GET", "HEAD", "POST"])
def auditors(request: HttpRequest) -> HttpResponseBase:
    return _list(request, AUDITORS)


@require_http_methods(["GET", "HEAD", "POST"])
def mine(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, MINE)


def _list(request: HttpRequest, listing: Listing[Entry]) -> HttpResponseBase:
    policy.require(request.user, listing.permission, Entry())
    response = lists.respond(request, listing)
    if request.method != "POST" and response.status_code == HTTPStatus.OK:
        record_reading(request, listing)
    return response


def record_reading(request: HttpRequest, listing: Listing[Entry]) -> None:
    """Once for each different question in a row: who looked for what is kept, turning pages adds nothing."""
    with transaction.atomic(), override(settings.LANGUAGE_CODE):  # the record has one language, whatever the reader's
        words = exports.in_words(Asked.read(request.GET, listing))
        if request.session.get(listing.key) != words:
            record(request.user, listing.permission, str(listing.title), words)
            request.session[listing.key] = words


def record_look(request: HttpRequest, found: Entry) -> None:
    """One entry was opened; looking at the own acts is nobody's business."""
    if found.actor_id != request.user.pk:
        listing = AUDITORS if found.office == Entry.Office.AUDIT else ENTRIES
        with transaction.atomic(), override(settings.LANGUAGE_CODE):
            record(request.user, listing.permission, str(listing.title), f"第 {found.sequence} 条")


@require_safe
def entry(request: HttpRequest, sequence: int) -> HttpResponse:
    """One act, for those whom the duty matrix names and for the one who did it."""
    reader = cast(Account, request.user)
    found = get_object_or_404(Entry.objects.visible_to(reader) | Entry.objects.of(reader), pk=sequence)
    record_look(request, found)
    return render(request, "powers/audit_entry.html", shown_entry.context(found, reader))


@require_http_methods(["GET", "HEAD", "POST"])
@factors.asks_again
def export(request: HttpRequest) -> HttpResponseBase:
    """What will leave, in which form and why; then the file. The question is the list's own address."""
    policy.require(request.user, "audit.export", Entry())
    asked = Asked.read(request.GET, ENTRIES)
    back = f"{reverse('audit:entries')}{asked.query}"
    form = ExportForm(request.POST if request.method == "POST" else None)
    try:
        taken = exports.look(request.user, asked)
        if form.is_valid():
            return _file(exports.take(request.user, asked, **form.cleaned_data), form.cleaned_data["form"])
    except ValueError as error:
        messages.error(request, str(error))
        return redirect(back)
    except keys.NoKey as error:
        form.add_error(None, _("签名密钥 %s 不见了，现在不能导出；请系统管理员从备份恢复它。") % error)
    return render(request, "powers/audit_export.html", {"form": form, "taken": taken, "cancel": back})


def _file(lines: Iterator[bytes], form: str) -> StreamingHttpResponse:
    name = f"audit-{timezone.localtime():%Y%m%d-%H%M}.{'ndjson' if form == PROOF else 'csv'}"
    kind = "application/x-ndjson" if form == PROOF else "text/csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingHttpResponse(lines, content_type=f"{kind}; charset=utf-8", headers=headers)
