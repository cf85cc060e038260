"""Grants, delegations and refusals: the lists, one of each, and how each is ended."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import actions, policy
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Delegation, Grant, Refusal
from qingdun.powers import details
from qingdun.powers.forms import ReasonForm, RefusalForm
from qingdun.powers.listings import DELEGATIONS, GRANTS, REFUSALS
from qingdun.powers.views.shared import me, submit, visible
from qingdun.web import lists

FORM = ["GET", "POST"]


@require_http_methods(["GET", "HEAD", "POST"])
def grants(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, GRANTS)


@require_http_methods(["GET", "HEAD", "POST"])
def delegations(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, DELEGATIONS)


@require_http_methods(["GET", "HEAD", "POST"])
def refusals(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, REFUSALS)


@require_safe
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    found = _grant(request, pk)
    standing = found.ended is None and found.ends >= timezone.localdate()
    mine = found.account.person_id == me(request).person_id
    context = {
        "grant": found,
        "detail": details.of_grant(found),
        "may_end": standing
        and not mine
        and found.role not in OFFICES
        and policy.may(request.user, "access.grant", found),
    }
    return render(request, "powers/grant.html", context)


@require_http_methods(FORM)
def grant_end(request: HttpRequest, pk: int) -> HttpResponse:
    found = _grant(request, pk)
    policy.require(request.user, "access.grant", found)
    form, back = ReasonForm(request.POST or None), reverse("powers:grant", args=[pk])

    def act() -> str:
        actions.end_grant(found, by=me(request), reason=form.cleaned_data["reason"])
        return back

    title = _("收回 %(person)s 的%(role)s") % {"person": found.account.person, "role": found.title}
    purpose = _("立即生效，由它委托出去的一并终止。")
    return submit(request, form, act, title=title, cancel=back, purpose=purpose, submit=_("收回"))


@require_safe
def delegation(request: HttpRequest, pk: int) -> HttpResponse:
    found = _delegation(request, pk)
    standing = found.ended is None and found.ends >= timezone.localdate()
    party = me(request).pk in {found.giver_id, found.taker_id}
    context = {
        "delegation": found,
        "detail": details.of_delegation(found),
        "may_end": standing and (party or policy.may(request.user, "access.grant", found)),
        "listed": policy.may(request.user, "access.view"),
    }
    return render(request, "powers/delegation.html", context)


@require_http_methods(FORM)
def delegation_end(request: HttpRequest, pk: int) -> HttpResponse:
    found = _delegation(request, pk)
    if me(request).pk not in {found.giver_id, found.taker_id}:
        policy.require(request.user, "access.grant", found)
    form, back = ReasonForm(request.POST or None), reverse("powers:delegation", args=[pk])

    def act() -> str:
        actions.end_delegation(found, by=me(request), reason=form.cleaned_data["reason"])
        return back

    return submit(request, form, act, title=_("终止委托"), cancel=back, submit=_("终止"))


@require_safe
def refusal(request: HttpRequest, pk: int) -> HttpResponse:
    found = _refusal(request, pk)
    another = found.account.person_id != me(request).person_id
    may_lift = found.ended is None and another and policy.may(request.user, "access.grant", found)
    context = {"refusal": found, "detail": details.of_refusal(found), "may_lift": may_lift}
    return render(request, "powers/refusal.html", context)


@require_http_methods(FORM)
def refusal_new(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.grant")
    form = RefusalForm(request.POST or None, user=me(request), initial=request.GET.dict())

    def act() -> str:
        given = form.cleaned_data
        made = actions.refuse(
            given["account"],
            given["permission"],
            given["unit"],
            given["starts"],
            given["ends"],
            by=me(request),
            reason=given["reason"],
        )
        return reverse("powers:refusal", args=[made.pk])

    purpose = _("从生效日起，该账号在所选单位及其下属没有这项权限，无论授权怎么写。")
    return submit(request, form, act, title=_("登记明示拒绝"), cancel=reverse("powers:refusals"), purpose=purpose)


@require_http_methods(FORM)
def refusal_lift(request: HttpRequest, pk: int) -> HttpResponse:
    found = _refusal(request, pk)
    policy.require(request.user, "access.grant", found)
    form, back = ReasonForm(request.POST or None), reverse("powers:refusal", args=[pk])

    def act() -> str:
        actions.lift(found, by=me(request), reason=form.cleaned_data["reason"])
        return back

    return submit(request, form, act, title=_("解除明示拒绝"), cancel=back, submit=_("解除"))


def _grant(request: HttpRequest, pk: int) -> Grant:
    return visible(request, Grant.objects.visible_to(request.user).select_related("account__person__unit", "unit"), pk)


def _refusal(request: HttpRequest, pk: int) -> Refusal:
    rows = Refusal.objects.visible_to(request.user).select_related("account__person__unit", "unit")
    return visible(request, rows, pk)


def _delegation(request: HttpRequest, pk: int) -> Delegation:
    """For whoever may see accounts there, and for the two it is between."""
    rows = Delegation.objects.select_related("giver__person__unit", "taker__person__unit", "grant__unit")
    mine = Delegation.objects.filter(giver=me(request)) | Delegation.objects.filter(taker=me(request))
    if not policy.may(request.user, "access.view") and not mine.exists():
        raise PermissionDenied(_("没有权限：%s") % _("查看账号与授权"))
    open_to = Delegation.objects.visible_to(request.user) | mine
    return get_object_or_404(rows.filter(pk__in=open_to.values("pk")), pk=pk)
