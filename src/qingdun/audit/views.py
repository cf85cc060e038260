"""The audit pages. They show and verify; nothing here can change an entry.

`audit` lies below `web` and so uses its templates and styles by name, never its code.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import override
from django.views.decorators.http import require_POST, require_safe

from qingdun.audit import record
from qingdun.audit.actions import PLATFORM
from qingdun.audit.acts import acts
from qingdun.audit.forms import EntryFilter
from qingdun.audit.models import Entry
from qingdun.audit.verify import verify as verify_chain

PAGE = 50


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry as the page words it: names instead of keys."""

    entry: Entry

    @property
    def actor(self) -> str:
        return self.entry.actor if self.entry.actor_id else _(PLATFORM)

    @property
    def action(self) -> str:
        return _(acts().get(self.entry.action, self.entry.action))

    @property
    def kind(self) -> str:
        """What kind of thing it was done to; empty when it was no row, its table's name when the table is gone."""
        if not self.entry.subject_type:
            return ""
        try:
            return str(apps.get_model(self.entry.subject_type)._meta.verbose_name)
        except LookupError:
            return self.entry.subject_type

    @property
    def changes(self) -> list[tuple[str, Any, Any]]:
        return [(name, before, after) for name, (before, after) in json.loads(self.entry.changes).items()]


@require_safe
def entries(request: HttpRequest) -> HttpResponse:
    """The list by time, newest first."""
    _require(request, "audit.view")
    form = EntryFilter(request.GET)
    asked = form.is_valid()
    rows = Entry.objects.filter(form.q()) if asked else Entry.objects.none()
    if asked:
        _record_reading(request, form)
    page = Paginator(rows, PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": [Shown(entry) for entry in page]}
    return render(request, "audit/entries.html", context)


@require_POST
def verify(request: HttpRequest) -> HttpResponse:
    """Walk the whole chain now and say what was found."""
    _require(request, "audit.verify")
    verdict = verify_chain()
    with transaction.atomic(), override(settings.LANGUAGE_CODE):
        record(request.user, "audit.verify", "审计链", verdict.problem or f"完整，共 {verdict.last.sequence} 条")
    if verdict.broken:
        messages.error(request, _("审计链不完整：%s。") % verdict.problem)
    else:
        found = {"entries": verdict.last.sequence, "sm3": verdict.last.sm3}
        messages.success(request, _("审计链完整，共 %(entries)d 条，最后一条的 SM3 摘要是 %(sm3)s。") % found)
    return redirect("audit:entries")


def _require(request: HttpRequest, permission: str) -> None:
    """The records belong to no unit: only a grant at the root reaches them."""
    if not request.user.has_perm(permission, Entry()):
        raise PermissionDenied(_("没有权限：%s") % _(acts()[permission]))


def _record_reading(request: HttpRequest, form: EntryFilter) -> None:
    """Once for each different question in a row: who looked for what is kept, turning pages adds nothing."""
    with override(settings.LANGUAGE_CODE):  # the record has one language, whatever the reader's
        words = form.in_words()
    if request.session.get("audit_asked") != words:
        with transaction.atomic():
            record(request.user, "audit.view", "审计记录", words)
        request.session["audit_asked"] = words
