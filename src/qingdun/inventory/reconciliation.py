"""Pages of reconciliation: bring a list in, look at one difference, decide on it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import polars as pl
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.inventory import actions
from qingdun.inventory import forms as ours
from qingdun.inventory.listings.differences import DIFFERENCES, source_name, state_mark
from qingdun.inventory.models import Difference, Snapshot
from qingdun.inventory.sourcing import Source, sources
from qingdun.inventory.views import me
from qingdun.web.details import Fact
from qingdun.web.forms import add_problems
from qingdun.web.imports.reading import NotUsable, read

#: What 采纳 does, by kind.
ACCEPTING = {
    "unregistered": gettext_lazy("按来源的内容登记这台主机"),
    "unseen": gettext_lazy("把这台主机办理停用"),
    "agent_missing": gettext_lazy("把这台主机的安全代理登记为已卸载"),
    "agent_new": gettext_lazy("给这台主机登记安全代理，今天起算"),
    "differs": gettext_lazy("把台账改成来源所见的内容"),
}
SHOWN = 20  # snapshots on the page


@require_http_methods(["GET", "POST"])
def snapshots(request: HttpRequest) -> HttpResponse:
    """What was brought in, and the form for the next."""
    policy.require(request.user, "inventory.reconcile", policy.ROOT)
    form = ours.SnapshotForm(request.POST or None, request.FILES or None)
    if form.is_valid():
        file, source = form.cleaned_data["file"], sources()[form.cleaned_data["source"]]
        try:
            taken = actions.take(source, rows_of(source, file.read()), by=me(request), name=file.name)
        except NotUsable as error:
            form.add_error("file", str(error))
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, said(taken))
            return redirect(f"{reverse('inventory:differences')}?source={source.key}&state=open")
    known = [(one.title(get_language()), one.about(get_language()), one.titles) for one in sources().values()]
    latest = [(source_name(one.source), one) for one in Snapshot.objects.all()[:SHOWN]]
    context = {"form": form, "sources": known, "snapshots": latest, "listing": DIFFERENCES}
    return render(request, "inventory/snapshots.html", context)


def rows_of(source: Source, content: bytes) -> list[dict[str, str]]:
    """The file's rows under our columns. Raises NotUsable."""
    table = pl.read_parquet(BytesIO(read(content, source.titles).table)).drop("row", strict=False)
    return [{name: str(value or "").strip() for name, value in row.items()} for row in table.iter_rows(named=True)]


def said(taken: Snapshot) -> str:
    words = _("比对 %(rows)s 行：新增差异 %(opened)s 条，自行消除 %(closed)s 条")
    told = words % {"rows": taken.rows, "opened": taken.opened, "closed": taken.closed}
    return f"{told}；{_('%s 行没有可用的地址') % taken.unread}" if taken.unread else told


@require_safe
def difference(request: HttpRequest, pk: int) -> HttpResponse:
    return _shown(request, visible(request, pk))


@require_POST
def accept(request: HttpRequest, pk: int) -> HttpResponse:
    found = decidable(request, pk)
    form = ours.AcceptForm(request.POST, user=request.user, difference=found)
    if form.is_valid():
        try:
            actions.accept(found, by=me(request), **form.cleaned_data)
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已采纳，台账已更新。"))
            return redirect("inventory:differences")
    return _shown(request, found, accepting=form)


@require_POST
def explain(request: HttpRequest, pk: int) -> HttpResponse:
    found = decidable(request, pk)
    form = ours.ExplainForm(request.POST)
    if form.is_valid():
        try:
            actions.explain(found, form.cleaned_data["reason"], form.cleaned_data["until"], by=me(request))
        except ValidationError as error:
            add_problems(form, error)
        else:
            messages.success(request, _("已保存。"))
            return redirect(found.get_absolute_url())
    return _shown(request, found, explaining=form)


def visible(request: HttpRequest, pk: int) -> Difference:
    policy.require(request.user, "inventory.view")
    rows = Difference.objects.visible_to(request.user).select_related("unit", "host__unit")
    return get_object_or_404(rows, pk=pk)


def decidable(request: HttpRequest, pk: int) -> Difference:
    found = visible(request, pk)
    policy.require(request.user, "inventory.edit", found)
    if found.state == Difference.State.CLOSED:
        raise PermissionDenied(_("这条差异已经消除"))
    return found


def _shown(request: HttpRequest, found: Difference, accepting: Any = None, explaining: Any = None) -> HttpResponse:
    may_decide = found.state != Difference.State.CLOSED and policy.may(request.user, "inventory.edit", found)
    host = found.host if found.host and policy.may(request.user, "inventory.view", found.host) else None
    facts = [
        Fact(_("类别"), found.get_kind_display()),
        Fact(_("来源"), source_name(found.source)),
        Fact(_("主机"), host, href=host.get_absolute_url() if host else ""),
        Fact(_("归属单位"), found.unit),
        Fact(_("台账"), found.expected),
        Fact(_("来源所见"), found.seen),
        Fact(_("发现日期"), found.since),
        Fact(_("消除日期"), found.closed),
        Fact(_("说明"), found.reason, wide=True),
        Fact(_("说明有效至"), found.until),
        Fact(_("处理人"), found.decided_by),
    ]
    context = {
        "thing": found,
        "listing": DIFFERENCES,
        "facts": facts,
        "state": state_mark(found),
        "may_decide": may_decide,
        "accepting": accepting or ours.AcceptForm(user=request.user, difference=found),
        "explaining": explaining or ours.ExplainForm(),
        "can_accept": found.kind != "duplicate",
        "what": ACCEPTING.get(found.kind, ""),
    }
    return render(request, "inventory/difference.html", context)
