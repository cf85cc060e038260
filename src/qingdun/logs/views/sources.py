"""日志来源: the list, one source, registering and editing it, its push token, and how to point a device here."""

from __future__ import annotations

from typing import Any, cast

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.access.models import Account
from qingdun.logs import actions, state
from qingdun.logs.forms import SourceForm
from qingdun.logs.known import name_of
from qingdun.logs.listings import SOURCES, state_of, with_today
from qingdun.logs.models import Source
from qingdun.logs.trend import of_source
from qingdun.web import lists
from qingdun.web.details import Fact
from qingdun.web.forms import add_problems

VIEW, MANAGE = "logs.view_sources", "logs.manage_sources"


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, SOURCES)


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return render(request, "logs/source.html", _shown(request, _source(request, pk)))


def _shown(request: HttpRequest, source: Any) -> dict[str, Any]:
    return {
        "source": source,
        "state": state_of(source),
        "facts": _facts(source),
        "chart": of_source(request.user, source),
        "may_manage": policy.may(request.user, MANAGE, source),
        "listeners": {one.kind: one.port for one in doors()},
        "host": request.get_host().rsplit(":", 1)[0],
    }


def _facts(source: Any) -> list[Fact]:
    return [
        Fact(_("接入方式"), source.get_via_display()),
        Fact(_("地址"), source.address, code=True),
        Fact(_("格式"), name_of(source.format) or _("自动识别")),
        Fact(_("归属单位"), source.unit),
        Fact(_("转发器"), source.relay),
        Fact(_("静默告警分钟"), source.silent_after),
        Fact(_("首次出现"), source.created),
        Fact(_("最近收到"), source.last_seen),
        Fact(_("今日行数"), source.today),
        Fact(_("今日未识别"), source.today_unread),
    ]


def doors() -> tuple[state.Listener, ...]:
    """The collector's doors that are open now."""
    running = state.collector()
    return running.listeners if running else ()


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, MANAGE)
    given = request.POST
    known = appeared(request.user, given.get("via", ""), given.get("address", "")) if request.method == "POST" else None
    form = SourceForm(request.POST or None, instance=known, user=request.user, initial=request.GET.dict())
    return _submit(request, form, actions.register_source, _("登记来源"), reverse("logs:sources"))


def appeared(user: Any, via: str, address: str) -> Source | None:
    """The sender of this address that came by itself, for whoever may claim it; registering it keeps its history."""
    found = Source.objects.filter(via=via, address=address.strip(), registered=False).exclude(address="").first()
    return found if found and policy.may(user, MANAGE, found) else None


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, pk: int) -> HttpResponse:
    source = managed(request, pk)
    form = SourceForm(request.POST or None, instance=source, user=request.user)
    title = _("编辑%s") % source if source.registered else _("登记%s") % source
    return _submit(request, form, actions.change_source, title, reverse("logs:source", args=[pk]))


def _submit(request: HttpRequest, form: SourceForm, act: Any, title: str, cancel: str) -> HttpResponse:
    if form.is_valid():
        try:
            saved = act(form.save(commit=False), by=request.user)
        except ValidationError as error:
            add_problems(form, error)
        else:
            return redirect("logs:source", pk=saved.pk)
    return render(request, "web/form.html", {"form": form, "title": title, "cancel": cancel})


@never_cache
@require_POST
def token(request: HttpRequest, pk: int) -> HttpResponse:
    """Give the source a fresh token and show it this once, or take its token away."""
    source, me = managed(request, pk), cast(Account, request.user)
    if request.POST.get("act") == "forget":
        actions.forget_token(source, by=me)
        return redirect("logs:source", pk=pk)
    try:
        clear = actions.new_token(source, by=me)
    except ValidationError as error:
        return render(
            request, "logs/source.html", {**_shown(request, source), "problem": error.messages[0]}, status=400
        )
    return render(request, "logs/source.html", {**_shown(request, _source(request, pk)), "token": clear})


def _source(request: HttpRequest, pk: int) -> Any:
    """403 for whoever sees no source at all, 404 for the sources of others."""
    policy.require(request.user, VIEW)
    return get_object_or_404(with_today(request.user).select_related("unit"), pk=pk)


def managed(request: HttpRequest, pk: int) -> Source:
    source: Source = _source(request, pk)
    policy.require(request.user, MANAGE, source)
    return source
