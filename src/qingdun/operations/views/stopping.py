"""急停: stop everything that blocks by itself, and let it go on again."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from qingdun.access import policy
from qingdun.operations import actions, shown
from qingdun.operations.forms import ReasonForm
from qingdun.operations.models import StopSwitch
from qingdun.operations.views.acting import MANAGE, STOP, VIEW, done, may, me, require

SHOWN = 20


@require_http_methods(["GET", "POST"])
def stop(request: HttpRequest) -> HttpResponse:
    policy.require(request.user, VIEW)
    form = ReasonForm(request.POST or None)
    if request.method == "POST":
        require(request, STOP)
        if done(form, lambda: actions.stop(by=me(request), reason=form.cleaned_data["reason"])):
            messages.success(request, _("已急停。"))
            return redirect("operations:stop")
    return _page(request, form)


@require_POST
def resume(request: HttpRequest) -> HttpResponse:
    require(request, MANAGE)
    form = ReasonForm(request.POST)
    if done(form, lambda: actions.resume(by=me(request), reason=form.cleaned_data["reason"])):
        messages.success(request, _("封禁已恢复。"))
        return redirect("operations:stop")
    return _page(request, form)


def _page(request: HttpRequest, form: ReasonForm) -> HttpResponse:
    past = StopSwitch.objects.select_related("by__person", "ended_by__person").order_by("-since")[:SHOWN]
    context = {
        "stop": shown.stop(),
        "form": form,
        "past": past,
        "may_stop": may(request, STOP),
        "may_resume": may(request, MANAGE),
    }
    return render(request, "operations/stop.html", context)
