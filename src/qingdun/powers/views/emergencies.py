"""Emergency access as the officers see it: the list, one with what was done under it, stopping, reviewing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from qingdun.access import actions, policy
from qingdun.access.models import Emergency
from qingdun.powers import details
from qingdun.powers.forms import ReasonForm, ReviewForm
from qingdun.powers.listings import EMERGENCIES
from qingdun.powers.listings.emergencies import rows
from qingdun.powers.views.shared import me, submit, visible
from qingdun.web import lists

FORM = ["GET", "POST"]


@require_http_methods(["GET", "HEAD", "POST"])
def emergencies(request: HttpRequest) -> HttpResponseBase:
    return lists.respond(request, EMERGENCIES)


@require_safe
def emergency(request: HttpRequest, pk: int) -> HttpResponse:
    found = _emergency(request, pk)
    running = found.over > timezone.now()
    another = found.account.person_id != me(request).person_id
    context = {
        "emergency": found,
        "detail": details.of_emergency(found, request.user),
        "may_stop": running and policy.may(request.user, "access.grant", found),
        "may_review": not running
        and not found.reviewed
        and another
        and policy.may(request.user, "access.review", found),
    }
    return render(request, "powers/emergency.html", context)


@require_http_methods(FORM)
def stop(request: HttpRequest, pk: int) -> HttpResponse:
    found = _emergency(request, pk)
    policy.require(request.user, "access.grant", found)
    form, back = ReasonForm(request.POST or None), reverse("powers:emergency", args=[pk])

    def act() -> str:
        actions.stop_emergency(found, by=me(request), reason=form.cleaned_data["reason"])
        return back

    return submit(request, form, act, title=_("结束应急授权 %s") % found, cancel=back, submit=_("结束"))


@require_http_methods(FORM)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    found = _emergency(request, pk)
    policy.require(request.user, "access.review", found)
    form, back = ReviewForm(request.POST or None), reverse("powers:emergency", args=[pk])

    def act() -> str:
        actions.review_emergency(found, form.cleaned_data["conclusion"], by=me(request))
        return back

    purpose = _("对照期间的审计记录，写明做了什么、是否与事由相符、有什么要改。")
    return submit(request, form, act, title=_("复盘 %s") % found, cancel=back, purpose=purpose, submit=_("完成复盘"))


def _emergency(request: HttpRequest, pk: int) -> Emergency:
    return visible(request, rows(request.user).select_related("account__person__unit", "unit", "reviewer__person"), pk)
