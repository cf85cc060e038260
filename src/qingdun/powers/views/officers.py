"""The three officers: who they are, asking to appoint, remove or let one sign in again; and the union of powers."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from qingdun.access import actions, policy, requests
from qingdun.access.core.roles import OFFICES
from qingdun.access.models import Grant, PowerCheck
from qingdun.powers import details
from qingdun.powers.forms import AppointForm, ReasonForm
from qingdun.powers.views.shared import me, submit

FORM = ["GET", "POST"]


@require_safe
def officers(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.view")
    return render(request, "powers/officers.html", {"offices": details.of_offices(request.user)})


@require_http_methods(FORM)
def appoint(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.view")
    form = AppointForm(request.POST or None, initial=request.GET.dict())

    def act() -> str:
        given = form.cleaned_data
        requests.ask_office(given["account"], given["office"], by=me(request), reason=given["reason"])
        return reverse("powers:officers")

    return _asked(request, form, act, _("申请任命三员"))


@require_http_methods(FORM)
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    held = _office(request, pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        requests.ask_removal(held, by=me(request), reason=form.cleaned_data["reason"])
        return reverse("powers:officers")

    return _asked(
        request, form, act, _("申请免去%(person)s的%(role)s") % {"person": held.account.person, "role": held.title}
    )


@require_http_methods(FORM)
def reset(request: HttpRequest, pk: int) -> HttpResponse:
    held = _office(request, pk)
    form = ReasonForm(request.POST or None)

    def act() -> str:
        requests.ask_reset(held.account, by=me(request), reason=form.cleaned_data["reason"])
        return reverse("powers:officers")

    return _asked(request, form, act, _("申请重置 %s 的口令") % held.account)


@require_safe
def checks(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.view", policy.ROOT)
    rows = list(PowerCheck.objects.all()[:30])
    problems = [details.problem(one) for one in rows[0].problems] if rows else []
    context = {"latest": rows[0] if rows else None, "checks": rows, "problems": problems}
    return render(request, "powers/checks.html", context)


@require_POST
def check_now(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, "access.view", policy.ROOT)
    found = actions.check_powers()
    if found.problems:
        messages.error(request, _("发现 %s 处问题。") % len(found.problems))
    else:
        messages.success(request, _("没有发现问题。"))
    return redirect("powers:checks")


def _office(request: HttpRequest, pk: int) -> Grant:
    """One officer's grant in force."""
    policy.require(request.user, "access.view")
    rows = Grant.objects.visible_to(request.user).filter(role__in=OFFICES).standing(timezone.localdate())
    return get_object_or_404(rows.select_related("account__person__unit", "unit"), pk=pk)


def _asked(request: HttpRequest, form: object, act: object, title: str) -> HttpResponse:
    return submit(
        request,
        form,  # type: ignore[arg-type]
        act,  # type: ignore[arg-type]
        title=title,
        cancel=reverse("powers:officers"),
        purpose=_("由本岗以外的另外两员会签；申请人和当事人都不能签。"),
        submit=_("提交申请"),
        done=_("申请已提交，等待另外两员会签。"),
    )
