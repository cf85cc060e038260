"""保护名单: what is never blocked, and the question "may this address be blocked?"."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import policy
from qingdun.operations import actions, shown
from qingdun.operations.core.terms import FIRST
from qingdun.operations.forms import AskForm, ProtectedForm, ReasonForm
from qingdun.operations.listings import PROTECTED
from qingdun.operations.models import Protected
from qingdun.operations.views.acting import MANAGE, VIEW, done, may, me, require, submit
from qingdun.web import lists
from qingdun.web.details import Fact


def index(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, PROTECTED)


@require_safe
def ask(request: HttpRequest) -> HttpResponse:
    """What the guards say of an address; nothing changes."""
    policy.require(request.user, VIEW)
    form = AskForm(request.GET or None)
    looks = []
    if form.is_valid():  # for a day: the question is about the address, not about the term
        looks = shown.looks([form.cleaned_data["address"]], "inbound", timezone.now() + FIRST)
    return render(request, "operations/protected_ask.html", {"form": form, "looks": looks})


@require_safe
def detail(request: HttpRequest, pk: int) -> HttpResponse:
    return _page(request, visible(request, pk), ReasonForm())


@require_http_methods(["GET", "POST"])
def create(request: HttpRequest) -> HttpResponse:
    require(request, MANAGE)
    form = ProtectedForm(request.POST or None, initial=request.GET.dict())

    def act() -> None:
        given = form.cleaned_data
        actions.protect(given["address"], given["kind"], given["reason"], by=me(request))

    return submit(request, form, act, _("加入保护"), reverse("operations:protected"), submit=_("加入保护"))


@require_POST
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    found, form = visible(request, pk), ReasonForm(request.POST)
    require(request, MANAGE)
    if done(form, lambda: actions.unprotect(found, by=me(request), reason=form.cleaned_data["reason"])):
        messages.success(request, _("%s 已移出保护名单。") % found.address)
        return redirect("operations:protected")
    return _page(request, found, form)


def visible(request: HttpRequest, pk: int) -> Protected:
    policy.require(request.user, VIEW)
    return get_object_or_404(PROTECTED.rows(request.user).select_related("by__person"), pk=pk)


def _page(request: HttpRequest, one: Protected, form: ReasonForm) -> HttpResponse:
    facts = [
        Fact(_("地址"), one.address, code=True),
        Fact(_("类别"), one.get_kind_display()),
        Fact(_("说明"), one.reason, wide=True),
        Fact(_("登记人"), one.by.person if one.by else _("平台")),
        Fact(_("登记时间"), one.created),
    ]
    context = {"one": one, "facts": facts, "form": form, "may_manage": may(request, MANAGE)}
    return render(request, "operations/protected_one.html", context)
